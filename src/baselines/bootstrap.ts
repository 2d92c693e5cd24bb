/** Bootstrap: stored patterns themselves, drawn with replacement. Nothing new can come of it; its diversity is the memory's. */
import { chooseIndex, requireBaseline, type Baseline } from "./baseline.ts";

export const bootstrap: Baseline = async (memory, options) => {
  const key = requireBaseline(memory, options);
  const { values, numPatterns, dim } = memory;
  const samples = new Float32Array(options.numSamples * dim);
  for (let n = 0; n < options.numSamples; n++) {
    const k = chooseIndex(n, numPatterns, key);
    samples.set(values.subarray(k * dim, (k + 1) * dim), n * dim);
  }
  return Promise.resolve(samples);
};
