/**
 * The entropy inflection β* (spec section 2): attention at a stored pattern goes from all patterns to one as β grows, and
 * β* is where that is fastest, d²H/dβ² = −(Var + β μ₃) = 0. The published numbers were read off a grid instead, by
 * another curvature; both are here, by name, because they differ by a quarter.
 */
import type { MemoryMatrix } from "../core/types.ts";
import { probeGaps, probeMoments, type ProbeGaps } from "./probes.ts";

/** Scanned points per decade of β. A sign change needs a good part of an octave, twenty of them. */
const pointsPerDecade = 64;
/** Gaps smaller than this share of the largest are float32's rounding of equal overlaps. */
const minRelativeGap = 1e-6;
/** e^−10: the weight that all competitors together may keep at the end of the scan. */
const logResidue = 10;
/** Halvings of a bracket in log β: to the last bit or two. */
const numHalvings = 50;

/**
 * Every β at which the entropy of attention at the probes falls fastest: where Var + β μ₃, averaged over them, goes from
 * above 0 to below. One for patterns about equally far apart; one per scale for nested clusters.
 * @returns ascending; empty if the probes cannot tell any patterns apart
 * @throws ArgumentError for a malformed memory
 */
export function inflectionRoots(memory: MemoryMatrix): number[] {
  return rootsOf(probeGaps(memory));
}

export function rootsOf(gaps: ProbeGaps): number[] {
  const range = scanRange(gaps);
  if (range === undefined) return [];
  const concavity = (logBeta: number): number => probeMoments(gaps, Math.exp(logBeta)).concavity;
  const [first, last] = range.map(Math.log) as [number, number];
  const numSteps = Math.ceil(((last - first) / Math.LN10) * pointsPerDecade);
  const roots: number[] = [];
  let before = concavity(first);
  for (let i = 1; i <= numSteps; i++) {
    const at = first + ((last - first) * i) / numSteps;
    const here = concavity(at);
    if (before > 0 && here <= 0) roots.push(Math.exp(bisect(concavity, at - (last - first) / numSteps, at)));
    before = here;
  }
  return roots;
}

/**
 * Where roots can lie. Below 1/(largest gap), |β μ₃| ≤ β · gap · Var < Var, and there is none; once every competitor has
 * died away at every probe, their gaps have μ₃ ≈ −gap · Var with β · gap above 1, and there is none either.
 */
function scanRange(gaps: ProbeGaps): readonly [number, number] | undefined {
  let largest = 0;
  for (const row of gaps) for (const gap of row) largest = Math.max(largest, gap);
  let smallest = Infinity;
  for (const row of gaps) for (const gap of row) if (gap > minRelativeGap * largest) smallest = Math.min(smallest, gap);
  if (smallest === Infinity) return undefined;
  return [0.5 / largest, (Math.log(gaps[0]!.length) + logResidue) / smallest];
}

/** The zero of a function above 0 at `low` and not above it at `high`. */
function bisect(f: (x: number) => number, low: number, high: number): number {
  let [above, below] = [low, high];
  for (let i = 0; i < numHalvings; i++) {
    const middle = (above + below) / 2;
    if (f(middle) > 0) above = middle;
    else below = middle;
  }
  return (above + below) / 2;
}

/**
 * The published rule: of 50 log-spaced β from 0.1 to 500, the one where the second divided difference of H in log β is
 * smallest. It is the shoulder where attention starts to fall, not the steepest place, and as coarse as its grid: a step
 * is a factor of 1.19.
 * @throws ArgumentError for a malformed memory
 */
export function inflectionGridRule(memory: MemoryMatrix): number {
  return gridRuleOf(probeGaps(memory));
}

const gridSize = 50;
const gridEnds = [-1, Math.log10(500)] as const;

export function gridRuleOf(gaps: ProbeGaps): number {
  const grid = Array.from(
    { length: gridSize },
    (_, i) => 10 ** (gridEnds[0] + ((gridEnds[1] - gridEnds[0]) * i) / (gridSize - 1)),
  );
  const entropies = grid.map((beta) => probeMoments(gaps, beta).entropy);
  // The grid's steps in log β are equal: dividing by their square changes no order.
  let best = 1;
  let smallest = Infinity;
  for (let i = 1; i < gridSize - 1; i++) {
    const second = entropies[i + 1]! - 2 * entropies[i]! + entropies[i - 1]!;
    if (second >= smallest) continue;
    smallest = second;
    best = i;
  }
  return grid[best]!;
}
