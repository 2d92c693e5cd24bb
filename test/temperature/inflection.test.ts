/** The inflection against closed forms, an independent NumPy computation, and published figures where the data is there. */
import { describe, expect, it } from "vitest";
import {
  createMemoryMatrix,
  createUnscaledMemoryMatrix,
  inflectionGridRule,
  inflectionRoots,
  type MemoryMatrix,
} from "../../src/index.ts";
import golden from "../golden/inflection.json" with { type: "json" };
import { wavesMemory } from "../support/memories.ts";
import { hasRealData, mnistDigit, mnistFiles, pfamFile, pfamSeed } from "../support/real-data.ts";
import { absRel, expectClose, type Tolerance } from "../support/tolerances.ts";

/** Bisected to float64; the memories are float32 on both sides, their sums in another order. */
const rootTolerance = absRel(0, 1e-9);

describe("closed forms", () => {
  /** numPatterns orthonormal patterns: the overlap is 1 with the probe, 0 with the others. */
  const orthonormal = (numPatterns: number) =>
    createMemoryMatrix(
      Array.from({ length: numPatterns ** 2 }, (_, i) => (i % (numPatterns + 1) === 0 ? 1 : 0)),
      { numPatterns, dim: numPatterns },
    );

  it.each([2, 3, 10, 100])("of %d orthonormal patterns: β (2p − 1) = 1, p = e^β/(e^β + K − 1)", (numPatterns) => {
    const roots = inflectionRoots(orthonormal(numPatterns));
    expect(roots).toHaveLength(1);
    const p = 1 / (1 + (numPatterns - 1) * Math.exp(-roots[0]!));
    // μ₃ = p (1 − p) (1 − 2p) beside Var = p (1 − p).
    expectClose([roots[0]! * (2 * p - 1)], [1], rootTolerance);
  });

  it("scales as 1 over the squared length of the patterns", () => {
    const unit = [1, 0, 0, 0.6, 0.8, 0, 0, 0.28, 0.96];
    const shape = { numPatterns: 3, dim: 3 };
    const [root] = inflectionRoots(createUnscaledMemoryMatrix(unit, shape));
    for (const length of [1 / 1024, 1024])
      expectClose(
        inflectionRoots(
          createUnscaledMemoryMatrix(
            unit.map((x) => Math.fround(x) * length),
            shape,
          ),
        ),
        [root! / length ** 2],
        rootTolerance,
      );
  });

  it("has none where no pattern stands out", () => {
    expect(inflectionRoots(createMemoryMatrix([3, 4], { numPatterns: 1, dim: 2 }))).toEqual([]);
    expect(inflectionRoots(createMemoryMatrix([3, 4, 3, 4, 3, 4], { numPatterns: 3, dim: 2 }))).toEqual([]);
  });

  it("takes copies of a pattern, exact or by rounding, for one", () => {
    // Weights 2 to 2 instead of 1 to 1: the same law of the overlap.
    const [single] = inflectionRoots(createMemoryMatrix([1, 0, 0, 1], { numPatterns: 2, dim: 2 }));
    const twice = [1, 0, 1, 0, 0, 1, 0, 1];
    expectClose(inflectionRoots(createMemoryMatrix(twice, { numPatterns: 4, dim: 2 })), [single!], rootTolerance);
    const nearly = [1, 0, 1, 1e-4, 0, 1, 1e-4, 1];
    expectClose(inflectionRoots(createMemoryMatrix(nearly, { numPatterns: 4, dim: 2 })), [single!], absRel(0, 1e-3));
  });
});

/** A memory and an independent NumPy computation's figures of it. */
interface KnownAnswer {
  readonly name: string;
  readonly load: () => MemoryMatrix;
  readonly roots: readonly number[];
  readonly gridRule: number;
  /** Of the roots: published data is prepared in float64 there and in float32 here. */
  readonly tolerance: Tolerance;
}

const madeUp = golden.values.map((values): KnownAnswer => ({
  ...values,
  load: () => wavesMemory(values),
  tolerance: rootTolerance,
}));

/** The published readings are the grid rule's: 3.85 for PF00076. */
const published: readonly KnownAnswer[] = [
  {
    name: "PF00076, 68 sequences in 59 components",
    files: [pfamFile],
    load: () => pfamSeed().memory,
    roots: [4.595308312022926],
    gridRule: 3.84833489703349,
    tolerance: absRel(0, 1e-6),
  },
  {
    name: "the first 100 threes of MNIST",
    files: [mnistFiles.images, mnistFiles.labels],
    load: () => mnistDigit(3),
    roots: [10.513928052392828],
    gridRule: 7.713111225104184,
    tolerance: absRel(0, 1e-6),
  },
].filter(({ files }) => hasRealData(...files));

describe("NumPy's figures", () => {
  it.each([...madeUp, ...published])("of $name", ({ load, roots, gridRule, tolerance }) => {
    const memory = load();
    expectClose(inflectionRoots(memory), roots, tolerance);
    expectClose([inflectionGridRule(memory)], [gridRule], rootTolerance);
  });
});
