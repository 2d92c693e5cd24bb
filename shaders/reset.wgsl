// reset: every chain's current state is its proposal, as adopt has made it
// One invocation: a quad of chains.
// In: nothing.
// Out: is_rejected [quad].
// Twin: none, it computes nothing
// #include "common/params.wgsl"

override invocations_per_workgroup: u32 = 64u;

@group(0) @binding(1) var<storage, read_write> is_rejected: array<vec4u>;

@compute @workgroup_size(invocations_per_workgroup)
fn reset(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < params.num_quads) {
    is_rejected[id.x] = vec4u(0u);
  }
}
