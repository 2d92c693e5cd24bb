// adopt: puts the current ξ where the proposal is, so that its attention can be computed again at another β
// One invocation: four coordinates of a quad of chains.
// In: position [coordinate][quad], is_rejected [quad].
// Out: proposal [coordinate][quad].
// Twin: none, it computes nothing
// #include "common/params.wgsl"

override quads_per_workgroup: u32 = 16u;
override tiles_per_workgroup: u32 = 4u;

@group(0) @binding(1) var<storage, read> position: array<vec4f>;
@group(0) @binding(2) var<storage, read> is_rejected: array<vec4u>;
@group(0) @binding(3) var<storage, read_write> proposal: array<vec4f>;

@compute @workgroup_size(quads_per_workgroup, tiles_per_workgroup)
fn adopt(@builtin(global_invocation_id) id: vec3u) {
  let quad = id.x;
  if (quad >= params.num_quads) {
    return;
  }
  let reject = is_rejected[quad] != vec4u(0u);
  let end = min(4u * id.y + 4u, params.dim);
  for (var coordinate = 4u * id.y; coordinate < end; coordinate++) {
    let at = coordinate * params.num_quads + quad;
    proposal[at] = select(proposal[at], position[at], reject);
  }
}
