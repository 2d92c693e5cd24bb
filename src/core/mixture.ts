/**
 * The law as a Gaussian mixture (spec section 3), where the energy has one head:
 * exp(−βE(ξ)) = Σ_r exp(β‖row_r‖²/2 + β·offset_r + logWeight_r) exp(−β‖ξ − row_r‖²/2), so p_β has the rows as means,
 * covariance I/β and those weights; for the modern Hopfield energy w_k ∝ exp(β‖m_k‖²/2). Here is what both engines need.
 */
import { rowNorms, type AttentionStack } from "./attention-stack.ts";

/** log Σ exp of an array, or of a stretch of it, by the largest element first; −∞ for an empty one. */
export function logSumExp(values: ArrayLike<number>, first = 0, end = values.length): number {
  let top = -Infinity;
  for (let i = first; i < end; i++) top = Math.max(top, values[i]!);
  if (top === -Infinity) return top;
  let sum = 0;
  for (let i = first; i < end; i++) sum += Math.exp(values[i]! - top);
  return top + Math.log(sum);
}

/** β‖row‖²/2 + β·offset + logWeight, the logarithms of the weights before they are normalised, [numRows]. */
export function mixtureExponents(stack: AttentionStack, beta: number): Float64Array {
  return rowNorms(stack).map((norm, row) => beta * ((norm * norm) / 2 + stack.offsets[row]!) + stack.logWeights[row]!);
}

/** w, normalised, [numRows]. Equal for unit patterns up to float32's rounding of their norms. */
export function componentWeights(stack: AttentionStack, beta: number): Float64Array {
  const exponents = mixtureExponents(stack, beta);
  const total = logSumExp(exponents);
  return exponents.map((value) => Math.exp(value - total));
}

/**
 * The component that a uniform in (0, 1) chooses: the first k whose cumulative weight reaches it. Should rounding leave
 * the total short, the last component that moved the sum is taken, not one whose weight is lost in it.
 */
export function chooseComponent(weights: ArrayLike<number>, uniform: number): number {
  let cumulative = 0;
  let chosen = 0;
  for (let k = 0; k < weights.length; k++) {
    const next = cumulative + weights[k]!;
    if (next > cumulative) chosen = k;
    cumulative = next;
    if (cumulative >= uniform) break;
  }
  return chosen;
}
