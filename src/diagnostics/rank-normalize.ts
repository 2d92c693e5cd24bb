/** Ranks turned into normal scores: the first step of diagnostics that heavy tails and scales must not upset. */

/** Blom's offset, as Vehtari et al. (2021) have it. */
const offset = 3 / 8;

/**
 * Φ⁻¹((rank − 3/8) / (n + 1/4)), ties at their average rank.
 * @param values [any length]
 * @returns of the same length
 */
export function rankNormalize(values: ArrayLike<number>): Float64Array {
  const numValues = values.length;
  const order = Uint32Array.from({ length: numValues }, (_, i) => i).sort((a, b) => values[a]! - values[b]!);
  const scores = new Float64Array(numValues);
  for (let first = 0; first < numValues;) {
    let end = first + 1;
    while (end < numValues && values[order[end]!] === values[order[first]!]) end++;
    // Ranks count from 1: the average of first + 1 … end.
    const score = normalQuantile(((first + 1 + end) / 2 - offset) / (numValues + 1 - 2 * offset));
    for (let i = first; i < end; i++) scores[order[i]!] = score;
    first = end;
  }
  return scores;
}

/** Acklam's rational approximations of Φ⁻¹, relative error below 1.2e-9: coefficients by falling power. */
const central = {
  numerator: [
    -3.969683028665376e1, 2.209460984245205e2, -2.759285104469687e2, 1.38357751867269e2, -3.066479806614716e1,
    2.506628277459239,
  ],
  denominator: [
    -5.447609879822406e1, 1.615858368580409e2, -1.556989798598866e2, 6.680131188771972e1, -1.328068155288572e1, 1,
  ],
} as const;
const tail = {
  numerator: [
    -7.784894002430293e-3, -3.223964580411365e-1, -2.400758277161838, -2.549732539343734, 4.374664141464968,
    2.938163982698783,
  ],
  denominator: [7.784695709041462e-3, 3.224671290700398e-1, 2.445134137142996, 3.754408661907416, 1],
} as const;
const tailStart = 0.02425;

/** The x with Φ(x) = p, for p in (0, 1). */
export function normalQuantile(p: number): number {
  if (p > 0.5) return -normalQuantile(1 - p);
  if (p < tailStart) {
    const q = Math.sqrt(-2 * Math.log(p));
    return polynomial(tail.numerator, q) / polynomial(tail.denominator, q);
  }
  const q = p - 0.5;
  return (q * polynomial(central.numerator, q * q)) / polynomial(central.denominator, q * q);
}

function polynomial(coefficients: readonly number[], x: number): number {
  return coefficients.reduce((sum, coefficient) => sum * x + coefficient, 0);
}
