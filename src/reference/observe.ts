/** Twin of shaders/observe.wgsl: the per-draw figures that need only what a state already holds. */
import type { ChainState } from "./accept.ts";

export interface Observation {
  /** E(ξ) = ½‖ξ‖² − lse(z)/β */
  readonly energy: number;
  /** H(a) in nats */
  readonly attentionEntropy: number;
  /** max_k cos(ξ, m_k) */
  readonly maxCosine: number;
}

/** @param norms ‖m_k‖, [numPatterns] */
export function observe(state: ChainState, norms: Float64Array, beta: number): Observation {
  let squaredNorm = 0;
  for (const x of state.position) squaredNorm += x * x;
  let entropy = 0;
  let top = -Infinity;
  for (let k = 0; k < norms.length; k++) {
    const logWeight = state.logAttention[k]!;
    entropy -= state.attention[k]! * logWeight;
    // A zero pattern has no direction.
    if (norms[k]! > 0) top = Math.max(top, (logWeight + state.logNormalizer) / (beta * norms[k]!));
  }
  return {
    energy: squaredNorm / 2 - state.logNormalizer / beta,
    attentionEntropy: entropy,
    maxCosine: top / Math.sqrt(squaredNorm),
  };
}
