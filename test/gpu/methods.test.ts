/** Each method once on a GPU: what is built on samplers must not care which one it gets. */
import { expect } from "vitest";
import {
  adaptStepSize,
  basinStepSize,
  createGpuSampler,
  createReferenceSampler,
  generate,
  geometricSchedule,
  logPartition,
  parallelTempering,
  sampleMultiHead,
  sampleSequence,
  type HopfieldTarget,
  type Sampler,
} from "../../src/index.ts";
import { correlatedMemory, randomMemory } from "../support/memories.ts";
import { gpuTest } from "../support/node-gpu.ts";
import { expectClose, tolerances } from "../support/tolerances.ts";

const onReference = (target: HopfieldTarget): Promise<Sampler> => Promise.resolve(createReferenceSampler(target));

gpuTest("tempering finds log Z within its error", async ({ device }) => {
  const target: HopfieldTarget = { memory: randomMemory(3, 5), beta: 200 };
  const { logPartition: estimate, rejectionRates } = await parallelTempering(
    (each) => createGpuSampler(device, each),
    target,
    {
      kernel: "ou-mala",
      stepSize: 1,
      seed: 1,
      numChains: 64,
      ladder: Array.from({ length: 10 }, (_, i) => 200 * ((i + 1) / 10) ** 2),
      stepsPerRound: 2,
      numBurnIn: 5,
      numDraws: 1,
      thinning: 10,
    },
  );
  expect(estimate.se!).toBeLessThan(0.3);
  expect(Math.abs(estimate.mean - logPartition(target))).toBeLessThan(4 * estimate.se!);
  expect(Math.max(...rejectionRates)).toBeLessThan(0.9);
});

gpuTest("heads give the reference's draws", async ({ device }) => {
  const target: HopfieldTarget = { memory: correlatedMemory(9, 30, 1), beta: 40 };
  const options = {
    kernel: "ou",
    stepSize: 0.5,
    seed: 2,
    numChains: 6,
    numBurnIn: 4,
    numDraws: 2,
    thinning: 3,
    start: "pattern",
    numHeads: 3,
  } as const;
  const { draws } = await sampleMultiHead((each) => createGpuSampler(device, each), target, options);
  const { draws: expected } = await sampleMultiHead(onReference, target, options);
  expectClose(draws.positions, expected.positions, tolerances.float32State);
  expectClose(draws.energy, expected.energy, tolerances.float32Scalar);
});

gpuTest("sequences along a path give the reference's series", async ({ device }) => {
  const target: HopfieldTarget = { memory: randomMemory(8, 12), beta: 12 };
  const options = {
    kernel: "ou",
    stepSize: 0.3,
    seed: 3,
    numChains: 2,
    numOutputs: 5,
    stepsPerOutput: 4,
    betaPath: geometricSchedule(4, 40, 5).map(({ beta }) => beta),
    start: "pattern",
  } as const;
  const { series } = await sampleSequence((each) => createGpuSampler(device, each), target, options);
  const { series: expected } = await sampleSequence(onReference, target, options);
  expectClose(series, expected, tolerances.float32State);
});

gpuTest("an anneal through windows, shifts and few patterns gives the reference's images", async ({ device }) => {
  const options = {
    image: { height: 4, width: 3, channels: 2 },
    windows: ["full", 4, 2],
    anneal: { from: 1, to: 1e4, numLevels: 6 },
    stepsPerLevel: 1,
    stepSize: 0.5,
    seed: 4,
    numSamples: 3,
    maxShift: 1,
    samplesPerRun: 2,
  } as const;
  for (const patternsPerSample of [2, 5]) {
    const memory = randomMemory(5, 24);
    const own = { ...options, patternsPerSample };
    const draws = await generate((each) => createGpuSampler(device, each), memory, own);
    const expected = await generate(onReference, memory, own);
    expectClose(draws.positions, expected.positions, tolerances.float32State);
    expectClose(draws.retrievals, expected.retrievals, tolerances.float32State);
  }
});

gpuTest("adaptation comes to the closed form's step", async ({ device }) => {
  await using sampler = await createGpuSampler(device, { memory: randomMemory(4, 100), beta: 200 });
  const { stepSize } = await adaptStepSize(sampler, { kernel: "mala", seed: 1, numChains: 32, start: "exact" });
  expect(Math.abs(stepSize / basinStepSize(100) - 1)).toBeLessThan(0.08);
});
