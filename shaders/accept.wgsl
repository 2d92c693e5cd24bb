// accept: log r = attention term + ratio_scale · gradient term; accept if log u < log r; then the clock goes on
// One workgroup: a few quads of chains; the lanes of each add up the tiles' gradient terms.
// In: gradient_terms [tile][quad], attention_terms [head][quad].
// Out: is_rejected, clock, tallies, num_non_finite, complements, directions [quad].
// Twin: src/reference/accept.ts, and src/core/complement.ts outside the span of the rows
// #include "common/params.wgsl"
// #include "common/tile.wgsl"
// #include "common/complement.wgsl"
// #include "common/decision.wgsl"
// #include "common/reduce.wgsl"

override is_adjusted: bool = true;
// The decision sees ‖v‖: mala.
override is_radial: bool = true;
override is_circulating: bool = false;

@group(0) @binding(1) var<storage, read> gradient_terms: array<vec4f>;
@group(0) @binding(2) var<storage, read> attention_terms: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> is_rejected: array<vec4u>;
@group(0) @binding(4) var<storage, read_write> clock: array<u32>;
@group(0) @binding(5) var<storage, read_write> tallies: array<Tally>;
@group(0) @binding(6) var<storage, read_write> num_non_finite: array<vec4u>;
@group(0) @binding(7) var<storage, read_write> complements: array<Complement>;

@group(0) @binding(8) var<storage, read_write> directions: array<vec4f>;

// Takes over what accepted chains have outside the span.
fn advance_complement(quad: u32, decision: vec4<bool>, first: vec4f, second: vec4f) {
  let state = complements[quad];
  complements[quad] = Complement(select(state.first, first, decision), select(state.second, second, decision));
}

@compute @workgroup_size(quads_per_reduction, num_lanes)
fn accept(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let quad = group.x * quads_per_reduction + local.x;
  let lane = local.y;
  if (is_adjusted) {
    var term = vec4f();
    for (var tile = lane; tile < params.num_dims_padded / tile_length; tile += num_lanes) {
      term += gradient_terms[tile * params.num_quads + quad];
    }
    term = reduce_sum(local, term);
    if (lane == 0u) {
      var attention_term = vec4f();
      for (var head = 0u; head < params.num_heads; head++) {
        attention_term += attention_terms[head * params.num_quads + quad];
      }
      let is_radially_decided = is_radial && params.complement_dim > 0u;
      var radial = RadialProposal();
      if (is_radially_decided) {
        radial = propose_radius(complements[quad], clock[quad], quad);
        term += radial.change;
      }
      let log_ratio = attention_term + params.ratio_scale * term;
      let is_finite = has_finite_bits(log_ratio);
      let coin = log_coin(clock[quad], quad);
      let decision = is_finite & (coin < log_ratio);
      is_rejected[quad] = select(vec4u(1u), vec4u(0u), decision);
      if (is_circulating) {
        // After a rejection a chain turns the other way, or it would not keep the law.
        directions[quad] = select(-directions[quad], directions[quad], decision);
      }
      if (is_radially_decided) {
        advance_complement(quad, decision, radial.first, radial.second);
      } else if (params.complement_dim > 0u) {
        let advanced = advance_law(complements[quad]);
        advance_complement(quad, decision, advanced.first, advanced.second);
      }
      tallies[quad].num_accepted += select(vec4u(0u), vec4u(1u), decision);
      tallies[quad].log_ratio_sum += select(vec4f(), log_ratio, is_finite);
      num_non_finite[quad] += select(vec4u(1u), vec4u(0u), is_finite);
    }
  }
  if (!is_adjusted && lane == 0u && params.complement_dim > 0u) {
    complements[quad] = advance_law(complements[quad]);
  }
  if (lane == 0u) {
    clock[quad] += params.clock_stride;
  }
}
