// retrieve: T' = Σ_k ω p'_k row_k; for adjusted kernels also this tile's part of Σ(g' − g)(g' + g) or Σ(T' − T)(g' + g)
// One invocation: a tile of eight coordinates of two quads of chains, so that a load of the memory serves eight chains.
// In: memory_rows [row][coordinate], proposal_attention [row][quad], position, retrieval, proposal [coordinate][quad].
// Out: proposal_retrieval [coordinate][quad], gradient_terms [tile][quad].
// Twin: src/reference/retrieve.ts, and gradientTerm in src/reference/accept.ts
// #include "common/params.wgsl"
// #include "common/gradient-term.wgsl"

override pairs_per_workgroup: u32 = 8u;
override tiles_per_pair: u32 = 8u;

@group(0) @binding(1) var<storage, read> memory_rows: array<vec4f>;
@group(0) @binding(2) var<storage, read> proposal_attention: array<vec4f>;
@group(0) @binding(3) var<storage, read> position: array<vec4f>;
@group(0) @binding(4) var<storage, read> retrieval: array<vec4f>;
@group(0) @binding(5) var<storage, read> proposal: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> proposal_retrieval: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> gradient_terms: array<vec4f>;
@group(0) @binding(8) var<storage, read> directions: array<vec4f>;

@compute @workgroup_size(pairs_per_workgroup, tiles_per_pair)
fn retrieve(@builtin(global_invocation_id) id: vec3u) {
  let quad0 = 2u * id.x;
  let tile = id.y;
  if (quad0 >= params.num_quads || tile * tile_length >= params.num_dims_padded) {
    return;
  }
  // A last quad without a partner goes with itself.
  let quad1 = min(quad0 + 1u, params.num_quads - 1u);
  var sums0: Tile;
  var sums1: Tile;
  let num_rows = params.num_rows;
  let stride = params.num_quads;
  let row_stride = params.num_dims_padded / 4u;
  for (var k = 0u; k < num_rows; k++) {
    let p0 = proposal_attention[k * stride + quad0];
    let p1 = proposal_attention[k * stride + quad1];
    let at = k * row_stride + 2u * tile;
    let low = memory_rows[at];
    let high = memory_rows[at + 1u];
    add_term(&sums0, low, high, p0);
    add_term(&sums1, low, high, p1);
  }
  finish_tile(tile, quad0, &sums0);
  finish_tile(tile, quad1, &sums1);
}
