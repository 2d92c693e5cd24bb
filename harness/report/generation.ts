/**
 * The figures of generated samples: new, like real data, and unlike each other are three things, and each alone is easily
 * had. All are of the clean read-out T(ξ) unless they say otherwise, and stand beside those of real held-out patterns.
 */
import {
  fidelityTo,
  mean,
  nearestPatterns,
  novelty,
  pooledDiversity,
  summarizeDraws,
  type Draws,
  type Fidelity,
  type HopfieldTarget,
  type MemoryMatrix,
  type Metrics,
  type PixelSources,
} from "../../src/index.ts";
import { formatFixed } from "./format.ts";

/** Novelty of T(ξ) below which a sample is a stored pattern given back. */
const copyThreshold = 1e-3;

export interface GenerationMetrics extends Omit<Metrics, "diversity"> {
  readonly novelty: Metrics["novelty"] & {
    /** Of T(ξ) against the memory with its shifted copies; null without them. */
    readonly denoisedAmongShifted: number | null;
    /** Of real held-out patterns; null without any. */
    readonly heldOut: number | null;
    /** The same against the memory with its shifted copies; null without them. */
    readonly heldOutAmongShifted: number | null;
  };
  readonly diversity: Metrics["diversity"] & {
    readonly denoised: number | null;
    readonly stored: number | null;
    readonly heldOut: number | null;
  };
  /** Samples whose T(ξ) has a novelty below `threshold`, against shifted copies too if there are any. */
  readonly copies: { readonly count: number; readonly threshold: number };
  /** Null without held-out patterns. */
  readonly fidelity: Fidelity | null;
}

/** What samples are measured against: figures of real patterns that no sample changes. */
export interface Yardstick {
  /** The memory with shifted copies, if there are any. */
  readonly shifted: MemoryMatrix | undefined;
  readonly storedDiversity: number | null;
  /** Undefined without held-out patterns. */
  readonly heldOut:
    | {
        readonly novelty: number;
        /** Null without shifted copies. */
        readonly noveltyAmongShifted: number | null;
        readonly diversity: number | null;
        readonly fidelity: (samples: Float32Array) => Fidelity;
      }
    | undefined;
}

/** @param memory the patterns as given, without shifted copies */
export function createYardstick(
  memory: MemoryMatrix,
  heldOut: MemoryMatrix | undefined,
  shifted: MemoryMatrix | undefined,
): Yardstick {
  return {
    shifted,
    storedDiversity: pooledDiversity(memory.values, memory.dim),
    heldOut: heldOut && {
      novelty: mean(novelty(memory, heldOut.values)),
      noveltyAmongShifted: shifted === undefined ? null : mean(novelty(shifted, heldOut.values)),
      diversity: pooledDiversity(heldOut.values, heldOut.dim),
      fidelity: fidelityTo(heldOut),
    },
  };
}

/** @param target the patterns as given, without shifted copies, at the energy that samples were read out at */
export function summarizeGeneration(
  target: HopfieldTarget,
  draws: Draws,
  { shifted, storedDiversity, heldOut }: Yardstick,
): GenerationMetrics {
  const { memory } = target;
  const { retrievals, dim } = draws;
  // Samplers know shifted copies for patterns.
  const maxCosine = nearestPatterns(memory, draws.positions).cosine;
  const summary = summarizeDraws(target, { ...draws, maxCosine });
  const numCopies = novelty(shifted ?? memory, retrievals).filter((value) => value < copyThreshold).length;
  return {
    ...summary,
    novelty: {
      ...summary.novelty,
      denoisedAmongShifted: shifted === undefined ? null : mean(novelty(shifted, retrievals)),
      heldOut: heldOut?.novelty ?? null,
      heldOutAmongShifted: heldOut?.noveltyAmongShifted ?? null,
    },
    diversity: {
      ...summary.diversity,
      denoised: pooledDiversity(retrievals, dim),
      stored: storedDiversity,
      heldOut: heldOut?.diversity ?? null,
    },
    copies: { count: numCopies, threshold: copyThreshold },
    fidelity: heldOut?.fidelity(retrievals) ?? null,
  };
}

