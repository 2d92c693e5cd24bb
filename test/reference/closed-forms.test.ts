/** The closed forms of the law (spec section 3) as tables: what the samplers measure must agree with them. */
import { describe, expect, test } from "vitest";
import {
  basinAcceptanceRate,
  basinDiversity,
  basinMeanEnergy,
  createMemoryMatrix,
  createReferenceSampler,
  createUnscaledMemoryMatrix,
  energy,
  logDensity,
  logPartition,
  mixtureWeights,
  noveltyFloor,
  type Draws,
  type KernelName,
} from "../../src/index.ts";
import { randomMemory } from "../support/memories.ts";
import { expectMean } from "../support/tolerances.ts";

function run(
  dim: number,
  numPatterns: number,
  beta: number,
  kernel: KernelName,
  stepSize: number,
  numChains: number,
): Promise<Draws> {
  return createReferenceSampler({ memory: randomMemory(numPatterns, dim), beta }).run({
    kernel,
    stepSize,
    seed: 5,
    numChains,
    numBurnIn: 0,
    numDraws: 1,
    thinning: 20,
    start: "exact",
  });
}

describe("acceptance of mala inside a basin is 2Φ(−√(α³d/8)), free of β", () => {
  test.each([
    [784, 0.01, 0.992],
    [784, 0.02, 0.978],
    [784, 0.05, 0.912],
    [784, 0.1, 0.754],
    [784, 0.2, 0.376],
    [4096, 0.01, 0.982],
    [4096, 0.02, 0.949],
    [4096, 0.05, 0.8],
    [4096, 0.1, 0.474],
    [4096, 0.2, 0.043],
  ])("d = %i, α = %f: %f", async (dim, stepSize, published) => {
    const expected = basinAcceptanceRate(dim, stepSize);
    expect(expected).toBeCloseTo(published, 3);
    const { acceptanceRate } = await run(dim, 3, 2000, "mala", stepSize, 256);
    expectMean(acceptanceRate, expected);
  });

  test("ou-mala is exact for one pattern: it accepts everything at any step size", async () => {
    const { acceptanceRate } = await run(784, 1, 2000, "ou-mala", 1, 32);
    expect(Math.min(...acceptanceRate)).toBe(1);
  });
});

describe("the law itself", () => {
  test.each([
    [784, 2000],
    [784, 200],
    [4096, 10_000],
  ])("mean energy −½ + d/(2β) and max-cos 1/√(1 + d/β): d = %i, β = %i", async (dim, beta) => {
    const { energy: energies, maxCosine } = await run(dim, 4, beta, "exact", 1, 2048);
    expectMean(energies, basinMeanEnergy(dim, beta));
    // cos = (1 + B/A²)^(−½) with A ~ N(1, 1/β) and βB ~ χ²(d − 1): to second order in their spread, with s = d/β.
    const s = dim / beta;
    const correction = (s * (1 + s) ** -1.5) / 2 - 0.75 * s * s * (1 + s) ** -2.5;
    expectMean(maxCosine, 1 / Math.sqrt(1 + s) + correction / dim, 5, 4 / dim ** 2);
  });

  test("noise floors are the published novelties", () => {
    const floor = (dim: number, beta: number): number => noveltyFloor({ memory: randomMemory(2, dim), beta });
    expect(floor(784, 2000)).toBeCloseTo(0.152, 3);
    expect(floor(784, 200)).toBeCloseTo(0.549, 3);
    expect(floor(4096, 10_000)).toBeCloseTo(0.158, 3);
  });

  test("diversity inside one basin is the published single-chain value", () => {
    expect(basinDiversity(784, 2000)).toBeCloseTo(0.282, 3);
    expect(basinDiversity(784, 200)).toBeCloseTo(0.797, 3);
  });

  test("log Z is the integral of exp(−βE), and densities integrate to one", () => {
    const memory = createUnscaledMemoryMatrix([1, 0.2, -0.4, 1.3, -0.9, -0.6], { numPatterns: 3, dim: 2 });
    const target = { memory, beta: 4 };
    const step = 0.02;
    let boltzmann = 0;
    let density = 0;
    // The midpoint rule is spectrally accurate for a function that has died out at the borders.
    for (let x = -5; x < 5; x += step)
      for (let y = -5; y < 5; y += step) {
        boltzmann += Math.exp(-4 * energy(target, [x, y])) * step * step;
        density += Math.exp(logDensity(target, [x, y])) * step * step;
      }
    expect(logPartition(target)).toBeCloseTo(Math.log(boltzmann), 9);
    expect(density).toBeCloseTo(1, 9);
  });

  test("weights are equal for unit patterns, and go as exp(β‖m‖²/2) otherwise", () => {
    for (const weight of mixtureWeights({ memory: randomMemory(8, 30), beta: 200 }))
      expect(weight).toBeCloseTo(1 / 8, 4);
    const memory = createUnscaledMemoryMatrix([1, 0, 0, 2], { numPatterns: 2, dim: 2 });
    const [first, second] = mixtureWeights({ memory, beta: 3 });
    expect(Math.log(second! / first!)).toBeCloseTo((3 * (4 - 1)) / 2, 12);
  });

  test("exact draws visit patterns by their weights (chi-square)", async () => {
    const memory = createUnscaledMemoryMatrix([3, 0, 0, 0, 3.02, 0, 0, 0, 2.98], { numPatterns: 3, dim: 3 });
    const target = { memory, beta: 20 };
    const numChains = 4000;
    const options = {
      stepSize: 1,
      seed: 8,
      numChains,
      numBurnIn: 0,
      numDraws: 1,
      thinning: 1,
      start: "exact",
    } as const;
    const weights = mixtureWeights(target);
    const { positions } = await createReferenceSampler(target).run({ ...options, kernel: "exact" });
    const counts = [0, 0, 0];
    for (let c = 0; c < numChains; c++) {
      const row = [...positions.subarray(3 * c, 3 * c + 3)];
      counts[row.indexOf(Math.max(...row))]!++;
    }
    const chiSquare = counts.reduce(
      (sum, n, k) => sum + (n - numChains * weights[k]!) ** 2 / (numChains * weights[k]!),
      0,
    );
    // 0.9999 quantile with 2 degrees of freedom.
    expect(chiSquare).toBeLessThan(18.42);
  });
});

test("a start at exact draws accepts where the published cold start freezes", async () => {
  const memory = createMemoryMatrix(randomMemory(5, 784).values, { numPatterns: 5, dim: 784 });
  const sampler = createReferenceSampler({ memory, beta: 2000 });
  const options = {
    kernel: "mala",
    stepSize: 0.2,
    seed: 3,
    numChains: 64,
    numBurnIn: 0,
    numDraws: 1,
    thinning: 25,
  } as const;
  const cold = await sampler.run({ ...options, start: "pattern" });
  const warm = await sampler.run({ ...options, start: "exact" });
  expect(Math.max(...cold.acceptanceRate)).toBe(0);
  expectMean(warm.acceptanceRate, basinAcceptanceRate(784, 0.2));
});
