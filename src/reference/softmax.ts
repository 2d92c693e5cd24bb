/** Twin of shaders/softmax.wgsl: attention weights a = softmax(z), kept with their logarithms. */
import { logSumExp } from "../core/mixture.ts";

/**
 * log p_k = z_k − lse(z), never the logarithm of a rounded p_k (spec section 4).
 * @param logAttention in: z, out: log a, [numPatterns]
 * @param attention out: a, [numPatterns]
 * @returns lse(z)
 */
export function softmax(logAttention: Float64Array, attention: Float64Array): number {
  const logNormalizer = logSumExp(logAttention);
  for (let k = 0; k < logAttention.length; k++) {
    const value = logAttention[k]! - logNormalizer;
    logAttention[k] = value;
    attention[k] = Math.exp(value);
  }
  return logNormalizer;
}
