// settle: after a read-out, v is known again: p = ‖v‖ and q = 0 for mala, no decay and no variance otherwise
// One invocation: a quad of chains.
// In: nothing else.
// Out: complements [quad].
// Twin: settled in src/core/complement.ts
// #include "common/params.wgsl"
// #include "common/complement.wgsl"

override is_radial: bool = false;
override invocations_per_workgroup: u32 = 64u;

@group(0) @binding(1) var<storage, read_write> complements: array<Complement>;

@compute @workgroup_size(invocations_per_workgroup)
fn settle(@builtin(global_invocation_id) id: vec3u) {
  let quad = id.x;
  if (quad >= params.num_quads) {
    return;
  }
  let state = complements[quad];
  let radius = sqrt(state.first * state.first + state.second);
  complements[quad] = Complement(select(vec4f(1.0), radius, is_radial), vec4f());
}
