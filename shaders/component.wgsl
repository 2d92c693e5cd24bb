// component: ξ' = row_k + β^(−1/2) ε, with k chosen per chain
// One invocation: four coordinates (one block of normals) of a quad of chains.
// In: memory_rows [row][coordinate], chosen, clock [quad].
// Out: proposal [coordinate][quad].
// Twin: src/reference/component.ts
// #include "common/params.wgsl"
// #include "common/normal.wgsl"

override quads_per_workgroup: u32 = 16u;
override tiles_per_workgroup: u32 = 4u;

@group(0) @binding(1) var<storage, read> memory_rows: array<vec4f>;
@group(0) @binding(2) var<storage, read> chosen: array<vec4u>;
@group(0) @binding(3) var<storage, read> clock: array<u32>;
@group(0) @binding(4) var<storage, read_write> proposal: array<vec4f>;

fn write_coordinate(coordinate: u32, quad: u32, value: vec4f) {
  if (coordinate < params.dim) {
    proposal[coordinate * params.num_quads + quad] = value;
  }
}

@compute @workgroup_size(quads_per_workgroup, tiles_per_workgroup)
fn component(@builtin(global_invocation_id) id: vec3u) {
  let quad = id.x;
  let element_block = id.y;
  if (quad >= params.num_quads || 4u * element_block >= params.dim) {
    return;
  }
  let normals = normal_block(clock[quad], element_block, quad);
  let k = chosen[quad];
  let row_stride = params.num_dims_padded / 4u;
  let m0 = memory_rows[k.x * row_stride + element_block];
  let m1 = memory_rows[k.y * row_stride + element_block];
  let m2 = memory_rows[k.z * row_stride + element_block];
  let m3 = memory_rows[k.w * row_stride + element_block];
  let scale = inverseSqrt(params.beta);
  write_coordinate(4u * element_block, quad, vec4f(m0.x, m1.x, m2.x, m3.x) + scale * normals.normal0);
  write_coordinate(4u * element_block + 1u, quad, vec4f(m0.y, m1.y, m2.y, m3.y) + scale * normals.normal1);
  write_coordinate(4u * element_block + 2u, quad, vec4f(m0.z, m1.z, m2.z, m3.z) + scale * normals.normal2);
  write_coordinate(4u * element_block + 3u, quad, vec4f(m0.w, m1.w, m2.w, m3.w) + scale * normals.normal3);
}
