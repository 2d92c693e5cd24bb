/**
 * Which β for what: three recommendations from two curves, the attention entropy at stored patterns and the novelty of
 * T(ξ) over exact draws. The rules are stated at the fields of `Recommended`; they promise a place on the way from
 * mixing all patterns to copying one, not quality.
 */
import { requireMemory, patternNorms } from "../core/memory-matrix.ts";
import { ArgumentError } from "../core/errors.ts";
import type { MemoryMatrix } from "../core/types.ts";
import { createReadout, type ReadoutOptions } from "./denoised-novelty.ts";
import { gridRuleOf, rootsOf } from "./inflection.ts";
import { probeGaps, probeMoments, type ProbeGaps } from "./probes.ts";
import { betaFromSignalToNoise } from "./signal-to-noise.ts";

/** Published operating points: signal-to-noise ratios at the published step size. */
export const publishedPoints = { retrieval: 0.113, generation: 0.036, stepSize: 0.01 } as const;

/** Novelty of T(ξ), as a share of what it is at generation, that counts as a copy and as half-way. */
const copyShare = 0.01;
const blendShare = 0.5;
/** To how many digits a recommendation is meant: its draws do not know more. */
const numDigits = 3;
/** Step of the search downwards in β, and the precision of a crossing, both relative. */
const searchFactor = 2 ** 0.25;
const crossingPrecision = 1e-3;

/** To three significant digits; generation ≤ blending ≤ retrieval. */
export interface Recommended {
  /**
   * Both readouts retrieve: T(ξ) is a copy (novelty at most 1 % of that at generation), and ξ itself has no more noise than
   * the published retrieval, SNR 0.113 at step size 0.01. The larger β of the two.
   */
  readonly retrieval: number;
  /** Half-way: beyond it, the novelty of T(ξ) is less than half of that at generation. */
  readonly blending: number;
  /** The entropy inflection; of several, the one at which most entropy is lost per octave of β. */
  readonly generation: number;
}

export interface TemperatureReport {
  /** √d, the inflection of random unit patterns for many dimensions. */
  readonly sqrtDim: number;
  /** The published reading of the inflection. */
  readonly gridRule: number;
  /** The inflection itself, ascending. */
  readonly roots: readonly number[];
  /** β from which T(ξ) is a copy. */
  readonly copies: number;
  /** β of the published signal-to-noise ratios at this dimension and, for patterns of another norm, at that norm. */
  readonly published: { readonly retrieval: number; readonly generation: number };
  readonly recommended: Recommended;
}

/** @throws ArgumentError for a malformed memory, or one whose patterns no temperature tells apart */
export function recommendTemperatures(memory: MemoryMatrix, options: ReadoutOptions): TemperatureReport {
  const gaps = probeGaps(memory);
  const roots = rootsOf(gaps);
  const generation = steepest(gaps, roots);
  if (generation === undefined)
    throw new ArgumentError(
      "memory",
      `must hold at least two patterns that differ in their overlap with the first ${gaps.length}, got ${memory.numPatterns} that do not`,
      "a temperature has nothing to tell apart",
    );
  const readout = createReadout(memory, options);
  const novelty = (beta: number): number => readout(beta).novelty;
  const atGeneration = novelty(generation);
  const high = firstBelow(novelty, copyShare * atGeneration, generation);
  const copies = lastCrossing(novelty, copyShare * atGeneration, generation, high);
  const blending = lastCrossing(novelty, blendShare * atGeneration, generation, copies);

  const squaredNorms = patternNorms(memory).map((norm) => norm * norm);
  const meanSquare = squaredNorms.reduce((a, b) => a + b) / memory.numPatterns;
  const fromRatio = (ratio: number): number =>
    betaFromSignalToNoise(ratio, memory.dim, publishedPoints.stepSize) / meanSquare;
  const published = {
    retrieval: fromRatio(publishedPoints.retrieval),
    generation: fromRatio(publishedPoints.generation),
  };
  return {
    sqrtDim: Math.sqrt(memory.dim),
    gridRule: gridRuleOf(gaps),
    roots,
    copies,
    published,
    recommended: {
      retrieval: rounded(Math.max(copies, published.retrieval)),
      blending: rounded(blending),
      generation: rounded(generation),
    },
  };
}

/** The root with the largest −dH/d log β = β² Var. */
function steepest(gaps: ProbeGaps, roots: readonly number[]): number | undefined {
  const loss = (beta: number): number => beta * beta * probeMoments(gaps, beta).variance;
  return roots.reduce<number | undefined>(
    (best, root) => (best === undefined || loss(root) > loss(best) ? root : best),
    undefined,
  );
}

/** Doubles β from `start` until a curve that tends to 0 is at most `level`, at twice that β too. */
function firstBelow(curve: (beta: number) => number, level: number, start: number): number {
  let beta = start;
  // Rounding ends it at the latest: a novelty is 0 once one weight is 1.
  while (curve(beta) > level || curve(2 * beta) > level) beta *= 2;
  return beta;
}

/** The largest β in [low, high] above which the curve stays below `level`: found going down, then bisected. */
function lastCrossing(curve: (beta: number) => number, level: number, low: number, high: number): number {
  let below = high;
  let above = high;
  do {
    below = above;
    above = Math.max(low, below / searchFactor);
  } while (above > low && curve(above) <= level);
  if (curve(above) <= level) return above;
  while (below / above > 1 + crossingPrecision) {
    const middle = Math.sqrt(below * above);
    if (curve(middle) <= level) below = middle;
    else above = middle;
  }
  return below;
}

function rounded(beta: number): number {
  return Number(beta.toPrecision(numDigits));
}

/** The curves that the recommendations rest on; arrays of [betas.length]. */
export interface TemperatureCurves {
  readonly betas: readonly number[];
  /** H at the first stored patterns, in nats. */
  readonly entropy: readonly number[];
  /** C = 1 − H/log K; 1 for a single pattern. */
  readonly concentration: readonly number[];
  /** Mean H over exact draws, in nats. */
  readonly drawEntropy: readonly number[];
  /** Mean novelty of T(ξ) over exact draws. */
  readonly denoisedNovelty: readonly number[];
}

/** @throws ArgumentError for a malformed memory or a bad option */
export function temperatureCurves(
  memory: MemoryMatrix,
  betas: readonly number[],
  options: ReadoutOptions,
): TemperatureCurves {
  requireMemory("memory", memory);
  const gaps = probeGaps(memory);
  const readout = createReadout(memory, options);
  const entropy = betas.map((beta) => probeMoments(gaps, beta).entropy);
  const readouts = betas.map(readout);
  const { numPatterns } = memory;
  return {
    betas,
    entropy,
    concentration: entropy.map((value) => (numPatterns === 1 ? 1 : 1 - value / Math.log(numPatterns))),
    drawEntropy: readouts.map((each) => each.entropy),
    denoisedNovelty: readouts.map((each) => each.novelty),
  };
}
