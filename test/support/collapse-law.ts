/** Collapsed against direct, in law and jointly over read-outs; for every engine. */
import { expect } from "vitest";
import type { Draws, KernelName, SampleOptions, Sampler } from "../../src/index.ts";
import { isAdjusted, ksProbability } from "../../src/index.ts";
import { estimate } from "./tolerances.ts";

/** A probability that two equal laws go below once in ten thousand comparisons; seeds are fixed. */
const rejectBelow = 1e-4;

/** Steps so large that adjusted kernels accept 0.3 to 0.8 of them where few patterns compete at moderate β. */
function lawStepSize(kernel: KernelName): number {
  return kernel === "ou-mala" ? 0.95 : 0.6;
}

const base = { numChains: 1500, numBurnIn: 2, numDraws: 2, thinning: 3, start: "exact" } as const;

/** What is compared: functions of two read-outs of a chain, so that the law is tested jointly over both. */
function features(draws: Draws, dim: number): Readonly<Record<string, Float64Array>> {
  const { numChains, numDraws, positions, energy } = draws;
  const row = (chain: number, draw: number): Float32Array =>
    positions.subarray((chain * numDraws + draw) * dim, (chain * numDraws + draw + 1) * dim);
  const over = (f: (chain: number) => number): Float64Array => Float64Array.from({ length: numChains }, (_, c) => f(c));
  const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0);
  return {
    energy: over((c) => energy[c * numDraws + 1]!),
    "squared norm": over((c) => dot(row(c, 1), row(c, 1))),
    "overlap of two read-outs": over((c) => dot(row(c, 0), row(c, 1))),
    "first coordinate": over((c) => row(c, 1)[0]!),
    "last coordinate": over((c) => row(c, 1)[dim - 1]!),
    "change of a coordinate": over((c) => row(c, 1)[1]! - row(c, 0)[1]!),
  };
}

/** Fails where collapsed and direct chains differ in law. */
export async function expectSameLaw(sampler: Sampler, kernel: KernelName): Promise<void> {
  const stepSize = lawStepSize(kernel);
  const { dim } = sampler.target.memory;
  const run = (collapse: SampleOptions["collapse"] & string, seed: number): Promise<Draws> =>
    sampler.run({ ...base, kernel, stepSize, seed, collapse });
  const direct = await run("off", 1);
  const collapsed = await run("on", 2);
  const expected = features(direct, dim);
  const actual = features(collapsed, dim);
  for (const [name, values] of Object.entries(expected))
    expect(ksProbability(values, actual[name]!), `${name}: KS probability`).toBeGreaterThan(rejectBelow);
  const a = estimate(direct.acceptanceRate);
  const b = estimate(collapsed.acceptanceRate);
  expect(Math.abs(a.mean - b.mean)).toBeLessThanOrEqual(4.5 * Math.hypot(a.standardError, b.standardError));
  if (isAdjusted(kernel)) {
    expect(a.mean).toBeGreaterThan(0.3);
    expect(a.mean).toBeLessThan(0.8);
  }
}
