/** The share of samples of a class, by hand and on a masked law. */
import { describe, expect, it } from "vitest";
import {
  ArgumentError,
  builtinFaces,
  classMask,
  classShare,
  createMemoryMatrix,
  createReferenceSampler,
  type Draws,
} from "../../src/index.ts";
import { expectMean } from "../support/tolerances.ts";

/** Draws of dimension 2, [numChains, numDraws, 2]; only their positions are looked at. */
function drawsAt(positions: readonly number[], numChains: number): Draws {
  const numDraws = positions.length / 2 / numChains;
  const figures = new Float64Array(numChains * numDraws);
  return {
    numChains,
    numDraws,
    dim: 2,
    positions: Float32Array.from(positions),
    retrievals: new Float32Array(positions.length),
    energy: figures,
    attentionEntropy: figures,
    maxCosine: figures,
    acceptanceRate: new Float64Array(numChains),
    meanLogRatio: new Float64Array(numChains),
    numNonFinite: 0,
  };
}

it("counts nearest patterns by cosine, over chains, beside chance", () => {
  const memory = createMemoryMatrix([1, 0, 0, 1, -1, 0], { numPatterns: 3, dim: 2, labels: Int32Array.of(5, 6, 5) });
  // Chain 0: patterns 0 and 2, however short; chain 1: patterns 1 and 0.
  const draws = drawsAt([9, 1, -0.01, 0.001, 0.5, 3, 2, 1], 2);
  expect(classShare(memory, draws, 5)).toEqual({ label: 5, mean: 0.75, se: 0.25, chance: 2 / 3 });
  expect(classShare(memory, draws, 6)).toEqual({ label: 6, mean: 0.25, se: 0.25, chance: 1 / 3 });
});

it("needs labels", () => {
  const memory = createMemoryMatrix([1, 0], { numPatterns: 1, dim: 2 });
  expect(() => classShare(memory, drawsAt([1, 0], 1), 0)).toThrow(
    new ArgumentError("memory.labels", "must be there for classes to be counted, got none"),
  );
});

describe("class-conditional faces", () => {
  const { pixels, labels, numFaces, size } = builtinFaces({ numIdentities: 8, size: 24 });
  const memory = createMemoryMatrix(pixels, { numPatterns: numFaces, dim: size * size, labels });
  const options = {
    kernel: "ou-mala",
    stepSize: 0.5,
    seed: 2,
    numChains: 64,
    numBurnIn: 10,
    numDraws: 2,
    thinning: 5,
    start: "exact",
  } as const;

  it("are of the person that the mask keeps, all of them", async () => {
    await using sampler = createReferenceSampler({ memory, beta: 1e4, mask: classMask(memory, 3) });
    const share = classShare(memory, await sampler.run(options), 3);
    expect(share).toEqual({ label: 3, mean: 1, se: 0, chance: 1 / 8 });
  });

  it("are of that person by chance without a mask", async () => {
    await using sampler = createReferenceSampler({ memory, beta: 1e4 });
    const draws = await sampler.run({ ...options, numChains: 512, numDraws: 1 });
    const nearest = Float64Array.from({ length: 8 }, (_, label) => classShare(memory, draws, label).mean);
    expect(nearest.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
    expectMean(nearest, 1 / 8);
    // Binomial with 512 draws: a standard deviation of 0.0146.
    for (const share of nearest) expect(Math.abs(share - 1 / 8)).toBeLessThan(5 * 0.0146);
  });
});
