// propose: ξ' = decay·ξ + drift·T(ξ) + noise·ε, or T + decay·R(ξ − T) + noise·ε for a circulating chain
// One invocation: four coordinates (one block of normals) of a quad of chains.
// In: position, retrieval, proposal, proposal_retrieval [coordinate][quad]; is_rejected, clock, directions [quad].
// Out: proposal; for adjusted kernels also position and retrieval, into which the last accepted proposal is taken over.
// Twin: src/reference/propose.ts
// #include "common/params.wgsl"
// #include "common/normal.wgsl"
// #include "common/langevin.wgsl"

override quads_per_workgroup: u32 = 16u;
override tiles_per_workgroup: u32 = 4u;
override is_adjusted: bool = true;

@group(0) @binding(1) var<storage, read_write> position: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> retrieval: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> proposal: array<vec4f>;
@group(0) @binding(4) var<storage, read> proposal_retrieval: array<vec4f>;
@group(0) @binding(5) var<storage, read> is_rejected: array<vec4u>;
@group(0) @binding(6) var<storage, read> clock: array<u32>;
@group(0) @binding(7) var<storage, read> directions: array<vec4f>;

// The current ξ and T of one coordinate; past the end, zeros that are never written.
struct Coordinate {
  position: vec4f,
  retrieval: vec4f,
}

fn take_over(coordinate: u32, quad: u32) -> Coordinate {
  if (coordinate >= params.dim) {
    return Coordinate();
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
  return Coordinate(x, t);
}

fn write_proposal(coordinate: u32, quad: u32, value: vec4f) {
  if (coordinate < params.dim) {
    proposal[coordinate * params.num_quads + quad] = value;
  }
}

fn propose_pair(coordinate: u32, quad: u32, normal0: vec4f, normal1: vec4f) {
  let low = take_over(coordinate, quad);
  let high = take_over(coordinate + 1u, quad);
  let state = PairState(Pair(low.position, high.position), Pair(low.retrieval, high.retrieval));
  let moved = proposed_pair(state, Pair(normal0, normal1), directions[quad], coordinate + 1u < params.dim);
  write_proposal(coordinate, quad, moved.low);
  write_proposal(coordinate + 1u, quad, moved.high);
}

@compute @workgroup_size(quads_per_workgroup, tiles_per_workgroup)
fn propose(@builtin(global_invocation_id) id: vec3u) {
  let quad = id.x;
  let element_block = id.y;
  if (quad >= params.num_quads || 4u * element_block >= params.dim) {
    return;
  }
  let normals = normal_block(clock[quad], element_block, quad);
  propose_pair(4u * element_block, quad, normals.normal0, normals.normal1);
  propose_pair(4u * element_block + 2u, quad, normals.normal2, normals.normal3);
}
