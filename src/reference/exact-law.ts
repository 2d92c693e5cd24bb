/**
 * What is known about p_β without sampling (spec section 3): it is a Gaussian mixture, so its normaliser, densities and
 * moments are closed forms. Every sampler of the project is tested against this file.
 */
import { stackTarget, type AttentionStack } from "../core/attention-stack.ts";
import { ArgumentError } from "../core/errors.ts";
import { componentWeights, logSumExp, mixtureExponents } from "../core/mixture.ts";
import type { HopfieldTarget } from "../core/types.ts";
import { energy } from "./energy.ts";

/**
 * w_k ∝ exp(β‖m_k‖²/2), one for each pattern that the mask keeps, in order.
 * @throws ArgumentError for a target whose law is no mixture
 */
export function mixtureWeights(target: HopfieldTarget): Float64Array {
  return componentWeights(requireMixture(target), target.beta);
}

/**
 * log Z = log ∫ exp(−βE(ξ)) dξ = (d/2) log(2π/β) + log Σ_k exp(β‖m_k‖²/2).
 * @throws ArgumentError for a target whose law is no mixture
 */
export function logPartition(target: HopfieldTarget): number {
  const stack = requireMixture(target);
  return (stack.dim / 2) * Math.log((2 * Math.PI) / target.beta) + logSumExp(mixtureExponents(stack, target.beta));
}

function requireMixture(target: HopfieldTarget): AttentionStack {
  const stack = stackTarget(target);
  if (stack.isMixture) return stack;
  if (stack.patches)
    throw new ArgumentError(
      "target.patches",
      `must be one window over the whole image for a closed form, got ${stack.patches.numWindows} windows`,
    );
  throw new ArgumentError(
    "target.heads",
    `must be one head with power 1 for a closed form, got ${stack.heads.length} heads`,
    "estimate with tempering instead",
  );
}

/**
 * log p_β(ξ) = −βE(ξ) − log Z.
 * @param position ξ, [dim]
 */
export function logDensity(target: HopfieldTarget, position: ArrayLike<number>): number {
  return -target.beta * energy(target, position) - logPartition(target);
}

/** E[E(ξ)] of unit patterns far apart: −½ + d/(2β). */
export function basinMeanEnergy(dim: number, beta: number): number {
  return -0.5 + dim / (2 * beta);
}

/** Acceptance rate of `mala` inside a basin, 2Φ(−√(α³d/8)), free of β; exact in the limit of many dimensions. */
export function basinAcceptanceRate(dim: number, stepSize: number): number {
  return 2 * normalTail(Math.sqrt((stepSize ** 3 * dim) / 8));
}

/** Variance of one coordinate of `ula` inside a basin, (1/β)/(1 − α/2): too wide by that factor. */
export function ulaBasinVariance(beta: number, stepSize: number): number {
  return 1 / beta / (1 - stepSize / 2);
}

/** Mean of 1 − cos between two independent draws from one basin of a unit pattern: 1 − 1/(1 + d/β). */
export function basinDiversity(dim: number, beta: number): number {
  return 1 - 1 / (1 + dim / beta);
}

/**
 * P(N(0,1) > x) for x ≥ 0: the power series of Φ near the centre, Laplace's continued fraction beyond it.
 * Relative error below 1e-12.
 */
function normalTail(x: number): number {
  const density = Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
  if (x < 3) {
    let term = x;
    let sum = x;
    for (let n = 1; Math.abs(term) > 1e-17 * sum; n++) {
      term *= (x * x) / (2 * n + 1);
      sum += term;
    }
    return 0.5 - density * sum;
  }
  let fraction = 0;
  for (let n = 120; n >= 1; n--) fraction = n / (x + fraction);
  return density / (x + fraction);
}
