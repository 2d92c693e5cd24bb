/** The mixture's fit on points whose mixture is known, and GMM-PCA on memories. */
import { describe, expect, it, test } from "vitest";
import { fitGaussianMixture, sampleGaussianMixture } from "../../src/baselines/gaussian-mixture.ts";
import { createMemoryMatrix, fillNormals, gmmPca, novelty, patternNorms, purposes } from "../../src/index.ts";
import { correlatedMemory, randomMemory } from "../support/memories.ts";
import { expectMean } from "../support/tolerances.ts";
import { refusalOfPromise } from "../support/refusal.ts";

const key = [11, 0] as const;
/** Three components far apart, with a spread of their own in every coordinate. */
const made = [
  { share: 0.5, mean: [0, 0], deviation: [0.5, 1] },
  { share: 0.3, mean: [10, 0], deviation: [1, 0.2] },
  { share: 0.2, mean: [0, 12], deviation: [0.3, 0.3] },
];
const numPoints = 2000;
const points = made.flatMap(({ share, mean, deviation }, c) =>
  Array.from({ length: share * numPoints }, (_, n) =>
    fillNormals(n, c, purposes.data, key, new Float64Array(2)).map((value, i) => mean[i]! + deviation[i]! * value),
  ),
);

describe("the mixture", () => {
  const fit = fitGaussianMixture(points, { numComponents: 3, key });

  it("has a likelihood that never falls, from any start, with more components than there are clusters", () => {
    for (const seed of [1, 2, 3, 4]) {
      const { logLikelihoods } = fitGaussianMixture(points.slice(0, 300), { numComponents: 7, key: [seed, 0] });
      expect(logLikelihoods.length).toBeGreaterThan(3);
      for (let i = 1; i < logLikelihoods.length; i++)
        expect(logLikelihoods[i]! - logLikelihoods[i - 1]!).toBeGreaterThan(-1e-8 * Math.abs(logLikelihoods[i]!));
    }
  });

  it("finds the components that the points were made from", () => {
    for (const { share, mean, deviation } of made) {
      const c = fit.means.findIndex((each) => Math.hypot(each[0]! - mean[0]!, each[1]! - mean[1]!) < 1);
      expect(fit.weights[c]).toBeCloseTo(share, 2);
      const count = share * numPoints;
      for (const i of [0, 1]) {
        expect(Math.abs(fit.means[c]![i]! - mean[i]!)).toBeLessThan((5 * deviation[i]!) / Math.sqrt(count));
        const ratio = fit.variances[c]![i]! / deviation[i]! ** 2;
        expect(Math.abs(ratio - 1)).toBeLessThan(5 * Math.sqrt(2 / count));
      }
    }
  });

  it("has draws with its mean and variance", () => {
    const draws = Array.from({ length: 4000 }, (_, n) => sampleGaussianMixture(fit, n, [5, 0]));
    for (const i of [0, 1]) {
      const mean = fit.weights.reduce((sum, weight, c) => sum + weight * fit.means[c]![i]!, 0);
      const square = fit.weights.reduce(
        (sum, weight, c) => sum + weight * (fit.variances[c]![i]! + fit.means[c]![i]! ** 2),
        0,
      );
      expectMean(
        draws.map((draw) => draw[i]!),
        mean,
      );
      expectMean(
        draws.map((draw) => draw[i]! ** 2),
        square,
      );
    }
  });

  it("keeps its variances off zero where a component has one point, or points repeat", () => {
    const few = [0, 0, 0, 5, 9].map((x) => Float64Array.of(x, -x));
    const { variances, logLikelihoods } = fitGaussianMixture(few, { numComponents: 4, key });
    for (const variance of variances) for (const value of variance) expect(value).toBeGreaterThanOrEqual(1e-6);
    expect(Number.isFinite(logLikelihoods.at(-1))).toBe(true);
  });

  it("stops where it is told to", () => {
    const signal = AbortSignal.abort(new Error("enough"));
    expect(() => fitGaussianMixture(points, { numComponents: 3, key, signal })).toThrow("enough");
  });
});

describe("gmmPca", () => {
  const memory = correlatedMemory(30, 40, 1);

  it("gives unit samples, the same bytes a second time, and fewer as the first of more", async () => {
    const samples = await gmmPca(memory, { numSamples: 25, seed: 4, numComponents: 3 });
    for (const norm of patternNorms({ values: samples, numPatterns: 25, dim: 40 })) expect(norm).toBeCloseTo(1, 6);
    expect(await gmmPca(memory, { numSamples: 25, seed: 4, numComponents: 3 })).toStrictEqual(samples);
    expect(await gmmPca(memory, { numSamples: 5, seed: 4, numComponents: 3 })).toStrictEqual(samples.slice(0, 200));
    expect(await gmmPca(memory, { numSamples: 25, seed: 5, numComponents: 3 })).not.toEqual(samples);
  });

  it("stays in the span of the leading directions", async () => {
    // Three patterns span three directions, of which two are kept: every sample is a combination of two fixed ones.
    const three = randomMemory(3, 12);
    const samples = await gmmPca(three, { numSamples: 3, seed: 1, numDirections: 2, numComponents: 1 });
    const rows = [0, 1, 2].map((n) => Array.from(samples.subarray(n * 12, (n + 1) * 12)));
    const dot = (a: number, b: number): number => rows[a]!.reduce((sum, x, i) => sum + x * rows[b]![i]!, 0);
    const gram = [0, 1, 2].map((a) => [0, 1, 2].map((b) => dot(a, b)));
    const [[a, b, c], [, e, f], [, , i]] = gram as [number[], number[], number[]];
    const determinant = a! * (e! * i! - f! * f!) - b! * (b! * i! - f! * c!) + c! * (b! * f! - e! * c!);
    expect(Math.abs(determinant)).toBeLessThan(1e-6);
    expect(Math.abs(a! * e! - b! * b!)).toBeGreaterThan(1e-3);
  });

  it("with a component per pattern gives little but the patterns", async () => {
    const far = randomMemory(6, 60);
    const samples = await gmmPca(far, { numSamples: 40, seed: 2, numComponents: 6 });
    for (const value of novelty(far, samples)) expect(value).toBeLessThan(1e-3);
  });

  it("refuses more components than patterns, and counts that are none", async () => {
    const options = { numSamples: 1, seed: 1 };
    expect(await refusalOfPromise(gmmPca(memory, { ...options, numComponents: 31 }))).toBe(
      "numComponents: must be at most the 30 patterns, got 31",
    );
    expect(await refusalOfPromise(gmmPca(memory, { ...options, numDirections: 0 }))).toBe(
      "numDirections: must be a whole number of at least 1, got 0",
    );
  });

  test("a memory of one pattern has one direction", async () => {
    const one = createMemoryMatrix([3, 4], { numPatterns: 1, dim: 2 });
    const samples = await gmmPca(one, { numSamples: 3, seed: 1, numComponents: 1 });
    expect(novelty(one, samples)[0]).toBeLessThan(1e-6);
  });
});
