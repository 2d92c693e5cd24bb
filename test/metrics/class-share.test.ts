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
import { hasRealData, olivettiFaces, olivettiFiles } from "../support/real-data.ts";

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

/** Published data where it is there, and the built-in faces in any case. */
const faces = [
  {
    name: "the built-in faces",
    load: () => {
      const { pixels, labels, numFaces, size } = builtinFaces({ numIdentities: 8, size: 24 });
      return createMemoryMatrix(pixels, { numPatterns: numFaces, dim: size * size, labels });
    },
  },
  ...(hasRealData(...Object.values(olivettiFiles)) ? [{ name: "Olivetti", load: olivettiFaces }] : []),
];

describe.each(faces)("class-conditional $name", ({ load }) => {
  const memory = load();
  const numClasses = new Set(memory.labels).size;
  const target = { memory, beta: 1e4 };
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

  it("are of the person that the mask keeps", async () => {
    await using sampler = createReferenceSampler({ ...target, mask: classMask(memory, 3) });
    const share = classShare(memory, await sampler.run(options), 3);
    expect(share.mean).toBeGreaterThanOrEqual(0.99);
    expect(share).toMatchObject({ label: 3, chance: 1 / numClasses });
  });

  it("are of that person by chance without a mask", async () => {
    await using sampler = createReferenceSampler(target);
    const numChains = 256;
    const draws = await sampler.run({ ...options, kernel: "exact", numChains, numDraws: 1 });
    const shares = [0, 1, 2, 3].map((label) => classShare(memory, draws, label).mean);
    // Binomial: five standard deviations.
    const chance = 1 / numClasses;
    const allowed = 5 * Math.sqrt((chance * (1 - chance)) / numChains);
    for (const share of shares) expect(Math.abs(share - chance)).toBeLessThan(allowed);
  });
});
