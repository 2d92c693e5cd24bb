// logits: z/β = row·ξ' + offset + log_weight/β, in partial sums over slices of the coordinates; softmax adds them up
// One invocation: a tile of eight rows, one slice, two quads of chains, so that a load of the memory serves eight chains.
// In: memory_columns [coordinate][row], row_facts [row], proposal [coordinate][quad].
// Out: partial_logits [slice][row][quad].
// Twin: src/reference/logits.ts
// #include "common/params.wgsl"
// #include "common/tile.wgsl"

override pairs_per_workgroup: u32 = 8u;
override tiles_per_pair: u32 = 8u;

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

@compute @workgroup_size(pairs_per_workgroup, tiles_per_pair)
fn logits(@builtin(global_invocation_id) id: vec3u) {
  let quad0 = 2u * id.x;
  let tile = id.y;
  let slice = id.z;
  if (quad0 >= params.num_quads || tile * tile_length >= params.num_rows_padded) {
    return;
  }
  // A last quad without a partner goes with itself.
  let quad1 = min(quad0 + 1u, params.num_quads - 1u);
  var sums0: Tile;
  var sums1: Tile;
  // #unroll
  for (var i = 0u; i < 8u; i++) {
    sums0[i] = constant_term(tile * tile_length + i, slice);
    sums1[i] = sums0[i];
  }
  let stride = params.num_quads;
  let column_stride = params.num_rows_padded / 4u;
  let first = slice * params.slice_length;
  let end = min(first + params.slice_length, params.dim);
  for (var i = first; i < end; i++) {
    let x0 = proposal[i * stride + quad0];
    let x1 = proposal[i * stride + quad1];
    let at = i * column_stride + 2u * tile;
    let low = memory_columns[at];
    let high = memory_columns[at + 1u];
    add_term(&sums0, low, high, x0);
    add_term(&sums1, low, high, x1);
  }
  let out = (slice * params.num_rows_padded + tile * tile_length) * stride;
  // #unroll
  for (var i = 0u; i < 8u; i++) {
    partial_logits[out + i * stride + quad0] = sums0[i];
    partial_logits[out + i * stride + quad1] = sums1[i];
  }
}
