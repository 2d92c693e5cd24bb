/**
 * GPU against float64 with equal random integers: a step or two of every kernel on every difficult memory. Positions,
 * readouts and figures must agree, and so must decisions, unless the coin lies within rounding of the ratio.
 */
import { describe, expect } from "vitest";
import {
  createGpuSampler,
  createReferenceSampler,
  kernelNames,
  type Draws,
  type SampleOptions,
} from "../../src/index.ts";
import { difficultCases, randomMemory, type DifficultCase } from "../support/memories.ts";
import { gpuTest } from "../support/node-gpu.ts";
import { absRel, expectClose, tolerances } from "../support/tolerances.ts";

const faceSized: DifficultCase = {
  name: "the size of the faces",
  memory: randomMemory(100, 4096),
  beta: 10_000,
  numChains: 8,
};

function expectParity(actual: Draws, expected: Draws): void {
  const { numChains, numDraws, dim } = expected;
  const vectors = { axes: ["chain", "draw", "coordinate"], sizes: [numChains, numDraws, dim] };
  const scalars = { axes: ["chain", "draw"], sizes: [numChains, numDraws] };
  expectClose(actual.positions, expected.positions, tolerances.float32State, vectors);
  expectClose(actual.retrievals, expected.retrievals, tolerances.float32State, vectors);
  expectClose(actual.energy, expected.energy, tolerances.float32Scalar, scalars);
  expectClose(actual.maxCosine, expected.maxCosine, tolerances.float32Scalar, scalars);
  expectClose(actual.attentionEntropy, expected.attentionEntropy, tolerances.float32Scalar, scalars);
  expectClose(actual.acceptanceRate, expected.acceptanceRate, absRel(1e-12, 0));
  expect(actual.numNonFinite).toBe(0);
}

describe.each([...difficultCases(), faceSized])("$name", (difficult) => {
  describe.each([0.05, 0.5])("step size %f", (stepSize) => {
    gpuTest.for(kernelNames)("%s", async (kernel, { device }) => {
      const options: SampleOptions = {
        kernel,
        stepSize,
        seed: 0x1_2345_6789n,
        numChains: difficult.numChains,
        numBurnIn: 0,
        numDraws: 2,
        thinning: 1,
        start: "exact",
      };
      await using sampler = await createGpuSampler(device, difficult);
      const expected = await createReferenceSampler(difficult).run(options);
      expectParity(await sampler.run(options), expected);
    });
  });
});
