/**
 * Noise with the look of a sampler's output but none of its structure (spec section 6.2): what a sample set must beat to
 * be more than noise. The memory gives nothing but its dimension.
 */
import { ArgumentError } from "../core/errors.ts";
import { patternNorms } from "../core/memory-matrix.ts";
import type { MemoryMatrix } from "../core/types.ts";
import { fillNoise, requireBaseline, type Baseline } from "./baseline.ts";

export interface NoiseControlOptions {
  /** The samples to be matched, [numReferences, dim]. */
  readonly reference: Float32Array;
}

/** Independent normals with the reference's mean and variance in every coordinate. */
export const matchedGaussian: Baseline<NoiseControlOptions> = async (memory, options) => {
  const key = requireBaseline(memory, options);
  const { values, numPatterns: numReferences, dim } = requireReference(memory, options);
  if (numReferences < 2)
    throw new ArgumentError("reference", "must hold at least 2 samples, which a variance needs, got 1");
  const mean = new Float64Array(dim);
  for (const [at, value] of values.entries()) mean[at % dim]! += value / numReferences;
  const variance = new Float64Array(dim);
  for (const [at, value] of values.entries())
    variance[at % dim]! += (value - mean[at % dim]!) ** 2 / (numReferences - 1);
  const samples = new Float32Array(options.numSamples * dim);
  const noise = new Float64Array(dim);
  for (let n = 0; n < options.numSamples; n++) {
    fillNoise(n, key, noise);
    for (let i = 0; i < dim; i++) samples[n * dim + i] = mean[i]! + Math.sqrt(variance[i]!) * noise[i]!;
  }
  return Promise.resolve(samples);
};

/** Directions without preference, at the mean norm of the reference. */
export const isotropicGaussian: Baseline<NoiseControlOptions> = async (memory, options) => {
  const key = requireBaseline(memory, options);
  const { dim } = memory;
  const norms = patternNorms(requireReference(memory, options));
  const meanNorm = norms.reduce((sum, norm) => sum + norm / norms.length, 0);
  const samples = new Float32Array(options.numSamples * dim);
  const noise = new Float64Array(dim);
  for (let n = 0; n < options.numSamples; n++) {
    fillNoise(n, key, noise);
    const scale = meanNorm / Math.hypot(...noise);
    for (let i = 0; i < dim; i++) samples[n * dim + i] = scale * noise[i]!;
  }
  return Promise.resolve(samples);
};

/** @throws ArgumentError unless the reference holds whole rows of the memory's dimension */
function requireReference({ dim }: MemoryMatrix, { reference }: NoiseControlOptions): MemoryMatrix {
  const numPatterns = reference.length / dim;
  if (numPatterns < 1 || !Number.isInteger(numPatterns))
    throw new ArgumentError(
      "reference",
      `length must be a positive multiple of dim = ${dim}, got ${reference.length}`,
      "is it [numReferences, dim], row-major?",
    );
  return { values: reference, numPatterns, dim };
}
