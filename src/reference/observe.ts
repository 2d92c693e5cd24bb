/** Twin of shaders/observe.wgsl: the per-draw figures that need only what a state already holds. */
import type { ChainState } from "./accept.ts";
import type { Attention } from "./attention.ts";

export interface Observation {
  /** E(ξ) = ½‖ξ‖² − Σ_h ω_h lse(z)/β for heads */
  readonly energy: number;
  /** H(a) in nats, over heads the mean weighted by ω, over windows the mean */
  readonly attentionEntropy: number;
  /** max_r cos(ξ, row_r) of a stack without offsets and weights; a row without a direction has cosine 0 */
  readonly maxCosine: number;
}

/** @param norms of the rows, [numRows] */
export function observe(attention: Attention, state: ChainState, norms: Float64Array, beta: number): Observation {
  let squaredNorm = 0;
  for (const x of state.position) squaredNorm += x * x;
  let entropy = 0;
  for (const { first, count, power } of attention.heads)
    for (let k = first; k < first + count; k++) entropy -= power * state.attention[k]! * state.logAttention[k]!;
  let top = -Infinity;
  for (let k = 0; k < norms.length; k++)
    top = Math.max(top, norms[k]! > 0 ? (state.logAttention[k]! + state.logNormalizer) / (beta * norms[k]!) : 0);
  return {
    energy: squaredNorm / 2 - state.logNormalizer / beta,
    attentionEntropy: entropy / attention.totalPower,
    maxCosine: top / Math.sqrt(squaredNorm),
  };
}
