/** The mask of a class, and the sentences about classes that are not there. */
import { expect, it } from "vitest";
import { ArgumentError, classMask, createMemoryMatrix, describeClasses } from "../../src/index.ts";

const memory = createMemoryMatrix([1, 0, 0, 1, 1, 1], { numPatterns: 3, dim: 2, labels: Int32Array.of(4, -1, 4) });

it("keeps the patterns of the class", () => {
  expect(classMask(memory, 4)).toStrictEqual(Uint8Array.of(1, 0, 1));
  expect(classMask(memory, -1)).toStrictEqual(Uint8Array.of(0, 1, 0));
});

it("refuses a class that is not there, and a memory without any", () => {
  expect(() => classMask(memory, 3)).toThrow(
    new ArgumentError("label", "must be one of the memory's classes, which are -1, 4, got 3"),
  );
  const bare = createMemoryMatrix([1, 0], { numPatterns: 1, dim: 2 });
  expect(() => classMask(bare, 3)).toThrow(
    new ArgumentError("memory.labels", "must be there for a class to be kept, got none", "one label per pattern"),
  );
});

it("draws runs together and cuts long lists", () => {
  expect(describeClasses(Int32Array.of(7, -1, 0, 1, 0, 9, 10))).toBe("-1 to 1, 7, 9 to 10");
  expect(describeClasses(Int32Array.from({ length: 40 }, (_, i) => 2 * i))).toBe(
    "0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22 and others, 40 in all",
  );
});
