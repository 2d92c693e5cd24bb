// patch-weights: p' = exp(z' − lse(z')) in each window; for adjusted kernels also Σ_k (p_k + p'_k)(log p_k − log p'_k)
// One invocation: a window of a quad of chains, over all patterns of the tile.
// In: state_window_sums [pattern of the tile][window][quad], window_facts, proposal_window_facts [window][quad].
// In and out: window_sums [pattern of the tile][window][quad], which become the weights; window_terms [window][quad].
// Out: the same.
// Twin: src/reference/patches.ts
// #include "common/params.wgsl"
// #include "common/patches.wgsl"

override quads_per_workgroup: u32 = 16u;
override tiles_per_workgroup: u32 = 4u;
override is_adjusted: bool = true;

@group(0) @binding(1) var<storage, read_write> window_sums: array<vec4f>;
@group(0) @binding(2) var<storage, read> state_window_sums: array<vec4f>;
@group(0) @binding(3) var<storage, read> window_facts: array<WindowFacts>;
@group(0) @binding(4) var<storage, read> proposal_window_facts: array<WindowFacts>;
@group(0) @binding(5) var<storage, read_write> window_terms: array<vec4f>;

fn log_weight(sum: vec4f, top: vec4f, log_mass: vec4f) -> vec4f {
  return (window_logit(sum) - top) - log_mass;
}

@compute @workgroup_size(quads_per_workgroup, tiles_per_workgroup)
fn patch_weights(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) num_workgroups: vec3u) {
  let quad = id.x;
  let window = item_of(id, num_workgroups);
  if (quad >= params.num_quads || window >= patches.num_windows) {
    return;
  }
  let at = window * params.num_quads + quad;
  let num_rows = patches.num_rows;
  let pattern_step = patches.num_windows * params.num_quads;
  let top = proposal_window_facts[at].top;
  let log_mass = proposal_window_facts[at].log_mass;
  if (!is_adjusted) {
    for (var k = 0u; k < num_rows; k++) {
      let sum = window_sums[at + k * pattern_step];
      window_sums[at + k * pattern_step] = exp(log_weight(sum, top, log_mass));
    }
    return;
  }
  let state_top = window_facts[at].top;
  let state_log_mass = window_facts[at].log_mass;
  var term = vec4f();
  if (!holds_first_row()) {
    term = window_terms[at];
  }
  for (var k = 0u; k < num_rows; k++) {
    let log_p = log_weight(window_sums[at + k * pattern_step], top, log_mass);
    let log_p_state = log_weight(state_window_sums[at + k * pattern_step], state_top, state_log_mass);
    let p = exp(log_p);
    window_sums[at + k * pattern_step] = p;
    term += (exp(log_p_state) + p) * (log_p_state - log_p);
  }
  window_terms[at] = term;
}
