/** Closed forms of the law (spec section 3) measured on the GPU: acceptance over the step sizes, and ULA's bias. */
import { describe, expect } from "vitest";
import { basinAcceptanceRate, createGpuSampler, createMemoryMatrix, ulaBasinVariance } from "../../src/index.ts";
import { randomMemory } from "../support/memories.ts";
import { gpuTest } from "../support/node-gpu.ts";
import { expectMean } from "../support/tolerances.ts";

describe("acceptance of mala inside a basin is 2Φ(−√(α³d/8))", () => {
  gpuTest.for([
    [784, 0.01],
    [784, 0.05],
    [784, 0.1],
    [784, 0.2],
    [4096, 0.01],
    [4096, 0.05],
    [4096, 0.1],
  ] as const)("d = %i, α = %f", async ([dim, stepSize], { device }) => {
    await using sampler = await createGpuSampler(device, { memory: randomMemory(3, dim), beta: 2000 });
    const { acceptanceRate } = await sampler.run({
      kernel: "mala",
      stepSize,
      seed: 6,
      numChains: 128,
      numBurnIn: 0,
      numDraws: 1,
      thinning: 20,
      start: "exact",
    });
    expectMean(acceptanceRate, basinAcceptanceRate(dim, stepSize));
  });
});

gpuTest.for(["ula", "ou"] as const)(
  "the variance of %s around one pattern is off by its known size",
  async (kernel, { device }) => {
    const dim = 24;
    const beta = 3;
    const stepSize = 0.5;
    const memory = createMemoryMatrix(new Float64Array(dim).fill(1), { numPatterns: 1, dim });
    await using sampler = await createGpuSampler(device, { memory, beta });
    const numChains = 4096;
    const { positions } = await sampler.run({
      kernel,
      stepSize,
      seed: 11,
      numChains,
      numBurnIn: 0,
      numDraws: 1,
      thinning: 12,
      start: "exact",
    });
    const fixedPoint = kernel === "ula" ? ulaBasinVariance(beta, stepSize) : 1 / beta;
    const variance = fixedPoint + (1 / beta - fixedPoint) * (1 - stepSize) ** 24;
    const squares = Array.from({ length: numChains }, (_, c) => {
      let sum = 0;
      for (let i = 0; i < dim; i++) sum += (positions[c * dim + i]! - memory.values[i]!) ** 2;
      return sum / dim;
    });
    expectMean(squares, variance, 4.5);
  },
);

describe("targets that float32 cannot hold are refused", () => {
  gpuTest.for([1e39, 1e-39])("β = %f", async (beta, { device }) => {
    await expect(createGpuSampler(device, { memory: randomMemory(2, 3), beta })).rejects.toThrow(
      "target.beta: β, 1/β and β‖m‖² must lie in the range of float32 on a GPU",
    );
  });
});
