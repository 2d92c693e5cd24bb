/**
 * The signal-to-noise rule, SNR = sqrt(αβ / 2d), read both ways. Published operating points, at α = 0.01: 0.113 for
 * structured retrieval, 0.036 for generation. The ratio belongs to the Langevin step, so α has to be given with it.
 */
import { requireCount, requirePositive, requireStepSize } from "../core/checks.ts";

/**
 * β = SNR² · 2d/α
 * @throws ArgumentError unless SNR > 0, dim ≥ 1 and α is in (0, 1]
 */
export function betaFromSignalToNoise(signalToNoise: number, dim: number, stepSize: number): number {
  requirePositive("signalToNoise", signalToNoise);
  requireCount("dim", dim, 1);
  requireStepSize("stepSize", stepSize);
  return (signalToNoise ** 2 * 2 * dim) / stepSize;
}

/**
 * SNR = sqrt(αβ / 2d)
 * @throws ArgumentError unless β > 0, dim ≥ 1 and α is in (0, 1]
 */
export function signalToNoiseFromBeta(beta: number, dim: number, stepSize: number): number {
  requirePositive("beta", beta);
  requireCount("dim", dim, 1);
  requireStepSize("stepSize", stepSize);
  return Math.sqrt((stepSize * beta) / (2 * dim));
}
