/** Overlapping windows have a law that cannot be drawn: what two adjusted kernels of an engine have to agree on. */
import { expect } from "vitest";
import { ksProbability, type Draws, type HopfieldTarget, type KernelName, type Sampler } from "../../src/index.ts";
import { patchCase } from "./patch-cases.ts";
import { estimate } from "./tolerances.ts";

/** Below it two samples are said to be of two laws. */
const limit = 1e-4;

/**
 * Fails unless long runs of `mala` and `ou-mala` agree by Kolmogorov and Smirnov's test, each at a sensible acceptance
 * rate, and unless `ula`, which has another law, is told apart from them.
 */
export async function expectOneLaw(
  createSampler: (target: HopfieldTarget) => Promise<Sampler>,
  numChains: number,
): Promise<void> {
  const target = patchCase("", { height: 5, width: 6, window: 3 }, 6, 12);
  const { dim } = target.memory;
  await using sampler = await createSampler(target);
  const run = (kernel: KernelName, stepSize: number, seed: number): Promise<Draws> =>
    sampler.run({
      kernel,
      stepSize,
      seed,
      numChains,
      numBurnIn: 30,
      numDraws: 1,
      thinning: 1,
      start: "mean",
    });
  const mala = await run("mala", 0.3, 5);
  const exponential = await run("ou-mala", 0.9, 6);
  for (const { acceptanceRate } of [mala, exponential]) {
    const { mean } = estimate(acceptanceRate);
    expect(mean).toBeGreaterThan(0.5);
    expect(mean).toBeLessThan(0.95);
  }
  const coordinate = ({ positions }: Draws, i: number): Float32Array => positions.filter((_, at) => at % dim === i);
  expect(ksProbability(mala.energy, exponential.energy), "energy").toBeGreaterThan(limit);
  for (const i of [0, 8, 15, 29])
    expect(ksProbability(coordinate(mala, i), coordinate(exponential, i)), `coordinate ${i}`).toBeGreaterThan(limit);
  // Positive control: without its decision the chain has another law.
  const unadjusted = await run("ula", 0.7, 7);
  expect(ksProbability(mala.energy, unadjusted.energy), "unadjusted").toBeLessThan(limit);
}
