/**
 * GPU against float64 with equal random integers: a step or two of every kernel on every difficult memory. Positions,
 * readouts and figures must agree, and so must decisions: no coin here lies within rounding of its ratio.
 */
import { describe, expect } from "vitest";
import {
  createGpuSampler,
  createReferenceSampler,
  isLangevin,
  kernelNames,
  type KernelName,
  type SampleOptions,
} from "../../src/index.ts";
import { adapterKinds } from "../../src/gpu/plan.ts";
import { difficultCases, randomMemory, type DifficultCase } from "../support/memories.ts";
import { gpuTest } from "../support/node-gpu.ts";
import { expectDrawsClose } from "../support/parity.ts";

const faceSized: DifficultCase = {
  name: "the size of the faces",
  memory: randomMemory(100, 4096),
  beta: 10_000,
  numChains: 8,
};

describe.each([...difficultCases(), faceSized])("$name", (difficult) => {
  const isMixture = difficult.heads === undefined;
  // Where a plan is not for the shape, the first one that is. Heads have one plan and no exact law.
  // What is made for hardware has more slices, splits and lanes, and rounds as a GPU would.
  const plans = [
    [0.05, "staged", "software"],
    [0.1, "staged", "hardware"],
    [0.5, "persistent", "hardware"],
    [0.2, "fused", "hardware"],
    [0.3, "streaming", "hardware"],
  ] as const;
  describe.each(isMixture ? plans : plans.slice(0, 2))("step size %f, %s for %s", (stepSize, plan, madeFor) => {
    const isTested = (kernel: KernelName): boolean => isLangevin(kernel) || (isMixture && plan === "staged");
    gpuTest.for(kernelNames.filter(isTested))("%s", async (kernel, { device }) => {
      const options: SampleOptions = {
        kernel,
        stepSize,
        seed: 0x1_2345_6789n,
        numChains: difficult.numChains,
        numBurnIn: 0,
        numDraws: 2,
        thinning: 1,
        start: isMixture ? "exact" : "pattern",
        collapse: "off",
      };
      await using sampler = await createGpuSampler(device, difficult, { plan, madeFor });
      const expected = await createReferenceSampler(difficult).run(options);
      expectDrawsClose(await sampler.run(options), expected);
    });
  });
});

describe("a schedule", () => {
  const target = { memory: randomMemory(9, 33), beta: 100 };
  const schedule = [
    { numSteps: 2, beta: 1, stepSize: 0.6 },
    { numSteps: 3, beta: 10 },
    { numSteps: 1, beta: 40, stepSize: 0.2 },
    { numSteps: 1, beta: 100 },
  ];
  const options = {
    stepSize: 0.4,
    seed: 9,
    numChains: 11,
    numBurnIn: 1,
    numDraws: 3,
    thinning: 3,
    start: "pattern",
  } as const;

  const runs = kernelNames.flatMap((kernel) => adapterKinds.map((madeFor) => [kernel, madeFor] as const));
  gpuTest.for(runs)(
    "%s as planned for %s passes through the levels of the reference",
    async ([kernel, madeFor], { device }) => {
      await using sampler = await createGpuSampler(device, target, { madeFor });
      const expected = await createReferenceSampler(target).run({ ...options, kernel, schedule });
      expectDrawsClose(await sampler.run({ ...options, kernel, schedule }), expected);
    },
  );

  gpuTest.for(runs)("%s as planned for %s: levels do not depend on submits", async ([kernel, madeFor], { device }) => {
    await using sampler = await createGpuSampler(device, target, { madeFor });
    await using single = await createGpuSampler(device, target, { madeFor, stepsPerSubmit: 1 });
    const run = { ...options, kernel, schedule };
    expect(await single.run(run)).toEqual(await sampler.run(run));
  });
});

gpuTest.for([
  ["ou", 20, "off"],
  ["ou-mala", 20, "off"],
  ["ou-mala", 21, "off"],
  ["ou-mala", 60, "on"],
] as const)("circulation: %s in %i dimensions, collapse %s", async ([kernel, dim, collapse], { device }) => {
  const target = { memory: randomMemory(9, dim), beta: 8 };
  const options = { kernel, stepSize: 0.5, seed: 4, numChains: 9, numBurnIn: 1, numDraws: 3, thinning: 2 } as const;
  const run = { ...options, start: "exact", circulation: 1.2, collapse } as const;
  const expected = await createReferenceSampler(target).run(run);
  for (const madeFor of adapterKinds) {
    await using sampler = await createGpuSampler(device, target, { madeFor });
    expectDrawsClose(await sampler.run(run), expected);
  }
});
