/** Convergence diagnostics against ArviZ, and against chains whose autocorrelation and effective size are known. */
import { describe, expect, test } from "vitest";
import { normalQuantile, rankNormalize } from "../../src/diagnostics/rank-normalize.ts";
import { essBulk, essTail, fillNormals, purposes, splitRhat } from "../../src/index.ts";
import golden from "../golden/convergence.json" with { type: "json" };
import { absRel, expectClose } from "../support/tolerances.ts";

/** Ours of Φ⁻¹ is good to 1.2e-9, theirs to the last bit; sums of hundreds of scores follow. */
const quantileError = absRel(1e-7, 1e-7);

describe.each(golden.values)("$name", ({ numChains, draws, ...expected }) => {
  test("figures of ArviZ", () => {
    expectClose(
      [essBulk(draws, numChains), essTail(draws, numChains)],
      [expected.essBulk, expected.essTail],
      quantileError,
    );
    const found = splitRhat(draws, numChains);
    expectClose([found], [expected.splitRhat ?? found], quantileError);
    // √((n − 1)/n) at least, with halves of 4 draws or more.
    expect(found).toBeGreaterThan(0.86);
  });

  test("a change of scale that keeps the order changes the bulk size not at all", () => {
    const bent = draws.map((value) => Math.sinh(value));
    expect(essBulk(bent, numChains)).toBeCloseTo(essBulk(draws, numChains), 8);
  });
});

test("a first-order process has (1 − ρ)/(1 + ρ) of its draws", () => {
  const [numChains, numDraws, decay] = [4, 5000, 0.7];
  const values = fillNormals(0, 0, purposes.data, [9, 0], new Float64Array(numChains * numDraws));
  for (let n = 0; n < values.length; n++)
    if (n % numDraws > 0) values[n] = decay * values[n - 1]! + Math.sqrt(1 - decay ** 2) * values[n]!;
  const expected = (values.length * (1 - decay)) / (1 + decay);
  expect(Math.abs(essBulk(values, numChains) / expected - 1)).toBeLessThan(0.15);
  expect(essTail(values, numChains)).toBeGreaterThan(expected / 2);
  expect(splitRhat(values, numChains)).toBeLessThan(1.01);
  const apart = values.map((value, n) => value + (n < numDraws ? 3 : 0));
  expect(splitRhat(apart, numChains)).toBeGreaterThan(1.3);
  const wide = values.map((value, n) => value * (n < numDraws ? 4 : 1));
  expect(splitRhat(wide, numChains)).toBeGreaterThan(1.05);
});

test("the middle draw of an odd number is left out", () => {
  const odd = [3, 1, 4, 99, 5, 9, 2, 7, 0, 6, -99, 1, 2, 3];
  const even = odd.filter((_, n) => n % 7 !== 3);
  expect(splitRhat(odd, 2)).toBe(splitRhat(even, 2));
  expect(essBulk(odd, 2)).toBe(essBulk(even, 2));
});

test.each([
  ["constant", [2, 2, 2, 2, 2, 2, 2, 2]],
  ["not finite", [1, 2, 3, 4, 5, 6, Number.NaN, 8]],
  ["infinite", [1, 2, 3, 4, 5, 6, Infinity, 8]],
])("%s values have none", (_, values) => {
  expect([splitRhat(values, 2), essBulk(values, 2), essTail(values, 2)]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
});

test("shapes that are none get their sentence", () => {
  expect(() => splitRhat([1, 2, 3], 2)).toThrow("values: length must be a multiple of the 2 chains, got 3");
  expect(() => essBulk([1, 2, 3, 4], 2)).toThrow("values: must have at least 4 draws of each chain, got 2");
  expect(() => essTail([], 0)).toThrow("numChains: must be a whole number of at least 1, got 0");
});

test("normal quantiles and ranks by hand", () => {
  expectClose(
    [0.5, 0.975, 0.001, 0.9999].map(normalQuantile),
    [0, 1.959963984540054, -3.090232306167813, 3.719016485455709],
    absRel(1e-12, 2e-9),
  );
  // Ranks 1, 2.5, 2.5, 4 of four values: (rank − 3/8) / 4.25.
  expectClose(
    rankNormalize([1, 7, 7, 9]),
    [0.625 / 4.25, 0.5, 0.5, 3.625 / 4.25].map(normalQuantile),
    absRel(1e-12, 1e-12),
  );
});
