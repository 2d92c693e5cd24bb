// complement-weigh: how much of the last v and of w makes the new v, and what ‖v‖ puts into the figures of a draw
// One workgroup: a few quads of chains; the lanes of each share the coordinates.
// In: inside_parts [direction][u, t, c][quad]; outside, fresh_noise [coordinate][quad]; complements [quad].
// Out: readout_weights, observations [quad].
// Twin: readOut in src/core/complement.ts
// #include "common/params.wgsl"
// #include "common/complement.wgsl"
// #include "common/observation.wgsl"
// #include "common/readout.wgsl"
// #include "common/reduce.wgsl"

override is_radial: bool = false;
// The kernel draws components: nothing is outside but the last one's noise.
override is_component: bool = false;

@group(0) @binding(1) var<storage, read> inside_parts: array<vec4f>;
@group(0) @binding(2) var<storage, read> outside: array<vec4f>;
@group(0) @binding(3) var<storage, read> fresh_noise: array<vec4f>;
@group(0) @binding(4) var<storage, read> complements: array<Complement>;
@group(0) @binding(5) var<storage, read_write> readout_weights: array<ReadoutWeights>;
@group(0) @binding(6) var<storage, read_write> observations: array<Observation>;

// v' = p e + q n, with e the direction of v and n that of w − slope·v, which lies across it. A v of no length has no
// direction: all of v' is then uniform, as w is.
fn radial_weights(state: Complement, vv: vec4f, slope: vec4f, across: vec4f, ww: vec4f) -> ReadoutWeights {
  let has_direction = vv > vec4f();
  var fresh = vec4f();
  if (params.complement_dim > 1u) {
    fresh = sqrt(state.second / across);
  }
  let last = state.first / sqrt(select(vec4f(1.0), vv, has_direction)) - fresh * slope;
  let whole = sqrt((state.first * state.first + state.second) / ww);
  return ReadoutWeights(select(vec4f(), last, has_direction), select(whole, fresh, has_direction));
}

fn law_weights(state: Complement) -> ReadoutWeights {
  if (is_component) {
    return ReadoutWeights(vec4f(), vec4f(inverseSqrt(params.beta)));
  }
  return ReadoutWeights(state.first, sqrt(state.second));
}

@compute @workgroup_size(quads_per_reduction, num_lanes)
fn complement_weigh(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let quad = group.x * quads_per_reduction + local.x;
  let lane = local.y;
  var vv = vec4f();
  var vw = vec4f();
  var ww = vec4f();
  // Slice after slice, so that a single lane does not add thousands of terms to one sum.
  for (var first = 0u; first < params.full_dim; first += params.slice_length) {
    var part_vv = vec4f();
    var part_vw = vec4f();
    var part_ww = vec4f();
    let end = min(first + params.slice_length, params.full_dim);
    for (var i = first + lane; i < end; i += num_lanes) {
      let v = outside[i * params.num_quads + quad];
      let w = fresh_noise[i * params.num_quads + quad];
      part_vv += v * v;
      part_vw += v * w;
      part_ww += w * w;
    }
    vv += part_vv;
    vw += part_vw;
    ww += part_ww;
  }
  vv = reduce_sum(local, vv);
  vw = reduce_sum(local, vw);
  ww = reduce_sum(local, ww);

  // Summed by itself, not as ‖w‖² less the square of the overlap, which cancel where w lies along v.
  let slope = vw / select(vec4f(1.0), vv, vv > vec4f());
  var across = vec4f();
  if (is_radial) {
    for (var first = 0u; first < params.full_dim; first += params.slice_length) {
      var part = vec4f();
      let end = min(first + params.slice_length, params.full_dim);
      for (var i = first + lane; i < end; i += num_lanes) {
        let at = i * params.num_quads + quad;
        let rest = fresh_noise[at] - slope * outside[at];
        part += rest * rest;
      }
      across += part;
    }
    across = reduce_sum(local, across);
  }

  var uu = vec4f();
  for (var j = lane; j < params.dim; j += num_lanes) {
    let u = inside_parts[part_at(j, part_position, quad)];
    uu += u * u;
  }
  uu = reduce_sum(local, uu);

  if (lane == 0u) {
    var weights = law_weights(complements[quad]);
    if (is_radial) {
      weights = radial_weights(complements[quad], vv, slope, across, ww);
    }
    let squared = weights.last * weights.last * vv
      + 2.0 * weights.last * weights.fresh * vw
      + weights.fresh * weights.fresh * ww;
    let inside = observations[quad];
    readout_weights[quad] = weights;
    observations[quad] = Observation(
      inside.energy + 0.5 * squared,
      inside.entropy,
      inside.max_cosine * sqrt(uu / (uu + squared))
    );
  }
}
