/**
 * The coefficients of the four Langevin kernels, in float64. Both engines read them here: one formula, one place.
 *
 * Every kernel proposes ξ' = decay·ξ + drift·T(ξ) + noise·ε with decay = 1 − α and drift = α; they differ in the noise
 * and in what the log acceptance ratio measures (spec sections 2 and 4).
 */
import type { KernelName } from "./types.ts";

export type LangevinKernelName = Exclude<KernelName, "gibbs" | "exact">;

export interface LangevinCoefficients {
  /** ρ = 1 − α */
  readonly decay: number;
  /** α */
  readonly drift: number;
  /** Standard deviation of the noise in one coordinate. */
  readonly noise: number;
  /** The noise is the exponential integrator's (`ou`, `ou-mala`), not Euler's (`ula`, `mala`). */
  readonly isExponential: boolean;
  /** Proposals pass an accept decision. */
  readonly isAdjusted: boolean;
  /**
   * Factor of the log ratio's second term: −αβ/4 before Σ(g' − g)(g' + g) for `mala`, β(1−ρ)/(2(1+ρ)) before
   * Σ(T' − T)(g' + g) for `ou-mala`.
   */
  readonly ratioScale: number;
}

export function isLangevin(kernel: KernelName): kernel is LangevinKernelName {
  return kernel !== "gibbs" && kernel !== "exact";
}

/** @param stepSize α in (0, 1] */
export function langevinCoefficients(kernel: LangevinKernelName, stepSize: number, beta: number): LangevinCoefficients {
  const decay = 1 - stepSize;
  const isExponential = kernel === "ou" || kernel === "ou-mala";
  return {
    decay,
    drift: stepSize,
    // 1 − ρ² = α(2 − α), without the cancellation at small α.
    noise: Math.sqrt((isExponential ? stepSize * (2 - stepSize) : 2 * stepSize) / beta),
    isExponential,
    isAdjusted: kernel === "mala" || kernel === "ou-mala",
    ratioScale: isExponential ? (beta * stepSize) / (2 * (1 + decay)) : -(stepSize * beta) / 4,
  };
}
