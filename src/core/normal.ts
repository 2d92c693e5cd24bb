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

/** An angle in (−π/4, 7π/4): two bits choose the quadrant, 23 bits the place in it (at the middle of its cell). */
function angleFromWord(word: number): number {
  const place = ((word & 0x3fffffff) >>> 7) * 2 + 1 - 0x800000;
  return (place / 0x1000000 + (word >>> 30)) * (Math.PI / 2);
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
  for (let pair = 0; pair < 4; pair += 2) {
    const radius = Math.sqrt(-2 * Math.log(uniformFromWord(words[pair]!)));
    const angle = angleFromWord(words[pair + 1]!);
    out[offset + pair] = radius * Math.cos(angle);
    out[offset + pair + 1] = radius * Math.sin(angle);
  }
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
