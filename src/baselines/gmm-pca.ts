/**
 * GMM-PCA (spec section 6.6): the patterns as they are, not centred, in their leading singular directions, a mixture of
 * diagonal Gaussians fitted there, and draws of it led back and scaled to unit length.
 */
import { requireCount } from "../core/checks.ts";
import { ArgumentError } from "../core/errors.ts";
import { innerProduct, principalDirections } from "../core/principal-directions.ts";
import { requireBaseline, unitRows, type Baseline } from "./baseline.ts";
import { fitGaussianMixture, sampleGaussianMixture } from "./gaussian-mixture.ts";

export interface GmmPcaOptions {
  /** r, or as many as the memory has if they are fewer; 50 by default. */
  readonly numDirections?: number;
  /** C, at most one per pattern; 10 by default. */
  readonly numComponents?: number;
}

export const gmmPca: Baseline<GmmPcaOptions> = async (memory, options) => {
  const key = requireBaseline(memory, options);
  const { values, numPatterns, dim } = memory;
  const numDirections = requireCount("numDirections", options.numDirections ?? 50, 1);
  const numComponents = requireCount("numComponents", options.numComponents ?? 10, 1);
  if (numComponents > numPatterns)
    throw new ArgumentError("numComponents", `must be at most the ${numPatterns} patterns, got ${numComponents}`);

  const rows = Array.from({ length: numPatterns }, (_, k) =>
    Float64Array.from(values.subarray(k * dim, (k + 1) * dim)),
  );
  const directions = principalDirections(rows).directions.slice(0, numDirections);
  const codes = rows.map((row) => Float64Array.from(directions, (direction) => innerProduct(direction, row)));
  const mixture = fitGaussianMixture(codes, { numComponents, key, signal: options.signal });
  const samples = new Float32Array(options.numSamples * dim);
  for (let n = 0; n < options.numSamples; n++) {
    const code = sampleGaussianMixture(mixture, n, key);
    const whole = new Float64Array(dim);
    for (const [j, direction] of directions.entries())
      for (let i = 0; i < dim; i++) whole[i]! += code[j]! * direction[i]!;
    samples.set(whole, n * dim);
  }
  return Promise.resolve(unitRows(samples, dim));
};
