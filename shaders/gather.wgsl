// gather: the current ξ and T(ξ), turned from [coordinate][quad] into rows of chains for read-back
// One invocation: four coordinates of a quad of chains.
// In: position, proposal, retrieval, proposal_retrieval [coordinate][quad]; is_rejected [quad].
// Out: kept_positions, kept_retrievals [chain][coordinate].
// Twin: none, it computes nothing
// #include "common/params.wgsl"

override quads_per_workgroup: u32 = 16u;
override tiles_per_workgroup: u32 = 4u;

@group(0) @binding(1) var<storage, read> position: array<vec4f>;
@group(0) @binding(2) var<storage, read> proposal: array<vec4f>;
@group(0) @binding(3) var<storage, read> retrieval: array<vec4f>;
@group(0) @binding(4) var<storage, read> proposal_retrieval: array<vec4f>;
@group(0) @binding(5) var<storage, read> is_rejected: array<vec4u>;
@group(0) @binding(6) var<storage, read_write> kept_positions: array<f32>;
@group(0) @binding(7) var<storage, read_write> kept_retrievals: array<f32>;

fn gather_coordinate(coordinate: u32, quad: u32, reject: vec4<bool>) {
  let at = coordinate * params.num_quads + quad;
  let x = select(proposal[at], position[at], reject);
  let t = select(proposal_retrieval[at], retrieval[at], reject);
  let out = 4u * quad * params.dim + coordinate;
  kept_positions[out] = x.x;
  kept_positions[out + params.dim] = x.y;
  kept_positions[out + 2u * params.dim] = x.z;
  kept_positions[out + 3u * params.dim] = x.w;
  kept_retrievals[out] = t.x;
  kept_retrievals[out + params.dim] = t.y;
  kept_retrievals[out + 2u * params.dim] = t.z;
  kept_retrievals[out + 3u * params.dim] = t.w;
}

@compute @workgroup_size(quads_per_workgroup, tiles_per_workgroup)
fn gather(@builtin(global_invocation_id) id: vec3u) {
  let quad = id.x;
  if (quad >= params.num_quads) {
    return;
  }
  let reject = is_rejected[quad] != vec4u(0u);
  let end = min(4u * id.y + 4u, params.dim);
  for (var coordinate = 4u * id.y; coordinate < end; coordinate++) {
    gather_coordinate(coordinate, quad, reject);
  }
}
