/** Window sums in blocks against sums element by element. */
import { describe, test } from "vitest";
import { fillNormals, purposes } from "../../src/index.ts";
import { windowSums, type LineLayout, type SumAxis } from "../../src/reference/window-sums.ts";
import { absRel, expectClose, tolerances } from "../support/tolerances.ts";

function bruteForce(
  { numElements, numSums, run, lead }: SumAxis,
  layout: LineLayout,
  elements: Float64Array,
): Float64Array {
  const sums = new Float64Array(layout.numLines * numSums);
  for (let line = 0; line < layout.numLines; line++)
    for (let index = 0; index < numSums; index++)
      for (let at = Math.max(0, index - lead); at < Math.min(numElements, index - lead + run); at++)
        sums[line * layout.sumLineStep + index * layout.sumStep]! +=
          elements[line * layout.lineStep + at * layout.step]!;
  return sums;
}

describe.each([1, 2, 3, 4, 5, 9])("%i lines", (numLines) => {
  describe.each([1, 2, 7, 16])("of %i cells", (numCells) => {
    test.each([1, 2, 3, 5, 7, 16].filter((run) => run <= numCells))("in windows of %i", (run) => {
      const numWindows = numCells + run - 1;
      const toWindows: SumAxis = { numElements: numCells, numSums: numWindows, run, lead: run - 1 };
      const toCells: SumAxis = { numElements: numWindows, numSums: numCells, run, lead: 0 };
      for (const axis of [toWindows, toCells]) {
        const { numElements, numSums } = axis;
        const elements = fillNormals(0, 0, purposes.data, [run, 1], new Float64Array(numLines * numElements));
        const across = { numLines, step: 1, lineStep: numElements, sumStep: 1, sumLineStep: numSums };
        const down = { numLines, step: numLines, lineStep: 1, sumStep: numLines, sumLineStep: 1 };
        for (const layout of [across, down]) {
          const sums = new Float64Array(numLines * numSums).fill(NaN);
          windowSums(axis, layout, elements, sums);
          expectClose(sums, bruteForce(axis, layout, elements), tolerances.float64Sum);
        }
      }
    });
  });
});

test("what follows large values keeps its digits", () => {
  // A running sum would be left with the rounding of 10¹²; a window beyond it must not.
  const elements = Float64Array.from({ length: 24 }, (_, i) => (i < 8 ? 1e12 : 1e-6));
  const axis: SumAxis = { numElements: 24, numSums: 28, run: 5, lead: 4 };
  const sums = new Float64Array(28);
  windowSums(axis, { numLines: 1, step: 1, lineStep: 24, sumStep: 1, sumLineStep: 28 }, elements, sums);
  expectClose(sums.subarray(12, 24), new Float64Array(12).fill(5e-6), absRel(0, 1e-15));
});
