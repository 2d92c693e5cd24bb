/**
 * Philox4x32-10, the counter-based generator of Salmon et al. (SC 2011). Twin of shaders/common/philox.wgsl: the
 * integers are bit-equal. A draw depends on (step, block of elements, chain, purpose) and the seed, on nothing else.
 */

/** What a random number is for: the last word of its counter, so that no two uses can meet. */
export const purposes = {
  /** The noise of a step. */
  noise: 0,
  /** The coin of an accept decision. */
  accept: 1,
  /** The choice of a mixture component in a step. */
  select: 2,
  /** Which pattern a chain starts at, and the order in which patterns are dealt to chains. */
  startSelect: 3,
  /** The noise around that pattern. */
  startNoise: 4,
  /** Procedural data. */
  data: 5,
  /** The coin of a swap between temperatures. */
  swap: 6,
  /** The seeds of the runs that a method is made of. */
  seed: 7,
  /** Outside the span of the rows: the two normals of a step, its χ² (proposals, then coins), and what a read-out draws. */
  radius: 8,
  chiSquare: 9,
  chiSquareAccept: 10,
  complement: 11,
  /** The baselines that samples are compared with: their choices, noise and weights. */
  baseline: 13,
} as const;
export type Purpose = (typeof purposes)[keyof typeof purposes];

/** 64-bit key: [low word, high word]. */
export type PhiloxKey = readonly [number, number];

const multiplier0 = 0xd2511f53;
const multiplier1 = 0xcd9e8d57;
const weyl0 = 0x9e3779b9;
const weyl1 = 0xbb67ae85;
const numRounds = 10;

/** High 32 bits of a 32×32-bit product, by 16-bit limbs. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const low = aLow * bLow;
  const middle = aHigh * bLow + (low >>> 16);
  const cross = aLow * bHigh + (middle % 0x10000);
  return (aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(cross / 0x10000)) >>> 0;
}

/** Writes the four words of one counter to `out`, starting at `offset`. */
export function philox(
  counter0: number,
  counter1: number,
  counter2: number,
  counter3: number,
  key: PhiloxKey,
  out: Uint32Array,
  offset = 0,
): void {
  let c0 = counter0;
  let c1 = counter1;
  let c2 = counter2;
  let c3 = counter3;
  let [k0, k1] = key;
  for (let round = 0; round < numRounds; round++) {
    const high0 = multiplyHigh(multiplier0, c0);
    const low0 = Math.imul(multiplier0, c0);
    const high1 = multiplyHigh(multiplier1, c2);
    const low1 = Math.imul(multiplier1, c2);
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1 >>> 0;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0 >>> 0;
    k0 = (k0 + weyl0) >>> 0;
    k1 = (k1 + weyl1) >>> 0;
  }
  out[offset] = c0;
  out[offset + 1] = c1;
  out[offset + 2] = c2;
  out[offset + 3] = c3;
}
