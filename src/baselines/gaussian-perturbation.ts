/**
 * Gaussian perturbation: a stored pattern plus the noise of a single step of the sampler, σ = √(2α/β) (spec section 6.6).
 * Without a drift there is no law behind it: a β of its own would only rescale the noise.
 */
import { requirePositive, requireStepSize } from "../core/checks.ts";
import { bootstrap } from "./bootstrap.ts";
import { fillNoise, requireBaseline, type Baseline } from "./baseline.ts";

export interface GaussianPerturbationOptions {
  /** β of the sampler that it is compared with. */
  readonly beta: number;
  /** α of that sampler. */
  readonly stepSize: number;
}

export const gaussianPerturbation: Baseline<GaussianPerturbationOptions> = async (memory, options) => {
  const key = requireBaseline(memory, options);
  const { dim } = memory;
  const sigma = Math.sqrt((2 * requireStepSize("stepSize", options.stepSize)) / requirePositive("beta", options.beta));
  const samples = await bootstrap(memory, options);
  const noise = new Float64Array(dim);
  for (let n = 0; n < options.numSamples; n++) {
    fillNoise(n, key, noise);
    for (let i = 0; i < dim; i++) samples[n * dim + i]! += sigma * noise[i]!;
  }
  return samples;
};
