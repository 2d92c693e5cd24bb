/** Collapsed sampling on the GPU: parity with the reference, the gate, and one law with the direct path. */
import { describe, expect } from "vitest";
import { createGpuSampler, createReferenceSampler, kernelNames, type SampleOptions } from "../../src/index.ts";
import { expectSameLaw } from "../support/collapse-law.ts";
import { gateDefaults, gateLimit, gateStepSize, invarianceScores } from "../support/invariance.ts";
import { gateTarget, randomMemory } from "../support/memories.ts";
import { gpuTest } from "../support/node-gpu.ts";
import { expectDrawsClose } from "../support/parity.ts";

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
      expectDrawsClose(await sampler.run(options), await createReferenceSampler(target).run(options));
    });
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
  gpuTest.for(["mala", "ou-mala"] as const)("%s", async (kernel, { device }) => {
    await using sampler = await createGpuSampler(device, { memory: randomMemory(8, 60), beta: 25 });
    await expectSameLaw(sampler, kernel, 0.25);
  });
});
