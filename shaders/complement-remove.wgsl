// complement-remove: w = ε − Q c, what the fresh noise has outside the span
// One invocation: a tile of eight coordinates of a quad of chains.
// In: basis_rows [direction][coordinate], inside_noise [direction][quad].
// Out: fresh_noise [coordinate][quad], in place.
// Twin: readOut in src/core/complement.ts
// #include "common/params.wgsl"
// #include "common/expansion.wgsl"

override quads_per_workgroup: u32 = 16u;
override tiles_per_workgroup: u32 = 4u;

@group(0) @binding(1) var<storage, read> basis_rows: array<vec4f>;
@group(0) @binding(2) var<storage, read> inside_noise: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> fresh_noise: array<vec4f>;

fn coordinate_of(direction: u32, quad: u32) -> vec4f {
  return inside_noise[direction * params.num_quads + quad];
}

fn subtract(coordinate: u32, quad: u32, value: vec4f) {
  if (coordinate < params.full_dim) {
    fresh_noise[coordinate * params.num_quads + quad] -= value;
  }
}

@compute @workgroup_size(quads_per_workgroup, tiles_per_workgroup)
fn complement_remove(@builtin(global_invocation_id) id: vec3u) {
  let quad = id.x;
  let first = id.y * tile_length;
  if (quad >= params.num_quads || first >= params.full_dim) {
    return;
  }
  let inside = expand_tile(id.y, quad);
  subtract(first, quad, inside.x0);
  subtract(first + 1u, quad, inside.x1);
  subtract(first + 2u, quad, inside.x2);
  subtract(first + 3u, quad, inside.x3);
  subtract(first + 4u, quad, inside.x4);
  subtract(first + 5u, quad, inside.x5);
  subtract(first + 6u, quad, inside.x6);
  subtract(first + 7u, quad, inside.x7);
}
