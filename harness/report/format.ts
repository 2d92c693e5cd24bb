/** Figures as every report shows them, on a terminal, in a picture or on the page. */

/** From here on digits before the point stop being readable. */
const manyDigits = 1e6;

/** Four decimals, or powers of ten for large numbers, and no minus sign before a zero that rounding left. */
export function formatFixed(value: number): string {
  if (Math.abs(value) >= manyDigits) return value.toExponential(3);
  return value.toFixed(4).replace(/^-(0\.0+)$/, "$1");
}
