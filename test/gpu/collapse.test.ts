/** Collapsed sampling on the GPU: parity with the reference, the gate, and one law with the direct path. */
import { describe, expect } from "vitest";
import {
  createGpuSampler,
  createReferenceSampler,
  createUnscaledMemoryMatrix,
  kernelNames,
  type Draws,
  type SampleOptions,
} from "../../src/index.ts";
import { expectSameLaw } from "../support/collapse-law.ts";
import { gateDefaults, gateLimit, gateStepSize, invarianceScores } from "../support/invariance.ts";
import { gateTarget, randomMemory } from "../support/memories.ts";
import { gpuTest } from "../support/node-gpu.ts";
import { expectDrawsClose } from "../support/parity.ts";
import { absRel, expectClose } from "../support/tolerances.ts";

describe("parity with the reference", () => {
  const cases = [
    { name: "d ≫ K", memory: randomMemory(9, 500), beta: 60 },
    { name: "the size of the faces", memory: randomMemory(100, 4096), beta: 10_000 },
    { name: "no dimension outside the span", memory: randomMemory(9, 7), beta: 5 },
    { name: "one dimension outside the span", memory: randomMemory(6, 7), beta: 5 },
    { name: "two dimensions outside the span", memory: randomMemory(5, 7), beta: 5 },
    { name: "three dimensions outside the span", memory: randomMemory(4, 7), beta: 5 },
    { name: "a mask", memory: randomMemory(9, 40), mask: Uint8Array.from([1, 0, 1, 1, 0, 0, 1, 0, 1]), beta: 9 },
  ];
  describe.each(cases)("$name", (target) => {
    gpuTest.for(kernelNames)("%s", async (kernel, { device }) => {
      const options: SampleOptions = {
        kernel,
        stepSize: target.memory.dim > 100 ? 0.1 : 0.4,
        seed: 5,
        numChains: 6,
        numBurnIn: 1,
        numDraws: 3,
        thinning: 2,
        start: "exact",
        collapse: "on",
      };
      await using sampler = await createGpuSampler(device, target);
      // What fresh noise has across v is as much less certain than the noise as it is shorter; with two dimensions it is
      // shorter than a twentieth every thirtieth time.
      const state = target.memory.dim - target.memory.numPatterns === 2 ? absRel(2e-5, 2e-5) : undefined;
      expectDrawsClose(await sampler.run(options), await createReferenceSampler(target).run(options), state);
    });
  });
});

describe("chains that start inside the span, where what lies outside has no direction yet", () => {
  gpuTest.for(["ula", "mala", "ou-mala"] as const)("%s", async (kernel, { device }) => {
    const target = { memory: randomMemory(5, 30), beta: 8 };
    const options = {
      kernel,
      stepSize: 0.3,
      seed: 6,
      numChains: 7,
      numBurnIn: 0,
      numDraws: 3,
      thinning: 2,
      start: "pattern",
      collapse: "on",
    } as const;
    await using sampler = await createGpuSampler(device, target);
    expectDrawsClose(await sampler.run(options), await createReferenceSampler(target).run(options));
  });
});

describe("the gate", () => {
  gpuTest.for(["mala", "ou-mala"] as const)("%s is invariant and reversible", async (kernel, { device }) => {
    await using sampler = await createGpuSampler(device, gateTarget());
    const options = { ...gateDefaults, kernel, stepSize: gateStepSize(kernel), collapse: "on" } as const;
    for (const { name, z } of await invarianceScores(sampler, options))
      expect(Math.abs(z), name).toBeLessThan(gateLimit);
  });
});

describe("collapsed and direct chains have one law, jointly over read-outs", () => {
  gpuTest.for(kernelNames)("%s", async (kernel, { device }) => {
    await using sampler = await createGpuSampler(device, { memory: randomMemory(8, 60), beta: 25 });
    await expectSameLaw(sampler, kernel, 0.25);
  });

  describe.each([0, 1, 2])("%i dimensions outside the span", (complementDim) => {
    gpuTest.for(kernelNames)("%s", async (kernel, { device }) => {
      await using sampler = await createGpuSampler(device, { memory: randomMemory(8 - complementDim, 8), beta: 3 });
      await expectSameLaw(sampler, kernel, 0.6);
    });
  });
});

describe("paths: where the basis is made of axes, collapsed and direct chains meet the same noise in the span", () => {
  // Axes of rising length are their own eigenvectors, in order. Left out is mala, whose decisions see the part of the noise
  // outside the span, which a collapsed chain draws otherwise.
  const numPatterns = 8;
  const dim = 40;
  const values = new Float32Array(numPatterns * dim);
  for (let k = 0; k < numPatterns; k++) values[k * dim + k] = 1 + 0.01 * k;
  const target = { memory: createUnscaledMemoryMatrix(values, { numPatterns, dim }), beta: 20 };

  gpuTest.for(["ula", "ou", "ou-mala"] as const)("%s over 200 steps", async (kernel, { device }) => {
    const run = { kernel, stepSize: 0.3, seed: 8, numChains: 6, numBurnIn: 0, numDraws: 1, thinning: 200 } as const;
    await using sampler = await createGpuSampler(device, target);
    const inSpan = ({ positions }: Draws): number[] => [...positions].filter((_, at) => at % dim < numPatterns);
    const direct = await sampler.run({ ...run, start: "exact", collapse: "off" });
    const collapsed = await sampler.run({ ...run, start: "exact", collapse: "on" });
    expectClose(inSpan(collapsed), inSpan(direct), absRel(1e-4, 1e-4));
    expect(collapsed.acceptanceRate).toEqual(direct.acceptanceRate);
    if (kernel === "ou-mala") expect(Math.min(...direct.acceptanceRate)).toBeLessThan(1);
  });
});
