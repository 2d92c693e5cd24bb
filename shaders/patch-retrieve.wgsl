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
  var sum0 = vec4f();
  var sum1 = vec4f();
  var sum2 = vec4f();
  var sum3 = vec4f();
  var sum4 = vec4f();
  var sum5 = vec4f();
  var sum6 = vec4f();
  var sum7 = vec4f();
  if (!holds_first_row()) {
    sum0 = proposal_retrieval[out];
    sum1 = proposal_retrieval[out + row];
    sum2 = proposal_retrieval[out + 2u * row];
    sum3 = proposal_retrieval[out + 3u * row];
    sum4 = proposal_retrieval[out + 4u * row];
    sum5 = proposal_retrieval[out + 5u * row];
    sum6 = proposal_retrieval[out + 6u * row];
    sum7 = proposal_retrieval[out + 7u * row];
  }
  let at0 = spread_at(first, quad);
  let at1 = spread_at(first + 1u, quad);
  let at2 = spread_at(first + 2u, quad);
  let at3 = spread_at(first + 3u, quad);
  let at4 = spread_at(first + 4u, quad);
  let at5 = spread_at(first + 5u, quad);
  let at6 = spread_at(first + 6u, quad);
  let at7 = spread_at(first + 7u, quad);
  let pattern_step = patches.num_cells * params.num_quads;
  let row_stride = params.num_dims_padded / 4u;
  for (var k = 0u; k < patches.num_rows; k++) {
    let of_pattern = k * pattern_step;
    let at = (patches.first_row + k) * row_stride + 2u * tile;
    let low = memory_rows[at];
    let high = memory_rows[at + 1u];
    sum0 += low.x * spread[of_pattern + at0];
    sum1 += low.y * spread[of_pattern + at1];
    sum2 += low.z * spread[of_pattern + at2];
    sum3 += low.w * spread[of_pattern + at3];
    sum4 += high.x * spread[of_pattern + at4];
    sum5 += high.y * spread[of_pattern + at5];
    sum6 += high.z * spread[of_pattern + at6];
    sum7 += high.w * spread[of_pattern + at7];
  }
  if (!holds_last_row()) {
    proposal_retrieval[out] = sum0;
    proposal_retrieval[out + row] = sum1;
    proposal_retrieval[out + 2u * row] = sum2;
    proposal_retrieval[out + 3u * row] = sum3;
    proposal_retrieval[out + 4u * row] = sum4;
    proposal_retrieval[out + 5u * row] = sum5;
    proposal_retrieval[out + 6u * row] = sum6;
    proposal_retrieval[out + 7u * row] = sum7;
    return;
  }
  let power = patches.power;
  let term0 = finish_pair(first, quad, power * sum0, power * sum1);
  let term1 = finish_pair(first + 2u, quad, power * sum2, power * sum3);
  let term2 = finish_pair(first + 4u, quad, power * sum4, power * sum5);
  let term3 = finish_pair(first + 6u, quad, power * sum6, power * sum7);
  if (is_adjusted) {
    gradient_terms[tile * row + quad] = (term0 + term1) + (term2 + term3);
  }
}
