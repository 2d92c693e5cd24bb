/** How much a series resembles itself some steps later. */
import { requireCount } from "../core/checks.ts";
import { ArgumentError } from "../core/errors.ts";

/**
 * Sample autocorrelation at lags 0 … maxLag: Σ_t (x_t − x̄)(x_{t+lag} − x̄) / Σ_t (x_t − x̄)², the estimator whose values
 * always are correlations. NaN throughout for a constant series.
 * @param values [numValues]
 * @returns [maxLag + 1]
 * @throws ArgumentError unless maxLag is below the length
 */
export function autocorrelation(values: ArrayLike<number>, maxLag: number): Float64Array {
  requireCount("maxLag", maxLag);
  const numValues = values.length;
  if (maxLag >= numValues)
    throw new ArgumentError("maxLag", `must be below the number of values, ${numValues}, got ${maxLag}`);
  let sum = 0;
  for (let t = 0; t < numValues; t++) sum += values[t]!;
  const mean = sum / numValues;
  const centred = Float64Array.from(values, (value) => value - mean);
  const covariance = Float64Array.from({ length: maxLag + 1 }, (_, lag) => {
    let total = 0;
    for (let t = 0; t + lag < numValues; t++) total += centred[t]! * centred[t + lag]!;
    return total;
  });
  return covariance.map((value) => value / covariance[0]!);
}

/** Two-sided 99 % quantile of a standard normal. */
const quantile99 = 2.5758293035489004;

/** Half width of the band that 99 % of the autocorrelations of independent values fall in, at each lag above 0. */
export function autocorrelationBand(numValues: number): number {
  return quantile99 / Math.sqrt(requireCount("numValues", numValues, 1));
}
