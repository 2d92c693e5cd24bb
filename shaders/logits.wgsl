// logits: z/β = row·ξ' + offset + log_weight/β, in partial sums over slices of the coordinates; softmax adds them up
// One invocation: a tile of eight rows, one slice, a quad of chains: eight accumulators in registers.
// In: memory_columns [coordinate][row], row_facts [row], proposal [coordinate][quad].
// Out: partial_logits [slice][row][quad].
// Twin: src/reference/logits.ts
// #include "common/params.wgsl"

override quads_per_workgroup: u32 = 16u;
override tiles_per_workgroup: u32 = 4u;

@group(0) @binding(1) var<storage, read> memory_columns: array<vec4f>;
@group(0) @binding(2) var<storage, read> proposal: array<vec4f>;
@group(0) @binding(3) var<storage, read> row_facts: array<RowFacts>;
@group(0) @binding(4) var<storage, read_write> partial_logits: array<vec4f>;

// What the first slice starts from.
fn constant_term(row: u32, slice: u32) -> vec4f {
  if (slice > 0u) {
    return vec4f();
  }
  return vec4f(row_facts[row].offset + row_facts[row].log_weight / params.beta);
}

@compute @workgroup_size(quads_per_workgroup, tiles_per_workgroup)
fn logits(@builtin(global_invocation_id) id: vec3u) {
  let quad = id.x;
  let tile = id.y;
  let slice = id.z;
  if (quad >= params.num_quads || tile * tile_length >= params.num_rows_padded) {
    return;
  }
  var sum0 = constant_term(tile * tile_length, slice);
  var sum1 = constant_term(tile * tile_length + 1u, slice);
  var sum2 = constant_term(tile * tile_length + 2u, slice);
  var sum3 = constant_term(tile * tile_length + 3u, slice);
  var sum4 = constant_term(tile * tile_length + 4u, slice);
  var sum5 = constant_term(tile * tile_length + 5u, slice);
  var sum6 = constant_term(tile * tile_length + 6u, slice);
  var sum7 = constant_term(tile * tile_length + 7u, slice);
  let column_stride = params.num_rows_padded / 4u;
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
  let out = (slice * params.num_rows_padded + tile * tile_length) * row + quad;
  partial_logits[out] = sum0;
  partial_logits[out + row] = sum1;
  partial_logits[out + 2u * row] = sum2;
  partial_logits[out + 3u * row] = sum3;
  partial_logits[out + 4u * row] = sum4;
  partial_logits[out + 5u * row] = sum5;
  partial_logits[out + 6u * row] = sum6;
  partial_logits[out + 7u * row] = sum7;
}
