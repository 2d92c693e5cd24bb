// expand: a collapsed chain in all coordinates: Q u and T = Q t as rows for read-back, and w = ε − Q c
// One invocation: a tile of eight coordinates of a quad of chains; a load of the basis serves all three.
// In: basis_rows [direction][coordinate], inside_parts [direction][u, t, c][quad].
// Out: kept_positions, kept_retrievals [chain][coordinate]; fresh_noise [coordinate][quad], in place.
// Twin: readOut in src/core/complement.ts
// #include "common/params.wgsl"
// #include "common/tile.wgsl"
// #include "common/readout.wgsl"

override quads_per_workgroup: u32 = 16u;
override tiles_per_workgroup: u32 = 4u;
override has_outside: bool = false;

@group(0) @binding(1) var<storage, read> basis_rows: array<vec4f>;
@group(0) @binding(2) var<storage, read> inside_parts: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> fresh_noise: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> kept_positions: array<f32>;
@group(0) @binding(5) var<storage, read_write> kept_retrievals: array<f32>;

@compute @workgroup_size(quads_per_workgroup, tiles_per_workgroup)
fn expand(@builtin(global_invocation_id) id: vec3u) {
  let quad = id.x;
  let tile = id.y;
  let first = tile * tile_length;
  if (quad >= params.num_quads || first >= params.full_dim) {
    return;
  }
  var positions: Tile;
  var retrievals: Tile;
  var noises: Tile;
  let stride = params.full_dims_padded / 4u;
  let num_inside = params.dim;
  for (var j = 0u; j < num_inside; j++) {
    let low = basis_rows[j * stride + 2u * tile];
    let high = basis_rows[j * stride + 2u * tile + 1u];
    add_term(&positions, low, high, inside_parts[part_at(j, part_position, quad)]);
    add_term(&retrievals, low, high, inside_parts[part_at(j, part_retrieval, quad)]);
    if (has_outside) {
      add_term(&noises, low, high, inside_parts[part_at(j, part_noise, quad)]);
    }
  }
  let row = params.full_dim;
  // #unroll
  for (var i = 0u; i < 8u; i++) {
    if (first + i < params.full_dim) {
      let out = 4u * quad * row + first + i;
      kept_positions[out] = positions[i].x;
      kept_positions[out + row] = positions[i].y;
      kept_positions[out + 2u * row] = positions[i].z;
      kept_positions[out + 3u * row] = positions[i].w;
      kept_retrievals[out] = retrievals[i].x;
      kept_retrievals[out + row] = retrievals[i].y;
      kept_retrievals[out + 2u * row] = retrievals[i].z;
      kept_retrievals[out + 3u * row] = retrievals[i].w;
      if (has_outside) {
        fresh_noise[(first + i) * params.num_quads + quad] -= noises[i];
      }
    }
  }
}
