/** Autocorrelation by hand, of noise, and of a first-order process, whose correlation at a lag is a power. */
import { expect, test } from "vitest";
import { autocorrelation, autocorrelationBand, fillNormals, purposes } from "../../src/index.ts";
import { expectClose, tolerances } from "../support/tolerances.ts";

const normals = (numValues: number): Float64Array =>
  fillNormals(0, 0, purposes.data, [4, 0], new Float64Array(numValues));

test("by hand", () => {
  // Mean 2, differences −1, 0, 1: sums of products 2, 0, −1.
  expectClose(autocorrelation([1, 2, 3], 2), [1, 0, -0.5], tolerances.float64Sum);
});

test("independent values stay inside the band at 99 of 100 lags", () => {
  const numValues = 4000;
  const outside = autocorrelation(normals(numValues), 400)
    .slice(1)
    .filter((value) => Math.abs(value) > autocorrelationBand(numValues)).length;
  expect(outside).toBeGreaterThan(0);
  expect(outside).toBeLessThan(14);
});

test("a first-order process has powers", () => {
  const decay = 0.8;
  const values = normals(200_000);
  for (let t = 1; t < values.length; t++) values[t] = decay * values[t - 1]! + Math.sqrt(1 - decay ** 2) * values[t]!;
  for (const [lag, value] of autocorrelation(values, 8).entries())
    expect(Math.abs(value - decay ** lag)).toBeLessThan(0.02);
});

test("a constant has none, and lags must fit", () => {
  expect(autocorrelation([3, 3, 3], 1).every(Number.isNaN)).toBe(true);
  expect(() => autocorrelation([1, 2], 2)).toThrow("maxLag: must be below the number of values, 2, got 2");
  expect(() => autocorrelation([1, 2], 0.5)).toThrow("maxLag: must be a whole number of at least 0, got 0.5");
});
