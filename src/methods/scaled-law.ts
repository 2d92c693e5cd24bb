/**
 * The law at every temperature in one coordinate, u = √β (ξ − c): the path along which parallel tempering moves. With c
 * the attention output at β = 0,
 *
 *   f_β(u) = exp(−βE(c + u/√β)),   ∫ f_β(u) du = β^(d/2) Z(β),   f_0(u) = exp(−½‖u‖² + Σ_h ω_h log Σ_r exp(b_r)).
 *
 * In u thermal noise has unit variance at every temperature, so that neighbours on the ladder differ by where the
 * patterns are and not by d coordinates of noise; and β = 0 is a Gaussian that can be drawn exactly and whose normaliser
 * is known, whatever the heads. The Jacobians of the two states of a swap cancel.
 */
import { stackTarget } from "../core/attention-stack.ts";
import type { HopfieldTarget } from "../core/types.ts";
import { attendAndRetrieve, createAttention } from "../reference/attention.ts";

export interface ScaledLaw {
  readonly dim: number;
  /**
   * log f_β(u), in float64.
   * @param u [dim]
   * @param beta 0 or above
   */
  logDensity(beta: number, u: ArrayLike<number>): number;
  /** log ∫ f_0(u) du = (d/2) log 2π + Σ_h ω_h log Σ_r exp(b_r). */
  readonly logPartitionAtZero: number;
  /** Writes ξ = c + u/√β for rows of u, both [any number, dim]. */
  toPositions(beta: number, u: Float64Array, out: Float32Array): void;
  /** Writes u = √β (ξ − c) for rows of ξ, both [any number, dim]. */
  fromPositions(beta: number, positions: Float32Array, out: Float64Array): void;
}

/** @throws ArgumentError for a malformed target */
export function createScaledLaw(target: HopfieldTarget): ScaledLaw {
  const stack = stackTarget(target);
  const { dim } = stack;
  const attention = createAttention(stack);
  const state = attention.createState();
  attendAndRetrieve(attention, 0, state);
  const centre = state.retrieval.slice();
  const logMass = state.logNormalizer;

  return {
    dim,
    logPartitionAtZero: (dim / 2) * Math.log(2 * Math.PI) + logMass,
    logDensity(beta, u) {
      const scale = beta === 0 ? 0 : 1 / Math.sqrt(beta);
      let squares = 0;
      for (let i = 0; i < dim; i++) {
        const x = centre[i]! + scale * u[i]!;
        state.position[i] = x;
        squares += beta === 0 ? u[i]! * u[i]! : beta * x * x;
      }
      if (beta === 0) return logMass - squares / 2;
      attention.attend(beta, state);
      return state.logNormalizer - squares / 2;
    },
    toPositions(beta, u, out) {
      const scale = 1 / Math.sqrt(beta);
      for (let at = 0; at < u.length; at++) out[at] = centre[at % dim]! + scale * u[at]!;
    },
    fromPositions(beta, positions, out) {
      const scale = Math.sqrt(beta);
      for (let at = 0; at < out.length; at++) out[at] = scale * (positions[at]! - centre[at % dim]!);
    },
  };
}