/** A stored pattern that pixels came from. */
export interface SourceShare {
  /** From 1, for people: the pattern with the most pixels is the first. */
  readonly number: number;
  /** Its row in the memory. */
  readonly pattern: number;
  readonly name: string;
  /** Of the pixels of all samples that were looked at, each counted for the pattern that has the most of it. */
  readonly share: number;
}

/**
 * The patterns that are the source of a pixel, those with the most pixels first.
 * @param names of all patterns
 */
export function rankSources(sources: readonly PixelSources[], names: readonly string[]): readonly SourceShare[] {
  const numPixels = new Map<number, number>();
  for (const { patterns } of sources)
    for (const pattern of patterns) numPixels.set(pattern, (numPixels.get(pattern) ?? 0) + 1);
  const total = sources.reduce((sum, { patterns }) => sum + patterns.length, 0);
  return Array.from(numPixels)
    .toSorted(([a, most], [b, more]) => more - most || a - b)
    .map(([pattern, count], i) => ({ number: i + 1, pattern, name: names[pattern]!, share: count / total }));
}

/** Stands where there is no figure. */
const none = "–";
const formatOptional = (value: number | null): string => (value === null ? none : formatFixed(value));

/** Rows for a table: name, samples, real held-out patterns, stored patterns. */
export function generationRows(metrics: GenerationMetrics, numSamples: number): readonly (readonly string[])[] {
  const {
    novelty: { denoised, denoisedAmongShifted, heldOut, heldOutAmongShifted, mean: raw, floor },
    diversity,
    copies,
  } = metrics;
  const ratio = metrics.fidelity?.ratio ?? null;
  return [
    ["", "samples", "real, held out", "stored"],
    ["novelty of T(ξ)", formatFixed(denoised), formatOptional(heldOut), formatFixed(0)],
    ...(denoisedAmongShifted === null
      ? []
      : [
          [
            "  shifted copies counted as stored",
            formatFixed(denoisedAmongShifted),
            formatOptional(heldOutAmongShifted),
            formatFixed(0),
          ],
        ]),
    ["distance to held-out ÷ real to real", formatOptional(ratio), ratio === null ? none : formatFixed(1), ""],
    [
      "precision, recall",
      `${formatOptional(metrics.fidelity?.precision ?? null)}, ${formatOptional(metrics.fidelity?.recall ?? null)}`,
      "",
      "",
    ],
    [
      "diversity of T(ξ)",
      formatOptional(diversity.denoised),
      formatOptional(diversity.heldOut),
      formatOptional(diversity.stored),
    ],
    [`copies (novelty below ${copies.threshold})`, `${copies.count} of ${numSamples}`, "", ""],
    ["novelty of ξ, noise included", formatFixed(raw), `noise floor ${formatFixed(floor)}`, ""],
  ];
}

/** What the figures mean, in one sentence or two. */
export function generationMeaning({
  novelty: { denoised, denoisedAmongShifted, heldOut, heldOutAmongShifted },
  diversity,
  copies,
  fidelity: faith,
}: GenerationMetrics): string {
  const news =
    copies.count > 0
      ? `${copies.count === 1 ? "One sample is" : `${copies.count} samples are`} a stored pattern given back.`
      : "No sample is a stored pattern given back.";
  if (heldOut === null || faith?.ratio == null)
    return `${news} Whether samples look real only patterns that are not in the memory can tell (--held-out, --hold-out).`;
  // With shifts a stored pattern is one in any of its places.
  const [ours, theirs] = [denoisedAmongShifted ?? denoised, heldOutAmongShifted ?? heldOut];
  const share = theirs > 0 ? `${Math.round((100 * ours) / theirs)} %` : none;
  const likeness =
    faith.ratio > 1.1
      ? "farther from unseen real patterns than those are from each other"
      : faith.ratio < 0.9
        ? "nearer to unseen real patterns than those are to each other, as averages do"
        : "as near to unseen real patterns as those are to each other";
  const spread =
    diversity.denoised !== null && diversity.heldOut !== null && diversity.heldOut > 0
      ? ` Their diversity is ${Math.round((100 * diversity.denoised) / diversity.heldOut)} % of real ones'.`
      : "";
  return `${news} Samples have ${share} of the novelty of real unseen patterns, and lie ${likeness} (${formatFixed(faith.ratio)}).${spread}`;
}
