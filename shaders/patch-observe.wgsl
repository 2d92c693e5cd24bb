// patch-observe: E(ξ) = −(ω/β) Σ_windows lse(z) and the mean entropy of the windows' weights, at the current state
// One workgroup: a quad of chains; the lanes share the windows.
// In: window_facts, proposal_window_facts [window][quad]; is_rejected [quad].
// Out: observations [quad]; the cosines are left to the host, which has the memory.
// Twin: src/reference/patches.ts
// #include "common/params.wgsl"
// #include "common/observation.wgsl"
// #include "common/patches.wgsl"
// #include "common/reduce.wgsl"

override is_adjusted: bool = true;

const tiles_per_workgroup = 1u;

@group(0) @binding(1) var<storage, read> window_facts: array<WindowFacts>;
@group(0) @binding(2) var<storage, read> proposal_window_facts: array<WindowFacts>;
@group(0) @binding(3) var<storage, read> is_rejected: array<vec4u>;
@group(0) @binding(4) var<storage, read_write> observations: array<Observation>;

@compute @workgroup_size(quads_per_reduction, num_lanes)
fn patch_observe(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let quad = group.x * quads_per_reduction + local.x;
  let reject = is_rejected[quad] != vec4u(0u);
  var log_normalizer = vec4f();
  var entropy = vec4f();
  for (var window = local.y; window < patches.num_windows; window += num_lanes) {
    let at = window * params.num_quads + quad;
    let proposal = proposal_window_facts[at];
    var of_window = proposal.top + proposal.log_mass;
    var entropy_of_window = proposal.entropy;
    if (is_adjusted) {
      let state = window_facts[at];
      of_window = select(of_window, state.top + state.log_mass, reject);
      entropy_of_window = select(entropy_of_window, state.entropy, reject);
    }
    log_normalizer += of_window;
    entropy += entropy_of_window;
  }
  log_normalizer = reduce_sum(local, log_normalizer);
  entropy = reduce_sum(local, entropy);
  if (local.y == 0u) {
    observations[quad] = Observation(
      (-patches.power / params.beta) * log_normalizer,
      entropy / f32(patches.num_windows),
      vec4f()
    );
  }
}
