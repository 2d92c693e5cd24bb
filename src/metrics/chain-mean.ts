/** Means with standard errors over chains (spec section 2): draws of one chain are not independent, chains are. */

/** A mean and its standard error; `se` is null for a single chain, which shows no spread between chains. */
export interface Estimate {
  readonly mean: number;
  readonly se: number | null;
}

/** Mean in float64 of `values` [any length]. */
export function mean(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

/**
 * Mean of `values` [numChains, numDraws] with se = std of the per-chain means / sqrt(numChains), the std with
 * numChains − 1.
 */
export function estimateOverChains(values: Float64Array, numChains: number): Estimate {
  const numDraws = values.length / numChains;
  const perChain = Float64Array.from({ length: numChains }, (_, chain) =>
    mean(values.subarray(chain * numDraws, (chain + 1) * numDraws)),
  );
  const centre = mean(perChain);
  if (numChains < 2) return { mean: centre, se: null };
  let squares = 0;
  for (const value of perChain) squares += (value - centre) ** 2;
  return { mean: centre, se: Math.sqrt(squares / (numChains - 1) / numChains) };
}
