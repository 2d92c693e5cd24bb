/** Standard errors of figures that are no means: by leaving out one chain at a time. */
import type { Estimate } from "../metrics/chain-mean.ts";

/**
 * @param groups of samples, one of each chain
 * @param figure of all samples of some groups
 */
export function jackknife<T>(groups: readonly (readonly T[])[], figure: (samples: readonly T[]) => number): Estimate {
  const whole = figure(groups.flat());
  if (groups.length < 2) return { mean: whole, se: null };
  return jackknifeEstimate(
    whole,
    groups.map((_, skipped) => figure(groups.filter((__, i) => i !== skipped).flat())),
  );
}

/**
 * @param whole figure of all samples
 * @param leftOut the same without one chain, for every chain
 */
export function jackknifeEstimate(whole: number, leftOut: readonly number[]): Estimate {
  const count = leftOut.length;
  const centre = leftOut.reduce((sum, value) => sum + value, 0) / count;
  const squares = leftOut.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  return { mean: whole, se: Math.sqrt(((count - 1) / count) * squares) };
}
