// patch-retrieve: T' = ω Σ_k row_k S_k, S the sum of p'_k over the windows of a pixel; for adjusted kernels also this tile's part of the gradient term
// One invocation: eight coordinates of a quad of chains: eight accumulators in registers, over all patterns of the tile.
// In: memory_rows [row][coordinate], spread [pattern of the tile][cell][quad], position, retrieval, proposal [coordinate][quad].
// In and out: proposal_retrieval [coordinate][quad], which holds the sum over the patterns so far.
// Out: gradient_terms [tile][quad], with the last patterns.
// Twin: src/reference/patches.ts
// #include "common/params.wgsl"
// #include "common/gradient-term.wgsl"
// #include "common/patches.wgsl"

override quads_per_workgroup: u32 = 16u;
override tiles_per_workgroup: u32 = 4u;

@group(0) @binding(1) var<storage, read> memory_rows: array<vec4f>;
@group(0) @binding(2) var<storage, read> spread: array<vec4f>;
@group(0) @binding(3) var<storage, read> position: array<vec4f>;
@group(0) @binding(4) var<storage, read> retrieval: array<vec4f>;
@group(0) @binding(5) var<storage, read> proposal: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> proposal_retrieval: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> gradient_terms: array<vec4f>;
@group(0) @binding(8) var<storage, read> directions: array<vec4f>;

// Where the sum of a coordinate's cell lies for the first pattern; for padding, the last cell's, which meets zeros.
fn spread_at(coordinate: u32, quad: u32) -> u32 {
  let pixel = min(coordinate, params.dim - 1u) / patches.channels;
  let cell_y = (pixel / patches.width) / patches.stride_y;
  let cell_x = (pixel % patches.width) / patches.stride_x;
  return (cell_y * patches.cells_x + cell_x) * params.num_quads + quad;
}

@compute @workgroup_size(quads_per_workgroup, tiles_per_workgroup)
fn patch_retrieve(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) num_workgroups: vec3u) {
  let quad = id.x;
  let tile = item_of(id, num_workgroups);
  let first = tile * tile_length;
  if (quad >= params.num_quads || first >= params.num_dims_padded) {
    return;
  }
  let row = params.num_quads;
  let out = first * row + quad;
  var sums: Tile;
  var at: array<u32, 8>;
  // #unroll
  for (var i = 0u; i < 8u; i++) {
    at[i] = spread_at(first + i, quad);
    if (!holds_first_row()) {
      sums[i] = proposal_retrieval[out + i * row];
    }
  }
  let pattern_step = patches.num_cells * params.num_quads;
  let row_stride = params.num_dims_padded / 4u;
  let num_rows = patches.num_rows;
  for (var k = 0u; k < num_rows; k++) {
    let of_pattern = k * pattern_step;
    let of_row = (patches.first_row + k) * row_stride + 2u * tile;
    let low = memory_rows[of_row];
    let high = memory_rows[of_row + 1u];
    // #unroll
    for (var i = 0u; i < 4u; i++) {
      sums[i] += low[i] * spread[of_pattern + at[i]];
      sums[4u + i] += high[i] * spread[of_pattern + at[4u + i]];
    }
  }
  if (!holds_last_row()) {
    // #unroll
    for (var i = 0u; i < 8u; i++) {
      proposal_retrieval[out + i * row] = sums[i];
    }
    return;
  }
  // #unroll
  for (var i = 0u; i < 8u; i++) {
    sums[i] *= patches.power;
  }
  finish_tile(tile, quad, &sums);
}
