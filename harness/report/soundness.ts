/** Where a run's figures would be about the arithmetic and not about the law: said before any of them is shown. */
import { mixtureWeights, patternNorms, type Draws, type HopfieldTarget } from "../../src/index.ts";

/** Relative spread of norms that are equal, but for the rounding of their coordinates to float32. */
const roundingSpread = 1e-6;

/**
 * @param what came out, for example "samples"
 * @throws Error, in one sentence, unless every number of the draws is finite
 */
export function requireFiniteDraws(what: string, target: HopfieldTarget, draws: Draws): void {
  const figures: readonly (readonly [string, Float32Array | Float64Array])[] = [
    ["coordinates", draws.positions],
    ["denoised coordinates", draws.retrievals],
    ["energies", draws.energy],
    ["attention entropies", draws.attentionEntropy],
    ["cosines", draws.maxCosine],
  ];
  for (const [name, values] of figures) {
    let numBad = 0;
    for (const value of values) if (!Number.isFinite(value)) numBad++;
    if (numBad > 0)
      throw new Error(
        `${numBad} of ${values.length} ${name} of the ${what} are not finite: β = ${target.beta} or the patterns' scale ` +
          "goes beyond what float32 can hold",
      );
  }
}

/**
 * One sentence if the law prefers some patterns by more than a factor of e, because of their norms; undefined otherwise.
 * Norms that are equal but for rounding still make weights of their own where β is large enough.
 */
export function weightWarning(target: HopfieldTarget): string | undefined {
  const isKept = (_: number, k: number): boolean => target.mask?.[k] !== 0;
  const [shortest, longest] = extremes(patternNorms(target.memory).filter(isKept));
  const [smallest, largest] = extremes(mixtureWeights(target));
  if (!(largest / smallest > Math.E)) return undefined;
  const ratio = smallest === 0 ? "more than 1e300" : (largest / smallest).toPrecision(2);
  return longest / shortest - 1 < roundingSpread
    ? `at β = ${target.beta} float32's rounding of equal norms decides the weights exp(β‖m‖²/2): some patterns weigh ` +
        `${ratio} times others, which only a smaller β mends`
    : "patterns have unequal norms, and weights go as exp(β‖m‖²/2): the longest pattern weighs " +
        `${ratio} times the shortest (scaled to unit norm all weigh the same)`;
}

function extremes(values: Float64Array): readonly [smallest: number, largest: number] {
  return [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
}
