/** What a series of timed rounds says: order statistics alone, since the slow rounds of a shared machine are no noise. */

/** Of one quantity over rounds. */
export interface Spread {
  readonly median: number;
  /** First and third quartile. */
  readonly lower: number;
  readonly upper: number;
}

/**
 * The quantile of some values, linear between the two nearest (the convention of NumPy).
 * @throws RangeError for no values
 */
export function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) throw new RangeError("quantile: there must be at least one value, got none");
  const sorted = values.toSorted((a, b) => a - b);
  const at = share * (sorted.length - 1);
  const below = Math.floor(at);
  const [low, high] = [sorted[below]!, sorted[Math.min(below + 1, sorted.length - 1)]!];
  return low + (at - below) * (high - low);
}

/** @throws RangeError for no values */
export function spread(values: readonly number[]): Spread {
  return { median: quantile(values, 0.5), lower: quantile(values, 0.25), upper: quantile(values, 0.75) };
}

/** Two rounds agree if they differ by at most a tenth of the longer one. */
export function agree(first: number, second: number): boolean {
  return Math.abs(first - second) <= 0.1 * Math.max(first, second);
}

/**
 * In which order the contestants go in a round: turned by one place each time, so that nobody always follows the same
 * one, or comes first.
 */
export function turnedOrder(count: number, round: number): readonly number[] {
  return Array.from({ length: count }, (_, i) => (i + round) % count);
}

/**
 * Steps of a block that lasts about `target` seconds, given what some steps took.
 * @param least fewer make no fair block
 */
export function stepsFor(target: number, seconds: number, steps: number, least = 1): number {
  const wanted = Math.round((target * steps) / Math.max(seconds, 1e-6));
  return Math.max(least, Math.min(wanted, 1_000_000));
}
