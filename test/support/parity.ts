/** Two engines' draws of one run: float32 against float64 with equal random integers. */
import { expect } from "vitest";
import type { Draws } from "../../src/index.ts";
import { absRel, expectClose, tolerances, type Tolerance } from "./tolerances.ts";

/**
 * Fails unless positions, readouts, figures and decisions agree.
 * @param state tolerance of positions and readouts
 */
export function expectDrawsClose(actual: Draws, expected: Draws, state: Tolerance = tolerances.float32State): void {
  const { numChains, numDraws, dim } = expected;
  const vectors = { axes: ["chain", "draw", "coordinate"], sizes: [numChains, numDraws, dim] };
  const scalars = { axes: ["chain", "draw"], sizes: [numChains, numDraws] };
  expectClose(actual.positions, expected.positions, state, vectors);
  expectClose(actual.retrievals, expected.retrievals, state, vectors);
  expectClose(actual.energy, expected.energy, tolerances.float32Scalar, scalars);
  expectClose(actual.maxCosine, expected.maxCosine, tolerances.float32Scalar, scalars);
  expectClose(actual.attentionEntropy, expected.attentionEntropy, tolerances.float32Scalar, scalars);
  expectClose(actual.acceptanceRate, expected.acceptanceRate, absRel(1e-12, 0));
  expectClose(actual.meanLogRatio, expected.meanLogRatio, tolerances.float32LogRatio);
  expect(actual.numNonFinite).toBe(0);
}
