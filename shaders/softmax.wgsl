// softmax: log p'_k = z'_k − lse(z') and ω p'_k; for adjusted kernels also (ω/2) Σ_k (p_k + p'_k)(log p_k − log p'_k)
// One workgroup: one head of a few quads of chains; lane l of each takes rows l, l + num_lanes, … of the head.
// In: partial_logits [slice][row][quad], heads [head], is_rejected [quad].
// In and out: log_attention, proposal_log_attention [row][quad], log_normalizers [head][quad], times ω.
// Out: proposal_attention [row][quad], attention_terms [head][quad], both times ω.
// Twin: src/reference/softmax.ts, and attentionTerm in src/reference/accept.ts
// #include "common/params.wgsl"
// #include "common/logarithm.wgsl"
// #include "common/reduce.wgsl"

override is_adjusted: bool = true;

@group(0) @binding(1) var<storage, read> partial_logits: array<vec4f>;
@group(0) @binding(2) var<storage, read> heads: array<Head>;
@group(0) @binding(3) var<storage, read> is_rejected: array<vec4u>;
@group(0) @binding(4) var<storage, read_write> log_attention: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> proposal_log_attention: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> proposal_attention: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> log_normalizers: array<LogNormalizers>;
@group(0) @binding(8) var<storage, read_write> attention_terms: array<vec4f>;

fn logit(row: u32, quad: u32) -> vec4f {
  var sum = vec4f();
  for (var slice = 0u; slice < params.num_slices; slice++) {
    sum += partial_logits[(slice * params.num_rows_padded + row) * params.num_quads + quad];
  }
  return params.beta * sum;
}

@compute @workgroup_size(quads_per_reduction, num_lanes)
fn softmax(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let quad = group.x * quads_per_reduction + local.x;
  let lane = local.y;
  let head = heads[group.y];
  let end = head.first + head.count;
  let reject = is_rejected[quad] != vec4u(0u);

  // A lane without a row repeats the last one: maxima start from an element, never from an invented number.
  var top = vec4f();
  let first = min(head.first + lane, end - 1u);
  for (var k = first; k < end; k += num_lanes) {
    let z = logit(k, quad);
    top = select(max(top, z), z, k == first);
    if (lane < head.count) {
      let at = k * params.num_quads + quad;
      // The weights of the state move up before the proposal's overwrite them.
      if (is_adjusted) {
        log_attention[at] = select(proposal_log_attention[at], log_attention[at], reject);
      }
      proposal_log_attention[at] = z;
    }
  }
  top = reduce_max(local, top);

  var mass = vec4f();
  for (var k = head.first + lane; k < end; k += num_lanes) {
    mass += exp(proposal_log_attention[k * params.num_quads + quad] - top);
  }
  let log_mass = accurate_log(reduce_sum(local, mass));

  var term = vec4f();
  for (var k = head.first + lane; k < end; k += num_lanes) {
    let at = k * params.num_quads + quad;
    let log_p = (proposal_log_attention[at] - top) - log_mass;
    let p = exp(log_p);
    proposal_log_attention[at] = log_p;
    proposal_attention[at] = head.power * p;
    if (is_adjusted) {
      let log_p_state = log_attention[at];
      term += (exp(log_p_state) + p) * (log_p_state - log_p);
    }
  }
  if (is_adjusted) {
    term = reduce_sum(local, term);
  }
  if (lane == 0u) {
    let at = group.y * params.num_quads + quad;
    let normalizers = log_normalizers[at];
    let moved_up = select(normalizers.proposal, normalizers.state, reject);
    log_normalizers[at] = LogNormalizers(moved_up, head.power * (top + log_mass));
    attention_terms[at] = (0.5 * head.power) * term;
  }
}
