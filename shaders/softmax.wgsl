// softmax: log p'_k = z'_k − lse(z') and p'_k; for adjusted kernels also ½ Σ_k (p_k + p'_k)(log p_k − log p'_k)
// One workgroup: a quad of chains; lane l takes patterns l, l + 32, …
// In: partial_logits [slice][pattern][quad], is_accepted [quad].
// Out: log_attention, proposal_log_attention, proposal_attention [pattern][quad]; log_normalizers, attention_terms [quad].
// Twin: src/reference/softmax.ts, and attentionTerm in src/reference/accept.ts
// #include "common/params.wgsl"
// #include "common/logarithm.wgsl"
// #include "common/reduce.wgsl"

override is_adjusted: bool = true;

struct LogNormalizers {
  state: vec4f,
  proposal: vec4f,
}

@group(0) @binding(1) var<storage, read> partial_logits: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> log_attention: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> proposal_log_attention: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> proposal_attention: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> log_normalizers: array<LogNormalizers>;
@group(0) @binding(6) var<storage, read_write> attention_terms: array<vec4f>;
@group(0) @binding(7) var<storage, read> is_accepted: array<vec4u>;

fn logit(pattern: u32, quad: u32) -> vec4f {
  var sum = vec4f();
  for (var slice = 0u; slice < params.num_slices; slice++) {
    sum += partial_logits[(slice * params.num_patterns_padded + pattern) * params.num_quads + quad];
  }
  return params.beta * sum;
}

@compute @workgroup_size(num_lanes)
fn softmax(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let quad = group.x;
  let lane = local.x;
  let take = is_accepted[quad] != vec4u(0u);

  // A lane without a pattern repeats the last one: maxima start from an element, never from an invented number.
  var top = vec4f();
  let first = min(lane, params.num_patterns - 1u);
  for (var k = first; k < params.num_patterns; k += num_lanes) {
    let z = logit(k, quad);
    top = select(max(top, z), z, k == first);
    let at = k * params.num_quads + quad;
    // The weights of the state move up before the proposal's overwrite them.
    if (is_adjusted && k % num_lanes == lane) {
      log_attention[at] = select(log_attention[at], proposal_log_attention[at], take);
    }
    if (k % num_lanes == lane) {
      proposal_log_attention[at] = z;
    }
  }
  top = reduce_max(lane, top);

  var mass = vec4f();
  for (var k = lane; k < params.num_patterns; k += num_lanes) {
    mass += exp(proposal_log_attention[k * params.num_quads + quad] - top);
  }
  let log_mass = accurate_log(reduce_sum(lane, mass));

  var term = vec4f();
  for (var k = lane; k < params.num_patterns; k += num_lanes) {
    let at = k * params.num_quads + quad;
    let log_p = (proposal_log_attention[at] - top) - log_mass;
    let p = exp(log_p);
    proposal_log_attention[at] = log_p;
    proposal_attention[at] = p;
    if (is_adjusted) {
      let log_p_state = log_attention[at];
      term += (exp(log_p_state) + p) * (log_p_state - log_p);
    }
  }
  if (is_adjusted) {
    term = reduce_sum(lane, term);
  }
  if (lane == 0u) {
    let normalizers = log_normalizers[quad];
    log_normalizers[quad] = LogNormalizers(select(normalizers.state, normalizers.proposal, take), top + log_mass);
    attention_terms[quad] = 0.5 * term;
  }
}
