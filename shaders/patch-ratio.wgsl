// patch-ratio: (ω/2) Σ over the windows of a slice of Σ_k (p_k + p'_k)(log p_k − log p'_k); accept adds up the slices
// One workgroup: a slice of the windows of a quad of chains.
// In: window_terms [window][quad].
// Out: attention_terms [slice][quad].
// Twin: src/reference/patches.ts
// #include "common/params.wgsl"
// #include "common/patches.wgsl"
// #include "common/reduce.wgsl"

// Part of the arithmetic (it fixes the order of the sums), so no tuning knob.
override windows_per_slice: u32;
const tiles_per_workgroup = 1u;

@group(0) @binding(1) var<storage, read> window_terms: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> attention_terms: array<vec4f>;

@compute @workgroup_size(quads_per_reduction, num_lanes)
fn patch_ratio(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let quad = group.x * quads_per_reduction + local.x;
  let first = group.y * windows_per_slice;
  let end = min(first + windows_per_slice, patches.num_windows);
  var term = vec4f();
  for (var window = first + local.y; window < end; window += num_lanes) {
    term += window_terms[window * params.num_quads + quad];
  }
  term = reduce_sum(local, term);
  if (local.y == 0u) {
    attention_terms[group.y * params.num_quads + quad] = (0.5 * patches.power) * term;
  }
}
