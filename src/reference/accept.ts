/**
 * Twin of shaders/accept.wgsl and of the ratio terms in softmax.wgsl and retrieve.wgsl: the stable log acceptance
 * ratio of spec section 4 and the decision. It needs nothing that the attention passes at both ends have not computed.
 */
import type { StackHead } from "../core/attention-stack.ts";
import type { LangevinCoefficients } from "../core/langevin.ts";

/** What a step needs of a position: it is computed once and carried along. */
export interface ChainState {
  /** ξ, [dim] */
  readonly position: Float64Array;
  /** T(ξ), [dim] */
  readonly retrieval: Float64Array;
  /** a(ξ), [numRows], or for patches [numRows, numWindows]; there, and only there, empty while lent to another state */
  attention: Float64Array;
  /** log a(ξ), of the same shape */
  logAttention: Float64Array;
  /** ½β‖ξ‖² − βE(ξ), which for heads is Σ_h ω_h lse(z of head h) */
  logNormalizer: number;
}

/** What only a reader of the chain needs. */
export interface TransitionInfo {
  readonly logRatio: number;
  readonly isAccepted: boolean;
  /** The ratio was not finite, which counts as a rejection. */
  readonly isNonFinite: boolean;
}

/** ½ Σ_h ω_h Σ_k (p_k + p'_k)(log p_k − log p'_k): the part of the log ratio that lives on the patterns. */
export function attentionTerm(heads: readonly StackHead[], state: ChainState, proposal: ChainState): number {
  let total = 0;
  for (const { first, count, power } of heads) {
    let sum = 0;
    for (let k = first; k < first + count; k++)
      sum += (state.attention[k]! + proposal.attention[k]!) * (state.logAttention[k]! - proposal.logAttention[k]!);
    total += power * sum;
  }
  return total / 2;
}

/**
 * The part that lives on the coordinates, without its factor: Σ(g' − g)(g' + g) for Euler proposals, Σ(T' − T)(g' + g)
 * for exponential ones, with g = ξ − T(ξ); circulating ones add what their turned pairs
 * have.
 */
export function gradientTerm(
  coefficients: LangevinCoefficients,
  state: ChainState,
  proposal: ChainState,
  direction = 1,
): number {
  let sum = coefficients.turn === 0 ? 0 : turnTerm(coefficients, state, proposal, direction);
  for (let i = 0; i < state.position.length; i++) {
    const gradient = state.position[i]! - state.retrieval[i]!;
    const proposalGradient = proposal.position[i]! - proposal.retrieval[i]!;
    const change = coefficients.isExponential
      ? proposal.retrieval[i]! - state.retrieval[i]!
      : proposalGradient - gradient;
    sum += change * (proposalGradient + gradient);
  }
  return sum;
}

/**
 * turn·(T' − T)(g' + g) + twist·(T' − T)·J(g − g') with J(a, b) = (−b, a) on each pair of coordinates; one without a
 * partner does not turn.
 */
function turnTerm(
  { turn, twist }: LangevinCoefficients,
  state: ChainState,
  proposal: ChainState,
  direction: number,
): number {
  const change = (i: number): number => proposal.retrieval[i]! - state.retrieval[i]!;
  const before = (i: number): number => state.position[i]! - state.retrieval[i]!;
  const after = (i: number): number => proposal.position[i]! - proposal.retrieval[i]!;
  let sum = 0;
  for (let i = 0; i + 1 < state.position.length; i += 2) {
    const j = i + 1;
    sum += turn * (change(i) * (before(i) + after(i)) + change(j) * (before(j) + after(j)));
    sum += direction * twist * (change(j) * (before(i) - after(i)) - change(i) * (before(j) - after(j)));
  }
  return sum;
}

/**
 * log r of the Metropolis–Hastings decision: the acceptance probability is min(1, r).
 * @param complementChange ‖v'‖² − ‖v‖² outside the span of the rows for a collapsed `mala` chain, where g = v
 * @param direction which way a circulating chain turned: 1 or −1
 */
export function logRatio(
  heads: readonly StackHead[],
  coefficients: LangevinCoefficients,
  state: ChainState,
  proposal: ChainState,
  complementChange = 0,
  direction = 1,
): number {
  const onCoordinates = gradientTerm(coefficients, state, proposal, direction) + complementChange;
  return attentionTerm(heads, state, proposal) + coefficients.ratioScale * onCoordinates;
}

/** @param uniform the coin of this chain and step, in (0, 1) */
export function accept(
  heads: readonly StackHead[],
  coefficients: LangevinCoefficients,
  state: ChainState,
  proposal: ChainState,
  uniform: number,
  complementChange = 0,
  direction = 1,
): TransitionInfo {
  if (!coefficients.isAdjusted) return { logRatio: 0, isAccepted: true, isNonFinite: false };
  const value = logRatio(heads, coefficients, state, proposal, complementChange, direction);
  const isNonFinite = !Number.isFinite(value);
  return { logRatio: isNonFinite ? 0 : value, isAccepted: !isNonFinite && Math.log(uniform) < value, isNonFinite };
}
