// accept: log r = attention term + ratio_scale · gradient term; accept if log u < log r; then the clock goes on
// One workgroup: a quad of chains; the lanes add up the tiles' gradient terms.
// In: gradient_terms [tile][quad], attention_terms [head][quad].
// Out: is_rejected, clock, tallies, num_non_finite [quad].
// Twin: src/reference/accept.ts
// #include "common/params.wgsl"
// #include "common/normal.wgsl"
// #include "common/reduce.wgsl"

override is_adjusted: bool = true;

// Sums since the host last cleared them; num_non_finite runs on.
struct Tally {
  num_accepted: vec4u,
  log_ratio_sum: vec4f,
}

@group(0) @binding(1) var<storage, read> gradient_terms: array<vec4f>;
@group(0) @binding(2) var<storage, read> attention_terms: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> is_rejected: array<vec4u>;
@group(0) @binding(4) var<storage, read_write> clock: array<u32>;
@group(0) @binding(5) var<storage, read_write> tallies: array<Tally>;
@group(0) @binding(6) var<storage, read_write> num_non_finite: array<vec4u>;

@compute @workgroup_size(num_lanes)
fn accept(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let quad = group.x;
  let lane = local.x;
  if (is_adjusted) {
    var term = vec4f();
    for (var tile = lane; tile < params.num_dims_padded / tile_length; tile += num_lanes) {
      term += gradient_terms[tile * params.num_quads + quad];
    }
    term = reduce_sum(lane, term);
    if (lane == 0u) {
      var attention_term = vec4f();
      for (var head = 0u; head < params.num_heads; head++) {
        attention_term += attention_terms[head * params.num_quads + quad];
      }
      let log_ratio = attention_term + params.ratio_scale * term;
      // The exponent bits tell: WGSL may assume that there are no infinities and no NaN.
      let is_finite = (bitcast<vec4u>(log_ratio) & vec4u(0x7f800000u)) != vec4u(0x7f800000u);
      let words = philox(clock[quad], 0u, chains_of(quad), purpose_accept, params.seed_low, params.seed_high);
      let coin = accurate_log(uniform_from_word(words.word0));
      let decision = is_finite & (coin < log_ratio);
      is_rejected[quad] = select(vec4u(1u), vec4u(0u), decision);
      tallies[quad].num_accepted += select(vec4u(0u), vec4u(1u), decision);
      tallies[quad].log_ratio_sum += select(vec4f(), log_ratio, is_finite);
      num_non_finite[quad] += select(vec4u(1u), vec4u(0u), is_finite);
    }
  }
  if (lane == 0u) {
    clock[quad] += params.clock_stride;
  }
}
