/**
 * Uniforms and normals from Philox words, in float64. Twin of shaders/common/normal.wgsl, which evaluates the same
 * functions of the same integers in float32.
 */
import { philox, purposes, type PhiloxKey, type Purpose } from "./philox.ts";

const twoTo32 = 0x1_0000_0000;

/**
 * Uniform in (0, 1): the word's leading 24 bits at its own scale, so that float32 holds it exactly; 0 counts as 1.
 * Small values keep their full relative precision, which reaches normals of 6.66 standard deviations.
 */
export function uniformFromWord(word: number): number {
  const shift = Math.max(0, 8 - Math.clz32(word));
  return (((Math.max(word, 1) >>> shift) << shift) >>> 0) / twoTo32;
}

/**
 * Writes (radius cos, radius sin) of Box and Muller. Two bits of `angleWord` choose the quadrant, 23 bits the place in it
 * (at the middle of its cell), so that the series below only have to reach π/4, where their next terms are below 5e-17.
 */
function boxMuller(radiusWord: number, angleWord: number, out: Float64Array, offset: number): void {
  const radius = Math.sqrt(-2 * Math.log(uniformFromWord(radiusWord)));
  const place = ((angleWord & 0x3fffffff) >>> 7) * 2 + 1 - 0x800000;
  const angle = (place / 0x1000000) * (Math.PI / 2);
  const a2 = angle * angle;
  const sine =
    radius *
    angle *
    (1 +
      a2 *
        (-1 / 6 +
          a2 *
            (1 / 120 +
              a2 *
                (-1 / 5040 +
                  a2 * (1 / 362880 + a2 * (-1 / 39916800 + a2 * (1 / 6227020800 + a2 * (-1 / 1307674368000))))))));
  const cosine =
    radius *
    (1 +
      a2 *
        (-1 / 2 +
          a2 *
            (1 / 24 +
              a2 *
                (-1 / 720 +
                  a2 *
                    (1 / 40320 +
                      a2 * (-1 / 3628800 + a2 * (1 / 479001600 + a2 * (-1 / 87178291200 + a2 / 20922789888000))))))));
  const quadrant = angleWord >>> 30;
  const isOdd = (quadrant & 1) === 1;
  const x = isOdd ? sine : cosine;
  const y = isOdd ? cosine : sine;
  out[offset] = quadrant === 1 || quadrant === 2 ? -x : x;
  out[offset + 1] = quadrant >= 2 ? -y : y;
}

const words = new Uint32Array(4);

/** Writes the four standard normals of one counter (Box and Muller) to `out`, starting at `offset`. */
function normalBlock(
  step: number,
  block: number,
  chain: number,
  purpose: Purpose,
  key: PhiloxKey,
  out: Float64Array,
  offset: number,
): void {
  philox(step, block, chain, purpose, key, words);
  boxMuller(words[0]!, words[1]!, out, offset);
  boxMuller(words[2]!, words[3]!, out, offset + 2);
}

/** Fills `out` with the standard normals of a chain at a step; element i comes from block ⌊i/4⌋. */
export function fillNormals(
  step: number,
  chain: number,
  purpose: Purpose,
  key: PhiloxKey,
  out: Float64Array,
): Float64Array {
  const whole = out.length - (out.length % 4);
  for (let i = 0; i < whole; i += 4) normalBlock(step, i >>> 2, chain, purpose, key, out, i);
  if (whole < out.length) {
    const rest = new Float64Array(4);
    normalBlock(step, whole >>> 2, chain, purpose, key, rest, 0);
    out.set(rest.subarray(0, out.length - whole), whole);
  }
  return out;
}

/** The four normals of one block of a chain at a step. */
export function normalsAt(step: number, block: number, chain: number, purpose: Purpose, key: PhiloxKey): Float64Array {
  const out = new Float64Array(4);
  normalBlock(step, block, chain, purpose, key, out, 0);
  return out;
}

/** A uniform of a chain at a step, the first of its block; most purposes need one a step. */
export function uniform(step: number, chain: number, purpose: Purpose, key: PhiloxKey, block = 0): number {
  philox(step, block, chain, purpose, key, words);
  return uniformFromWord(words[0]!);
}

/**
 * A permutation of 0 … length − 1, set by the key alone (Fisher–Yates).
 * `stream` separates permutations made with the same key.
 */
export function permutation(
  length: number,
  key: PhiloxKey,
  stream: number,
  purpose: Purpose = purposes.startSelect,
): Uint32Array {
  const order = Uint32Array.from({ length }, (_, i) => i);
  for (let i = length - 1; i > 0; i--) {
    philox(i, stream, 0, purpose, key, words);
    const j = Math.floor((words[0]! / twoTo32) * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}
