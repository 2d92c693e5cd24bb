// inside: what a collapsed chain has in the span of the rows at a read-out: the coordinates of ξ and of T(ξ), and c = Qᵀε
// One invocation: a direction of a quad of chains.
// In: position, proposal, retrieval, proposal_retrieval [direction][quad]; is_rejected [quad];
//     noise_products [slice][direction][quad].
// Out: inside_parts [direction][u, t, c][quad].
// Twin: none, it computes nothing but the last sum of projectAll in src/core/collapse.ts
// #include "common/params.wgsl"
// #include "common/readout.wgsl"

override quads_per_workgroup: u32 = 16u;
override tiles_per_workgroup: u32 = 4u;
override has_outside: bool = false;

@group(0) @binding(1) var<storage, read> position: array<vec4f>;
@group(0) @binding(2) var<storage, read> proposal: array<vec4f>;
@group(0) @binding(3) var<storage, read> retrieval: array<vec4f>;
@group(0) @binding(4) var<storage, read> proposal_retrieval: array<vec4f>;
@group(0) @binding(5) var<storage, read> is_rejected: array<vec4u>;
@group(0) @binding(6) var<storage, read> noise_products: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> inside_parts: array<vec4f>;

@compute @workgroup_size(quads_per_workgroup, tiles_per_workgroup)
fn inside(@builtin(global_invocation_id) id: vec3u) {
  let quad = id.x;
  let direction = id.y;
  if (quad >= params.num_quads || direction >= params.dim) {
    return;
  }
  let at = direction * params.num_quads + quad;
  let reject = is_rejected[quad] != vec4u(0u);
  inside_parts[part_at(direction, part_position, quad)] = select(proposal[at], position[at], reject);
  inside_parts[part_at(direction, part_retrieval, quad)] = select(proposal_retrieval[at], retrieval[at], reject);
  if (has_outside) {
    var sum = vec4f();
    let num_slices = (params.full_dim + params.slice_length - 1u) / params.slice_length;
    for (var slice = 0u; slice < num_slices; slice++) {
      sum += noise_products[(slice * params.num_dims_padded + direction) * params.num_quads + quad];
    }
    inside_parts[part_at(direction, part_noise, quad)] = sum;
  }
}
