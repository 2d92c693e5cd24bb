/** The exponential of the windows' softmaxes against that of the language. */
import { expect, test } from "vitest";
import { exponentials } from "../../src/reference/negative-exponential.ts";
import { absRel, expectClose } from "../support/tolerances.ts";

function exponentialsOf(values: Float64Array): Float64Array {
  const out = new Float64Array(values.length);
  exponentials(values, new Float64Array(values.length), out, new Float64Array(values.length));
  return out;
}

test("agrees with Math.exp to two units in the last place, and ends at −50", () => {
  const values = Float64Array.from({ length: 100_003 }, (_, i) => (-60 * i) / 100_002);
  const expected = values.map((x) => (x > -50 ? Math.exp(x) : 0));
  expectClose(exponentialsOf(values), expected, absRel(0, 5e-16));
  expect([...exponentialsOf(Float64Array.of(0, -0, -Infinity, NaN))]).toEqual([1, 1, 0, 0]);
});

test("subtracts the tops, and adds to the sums", () => {
  const sums = Float64Array.of(1, 2);
  const out = new Float64Array(2);
  exponentials(Float64Array.of(3, 5), Float64Array.of(4, 5), out, sums);
  expect(out[0]).toBeCloseTo(Math.exp(-1), 15);
  expect(out[1]).toBe(1);
  expect(sums[0]).toBeCloseTo(1 + Math.exp(-1), 15);
  expect(sums[1]).toBe(3);
});
