/**
 * What every baseline is: a memory in, samples out. The samplers of the project are compared with these, so a table can
 * loop over them; the paper's own samplers and the exact law are not among them. All randomness is Philox under one purpose, each use in a
 * stream of its own: a seed gives the same bytes on every machine that rounds alike, and fewer samples are the first
 * of more.
 */
import { requireCount, requireSeed } from "../core/checks.ts";
import { patternNorms, requireMemory } from "../core/memory-matrix.ts";
import { fillNormals, uniform } from "../core/normal.ts";
import { purposes, type PhiloxKey } from "../core/philox.ts";
import type { MemoryMatrix, Progress } from "../core/types.ts";

export interface BaselineOptions {
  readonly numSamples: number;
  /** Whole number in [0, 2^64). */
  readonly seed: number | bigint;
  /** Aborting rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Called by the baselines that are trained, in their own units of work. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** What the baselines that are trained have in common. */
export interface TrainingOptions {
  /** Of Adam; 1e-3 by default. */
  readonly learningRate?: number;
  /** Called after every epoch with the mean loss of its batches, before they were learned from. */
  readonly onEpoch?: ((epoch: number, loss: number) => void) | undefined;
}

/**
 * Samples, row-major [numSamples, dim].
 * @throws ArgumentError before any work if an option breaks its rule
 */
export type Baseline<Own = unknown> = (memory: MemoryMatrix, options: BaselineOptions & Own) => Promise<Float32Array>;

/** What a random number of a baseline is for: the third word of its counter. */
export const streams = {
  /** Which pattern, or which component of a mixture. */
  choice: 0,
  /** Noise added to a sample. */
  noise: 1,
  /** Weights over the patterns. */
  weights: 2,
  /** Where a fit starts; the weights of a network. */
  start: 3,
  /** Noise that a network is trained with, and how much of it. */
  training: 4,
  level: 5,
} as const;

/**
 * The key of the options' seed, once they and the memory are known to be sound.
 * @throws ArgumentError if they are not
 */
export function requireBaseline(memory: MemoryMatrix, { numSamples, seed, signal }: BaselineOptions): PhiloxKey {
  requireMemory("memory", memory);
  requireCount("numSamples", numSamples, 1);
  const key = requireSeed("seed", seed);
  signal?.throwIfAborted();
  return key;
}

/** Fills `out` with standard normals: element i of use `step` in a stream. */
export function fillNoise(
  step: number,
  key: PhiloxKey,
  out: Float64Array,
  stream: number = streams.noise,
): Float64Array {
  return fillNormals(step, stream, purposes.baseline, key, out);
}

/** 0 … count − 1, equally likely. */
export function chooseIndex(sample: number, count: number, key: PhiloxKey): number {
  // A uniform of the generator may be 1.
  return Math.min(count - 1, Math.floor(uniform(sample, streams.choice, purposes.baseline, key) * count));
}

/** The rows of `samples` at unit length; zero rows stay zero. */
export function unitRows(samples: Float32Array, dim: number): Float32Array {
  const norms = patternNorms({ values: samples, numPatterns: samples.length / dim, dim });
  return samples.map((_, at) => {
    const norm = norms[Math.floor(at / dim)]!;
    return norm === 0 ? 0 : samples[at]! / norm;
  });
}
