/** The untrained baselines against what is known of them without sampling. */
import { describe, expect, it } from "vitest";
import {
  bootstrap,
  convexCombination,
  gaussianPerturbation,
  isotropicGaussian,
  matchedGaussian,
  patternNorms,
  pooledDiversity,
  type Baseline,
} from "../../src/index.ts";
import { correlatedMemory, randomMemory } from "../support/memories.ts";
import { expectMean } from "../support/tolerances.ts";

const memory = correlatedMemory(7, 24, 1.2);
const { numPatterns, dim } = memory;
const numSamples = 4000;

const reference = randomMemory(50, dim, 9).values.map((value, at) => 0.3 * (at % dim) + (1 + (at % 3)) * value);
const every: readonly (readonly [string, Baseline])[] = [
  ["bootstrap", bootstrap],
  ["gaussianPerturbation", async (m, o) => gaussianPerturbation(m, { ...o, beta: 50, stepSize: 0.1 })],
  ["convexCombination", convexCombination],
  ["matchedGaussian", async (m, o) => matchedGaussian(m, { ...o, reference })],
  ["isotropicGaussian", async (m, o) => isotropicGaussian(m, { ...o, reference })],
];

/** One coordinate of every row. */
function column(samples: Float32Array, i: number): Float64Array {
  return Float64Array.from({ length: samples.length / dim }, (_, n) => samples[n * dim + i]!);
}

describe.each(every)("%s", (_, baseline) => {
  it("gives the same bytes a second time, others with another seed, and fewer as the first of more", async () => {
    const samples = await baseline(memory, { numSamples: 20, seed: 3 });
    expect(samples).toHaveLength(20 * dim);
    expect(await baseline(memory, { numSamples: 20, seed: 3 })).toStrictEqual(samples);
    expect(await baseline(memory, { numSamples: 5, seed: 3n })).toStrictEqual(samples.slice(0, 5 * dim));
    expect(await baseline(memory, { numSamples: 20, seed: 2n ** 40n })).not.toEqual(samples);
  });

  it("refuses options that break their rules, and stops where it was told to", async () => {
    await expect(baseline(memory, { numSamples: 0, seed: 1 })).rejects.toThrow(
      "numSamples: must be a whole number of at least 1, got 0",
    );
    await expect(baseline(memory, { numSamples: 1, seed: -1 })).rejects.toThrow("seed: must be a whole number");
    await expect(baseline({ ...memory, dim: 5 }, { numSamples: 1, seed: 1 })).rejects.toThrow("memory.values: length");
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(baseline(memory, { numSamples: 1, seed: 1, signal })).rejects.toThrow("enough");
  });
});

describe("bootstrap", () => {
  it("has the diversity of the memory, times the chance that a pair differs", async () => {
    // Means over independent sets: pairs of one set share samples.
    const perSet = await Promise.all(
      Array.from({ length: 40 }, async (_, seed) =>
        pooledDiversity(await bootstrap(memory, { numSamples: 50, seed }), dim)!,
      ),
    );
    expectMean(perSet, pooledDiversity(memory.values, dim)! * (1 - 1 / numPatterns));
  });

  it("chooses every pattern equally often", async () => {
    const samples = await bootstrap(memory, { numSamples, seed: 5 });
    for (let k = 0; k < numPatterns; k++)
      expectMean(
        column(samples, 0).map((value) => (value === memory.values[k * dim] ? 1 : 0)),
        1 / numPatterns,
      );
  });
});

describe("gaussianPerturbation", () => {
  it("adds noise of variance 2α/β to the patterns that bootstrap chooses", async () => {
    const beta = 40;
    const stepSize = 0.05;
    const samples = await gaussianPerturbation(memory, { numSamples, seed: 5, beta, stepSize });
    const chosen = await bootstrap(memory, { numSamples, seed: 5 });
    const noise = samples.map((value, at) => value - chosen[at]!);
    expectMean(noise, 0);
    expectMean(
      noise.map((value) => value ** 2),
      (2 * stepSize) / beta,
    );
  });

  it("refuses a step size above 1 and a β of 0", async () => {
    const options = { numSamples: 1, seed: 1 };
    await expect(gaussianPerturbation(memory, { ...options, beta: 0, stepSize: 0.1 })).rejects.toThrow(
      "beta: must be a finite number above 0, got 0",
    );
    await expect(gaussianPerturbation(memory, { ...options, beta: 1, stepSize: 2 })).rejects.toThrow(
      "stepSize: must lie in (0, 1], got 2",
    );
  });
});

describe("convexCombination", () => {
  it("has the mean and variance of the flat Dirichlet law", async () => {
    const samples = await convexCombination(memory, { numSamples, seed: 6 });
    for (const i of [0, 7, 23]) {
      const entries = Float64Array.from({ length: numPatterns }, (_, k) => memory.values[k * dim + i]!);
      const mean = entries.reduce((sum, value) => sum + value / numPatterns, 0);
      const spread = entries.reduce((sum, value) => sum + (value - mean) ** 2 / numPatterns, 0);
      expectMean(column(samples, i), mean);
      // Var Σ w_k x_k = (mean of squares − square of mean) / (K + 1)
      expectMean(
        column(samples, i).map((value) => (value - mean) ** 2),
        spread / (numPatterns + 1),
      );
    }
  });
});

describe("noise controls", () => {
  it("matchedGaussian has the reference's mean and variance in every coordinate", async () => {
    const samples = await matchedGaussian(memory, { numSamples, seed: 7, reference });
    for (const i of [0, 1, 17]) {
      const wanted = column(reference, i);
      const mean = wanted.reduce((sum, value) => sum + value / 50, 0);
      const variance = wanted.reduce((sum, value) => sum + (value - mean) ** 2 / 49, 0);
      expectMean(column(samples, i), mean);
      expectMean(
        column(samples, i).map((value) => (value - mean) ** 2),
        variance,
      );
    }
  });

  it("isotropicGaussian has the reference's mean norm and no direction", async () => {
    const samples = await isotropicGaussian(memory, { numSamples, seed: 7, reference });
    const norms = patternNorms({ values: samples, numPatterns: numSamples, dim });
    const meanNorm = patternNorms({ values: reference, numPatterns: 50, dim }).reduce(
      (sum, norm) => sum + norm / 50,
      0,
    );
    for (const norm of norms) expect(Math.abs(norm / meanNorm - 1)).toBeLessThan(1e-6);
    for (const i of [0, 17]) {
      expectMean(column(samples, i), 0);
      expectMean(
        column(samples, i).map((value) => value ** 2),
        meanNorm ** 2 / dim,
      );
    }
  });

  it("refuse a reference that is none", async () => {
    const options = { numSamples: 1, seed: 1 };
    await expect(isotropicGaussian(memory, { ...options, reference: new Float32Array(5) })).rejects.toThrow(
      "reference: length must be a positive multiple of dim = 24, got 5 (is it [numReferences, dim], row-major?)",
    );
    await expect(isotropicGaussian(memory, { ...options, reference: new Float32Array(0) })).rejects.toThrow("got 0");
    await expect(matchedGaussian(memory, { ...options, reference: new Float32Array(24) })).rejects.toThrow(
      "reference: must hold at least 2 samples, which a variance needs, got 1",
    );
  });
});
