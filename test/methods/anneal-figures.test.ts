/**
 * The figures of annealed samples against those of a second implementation in NumPy (test/golden/patches.py), which shares
 * nothing but the formulas: other random numbers, so that means agree within their standard errors and no better.
 */
import { describe, expect, it } from "vitest";
import {
  createMemoryMatrix,
  createReferenceSampler,
  fidelity,
  generate,
  novelty,
  type MemoryMatrix,
} from "../../src/index.ts";
import golden from "../golden/patches.json" with { type: "json" };
import { hasRealData, mnistDigit, mnistFiles, mnistTestFiles } from "../support/real-data.ts";
import { estimate, type SampleEstimate } from "../support/tolerances.ts";

type Case = (typeof golden.values)[number];
type Figures = Readonly<Record<"novelty" | "nearestHeldOut" | "diversity", SampleEstimate>>;

/** Standard errors of a difference: one in a thousand goes past it by chance, and seeds are fixed. */
const zLimit = 3.3;

/** Images of three round spots each; test/golden/patches.py makes the same. */
function spots(first: number, numPatterns: number, side: number): MemoryMatrix {
  const place = (spot: number, step: number): number => side * (0.2 + 0.6 * ((spot * step) % 1));
  const values = Float64Array.from({ length: numPatterns * side * side }, (_, at) => {
    const [k, y, x] = [first + Math.floor(at / side ** 2), Math.floor(at / side) % side, at % side];
    return [1, 2, 3]
      .map((j) => (y - place(3 * k + j, 0.7548776662466927)) ** 2 + (x - place(3 * k + j, 0.5698402909980532)) ** 2)
      .reduce((sum, square) => sum + Math.exp(-square / 4), 0);
  });
  return createMemoryMatrix(values, { numPatterns, dim: side * side });
}

/** The same figures of this package's samples. */
async function annealed(
  memory: MemoryMatrix,
  heldOut: MemoryMatrix,
  { side, settings }: Case,
  window: number,
  numSamples = settings.numSamples,
): Promise<Figures> {
  const { from, to, numLevels, stepsPerLevel, stepSize } = settings;
  const { retrievals, dim } = await generate((target) => Promise.resolve(createReferenceSampler(target)), memory, {
    image: { height: side, width: side },
    windows: [window],
    anneal: { from, to, numLevels },
    stepsPerLevel,
    stepSize,
    seed: 1,
    numSamples,
  });
  const samples = createMemoryMatrix(retrievals, { numPatterns: numSamples, dim });
  const total = Array.from({ length: dim }, (_, i) => {
    let sum = 0;
    for (let n = 0; n < numSamples; n++) sum += samples.values[n * dim + i]!;
    return sum;
  });
  /** Mean of 1 − cos to the other samples. */
  const apart = Array.from({ length: numSamples }, (_, n) => {
    const cosines = total.reduce((sum, value, i) => sum + value * samples.values[n * dim + i]!, -1);
    return 1 - cosines / (numSamples - 1);
  });
  const { mean, standardError } = estimate(apart);
  return {
    novelty: estimate(novelty(memory, retrievals)),
    nearestHeldOut: estimate(novelty(heldOut, retrievals)),
    // A mean over pairs: both members of each vary.
    diversity: { mean, standardError: 2 * standardError },
  };
}

function scores(actual: Figures, expected: Figures): readonly { name: keyof Figures; z: number }[] {
  return (["novelty", "nearestHeldOut", "diversity"] as const).map((name) => {
    const [a, b] = [actual[name], expected[name]];
    return { name, z: (a.mean - b.mean) / Math.hypot(a.standardError, b.standardError) };
  });
}

function expectSameLaw(actual: Figures, expected: Figures): void {
  for (const { name, z } of scores(actual, expected)) expect(Math.abs(z), name).toBeLessThan(zLimit);
}

const caseOf = (name: string): Case => golden.values.find((each) => each.name === name)!;

describe("annealed samples have NumPy's figures", () => {
  describe("on made-up spots", () => {
    const spotCase = caseOf("spots");
    const memory = spots(0, spotCase.numPatterns, spotCase.side);
    const heldOut = spots(spotCase.numPatterns, spotCase.numHeldOut, spotCase.side);

    it("which are the same images", () => {
      expect(fidelity(heldOut, memory.values).realToReal).toBeCloseTo(spotCase.realToReal, 6);
      expect(estimate(novelty(memory, heldOut.values)).mean).toBeCloseTo(spotCase.heldOutNovelty, 6);
    });

    it.each(spotCase.windows)("window $window", async (expected) => {
      expectSameLaw(await annealed(memory, heldOut, spotCase, expected.window), expected);
    });

    it("and other windows have others: the comparison tells them apart", async () => {
      const other = await annealed(memory, heldOut, spotCase, 7);
      for (const expected of spotCase.windows)
        expect(Math.max(...scores(other, expected).map(({ z }) => Math.abs(z)))).toBeGreaterThan(zLimit);
    });
  });

  const threes = caseOf("threes");
  const files = [mnistFiles.images, mnistFiles.labels, mnistTestFiles.images, mnistTestFiles.labels];
  describe.runIf(hasRealData(...files))("on the first hundred threes of MNIST", () => {
    it.each(threes.windows)("window $window", async (expected) => {
      const memory = mnistDigit(3, threes.numPatterns);
      const heldOut = mnistDigit(3, threes.numHeldOut, mnistTestFiles);
      expectSameLaw(await annealed(memory, heldOut, threes, expected.window, 8), expected);
    });
  });
});
