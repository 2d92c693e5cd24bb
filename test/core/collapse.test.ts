/** The basis of the rows' span, and the χ² that the radial chain needs. */
import { describe, expect, test } from "vitest";
import { stackTarget } from "../../src/core/attention-stack.ts";
import { addExpansion, collapseStack, project, wantsCollapse } from "../../src/core/collapse.ts";
import { chiSquareDraw } from "../../src/core/complement.ts";
import { createUnscaledMemoryMatrix, type MemoryMatrix } from "../../src/index.ts";
import { correlatedMemory, difficultCases, randomMemory } from "../support/memories.ts";
import { absRel, expectClose, expectMean } from "../support/tolerances.ts";

function collapseOf(memory: MemoryMatrix): ReturnType<typeof collapseStack> {
  return collapseStack(stackTarget({ memory, beta: 1 }));
}

describe("the basis", () => {
  test.each([...difficultCases(), { name: "raw images", memory: correlatedMemory(60, 300, 4), beta: 1, numChains: 1 }])(
    "is orthonormal and spans the rows: $name",
    (target) => {
      const stack = stackTarget(target);
      const { basis, rank, complementDim, stack: coordinates } = collapseStack(stack);
      expect(rank + complementDim).toBe(stack.dim);
      const products = basis.flatMap((a, i) => basis.map((b) => project([b], a)[0]! - Number(a === b && i >= 0)));
      expectClose(
        products,
        products.map(() => 0),
        absRel(1e-12, 0),
      );
      for (let k = 0; k < stack.numRows; k++) {
        const back = new Float64Array(stack.dim);
        addExpansion(basis, Float64Array.from(coordinates.rows.subarray(k * rank, (k + 1) * rank)), back);
        // What the rank tolerance leaves out is below 1e-6 of the rows' joint extent.
        expectClose(back, stack.rows.subarray(k * stack.dim, (k + 1) * stack.dim), absRel(1e-5, 0));
      }
    },
  );

  test("with more rows than coordinates the same figures come from the smaller matrix", () => {
    const { values } = randomMemory(90, 30);
    // Every row repeats its first coordinate as its last: 29 directions in 30 coordinates.
    for (let k = 0; k < 90; k++) values[k * 30 + 29] = values[k * 30]!;
    const { rank, complementDim, basis, stack } = collapseOf(
      createUnscaledMemoryMatrix(values, { numPatterns: 90, dim: 30 }),
    );
    expect([rank, complementDim]).toEqual([29, 1]);
    for (let k = 0; k < 90; k++) {
      const back = new Float64Array(30);
      addExpansion(basis, Float64Array.from(stack.rows.subarray(k * rank, (k + 1) * rank)), back);
      expectClose(back, values.subarray(k * 30, (k + 1) * 30), absRel(1e-12, 1e-12));
    }
  });

  test("dependent patterns do not raise the rank, nearly dependent ones do", () => {
    const { values } = randomMemory(3, 20);
    const rows = Array.from({ length: 5 }, (_, k) => [...values.subarray((k % 3) * 20, ((k % 3) + 1) * 20)]);
    rows[4] = rows[0]!.map((x, i) => x + 2 * rows[1]![i]!);
    const dependent = createUnscaledMemoryMatrix(rows.flat(), { numPatterns: 5, dim: 20 });
    expect(collapseOf(dependent).rank).toBe(3);
    rows[3] = rows[0]!.map((x, i) => x + 1e-4 * Math.sin(i));
    const near = createUnscaledMemoryMatrix(rows.flat(), { numPatterns: 5, dim: 20 });
    expect(collapseOf(near).rank).toBe(4);
  });
});

test("auto collapses below half as many rows as coordinates", () => {
  const stack = (numPatterns: number): ReturnType<typeof stackTarget> =>
    stackTarget({ memory: randomMemory(numPatterns, 10), beta: 1 });
  expect([4, 5].map((numPatterns) => wantsCollapse("auto", stack(numPatterns)))).toEqual([true, false]);
  expect([4, 5].map((numPatterns) => wantsCollapse(undefined, stack(numPatterns)))).toEqual([true, false]);
  expect([4, 5].map((numPatterns) => wantsCollapse("on", stack(numPatterns)))).toEqual([true, true]);
  expect([4, 5].map((numPatterns) => wantsCollapse("off", stack(numPatterns)))).toEqual([false, false]);
});

describe("χ² draws", () => {
  test.each([1, 2, 3, 7, 40, 3994])("have the first three moments at %i degrees of freedom", (degrees) => {
    const draws = Float64Array.from({ length: 20_000 }, (_, chain) => chiSquareDraw(degrees, 3, chain, [1, 2]));
    expectMean(draws, degrees);
    expectMean(
      draws.map((x) => (x - degrees) ** 2),
      2 * degrees,
    );
    expectMean(
      draws.map((x) => (x - degrees) ** 3),
      8 * degrees,
    );
  });

  test("none are needed at none", () => {
    expect(chiSquareDraw(0, 1, 1, [1, 2])).toBe(0);
  });
});
