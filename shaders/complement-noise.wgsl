// complement-noise: ε in all coordinates, numbered by the step after which is read
// One invocation: four coordinates (one block of normals) of a quad of chains.
// In: nothing else.
// Out: fresh_noise [coordinate][quad].
// Twin: readOut in src/core/complement.ts
// #include "common/params.wgsl"
// #include "common/normal.wgsl"

override quads_per_workgroup: u32 = 16u;
override tiles_per_workgroup: u32 = 4u;

@group(0) @binding(1) var<storage, read_write> fresh_noise: array<vec4f>;

fn write_coordinate(coordinate: u32, quad: u32, value: vec4f) {
  if (coordinate < params.full_dim) {
    fresh_noise[coordinate * params.num_quads + quad] = value;
  }
}

@compute @workgroup_size(quads_per_workgroup, tiles_per_workgroup)
fn complement_noise(@builtin(global_invocation_id) id: vec3u) {
  let quad = id.x;
  let element_block = id.y;
  if (quad >= params.num_quads || 4u * element_block >= params.full_dim) {
    return;
  }
  let step = params.stop_clock - params.clock_stride;
  let normals = normal_block_for(purpose_complement, step, element_block, quad);
  write_coordinate(4u * element_block, quad, normals.normal0);
  write_coordinate(4u * element_block + 1u, quad, normals.normal1);
  write_coordinate(4u * element_block + 2u, quad, normals.normal2);
  write_coordinate(4u * element_block + 3u, quad, normals.normal3);
}
