/** The memory: scaling to unit norm, and a sentence for everything that is no memory. */
import { describe, expect, test } from "vitest";
import { ArgumentError, createMemoryMatrix, createUnscaledMemoryMatrix, patternNorms } from "../../src/index.ts";

test("patterns get unit norm, and the caller's array stays as it was", () => {
  const values = [3, 4, 0, 0, 0, -2];
  const memory = createMemoryMatrix(values, { numPatterns: 2, dim: 3, labels: Int32Array.of(7, 8) });
  expect([...memory.values]).toEqual([3 / 5, 4 / 5, 0, 0, 0, -1].map(Math.fround));
  expect(values).toEqual([3, 4, 0, 0, 0, -2]);
  expect([...memory.labels!]).toEqual([7, 8]);
});

test("an unscaled memory keeps its norms", () => {
  const memory = createUnscaledMemoryMatrix([3, 4, 0, 0, 0, -2], { numPatterns: 2, dim: 3 });
  expect([...patternNorms(memory)]).toEqual([5, 2]);
});

describe("every fault gets its sentence", () => {
  test.each([
    [
      [1, 2, 3],
      { numPatterns: 2, dim: 2 },
      "memory.values: length must be numPatterns × dim = 2 × 2 = 4, got 3 (is the last pattern truncated?)",
    ],
    [
      [1, 2, 3],
      { numPatterns: 1, dim: 2 },
      "memory.values: length must be numPatterns × dim = 1 × 2 = 2, got 3 (are numPatterns and dim right?)",
    ],
    [
      [1, 2, 3, Number.NaN],
      { numPatterns: 2, dim: 2 },
      "memory.values: must be finite, got NaN at pattern 1, coordinate 1 (drop or fill missing values first)",
    ],
    [[1, 2, 0, 0], { numPatterns: 2, dim: 2 }, "memory.values: pattern 1 is all zeros and has no direction (drop it)"],
    [[], { numPatterns: 0, dim: 2 }, "memory.numPatterns: must be a whole number of at least 1, got 0"],
    [[1], { numPatterns: 1, dim: 1.5 }, "memory.dim: must be a whole number of at least 1, got 1.5"],
    [
      [1],
      { numPatterns: 1, dim: 1, labels: new Int32Array(2) },
      "memory.labels: must have one label for each of 1 patterns, got 2",
    ],
  ])("%j", (values, shape, message) => {
    const make = (): unknown => createMemoryMatrix(values, shape);
    expect(make).toThrow(ArgumentError);
    expect(make).toThrow(message);
  });
});
