/**
 * The energy and its relatives at one position, in float64: the formulas a reader looks up first. They allocate; the
 * sampler runs the same passes on buffers of its own.
 */
import { stackTarget, type AttentionStack } from "../core/attention-stack.ts";
import { ArgumentError } from "../core/errors.ts";
import type { HopfieldTarget } from "../core/types.ts";
import type { ChainState } from "./accept.ts";
import { logits, type ReferenceMemory } from "./logits.ts";
import { retrieve } from "./retrieve.ts";
import { softmax } from "./softmax.ts";

/** A float64 copy of a stack. */
export function createReferenceMemory(stack: AttentionStack): ReferenceMemory {
  const { dim, numRows, offsets, logWeights, heads } = stack;
  const rows = Array.from({ length: numRows }, (_, k) =>
    Float64Array.from(stack.rows.subarray(k * dim, (k + 1) * dim)),
  );
  return { rows, dim, offsets, logWeights, heads };
}

/** An unfilled state; `attend` fills it from its position. */
export function createChainState(memory: ReferenceMemory): ChainState {
  const numPatterns = memory.rows.length;
  return {
    position: new Float64Array(memory.dim),
    retrieval: new Float64Array(memory.dim),
    attention: new Float64Array(numPatterns),
    logAttention: new Float64Array(numPatterns),
    logNormalizer: 0,
  };
}

/** The attention weights at `state.position`. */
export function attend(memory: ReferenceMemory, beta: number, state: ChainState): void {
  logits(memory, state.position, beta, state.logAttention);
  state.logNormalizer = softmax(memory.heads, state.logAttention, state.attention);
}

/** The attention weights and the attention output at `state.position`. */
export function attendAndRetrieve(memory: ReferenceMemory, beta: number, state: ChainState): void {
  attend(memory, beta, state);
  retrieve(memory, state.attention, state.retrieval);
}

function evaluate(target: HopfieldTarget, position: ArrayLike<number>): ChainState {
  const stack = stackTarget(target);
  if (position.length !== target.memory.dim)
    throw new ArgumentError("position", `length must be dim = ${target.memory.dim}, got ${position.length}`);
  const memory = createReferenceMemory(stack);
  const state = createChainState(memory);
  state.position.set(position);
  attendAndRetrieve(memory, target.beta, state);
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
 * a(ξ) = softmax(β Xᵀξ), one weight for each pattern that the mask keeps, in order; with heads, head after head.
 * @param position ξ, [dim]
 * @throws ArgumentError for a malformed target or a position of another length
 */
export function attentionWeights(target: HopfieldTarget, position: ArrayLike<number>): Float64Array {
  return evaluate(target, position).attention;
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
