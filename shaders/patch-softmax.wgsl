// patch-softmax: the maximum of z', log Σ exp(z') and the entropy of each window, gathered tile after tile
// One invocation: a window of a quad of chains, over all patterns of the tile; one exponential a pattern.
// In: window_sums [pattern of the tile][window][quad], is_rejected [quad].
// Out: window_facts, proposal_window_facts [window][quad], read too; the last accepted facts move up at the first tile.
// Twin: src/reference/patches.ts
// #include "common/params.wgsl"
// #include "common/logarithm.wgsl"
// #include "common/patches.wgsl"

override quads_per_workgroup: u32 = 16u;
override tiles_per_workgroup: u32 = 4u;
override is_adjusted: bool = true;

@group(0) @binding(1) var<storage, read> window_sums: array<vec4f>;
@group(0) @binding(2) var<storage, read> is_rejected: array<vec4u>;
@group(0) @binding(3) var<storage, read_write> window_facts: array<WindowFacts>;
@group(0) @binding(4) var<storage, read_write> proposal_window_facts: array<WindowFacts>;

@compute @workgroup_size(quads_per_workgroup, tiles_per_workgroup)
fn patch_softmax(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) num_workgroups: vec3u) {
  let quad = id.x;
  let window = item_of(id, num_workgroups);
  if (quad >= params.num_quads || window >= patches.num_windows) {
    return;
  }
  let at = window * params.num_quads + quad;
  let pattern_step = patches.num_windows * params.num_quads;
  var facts = proposal_window_facts[at];
  var first = 0u;
  if (holds_first_row()) {
    if (is_adjusted) {
      let reject = is_rejected[quad] != vec4u(0u);
      let state = window_facts[at];
      window_facts[at] = WindowFacts(
        select(facts.top, state.top, reject),
        select(facts.log_mass, state.log_mass, reject),
        select(facts.entropy, state.entropy, reject)
      );
    }
    facts = WindowFacts(window_logit(window_sums[at]), vec4f(1.0), vec4f());
    first = 1u;
  }
  var top = facts.top;
  var mass = facts.log_mass;
  var moment = facts.entropy;
  let num_rows = patches.num_rows;
  for (var k = first; k < num_rows; k++) {
    let z = window_logit(window_sums[at + k * pattern_step]);
    let rise = z - top;
    let share = exp(-abs(rise));
    let is_higher = rise > vec4f();
    moment = select(moment + share * rise, share * (moment - rise * mass), is_higher);
    mass = select(mass + share, mass * share + 1.0, is_higher);
    top = select(top, z, is_higher);
  }
  if (holds_last_row()) {
    let log_mass = accurate_log(mass);
    moment = log_mass - moment / mass;
    mass = log_mass;
  }
  proposal_window_facts[at] = WindowFacts(top, mass, moment);
}
