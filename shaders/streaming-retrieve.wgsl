// streaming-retrieve: T' from what the splits leave; for adjusted kernels also this tile's part of the gradient term
// One invocation: a tile of eight coordinates of a quad of chains.
// In: partials [split][coordinate, then fact][quad], position, retrieval, proposal [coordinate][quad], directions [quad].
// Out: proposal_retrieval [coordinate][quad], gradient_terms [tile][quad].
// Twin: src/reference/retrieve.ts, and gradientTerm in src/reference/accept.ts
// #include "common/params.wgsl"
// #include "common/gradient-term.wgsl"
// #include "common/partials.wgsl"

override quads_per_workgroup: u32 = 16u;
override tiles_per_workgroup: u32 = 4u;

@group(0) @binding(1) var<storage, read> partials: array<vec4f>;
@group(0) @binding(2) var<storage, read> position: array<vec4f>;
@group(0) @binding(3) var<storage, read> retrieval: array<vec4f>;
@group(0) @binding(4) var<storage, read> proposal: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> proposal_retrieval: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> gradient_terms: array<vec4f>;
@group(0) @binding(7) var<storage, read> directions: array<vec4f>;

@compute @workgroup_size(quads_per_workgroup, tiles_per_workgroup)
fn streaming_retrieve(@builtin(global_invocation_id) id: vec3u) {
  let quad = id.x;
  let tile = id.y;
  if (quad >= params.num_quads || tile * tile_length >= params.num_dims_padded) {
    return;
  }
  let first = tile * tile_length;
  let top = overall_top(quad);
  let scale = params.total_power / overall_mass(top, quad);
  var sums: Tile;
  for (var split = 0u; split < num_splits; split++) {
    let share = scale * exp(partials[fact_at(split, fact_top, quad)] - top);
    let start = split_at(split, quad) + first * params.num_quads;
    // #unroll
    for (var i = 0u; i < 8u; i++) {
      sums[i] += share * partials[start + i * params.num_quads];
    }
  }
  finish_tile(tile, quad, &sums);
}
