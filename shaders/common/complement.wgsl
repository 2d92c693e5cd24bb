// What a step does to the part of a collapsed chain outside the span of the rows; twin of src/core/complement.ts, where
// the formulas stand.
// Needs: params.wgsl.
// #include "common/normal.wgsl"

// For mala p and q², otherwise the decay and the variance gathered since the last read-out.
struct Complement {
  first: vec4f,
  second: vec4f,
}

struct RadialProposal {
  first: vec4f,
  second: vec4f,
  // ‖v'‖² − ‖v‖²
  change: vec4f,
}

fn normal_pair(step: u32, element_block: u32, quad: u32, purpose: u32) -> array<vec4f, 2> {
  let words = philox(step, element_block, chains_of(quad), purpose, params.seed_low, params.seed_high);
  return box_muller(words.word0, words.word1);
}

// A χ² draw for each chain of a quad (Marsaglia and Tsang's gamma); `degrees` is the same for all.
fn chi_square_draw(degrees: u32, step: u32, quad: u32) -> vec4f {
  if (degrees == 0u) {
    return vec4f();
  }
  if (degrees == 1u) {
    let pair = normal_pair(step, 0u, quad, purpose_chi_square);
    return pair[0] * pair[0];
  }
  let d = 0.5 * f32(degrees) - 1.0 / 3.0;
  let c = inverseSqrt(9.0 * d);
  var result = vec4f();
  var is_open = vec4u(1u);
  // Each attempt succeeds with more than 95 %: that 32 fail has a probability below 1e-41.
  for (var attempt = 0u; attempt < 32u; attempt++) {
    let pair = normal_pair(step, attempt, quad, purpose_chi_square);
    let x = pair[0];
    let words = philox(
      step, attempt, chains_of(quad), purpose_chi_square_accept, params.seed_low, params.seed_high
    );
    let coin = accurate_log(uniform_from_word(words.word0));
    let root = 1.0 + c * x;
    let is_positive = root > vec4f();
    let v = select(vec4f(1.0), root * root * root, is_positive);
    let is_below = coin < 0.5 * x * x + d * ((1.0 - v) + accurate_log(v));
    let accepts = (is_open == vec4u(1u)) & is_positive & is_below;
    result = select(result, 2.0 * d * v, accepts);
    is_open = select(is_open, vec4u(0u), accepts);
    if (all(is_open == vec4u(0u))) {
      break;
    }
  }
  return result;
}

fn propose_radius(state: Complement, step: u32, quad: u32) -> RadialProposal {
  let normals = normal_pair(step, 0u, quad, purpose_radius);
  let p = params.decay * state.first + params.noise * normals[0];
  let along_change = (p - state.first) * (p + state.first);
  if (params.complement_dim < 2u) {
    return RadialProposal(p, vec4f(), along_change);
  }
  let chi_square = chi_square_draw(params.complement_dim - 2u, step, quad);
  let q = sqrt(state.second);
  let across_change = -(params.drift * (1.0 + params.decay)) * state.second
    + 2.0 * params.decay * params.noise * q * normals[1]
    + params.noise * params.noise * (normals[1] * normals[1] + chi_square);
  // Not q² + change, which would lose a small q to the rounding of a large one.
  let moved = params.decay * q + params.noise * normals[1];
  let second = moved * moved + params.noise * params.noise * chi_square;
  return RadialProposal(p, second, along_change + across_change);
}

fn advance_law(state: Complement) -> Complement {
  return Complement(
    params.decay * state.first,
    params.decay * params.decay * state.second + params.noise * params.noise
  );
}
