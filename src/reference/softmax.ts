/** Twin of shaders/softmax.wgsl: attention weights a = softmax(z) in every head, kept with their logarithms. */
import type { StackHead } from "../core/attention-stack.ts";
import { logSumExp } from "../core/mixture.ts";

/**
 * log p_k = z_k − lse(z), never the logarithm of a rounded p_k (spec section 4).
 * @param logAttention in: z, out: log a, [numRows]
 * @param attention out: a, [numRows]
 * @returns Σ_h ω_h lse(z of head h)
 */
export function softmax(heads: readonly StackHead[], logAttention: Float64Array, attention: Float64Array): number {
  let total = 0;
  for (const { first, count, power } of heads) {
    const logNormalizer = logSumExp(logAttention, first, first + count);
    for (let k = first; k < first + count; k++) {
      const value = logAttention[k]! - logNormalizer;
      logAttention[k] = value;
      attention[k] = Math.exp(value);
    }
    total += power * logNormalizer;
  }
  return total;
}
