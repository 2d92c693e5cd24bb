/**
 * The energy and its relatives at one position, in float64: the formulas a reader looks up first. They allocate; the
 * sampler runs the same passes on buffers of its own.
 */
import { stackTarget } from "../core/attention-stack.ts";
import { ArgumentError } from "../core/errors.ts";
import type { HopfieldTarget } from "../core/types.ts";
import type { ChainState } from "./accept.ts";
import { attendAndRetrieve, createAttention } from "./attention.ts";

function evaluate(target: HopfieldTarget, position: ArrayLike<number>): ChainState {
  const stack = stackTarget(target);
  if (position.length !== target.memory.dim)
    throw new ArgumentError("position", `length must be dim = ${target.memory.dim}, got ${position.length}`);
  const attention = createAttention(stack);
  const state = attention.createState();
  state.position.set(position);
  attendAndRetrieve(attention, target.beta, state);
  return state;
}

/**
 * E(ξ) = −(1/β) log Σ_k exp(β m_k·ξ) + ½‖ξ‖² (paper, equation 3, without its constants), or the energy of the target's
 * heads (spec section 5).
 * @param position ξ, [dim]
 * @throws ArgumentError for a malformed target or a position of another length
 */
export function energy(target: HopfieldTarget, position: ArrayLike<number>): number {
  const state = evaluate(target, position);
  return state.position.reduce((sum, x) => sum + x * x, 0) / 2 - state.logNormalizer / target.beta;
}

/**
 * a(ξ) = softmax(β Xᵀξ), one weight for each pattern that the mask keeps, in order; with heads, head after head, and with
 * patches, whose windows are heads, window after window: [numWindows, numKept].
 * @param position ξ, [dim]
 * @throws ArgumentError for a malformed target or a position of another length
 */
export function attentionWeights(target: HopfieldTarget, position: ArrayLike<number>): Float64Array {
  const { attention } = evaluate(target, position);
  const { patches, numRows } = stackTarget(target);
  if (patches === undefined) return attention;
  const { numWindows } = patches;
  return attention.map((_, at) => attention[(at % numRows) * numWindows + Math.floor(at / numRows)]!);
}

/**
 * T(ξ) = X a(ξ), with heads Σ_h ω_h D_h X_h a_h(ξ), [dim]: the attention output, and the denoised readout E[m_k | ξ] (paper, equation 4; spec section 3).
 * @param position ξ, [dim]
 * @throws ArgumentError for a malformed target or a position of another length
 */
export function retrieval(target: HopfieldTarget, position: ArrayLike<number>): Float64Array {
  return evaluate(target, position).retrieval;
}

/**
 * ∇E(ξ) = ξ − T(ξ), [dim].
 * @param position ξ, [dim]
 * @throws ArgumentError for a malformed target or a position of another length
 */
export function energyGradient(target: HopfieldTarget, position: ArrayLike<number>): Float64Array {
  const state = evaluate(target, position);
  return state.position.map((x, i) => x - state.retrieval[i]!);
}
