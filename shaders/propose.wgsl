// propose: ξ' = decay·ξ + drift·T(ξ) + noise·ε
// One invocation: four coordinates (one block of normals) of a quad of chains.
// In: position, retrieval, proposal, proposal_retrieval [coordinate][quad]; is_rejected, clock [quad].
// Out: proposal; for adjusted kernels also position and retrieval, into which the last accepted proposal is taken over.
// Twin: src/reference/propose.ts
// #include "common/params.wgsl"
// #include "common/normal.wgsl"

override quads_per_workgroup: u32 = 16u;
override tiles_per_workgroup: u32 = 4u;
override is_adjusted: bool = true;

@group(0) @binding(1) var<storage, read_write> position: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> retrieval: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> proposal: array<vec4f>;
@group(0) @binding(4) var<storage, read> proposal_retrieval: array<vec4f>;
@group(0) @binding(5) var<storage, read> is_rejected: array<vec4u>;
@group(0) @binding(6) var<storage, read> clock: array<u32>;

fn propose_coordinate(coordinate: u32, quad: u32, normal: vec4f) {
  if (coordinate >= params.dim) {
    return;
  }
  let at = coordinate * params.num_quads + quad;
  var x = proposal[at];
  var t = proposal_retrieval[at];
  if (is_adjusted) {
    let reject = is_rejected[quad] != vec4u(0u);
    x = select(x, position[at], reject);
    t = select(t, retrieval[at], reject);
    position[at] = x;
    retrieval[at] = t;
  }
  proposal[at] = params.decay * x + params.drift * t + params.noise * normal;
}

@compute @workgroup_size(quads_per_workgroup, tiles_per_workgroup)
fn propose(@builtin(global_invocation_id) id: vec3u) {
  let quad = id.x;
  let element_block = id.y;
  if (quad >= params.num_quads || 4u * element_block >= params.dim) {
    return;
  }
  let normals = normal_block(clock[quad], element_block, quad);
  propose_coordinate(4u * element_block, quad, normals.normal0);
  propose_coordinate(4u * element_block + 1u, quad, normals.normal1);
  propose_coordinate(4u * element_block + 2u, quad, normals.normal2);
  propose_coordinate(4u * element_block + 3u, quad, normals.normal3);
}
