// choose: the component k that a uniform chooses from weights: the first whose cumulative weight reaches it
// One invocation: a quad of chains.
// In: weights [row][quad] (attention for gibbs, the mixture's own for exact), clock [quad].
// Out: chosen [quad].
// Twin: chooseComponent in src/core/mixture.ts
// #include "common/params.wgsl"
// #include "common/normal.wgsl"

override invocations_per_workgroup: u32 = 64u;

@group(0) @binding(1) var<storage, read> weights: array<vec4f>;
@group(0) @binding(2) var<storage, read> clock: array<u32>;
@group(0) @binding(3) var<storage, read_write> chosen: array<vec4u>;

@compute @workgroup_size(invocations_per_workgroup)
fn choose(@builtin(global_invocation_id) id: vec3u) {
  let quad = id.x;
  if (quad >= params.num_quads) {
    return;
  }
  let words = philox(clock[quad], 0u, chains_of(quad), purpose_select, params.seed_low, params.seed_high);
  let coin = uniform_from_word(words.word0);
  var cumulative = vec4f();
  var choice = vec4u();
  let num_rows = params.num_rows;
  for (var k = 0u; k < num_rows; k++) {
    let next = cumulative + weights[k * params.num_quads + quad];
    // Once the coin is reached the choice stands; before that it follows the last component that moved the sum.
    choice = select(choice, vec4u(k), (cumulative < coin) & (next > cumulative));
    cumulative = next;
  }
  chosen[quad] = choice;
}
