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
  /** Circulation turns ξ − T(ξ) by an angle θ in each pair of coordinates: cos θ and sin θ; 1 and 0 without. */
  readonly cosine: number;
  readonly sine: number;
  /** What turned pairs add to the second term's sum before its factor: turn·(T' − T)(g' + g) + twist·(T' − T)·J(g − g'). */
  readonly turn: number;
  readonly twist: number;
  /**
   * Factor of the log ratio's second term: −αβ/4 before Σ(g' − g)(g' + g) for `mala`, β(1−ρ)/(2(1+ρ)) before
   * Σ(T' − T)(g' + g) for `ou-mala`.
   */
  readonly ratioScale: number;
}

/** The kernel takes Langevin steps, which have a size. */
export function isLangevin(kernel: KernelName): kernel is LangevinKernelName {
  return kernel !== "gibbs" && kernel !== "exact";
}

/** Proposals pass an accept decision; without one an acceptance rate says nothing. */
export function isAdjusted(kernel: KernelName): boolean {
  return kernel === "mala" || kernel === "ou-mala";
}

/** The noise is the exponential integrator's, not Euler's. */
export function isExponential(kernel: KernelName): boolean {
  return kernel === "ou" || kernel === "ou-mala";
}

/** The decision of a collapsed chain sees ‖v‖ outside the span of the rows; in every other kernel ‖v‖ cancels. */
export function isRadial(kernel: KernelName): boolean {
  return kernel === "mala";
}

/**
 * With circulation γ the exponential step is ξ' = T + ρR(ξ − T) + noise·ε, R the turn by θ = −γ log ρ: exact around one
 * pattern, as without. The adjusted kernel turns backwards after a rejection, and its log ratio compares with the step
 * back against the turn,
 * log r = attention term + β/(1 − ρ²) (T' − T)·[((1 + ρ²)/2 − ρ cos θ)(g' + g) − ρ sin θ J(g − g')] (derived here).
 * @param stepSize α in (0, 1]
 */
export function langevinCoefficients(
  kernel: LangevinKernelName,
  stepSize: number,
  beta: number,
  circulation = 0,
): LangevinCoefficients {
  const decay = 1 - stepSize;
  const hasExponentialNoise = isExponential(kernel);
  // At α = 1 nothing of ξ − T is left to turn.
  const angle = decay > 0 ? -circulation * Math.log(decay) : 0;
  // (1 + ρ²)/2 − ρ cos θ = α²/2 + 2ρ sin²(θ/2), over 1 − ρ² = α(2 − α): without cancellation at small α.
  const spread = stepSize * (2 - stepSize);
  const ratioScale = hasExponentialNoise ? (beta * stepSize) / (2 * (1 + decay)) : -(stepSize * beta) / 4;
  const perTurn = hasExponentialNoise ? (beta * decay) / spread / ratioScale : 0;
  return {
    decay,
    drift: stepSize,
    // 1 − ρ² = α(2 − α), without the cancellation at small α.
    noise: Math.sqrt((hasExponentialNoise ? spread : 2 * stepSize) / beta),
    isExponential: hasExponentialNoise,
    isAdjusted: isAdjusted(kernel),
    cosine: Math.cos(angle),
    sine: Math.sin(angle),
    turn: 2 * perTurn * Math.sin(angle / 2) ** 2,
    twist: -perTurn * Math.sin(angle),
    ratioScale,
  };
}
