/**
 * The ladder of temperatures: its rules, and how it is spaced so that all neighbours reject alike (Syed, Bouchard-Côté,
 * Deligiannidis and Doucet 2022). Rejections add up to the communication barrier Λ, which belongs to the law and not to
 * the ladder; a ladder is best when each of its gaps has the same share of it.
 */
import { requirePositive } from "../core/checks.ts";
import { ArgumentError } from "../core/errors.ts";

/** Rejection in every gap that an automatic ladder aims at: near the ½ that is best for non-reversible swaps. */
const aimedRejection = 0.4;
const maxGaps = 400;

/**
 * A ladder as the tempering uses it: 0, then the caller's inverse temperatures, the last of them that of the target.
 * @param betas above 0 and increasing
 * @throws ArgumentError for a ladder that is empty, does not increase, or ends elsewhere
 */
export function requireLadder(parameter: string, betas: ArrayLike<number>, targetBeta: number): Float64Array {
  const values = Array.from(betas);
  if (values.length === 0) throw new ArgumentError(parameter, "must have at least one inverse temperature, got none");
  for (const [i, beta] of values.entries()) {
    requirePositive(`${parameter}[${i}]`, beta, "the end at 0 is added by itself");
    if (i > 0 && beta <= values[i - 1]!)
      throw new ArgumentError(
        parameter,
        `must increase, got ${beta} after ${values[i - 1]}`,
        "sort it, and name each inverse temperature once",
      );
  }
  if (values.at(-1) !== targetBeta)
    throw new ArgumentError(parameter, `must end at the target's β = ${targetBeta}, got ${values.at(-1)}`);
  return Float64Array.of(0, ...values);
}

/** Evenly spaced in √β, along which the barrier grows evenly between patterns that stand apart. */
export function evenLadder(targetBeta: number, numGaps: number): Float64Array {
  return Float64Array.from({ length: numGaps + 1 }, (_, i) =>
    i === numGaps ? targetBeta : targetBeta * (i / numGaps) ** 2,
  );
}

/**
 * A ladder with equal rejection in each gap, by linear interpolation of the barrier in √β.
 * @param ladder increasing from 0, [numGaps + 1]
 * @param rejectionRates measured between its neighbours, [numGaps]
 */
export function retunedLadder(ladder: Float64Array, rejectionRates: Float64Array): Float64Array {
  const barrier = [0];
  for (const rate of rejectionRates) barrier.push(barrier.at(-1)! + rate);
  const total = barrier.at(-1)!;
  const targetBeta = ladder.at(-1)!;
  const numGaps = Math.min(maxGaps, Math.max(1, Math.ceil(total / aimedRejection)));
  let gap = 0;
  return Float64Array.from({ length: numGaps + 1 }, (_, i) => {
    if (i === 0) return 0;
    if (i === numGaps) return targetBeta;
    const wanted = (total * i) / numGaps;
    while (barrier[gap + 1]! < wanted) gap++;
    const share = (wanted - barrier[gap]!) / (barrier[gap + 1]! - barrier[gap]!);
    const [low, high] = [Math.sqrt(ladder[gap]!), Math.sqrt(ladder[gap + 1]!)];
    return (low + share * (high - low)) ** 2;
  });
}
