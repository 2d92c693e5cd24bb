/**
 * The law as a Gaussian mixture (spec section 3): exp(−βE(ξ)) = Σ_k exp(β‖m_k‖²/2) exp(−β‖ξ − m_k‖²/2), so p_β has
 * means m_k, covariance I/β and weights w_k ∝ exp(β‖m_k‖²/2). Here is what both engines need of it.
 */
import { patternNorms } from "./memory-matrix.ts";
import type { HopfieldTarget } from "./types.ts";

/** log Σ exp of an array, by the largest element first; −∞ for an empty one. */
export function logSumExp(values: ArrayLike<number>): number {
  let top = -Infinity;
  for (let i = 0; i < values.length; i++) top = Math.max(top, values[i]!);
  if (top === -Infinity) return top;
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += Math.exp(values[i]! - top);
  return top + Math.log(sum);
}

/** log w_k, normalised, [numPatterns]. Equal for unit patterns up to float32's rounding of their norms. */
export function mixtureLogWeights(target: HopfieldTarget): Float64Array {
  const logWeights = patternNorms(target.memory).map((norm) => (target.beta * norm * norm) / 2);
  const total = logSumExp(logWeights);
  return logWeights.map((value) => value - total);
}

/**
 * The component that a uniform in (0, 1) chooses: the first k whose cumulative weight reaches it. Should rounding leave
 * the total short, the last component with any weight is taken.
 */
export function chooseComponent(weights: ArrayLike<number>, uniform: number): number {
  let cumulative = 0;
  let chosen = 0;
  for (let k = 0; k < weights.length; k++) {
    const weight = weights[k]!;
    if (weight > 0) chosen = k;
    cumulative += weight;
    if (cumulative >= uniform) break;
  }
  return chosen;
}
