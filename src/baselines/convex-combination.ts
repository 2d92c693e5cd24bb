/**
 * Random convex combinations of all patterns, with weights from the flat Dirichlet law. As published they keep their
 * length, which is below 1: the mean of K weights is 1/K, so every sample lies near the mean of the memory.
 */
import { uniform } from "../core/normal.ts";
import { purposes } from "../core/philox.ts";
import { requireBaseline, streams, type Baseline } from "./baseline.ts";

export const convexCombination: Baseline = async (memory, options) => {
  const key = requireBaseline(memory, options);
  const { values, numPatterns, dim } = memory;
  const samples = new Float32Array(options.numSamples * dim);
  const sum = new Float64Array(dim);
  for (let n = 0; n < options.numSamples; n++) {
    // Dirichlet(1, …, 1) is independent exponentials over their sum.
    const weights = Float64Array.from(
      { length: numPatterns },
      (_, k) => -Math.log(uniform(n, streams.weights, purposes.baseline, key, k)),
    );
    const total = weights.reduce((partial, weight) => partial + weight, 0);
    sum.fill(0);
    for (let k = 0; k < numPatterns; k++)
      for (let i = 0; i < dim; i++) sum[i]! += (weights[k]! / total) * values[k * dim + i]!;
    samples.set(sum, n * dim);
  }
  return Promise.resolve(samples);
};
