/**
 * What the exact law foretells for the published protocols, in closed form (spec section 3). A chain at high β stays with
 * the pattern that it started at, so that sets of chains have a law of their own: one basin a chain.
 */
import type { KernelName, MemoryMatrix } from "../core/types.ts";
import { basinMeanEnergy, ulaBasinVariance } from "../reference/exact-law.ts";
import { closedForm } from "./verdict.ts";
import type { Expected } from "./experiment.ts";

/** Variance of one coordinate around a pattern, at the law or at what `ula` keeps instead. */
export function basinVariance(kernel: KernelName, beta: number, stepSize: number): number {
  return kernel === "ula" ? ulaBasinVariance(beta, stepSize) : 1 / beta;
}

/** ‖m̄‖², the mean cosine of two patterns drawn independently. */
export function meanCosine(memory: MemoryMatrix): number {
  const { values, numPatterns, dim } = memory;
  const sum = new Float64Array(dim);
  for (const [at, value] of values.entries()) sum[at % dim]! += value / numPatterns;
  return sum.reduce((total, value) => total + value * value, 0);
}

/** Mean cosine of two different patterns. */
export function distinctCosine(memory: MemoryMatrix): number {
  const { numPatterns } = memory;
  return (numPatterns * meanCosine(memory) - 1) / (numPatterns - 1);
}

/** The formulas leave out that ‖ξ‖ varies, by about 1 − E[1/‖ξ‖]·√E[‖ξ‖²] ≈ 3/(4d) of the cosine. */
function normTolerance(dim: number): number {
  return 1.5 / dim;
}

/** 1 − 1/√(1 + d·v): a pattern with noise of variance v in every coordinate. */
export function noiseNovelty(dim: number, variance: number, symbol = "β"): Expected {
  return closedForm(`1 − 1/√(1 + d/${symbol})`, 1 - 1 / Math.sqrt(1 + dim * variance), normTolerance(dim));
}

/** −½ + d·v/2. */
export function noiseEnergy(dim: number, variance: number, symbol = "β", tolerance = 0): Expected {
  return closedForm(`−½ + d/(2${symbol})`, basinMeanEnergy(dim, 1 / variance), tolerance);
}

/** Cosine between two draws around one pattern: 1/(1 + d·v). */
function basinCosine(dim: number, variance: number): number {
  return 1 / (1 + dim * variance);
}

/** How a chain is looked at. */
export interface Looks {
  readonly numDraws: number;
  /** Steps from one draw to the next. */
  readonly thinning: number;
  readonly stepSize: number;
}

/** Mean autocorrelation of a coordinate over pairs of a chain's draws: a step keeps 1 − α of it. */
function meanAutocorrelation({ numDraws, thinning, stepSize }: Looks): number {
  const kept = (1 - stepSize) ** thinning;
  let sum = 0;
  for (let lag = 1; lag < numDraws; lag++) sum += (numDraws - lag) * kept ** lag;
  return (2 * sum) / (numDraws * (numDraws - 1));
}

/** What draws of one chain have in common beyond those of one basin, as a cosine. */
export function memoryOfSteps(dim: number, variance: number, looks: Looks): number {
  return meanAutocorrelation(looks) * dim * variance * basinCosine(dim, variance);
}

/** Diversity among draws of one chain that stays in its basin, and whose draws remember each other a little. */
export function withinBasinDiversity(dim: number, variance: number, looks: Looks): Expected {
  return closedForm(
    "1 − (1 + r̄d/β)/(1 + d/β), r̄ the autocorrelation of draws",
    1 - basinCosine(dim, variance) - memoryOfSteps(dim, variance, looks),
    2 * normTolerance(dim),
  );
}

/**
 * Pooled diversity of chains that each stay at a pattern of their own, dealt at random without repetition. Which patterns
 * are dealt is chance that standard errors over chains show.
 */
export function oneBasinEachDiversity(
  memory: MemoryMatrix,
  variance: number,
  { numChains, numDraws }: { readonly numChains: number; readonly numDraws: number },
): Expected {
  const numSamples = numChains * numDraws;
  const sameChain = (numDraws - 1) / (numSamples - 1);
  const cosine = sameChain + (1 - sameChain) * distinctCosine(memory);
  return closedForm(
    "1 − c̄/(1 + d/β), c̄ over pairs of chains with a pattern each",
    1 - cosine * basinCosine(memory.dim, variance),
    2 * normTolerance(memory.dim),
  );
}
