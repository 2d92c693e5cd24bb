// What an accept decision compares: log u against log r.
// Needs: params.wgsl, normal.wgsl.

fn log_coin(step: u32, quad: u32) -> vec4f {
  let words = philox(step, 0u, chains_of(quad), purpose_accept, params.seed_low, params.seed_high);
  return accurate_log(uniform_from_word(words.word0));
}

// The exponent bits tell: WGSL may assume that there are no infinities and no NaN.
fn has_finite_bits(value: vec4f) -> vec4<bool> {
  return (bitcast<vec4u>(value) & vec4u(0x7f800000u)) != vec4u(0x7f800000u);
}
