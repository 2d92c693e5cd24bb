/** Sequences against what the kernel's law says of neighbours in time, and projections against the readout they equal. */
import { describe, expect, test } from "vitest";
import {
  attentionWeights,
  autocorrelation,
  createReferenceSampler,
  productHeads,
  sampleSequence,
  type HopfieldTarget,
  type Sampler,
  type SequenceOptions,
} from "../../src/index.ts";
import { randomMemory } from "../support/memories.ts";
import { expectClose, expectMean, tolerances } from "../support/tolerances.ts";

const create = (target: HopfieldTarget): Promise<Sampler> => Promise.resolve(createReferenceSampler(target));

const options: SequenceOptions = {
  kernel: "mala",
  stepSize: 0.2,
  seed: 1,
  numChains: 2,
  numOutputs: 6,
  stepsPerOutput: 10,
  start: "pattern",
};

test("the memory as raw patterns gives T(ξ), along a path of β too", async () => {
  const target: HopfieldTarget = { memory: randomMemory(8, 12), beta: 12 };
  const betaPath = [2, 2, 30, 30, 30, 5];
  for (const path of [{}, { betaPath }]) {
    const { draws, series, rawDim } = await sampleSequence(create, target, { ...options, ...path });
    expect(rawDim).toBe(12);
    expectClose(series, draws.retrievals, tolerances.float32State, {
      axes: ["chain", "output", "coordinate"],
      sizes: [2, 6, 12],
    });
    expect(draws.acceptanceRate.every((rate) => rate > 0.5 && rate <= 1)).toBe(true);
  }
});

test("raw patterns of another dimension are weighted by the attention of their output's β, the mask's patterns alone", async () => {
  const mask = Uint8Array.of(1, 0, 1, 1, 0);
  const target: HopfieldTarget = { memory: randomMemory(5, 9), beta: 3, mask };
  const betaPath = [1, 2, 3, 4, 5, 6];
  const rawPatterns = Float32Array.from({ length: 10 }, (_, i) => 100 * Math.sin(i));
  const { draws, series, rawDim } = await sampleSequence(create, target, { ...options, betaPath, rawPatterns });
  expect(rawDim).toBe(2);
  const expected = Array.from({ length: 12 }, (_, row) => {
    const position = draws.positions.subarray(row * 9, (row + 1) * 9);
    const weights = attentionWeights({ ...target, beta: betaPath[row % 6]! }, position);
    return [0, 1].map((j) => [0, 2, 3].reduce((sum, k, i) => sum + weights[i]! * rawPatterns[k * 2 + j]!, 0));
  }).flat();
  expectClose(series, expected, { name: "float32 of values up to 100", allowed: () => 1e-5 });
});

test("an output goes on from the last one: inside a basin the correlation at lag n is (1 − α)^(n T_inner)", async () => {
  const target: HopfieldTarget = { memory: randomMemory(1, 20), beta: 50 };
  const numOutputs = 4000;
  const { draws } = await sampleSequence(create, target, {
    ...options,
    kernel: "ou",
    stepSize: 0.1,
    numChains: 1,
    numOutputs,
    stepsPerOutput: 4,
    start: "exact",
  });
  const decay = 0.9 ** 4;
  const mean = [0, 0, 0, 0];
  for (let i = 0; i < 20; i++) {
    const values = Float64Array.from({ length: numOutputs }, (_, t) => draws.positions[t * 20 + i]!);
    for (const [lag, value] of autocorrelation(values, 3).entries()) mean[lag]! += value / 20;
  }
  for (const [lag, value] of mean.entries()) expect(Math.abs(value - decay ** lag)).toBeLessThan(0.015);
});

test("each output follows the law of its own β", async () => {
  const memory = randomMemory(1, 10);
  const betaPath = [4, 100, 100, 9];
  const { draws } = await sampleSequence(
    create,
    { memory, beta: 1 },
    {
      ...options,
      kernel: "ou-mala",
      stepSize: 1,
      numChains: 800,
      numOutputs: 4,
      stepsPerOutput: 1,
      betaPath,
    },
  );
  for (const [t, beta] of betaPath.entries())
    expectMean(
      Array.from({ length: 800 }, (_, chain) => {
        let sum = 0;
        for (let i = 0; i < 10; i++) sum += (draws.positions[(chain * 4 + t) * 10 + i]! - memory.values[i]!) ** 2;
        return sum;
      }),
      10 / beta,
    );
});

test("burn-in comes before the first output, at its β", async () => {
  const target: HopfieldTarget = { memory: randomMemory(8, 12), beta: 12 };
  const late = await sampleSequence(create, target, {
    ...options,
    numBurnIn: 20,
    numOutputs: 4,
    betaPath: [7, 7, 5, 5],
  });
  const whole = await sampleSequence(create, target, { ...options, betaPath: [7, 7, 7, 7, 5, 5] });
  for (let chain = 0; chain < 2; chain++)
    expect(late.series.subarray(chain * 48, chain * 48 + 48)).toEqual(
      whole.series.subarray(chain * 72 + 24, chain * 72 + 72),
    );
});

describe("every broken rule gets its sentence", () => {
  const target: HopfieldTarget = { memory: randomMemory(4, 5), beta: 12 };
  test.each<[Partial<SequenceOptions>, string]>([
    [{ stepsPerOutput: 0 }, "stepsPerOutput: must be a whole number of at least 1, got 0"],
    [{ numOutputs: 0 }, "numOutputs: must be a whole number of at least 1, got 0"],
    [{ betaPath: [1, 2] }, "betaPath: must have one β for each of 6 outputs, got 2"],
    [{ betaPath: [1, 2, 3, -4, 5, 6] }, "betaPath[3]: must be a finite number above 0, got -4"],
    [
      { rawPatterns: new Float32Array(7) },
      "rawPatterns: length must be a multiple of the 4 patterns, got 7 (pass the same patterns in the same order as in the memory)",
    ],
    [
      { kernel: "exact" },
      'kernel: must be one that goes on from where it was, got "exact" (independent draws make no sequence)',
    ],
  ])("%j", async (fault, message) => {
    await expect(sampleSequence(create, target, { ...options, ...fault })).rejects.toThrow(message);
  });

  test("heads", async () => {
    const heads = productHeads([target.memory]);
    await expect(sampleSequence(create, { ...target, heads }, options)).rejects.toThrow(
      "target.heads: must be left out: the weights of several heads project to no one pattern",
    );
  });

  test("patches", async () => {
    const patches = { height: 1, width: target.memory.dim, window: 2 };
    await expect(sampleSequence(create, { ...target, patches }, options)).rejects.toThrow(
      "target.patches: must be left out: every window has weights of its own",
    );
  });
});
