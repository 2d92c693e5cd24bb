/**
 * exp(x) for x ≤ 0 at a third of the cost of Math.exp, for the softmaxes of patch energies, which are most of their work:
 * e^x = e^(−j/32) e^r from a table and a polynomial. Relative error below 5e-16.
 */

/** e^x of less counts as zero: below 2e-22, it adds nothing to a float64 sum that has a term of one. */
const lowest = -50;

const perUnit = 32;
const table = Float64Array.from({ length: -lowest * perUnit + 1 }, (_, j) => Math.exp(-j / perUnit));

/**
 * @param x at most 0, or NaN
 * @returns 0 below −50 and for NaN
 */
function negativeExponential(x: number): number {
  if (!(x > lowest)) return 0;
  const j = (0.5 - perUnit * x) | 0;
  // Exact, and at most 1/64 from 0: the next term of the series, r⁷/5040, is below 5e-17.
  const r = x + j / perUnit;
  return table[j]! * (1 + r * (1 + r * (1 / 2 + r * (1 / 6 + r * (1 / 24 + r * (1 / 120 + r / 720))))));
}

/**
 * exp(values − tops), and adds it to the sums. A loop of its own, so that the exponential is called within its module: through
 * an import it is not always inlined.
 * @param tops at least as large as the values, place by place
 */
export function exponentials(values: Float64Array, tops: Float64Array, out: Float64Array, sums: Float64Array): void {
  for (let i = 0; i < values.length; i++) {
    const value = negativeExponential(values[i]! - tops[i]!);
    out[i] = value;
    sums[i]! += value;
  }
}
