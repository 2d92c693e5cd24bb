/**
 * Whether chains agree and how much their draws are worth: rank-normalised split R-hat, bulk and tail effective sample
 * size (Vehtari, Gelman, Simpson, Carpenter and Bürkner 2021), by the conventions of Stan and ArviZ. Chains are halved,
 * the middle draw of an odd number left out. Values that are constant or not finite have no diagnostics: NaN.
 */
import { requireCount } from "../core/checks.ts";
import { ArgumentError } from "../core/errors.ts";
import { rankNormalize } from "./rank-normalize.ts";

/** Fewer draws of a chain have no halves to compare. */
const minDraws = 4;
const tailProbability = 0.05;

/**
 * The larger of R-hat of the values and of their distances from the median, both rank-normalised: 1 if all halves of
 * chains have one law, in place and in spread.
 * @param values [numChains, numDraws]
 * @throws ArgumentError unless there are whole chains of at least 4 draws
 */
export function splitRhat(values: ArrayLike<number>, numChains: number): number {
  const halves = splitChains(values, numChains);
  if (!isVarying(halves)) return Number.NaN;
  const middle = quantile(halves.flat(), 0.5);
  const folded = halves.map((half) => half.map((value) => Math.abs(value - middle)));
  return Math.max(potentialScaleReduction(normalized(halves)), potentialScaleReduction(normalized(folded)));
}

/**
 * Effective sample size for the centre of the law: of the rank-normalised values.
 * @param values [numChains, numDraws]
 * @throws ArgumentError unless there are whole chains of at least 4 draws
 */
export function essBulk(values: ArrayLike<number>, numChains: number): number {
  const halves = splitChains(values, numChains);
  return isVarying(halves) ? effectiveSampleSize(normalized(halves)) : Number.NaN;
}

/**
 * The smaller effective sample size of the 5 % and 95 % quantiles.
 * @param values [numChains, numDraws]
 * @throws ArgumentError unless there are whole chains of at least 4 draws
 */
export function essTail(values: ArrayLike<number>, numChains: number): number {
  const halves = splitChains(values, numChains);
  if (!isVarying(halves)) return Number.NaN;
  const all = Array.from(values);
  const sizes = [tailProbability, 1 - tailProbability].map((probability) => {
    const limit = quantile(all, probability);
    return effectiveSampleSize(halves.map((half) => half.map((value) => Number(value <= limit))));
  });
  return Math.min(...sizes);
}

/** First and last halves, [2 · numChains] of [⌊numDraws / 2⌋]. */
function splitChains(values: ArrayLike<number>, numChains: number): readonly (readonly number[])[] {
  requireCount("numChains", numChains, 1);
  const numDraws = values.length / numChains;
  if (!Number.isInteger(numDraws))
    throw new ArgumentError("values", `length must be a multiple of the ${numChains} chains, got ${values.length}`);
  if (numDraws < minDraws)
    throw new ArgumentError("values", `must have at least ${minDraws} draws of each chain, got ${numDraws}`);
  const half = Math.floor(numDraws / 2);
  const all = Array.from(values);
  return Array.from({ length: numChains }, (_, chain) => all.slice(chain * numDraws, (chain + 1) * numDraws)).flatMap(
    (chain) => [chain.slice(0, half), chain.slice(-half)],
  );
}

/** All finite, and not all the same. */
function isVarying(halves: readonly (readonly number[])[]): boolean {
  const first = halves[0]![0];
  return halves.every((half) => half.every(Number.isFinite)) && halves.some((half) => half.some((x) => x !== first));
}

function normalized(halves: readonly (readonly number[])[]): readonly (readonly number[])[] {
  const scores = rankNormalize(halves.flat());
  const numDraws = halves[0]!.length;
  return halves.map((_, half) => Array.from(scores.subarray(half * numDraws, (half + 1) * numDraws)));
}

/** Linear between order statistics. */
function quantile(values: readonly number[], probability: number): number {
  const sorted = Float64Array.from(values).sort();
  const place = probability * (sorted.length - 1);
  const low = Math.floor(place);
  const high = Math.min(low + 1, sorted.length - 1);
  return sorted[low]! + (place - low) * (sorted[high]! - sorted[low]!);
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** With n − 1. */
function variance(values: readonly number[]): number {
  const centre = average(values);
  return values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1);
}

/** √((B/W + n − 1)/n) of chains of n draws, between-chain variance B and within-chain variance W. */
function potentialScaleReduction(chains: readonly (readonly number[])[]): number {
  const numDraws = chains[0]!.length;
  const between = numDraws * variance(chains.map(average));
  const within = average(chains.map(variance));
  return Math.sqrt((between / within + numDraws - 1) / numDraws);
}

/**
 * Number of draws over 1 + 2 Σ ρ_t, with ρ_t the autocorrelation within and between chains, summed over Geyer's initial
 * sequence of pairs, positive and made monotone.
 */
function effectiveSampleSize(chains: readonly (readonly number[])[]): number {
  const numDraws = chains[0]!.length;
  const numValues = chains.length * numDraws;
  const centred = chains.map((chain) => {
    const centre = average(chain);
    return chain.map((value) => value - centre);
  });
  /** Mean over chains of the covariance of draws so far apart, with n below the line. Only the lags in use are summed. */
  const covarianceAt = (lag: number): number => {
    let sum = 0;
    for (const chain of centred) for (let t = lag; t < numDraws; t++) sum += chain[t - lag]! * chain[t]!;
    return sum / numValues;
  };
  const within = covarianceAt(0);
  const unbiased = (within * numDraws) / (numDraws - 1);
  const total = within + variance(chains.map(average));
  const correlationAt = (lag: number): number => 1 - (unbiased - covarianceAt(lag)) / total;

  // Pairs of lags (0, 1), (2, 3), …, up to the first whose sum is not positive or the last whose lags are worth having.
  const pairs: [even: number, odd: number][] = [[1, correlationAt(1)]];
  for (let lag = 2; lag < numDraws - 2 && sumOf(pairs.at(-1)!) > 0; lag += 2)
    pairs.push([correlationAt(lag), correlationAt(lag + 1)]);
  // The pair that ends the sequence counts by its even lag alone, and once: what follows it is lost in noise.
  const end = pairs.pop()!;
  const rest = sumOf(end) >= 0 ? end[0] : Math.max(0, end[0]);
  let smallest = Infinity;
  let time = rest - 1;
  for (const pair of pairs) {
    smallest = Math.min(smallest, sumOf(pair));
    time += 2 * smallest;
  }
  return numValues / Math.max(time, 1 / Math.log10(numValues));
}

function sumOf([even, odd]: readonly [number, number]): number {
  return even + odd;
}
