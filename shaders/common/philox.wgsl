// Philox4x32-10 (Salmon et al., SC 2011) for four chains at once; twin of src/core/philox.ts, bit for bit.
// Needs: nothing.

const purpose_noise = 0u;
const purpose_accept = 1u;
const purpose_select = 2u;
const purpose_radius = 8u;
const purpose_chi_square = 9u;
const purpose_chi_square_accept = 10u;
const purpose_complement = 11u;

// Word j of the counter's output for each of the four chains.
struct PhiloxWords {
  word0: vec4u,
  word1: vec4u,
  word2: vec4u,
  word3: vec4u,
}

// High 32 bits of a 32×32-bit product: WGSL has no wider integers, so by 16-bit limbs.
fn multiply_high(a: u32, b: vec4u) -> vec4u {
  let a_low = a & 0xffffu;
  let a_high = a >> 16u;
  let b_low = b & vec4u(0xffffu);
  let b_high = b >> vec4u(16u);
  let low = a_low * b_low;
  let middle = a_high * b_low + (low >> vec4u(16u));
  let cross = a_low * b_high + (middle & vec4u(0xffffu));
  return a_high * b_high + (middle >> vec4u(16u)) + (cross >> vec4u(16u));
}

fn philox_round(c: PhiloxWords, key_low: u32, key_high: u32) -> PhiloxWords {
  const multiplier0 = 0xd2511f53u;
  const multiplier1 = 0xcd9e8d57u;
  return PhiloxWords(
    multiply_high(multiplier1, c.word2) ^ c.word1 ^ vec4u(key_low),
    multiplier1 * c.word2,
    multiply_high(multiplier0, c.word0) ^ c.word3 ^ vec4u(key_high),
    multiplier0 * c.word0
  );
}

fn philox(step: u32, element_block: u32, chains: vec4u, purpose: u32, seed_low: u32, seed_high: u32) -> PhiloxWords {
  const weyl0 = 0x9e3779b9u;
  const weyl1 = 0xbb67ae85u;
  var c = PhiloxWords(vec4u(step), vec4u(element_block), chains, vec4u(purpose));
  // Ten rounds, written out: a loop costs two to four times as much on some drivers.
  c = philox_round(c, seed_low, seed_high);
  c = philox_round(c, seed_low + 1u * weyl0, seed_high + 1u * weyl1);
  c = philox_round(c, seed_low + 2u * weyl0, seed_high + 2u * weyl1);
  c = philox_round(c, seed_low + 3u * weyl0, seed_high + 3u * weyl1);
  c = philox_round(c, seed_low + 4u * weyl0, seed_high + 4u * weyl1);
  c = philox_round(c, seed_low + 5u * weyl0, seed_high + 5u * weyl1);
  c = philox_round(c, seed_low + 6u * weyl0, seed_high + 6u * weyl1);
  c = philox_round(c, seed_low + 7u * weyl0, seed_high + 7u * weyl1);
  c = philox_round(c, seed_low + 8u * weyl0, seed_high + 8u * weyl1);
  c = philox_round(c, seed_low + 9u * weyl0, seed_high + 9u * weyl1);
  return c;
}
