// logits: partial sums of m_k·ξ' over one slice of the coordinates; softmax adds the slices and multiplies by β
// One invocation: a tile of eight patterns, one slice, a quad of chains: eight accumulators in registers.
// In: memory_columns [coordinate][pattern], proposal [coordinate][quad].
// Out: partial_logits [slice][pattern][quad].
// Twin: src/reference/logits.ts
// #include "common/params.wgsl"

override quads_per_workgroup: u32 = 16u;
override tiles_per_workgroup: u32 = 4u;

@group(0) @binding(1) var<storage, read> memory_columns: array<vec4f>;
@group(0) @binding(2) var<storage, read> proposal: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> partial_logits: array<vec4f>;

@compute @workgroup_size(quads_per_workgroup, tiles_per_workgroup)
fn logits(@builtin(global_invocation_id) id: vec3u) {
  let quad = id.x;
  let tile = id.y;
  let slice = id.z;
  if (quad >= params.num_quads || tile * tile_length >= params.num_patterns_padded) {
    return;
  }
  var sum0 = vec4f();
  var sum1 = vec4f();
  var sum2 = vec4f();
  var sum3 = vec4f();
  var sum4 = vec4f();
  var sum5 = vec4f();
  var sum6 = vec4f();
  var sum7 = vec4f();
  let column_stride = params.num_patterns_padded / 4u;
  let first = slice * params.slice_length;
  let end = min(first + params.slice_length, params.dim);
  for (var i = first; i < end; i++) {
    let x = proposal[i * params.num_quads + quad];
    let at = i * column_stride + 2u * tile;
    let low = memory_columns[at];
    let high = memory_columns[at + 1u];
    sum0 += low.x * x;
    sum1 += low.y * x;
    sum2 += low.z * x;
    sum3 += low.w * x;
    sum4 += high.x * x;
    sum5 += high.y * x;
    sum6 += high.z * x;
    sum7 += high.w * x;
  }
  let row = params.num_quads;
  let out = (slice * params.num_patterns_padded + tile * tile_length) * row + quad;
  partial_logits[out] = sum0;
  partial_logits[out + row] = sum1;
  partial_logits[out + 2u * row] = sum2;
  partial_logits[out + 3u * row] = sum3;
  partial_logits[out + 4u * row] = sum4;
  partial_logits[out + 5u * row] = sum5;
  partial_logits[out + 6u * row] = sum6;
  partial_logits[out + 7u * row] = sum7;
}
