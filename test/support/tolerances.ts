/**
 * How close is close enough: every tolerance of the numerical tests, with its reason. A comparison that meets NaN fails,
 * and a failure names the worst place, both values, the error, what was allowed, and how many places failed.
 */
import { expect } from "vitest";

export interface Tolerance {
  readonly name: string;
  /** Allowed error at a place where `expected` was to come. */
  allowed(expected: number): number;
}

/** An absolute error, or one relative to the expected value, whichever allows more. */
export function absRel(absolute: number, relative: number): Tolerance {
  return {
    name: `within ${absolute} or ${relative} of the value`,
    allowed: (expected) => Math.max(absolute, relative * Math.abs(expected)),
  };
}

export const tolerances = {
  /** A float64 sum of a few thousand terms against another order of the same sum. */
  float64Sum: absRel(1e-12, 1e-12),
  /** Central differences with a step of 1e-5 on energies of order one: truncation 1e-10, cancellation 1e-11, with room. */
  centralDifference: absRel(1e-8, 1e-7),
  /** Normals of order one in float32 from polynomials good to a few units in the last place, against float64. */
  float32Normal: absRel(2e-6, 2e-6),
  /** Coordinates after a few float32 steps: each adds a rounding of 6e-8 times a state of order one. */
  float32State: absRel(2e-6, 2e-6),
  /**
   * The same where patterns compete for one large window: logits are sums of squares of the size of w²/2, whose roundings
   * go into weights in full.
   */
  float32LargeWindow: absRel(2e-5, 2e-5),
  /** Log ratios between competing patterns: the roundings of two logits of the size of β‖m‖‖ξ‖ times weights below 1. */
  float32LogRatio: absRel(2e-5, 1e-5),
  /** Energies, entropies and cosines in float32: sums over dim and patterns of terms of order one, times β / β. */
  float32Scalar: absRel(1e-4, 1e-5),
} as const;

export interface Shape {
  /** Names of the axes, slowest first, for example ["chain", "coordinate"]. */
  readonly axes: readonly string[];
  readonly sizes: readonly number[];
}

function place(index: number, shape: Shape | undefined): string {
  if (shape === undefined) return `[${index}]`;
  const parts: string[] = [];
  let rest = index;
  for (let axis = shape.sizes.length - 1; axis >= 0; axis--) {
    parts.unshift(`${shape.axes[axis]} ${rest % shape.sizes[axis]!}`);
    rest = Math.floor(rest / shape.sizes[axis]!);
  }
  return parts.join(", ");
}

/** Fails unless every element lies within the tolerance. */
export function expectClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: Tolerance,
  shape?: Shape,
): void {
  expect(actual.length, "number of elements").toBe(expected.length);
  let numFailed = 0;
  let worst = -1;
  let worstExcess = 0;
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs(actual[i]! - expected[i]!);
    const allowed = tolerance.allowed(expected[i]!);
    if (error <= allowed) continue;
    numFailed++;
    const excess = Number.isNaN(error) ? Infinity : error - allowed;
    if (worst < 0 || excess > worstExcess) {
      worst = i;
      worstExcess = excess;
    }
  }
  if (worst < 0) return;
  const error = Math.abs(actual[worst]! - expected[worst]!);
  expect.fail(
    `${numFailed} of ${expected.length} values are not ${tolerance.name}; worst at ${place(worst, shape)}: ` +
      `got ${actual[worst]}, expected ${expected[worst]}, error ${error}, allowed ${tolerance.allowed(expected[worst]!)}`,
  );
}

export interface SampleEstimate {
  readonly mean: number;
  readonly standardError: number;
}

/** Mean of independent values and its standard error. */
export function estimate(values: ArrayLike<number>): SampleEstimate {
  const n = values.length;
  let sum = 0;
  for (let i = 0; i < n; i++) sum += values[i]!;
  const mean = sum / n;
  let squares = 0;
  for (let i = 0; i < n; i++) squares += (values[i]! - mean) ** 2;
  return { mean, standardError: Math.sqrt(squares / (n - 1) / n) };
}

/**
 * Fails unless the mean of independent values lies within `numErrors` of its own standard errors of `expected`.
 * `bias` is what the closed form itself leaves out, where it is asymptotic.
 */
export function expectMean(values: ArrayLike<number>, expected: number, numErrors = 5, bias = 0): void {
  const { mean, standardError } = estimate(values);
  const allowed = numErrors * standardError + bias;
  if (!(Math.abs(mean - expected) <= allowed))
    expect.fail(`mean ${mean} (standard error ${standardError}) is not within ${allowed} of ${expected}`);
}
