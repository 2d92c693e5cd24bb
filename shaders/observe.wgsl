// observe: E(ξ) = ½‖ξ‖² − lse(z)/β, the entropy of a(ξ), and max_k cos(ξ, m_k) of the current state
// One workgroup: a quad of chains; the lanes share coordinates and patterns.
// In: position, proposal [coordinate][quad]; log_attention, proposal_log_attention [pattern][quad]; log_normalizers,
//     is_accepted [quad]; inverse_norms [pattern] (0 for a zero pattern).
// Out: observations [quad].
// Twin: src/reference/observe.ts
// #include "common/params.wgsl"
// #include "common/reduce.wgsl"

struct LogNormalizers {
  state: vec4f,
  proposal: vec4f,
}

struct Observation {
  energy: vec4f,
  entropy: vec4f,
  max_cosine: vec4f,
}

@group(0) @binding(1) var<storage, read> position: array<vec4f>;
@group(0) @binding(2) var<storage, read> proposal: array<vec4f>;
@group(0) @binding(3) var<storage, read> log_attention: array<vec4f>;
@group(0) @binding(4) var<storage, read> proposal_log_attention: array<vec4f>;
@group(0) @binding(5) var<storage, read> log_normalizers: array<LogNormalizers>;
@group(0) @binding(6) var<storage, read> inverse_norms: array<f32>;
@group(0) @binding(7) var<storage, read> is_accepted: array<vec4u>;
@group(0) @binding(8) var<storage, read_write> observations: array<Observation>;

@compute @workgroup_size(num_lanes)
fn observe(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let quad = group.x;
  let lane = local.x;
  let take = is_accepted[quad] != vec4u(0u);

  var squared_norm = vec4f();
  for (var i = lane; i < params.dim; i += num_lanes) {
    let at = i * params.num_quads + quad;
    let x = select(position[at], proposal[at], take);
    squared_norm += x * x;
  }
  squared_norm = reduce_sum(lane, squared_norm);

  let normalizers = log_normalizers[quad];
  let log_normalizer = select(normalizers.state, normalizers.proposal, take);
  var entropy = vec4f();
  var top = vec4f();
  let first = min(lane, params.num_patterns - 1u);
  for (var k = first; k < params.num_patterns; k += num_lanes) {
    let at = k * params.num_quads + quad;
    let log_p = select(log_attention[at], proposal_log_attention[at], take);
    if (k % num_lanes == lane) {
      entropy -= exp(log_p) * log_p;
    }
    let overlap = (log_p + log_normalizer) * inverse_norms[k];
    top = select(max(top, overlap), overlap, k == first);
  }
  entropy = reduce_sum(lane, entropy);
  top = reduce_max(lane, top);
  if (lane == 0u) {
    observations[quad] = Observation(
      0.5 * squared_norm - log_normalizer / params.beta,
      entropy,
      top / (params.beta * sqrt(squared_norm))
    );
  }
}
