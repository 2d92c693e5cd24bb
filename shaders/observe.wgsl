// observe: E(ξ) = ½‖ξ‖² − Σ_h ω_h lse(z)/β, the entropy of a(ξ), and max_k cos(ξ, row_k) of the current state
// One workgroup: a few quads of chains; the lanes of each share coordinates and patterns.
// In: position, proposal [coordinate][quad]; log_attention, proposal_log_attention [row][quad];
//     log_normalizers [head][quad]; is_rejected [quad]; row_facts [row].
// Out: observations [quad].
// Twin: src/reference/observe.ts
// #include "common/params.wgsl"
// #include "common/observation.wgsl"
// #include "common/reduce.wgsl"

@group(0) @binding(1) var<storage, read> position: array<vec4f>;
@group(0) @binding(2) var<storage, read> proposal: array<vec4f>;
@group(0) @binding(3) var<storage, read> log_attention: array<vec4f>;
@group(0) @binding(4) var<storage, read> proposal_log_attention: array<vec4f>;
@group(0) @binding(5) var<storage, read> log_normalizers: array<LogNormalizers>;
@group(0) @binding(6) var<storage, read> row_facts: array<RowFacts>;
@group(0) @binding(7) var<storage, read> is_rejected: array<vec4u>;
@group(0) @binding(8) var<storage, read_write> observations: array<Observation>;

@compute @workgroup_size(quads_per_reduction, num_lanes)
fn observe(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let quad = group.x * quads_per_reduction + local.x;
  let lane = local.y;
  let reject = is_rejected[quad] != vec4u(0u);

  // Slice after slice, so that a single lane does not add thousands of terms to one sum.
  var squared_norm = vec4f();
  for (var first_of_slice = 0u; first_of_slice < params.dim; first_of_slice += params.slice_length) {
    var part = vec4f();
    let end = min(first_of_slice + params.slice_length, params.dim);
    for (var i = first_of_slice + lane; i < end; i += num_lanes) {
      let at = i * params.num_quads + quad;
      let x = select(proposal[at], position[at], reject);
      part += x * x;
    }
    squared_norm += part;
  }
  squared_norm = reduce_sum(local, squared_norm);

  var log_normalizer = vec4f();
  for (var head = lane; head < params.num_heads; head += num_lanes) {
    let normalizers = log_normalizers[head * params.num_quads + quad];
    log_normalizer += select(normalizers.proposal, normalizers.state, reject);
  }
  log_normalizer = reduce_sum(local, log_normalizer);

  var entropy = vec4f();
  var top = vec4f();
  let first = min(lane, params.num_rows - 1u);
  for (var k = first; k < params.num_rows; k += num_lanes) {
    let at = k * params.num_quads + quad;
    let log_p = select(proposal_log_attention[at], log_attention[at], reject);
    if (k % num_lanes == lane) {
      entropy -= row_facts[k].power * exp(log_p) * log_p;
    }
    let overlap = (log_p + log_normalizer) * row_facts[k].inverse_norm;
    top = select(max(top, overlap), overlap, k == first);
  }
  entropy = reduce_sum(local, entropy);
  top = reduce_max(local, top);
  if (lane == 0u) {
    observations[quad] = Observation(
      0.5 * squared_norm - log_normalizer / params.beta,
      entropy / params.total_power,
      top / (params.beta * sqrt(squared_norm))
    );
  }
}
