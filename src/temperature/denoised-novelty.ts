/**
 * What T(ξ) reads out of exact draws at any β: how far from every stored pattern, and from how many of them it is mixed.
 * The draws share their random numbers across β, so that the curves are smooth and their crossings can be bisected.
 * Nothing is sampled by steps: ξ = m_k + β^(−1/2) ε is the law itself (spec section 3).
 */
import { requireCount, requireSeed } from "../core/checks.ts";
import { patternNorms, requireMemory } from "../core/memory-matrix.ts";
import { chooseComponent, logSumExp } from "../core/mixture.ts";
import { fillNormals, uniform } from "../core/normal.ts";
import { purposes } from "../core/philox.ts";
import type { MemoryMatrix } from "../core/types.ts";

export interface ReadoutOptions {
  /** Whole number in [0, 2^64). */
  readonly seed: number | bigint;
  /** Exact draws to average over; 128 unless given. */
  readonly numDraws?: number;
}

/** Means over the draws. */
export interface Readout {
  /** 1 − max_k cos(T(ξ), m_k) */
  readonly novelty: number;
  /** H(a(ξ)) in nats; exp of it is how many patterns T(ξ) is mixed from. */
  readonly entropy: number;
}

const defaultNumDraws = 128;
/** Weights below this share of the largest change T(ξ) by less than float64's rounding. */
const negligibleWeight = 1e-17;
/** A weight this close to 1 makes T(ξ) the pattern itself, up to rounding. */
const copyWeight = 1 - 1e-13;
/** A novelty below this is rounding: T(ξ) points along a pattern. */
const minNovelty = 1e-12;
/** Squared pivots below this share of the largest are rounding: the pattern lies in the span of those before it. */
const minPivot = 1e-10;

/**
 * @returns a function of β
 * @throws ArgumentError for a malformed memory or a bad option
 */
export function createReadout(memory: MemoryMatrix, options: ReadoutOptions): (beta: number) => Readout {
  requireMemory("memory", memory);
  const key = requireSeed("seed", options.seed);
  const numDraws = requireCount("numDraws", options.numDraws ?? defaultNumDraws, 1);
  const { numPatterns } = memory;
  const norms = patternNorms(memory);
  const rows = isometricRows(memory);
  const rank = rows[0]!.length;
  const overlapsWith = (vector: ArrayLike<number>): Float64Array =>
    Float64Array.from(rows, (row) => dot(row, vector, rank));

  const draws = Array.from({ length: numDraws }, (_, draw) => ({
    // One draw from each of as many equal slices of the cumulative weights: still exact, and less noisy.
    place: (draw + uniform(0, draw, purposes.select, key)) / numDraws,
    noise: overlapsWith(fillNormals(0, draw, purposes.noise, key, new Float64Array(rank))),
  }));
  const gram = new Map<number, Float64Array>();
  const overlapsWithPattern = (k: number): Float64Array => {
    let row = gram.get(k);
    if (row === undefined) gram.set(k, (row = overlapsWith(rows[k]!)));
    return row;
  };
  const attention = new Float64Array(numPatterns);
  const mixed = new Float64Array(rank);

  return (beta) => {
    // w_k ∝ exp(β‖m_k‖²/2)
    const exponents = norms.map((norm) => (beta * norm * norm) / 2);
    const logTotal = logSumExp(exponents);
    const weights = exponents.map((value) => Math.exp(value - logTotal));
    let noveltySum = 0;
    let entropySum = 0;
    for (const { place, noise } of draws) {
      const signal = overlapsWithPattern(chooseComponent(weights, place));
      for (let j = 0; j < numPatterns; j++) attention[j] = beta * signal[j]! + Math.sqrt(beta) * noise[j]!;
      entropySum += softmaxWithEntropy(attention);
      noveltySum += noveltyOfMixture(attention);
    }
    return { novelty: noveltySum / numDraws, entropy: entropySum / numDraws };
  };

  /** Novelty of T = Σ_k a_k m_k. */
  function noveltyOfMixture(shares: Float64Array): number {
    const largest = shares.reduce((a, b) => Math.max(a, b));
    if (largest >= copyWeight) return 0;
    mixed.fill(0);
    for (let k = 0; k < numPatterns; k++) {
      const share = shares[k]!;
      if (share < negligibleWeight * largest) continue;
      const row = rows[k]!;
      for (let i = 0; i < rank; i++) mixed[i] = mixed[i]! + share * row[i]!;
    }
    const norm = Math.sqrt(dot(mixed, mixed, rank));
    // A zero vector has cosine 0 with everything.
    if (norm === 0) return 1;
    let cosine = -1;
    for (let k = 0; k < numPatterns; k++)
      if (norms[k]! > 0) cosine = Math.max(cosine, dot(rows[k]!, mixed, rank) / (norm * norms[k]!));
    return 1 - cosine < minNovelty ? 0 : 1 - cosine;
  }
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>, length: number): number {
  let sum = 0;
  for (let i = 0; i < length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** Turns logits into their softmax, in place; returns its entropy in nats. */
function softmaxWithEntropy(logits: Float64Array): number {
  const top = logits.reduce((a, b) => Math.max(a, b));
  let total = 0;
  let shortfall = 0;
  for (let k = 0; k < logits.length; k++) {
    const below = top - logits[k]!;
    const weight = Math.exp(-below);
    total += weight;
    if (weight > 0) shortfall += weight * below;
    logits[k] = weight;
  }
  for (let k = 0; k < logits.length; k++) logits[k] = logits[k]! / total;
  return Math.log(total) + shortfall / total;
}

/**
 * Rows with the inner products of the patterns, and as short as they can be: the patterns themselves, or, if there are
 * fewer patterns than coordinates, the Cholesky factor of their Gram matrix. Everything here depends on inner products
 * alone, and isotropic noise looks the same in any basis.
 */
function isometricRows({ values, numPatterns, dim }: MemoryMatrix): readonly (Float32Array | Float64Array)[] {
  const patterns = Array.from({ length: numPatterns }, (_, k) => values.subarray(k * dim, (k + 1) * dim));
  if (numPatterns >= dim) return patterns;
  const rows = patterns.map(() => new Float64Array(numPatterns));
  const scale = patterns.reduce((largest, pattern) => Math.max(largest, dot(pattern, pattern, dim)), 0);
  rows.forEach((row, k) => {
    for (let j = 0; j < k; j++) {
      const pivot = rows[j]![j]!;
      if (pivot > 0) row[j] = (dot(patterns[k]!, patterns[j]!, dim) - dot(row, rows[j]!, j)) / pivot;
    }
    const rest = dot(patterns[k]!, patterns[k]!, dim) - dot(row, row, k);
    row[k] = rest > minPivot * scale ? Math.sqrt(rest) : 0;
  });
  return rows;
}
