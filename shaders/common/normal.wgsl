// Uniforms and normals from Philox words; twin of src/core/normal.ts. Sine and cosine are polynomials of our own: WGSL
// allows its built-ins an error of 2⁻¹¹.
// Needs: params.wgsl.
// #include "common/philox.wgsl"
// #include "common/logarithm.wgsl"

struct NormalBlock {
  normal0: vec4f,
  normal1: vec4f,
  normal2: vec4f,
  normal3: vec4f,
}

// In (0, 1): the leading 24 bits at their own scale, which float32 holds exactly; 0 counts as 1.
fn uniform_from_word(word: vec4u) -> vec4f {
  let zeros = countLeadingZeros(word);
  let shift = select(vec4u(0u), vec4u(8u) - zeros, zeros < vec4u(8u));
  let leading = (max(word, vec4u(1u)) >> shift) << shift;
  return vec4f(leading) * 2.3283064365386963e-10;
}

// (radius cos, radius sin) of Box and Muller: `angle_word` gives a quadrant and the middle of one of 2²³ cells in it.
fn box_muller(radius_word: vec4u, angle_word: vec4u) -> array<vec4f, 2> {
  let radius = sqrt(-2.0 * accurate_log(uniform_from_word(radius_word)));
  let place = vec4i((angle_word & vec4u(0x3fffffffu)) >> vec4u(7u)) * 2 + vec4i(1 - 0x800000);
  let angle = vec4f(place) * (5.9604644775390625e-8 * 1.57079632679);
  let a2 = angle * angle;
  let sine = angle * (1.0 + a2 * (-1.0 / 6.0 + a2 * (1.0 / 120.0 + a2 * (-1.0 / 5040.0 + a2 * (1.0 / 362880.0)))));
  let cosine = 1.0 + a2 * (-0.5 + a2 * (1.0 / 24.0 + a2 * (-1.0 / 720.0 + a2 * (1.0 / 40320.0 + a2 * (-1.0 / 3628800.0)))));
  let quadrant = angle_word >> vec4u(30u);
  let is_odd = (quadrant & vec4u(1u)) == vec4u(1u);
  let is_left = (quadrant == vec4u(1u)) | (quadrant == vec4u(2u));
  let is_lower = quadrant >= vec4u(2u);
  let x = select(cosine, sine, is_odd);
  let y = select(sine, cosine, is_odd);
  return array<vec4f, 2>(radius * select(x, -x, is_left), radius * select(y, -y, is_lower));
}

// Four standard normals of a step for each chain of a quad: elements 4·block … 4·block + 3.
fn normal_block(step: u32, element_block: u32, quad: u32) -> NormalBlock {
  return normal_block_for(purpose_noise, step, element_block, quad);
}

fn normal_block_for(purpose: u32, step: u32, element_block: u32, quad: u32) -> NormalBlock {
  let words = philox(step, element_block, chains_of(quad), purpose, params.seed_low, params.seed_high);
  let first = box_muller(words.word0, words.word1);
  let second = box_muller(words.word2, words.word3);
  return NormalBlock(first[0], first[1], second[0], second[1]);
}

// The first two of them, or the last two, for half the price of turning words into normals.
fn normal_half(step: u32, element_block: u32, is_second: bool, quad: u32) -> array<vec4f, 2> {
  let words = philox(step, element_block, chains_of(quad), purpose_noise, params.seed_low, params.seed_high);
  return box_muller(select(words.word0, words.word2, is_second), select(words.word1, words.word3, is_second));
}
