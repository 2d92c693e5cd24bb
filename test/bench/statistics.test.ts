/** What the benchmark makes of timed rounds. */
import { describe, expect, test } from "vitest";
import { agree, quantile, spread, stepsFor, turnedOrder } from "../../bench/measure/statistics.ts";

describe("quantiles", () => {
  test("are those of NumPy", () => {
    const values = [7, 1, 4, 10];
    expect([0, 0.25, 0.5, 0.75, 1].map((share) => quantile(values, share))).toEqual([1, 3.25, 5.5, 7.75, 10]);
    expect(values).toEqual([7, 1, 4, 10]);
  });

  test("of one value are that value, and of none an error", () => {
    expect(spread([3])).toEqual({ median: 3, lower: 3, upper: 3 });
    expect(() => spread([])).toThrow("there must be at least one value, got none");
  });
});

test("two rounds agree within a tenth of the longer one", () => {
  expect([agree(1, 1.1), agree(1.1, 1), agree(1, 1.2), agree(0, 0)]).toEqual([true, true, false, true]);
});

test("in as many rounds as there are contestants everybody has had every turn", () => {
  const orders = [0, 1, 2].map((round) => turnedOrder(3, round));
  expect(orders).toEqual([
    [0, 1, 2],
    [1, 2, 0],
    [2, 0, 1],
  ]);
});

test("a block has as many steps as its time, and never fewer than the least", () => {
  expect(stepsFor(0.1, 0.02, 10)).toBe(50);
  expect(stepsFor(0.1, 2, 1)).toBe(1);
  expect(stepsFor(0.1, 2, 100, 100)).toBe(100);
  expect(stepsFor(0.1, 0, 1)).toBe(100_000);
});
