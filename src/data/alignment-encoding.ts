/**
 * An alignment of proteins as a memory, and samples as sequences again (spec section 6.5): columns and sequences that are
 * mostly gaps are dropped, letters become one-hot blocks, and principal components of most of the variance become unit
 * patterns. What other letters than the twenty stand for is left out: like gaps they are zeros.
 */
import { requireChoice } from "../core/checks.ts";
import { ArgumentError } from "../core/errors.ts";
import { createMemoryMatrix } from "../core/memory-matrix.ts";
import { innerProduct, principalDirections } from "../core/principal-directions.ts";
import type { MemoryMatrix } from "../core/types.ts";
import type { Alignment } from "./alignment.ts";

/** The order of a one-hot block. */
export const aminoAcids = "ACDEFGHIKLMNPQRSTVWY";

export interface EncodingOptions {
  /** Columns with a larger share of gaps are dropped first; 0.5 by default. */
  readonly maxColumnGaps?: number;
  /** Then sequences with a larger share of gaps in what is left; 0.3 by default. */
  readonly maxSequenceGaps?: number;
  /** Share of the variance that the components must reach; 0.95 by default. */
  readonly keptVariance?: number;
}

export interface EncodedAlignment {
  /** Principal components at unit length, [numSequences, numComponents]. */
  readonly memory: MemoryMatrix;
  /** Of the sequences that were kept, [numSequences]. */
  readonly names: readonly string[];
  /** What was kept of them, [numSequences] of `numPositions` letters. */
  readonly sequences: readonly string[];
  /** Columns of the alignment that were kept, [numPositions]. */
  readonly columns: readonly number[];
  /** L */
  readonly numPositions: number;
  /** Of the one-hot vectors, [20 · numPositions]. */
  readonly mean: Float64Array;
  /** Orthonormal, [numComponents, 20 · numPositions]. */
  readonly directions: readonly Float64Array[];
  /** Share of the variance in the components. */
  readonly varianceShare: number;
  /** Root mean square length of the components before they were scaled to 1. */
  readonly scale: number;
}

/**
 * `published`: the mean plus the components at unit length, so that the mean outweighs them and even a stored pattern does
 * not come back; `restored`: the components at the length that they had.
 */
export const decodingNames = ["published", "restored"] as const;
export type DecodingName = (typeof decodingNames)[number];

const gap = "-";
/** Below this no letter of a block is meant. */
const smallestPeak = 1e-10;

/** @throws ArgumentError if too little of the alignment is left to have components */
export function encodeAlignment(alignment: Alignment, options: EncodingOptions = {}): EncodedAlignment {
  const { maxColumnGaps = 0.5, maxSequenceGaps = 0.3, keptVariance = 0.95 } = options;
  const all = alignment.sequences;
  const columns = Array.from({ length: alignment.numColumns }, (_, i) => i).filter(
    (i) => all.filter((sequence) => sequence[i] === gap).length <= maxColumnGaps * all.length,
  );
  const trimmed = all.map((sequence) => columns.map((i) => sequence[i]!).join(""));
  const isKept = trimmed.map((text) => text.split(gap).length - 1 <= maxSequenceGaps * text.length);
  const sequences = trimmed.filter((_, k) => isKept[k]);
  const numPositions = columns.length;
  if (sequences.length < 2 || numPositions === 0)
    throw new ArgumentError(
      "alignment",
      `must leave at least 2 sequences with few gaps, got ${sequences.length} of ${all.length} ` +
        `and ${numPositions} of ${alignment.numColumns} columns`,
      "is it the alignment that you think?",
    );

  const oneHot = sequences.map(oneHotOf);
  const mean = new Float64Array(aminoAcids.length * numPositions);
  for (const row of oneHot) for (let i = 0; i < mean.length; i++) mean[i]! += row[i]! / sequences.length;
  const centred = oneHot.map((row) => row.map((value, i) => value - mean[i]!));
  const { directions: components, squares } = principalDirections(centred);
  const total = squares.reduce((sum, value) => sum + value, 0);
  if (total === 0)
    throw new ArgumentError("alignment", `must hold different sequences, got ${sequences.length} that are all alike`);
  let numComponents = 0;
  let kept = 0;
  while (numComponents < squares.length && kept < keptVariance * total) kept += squares[numComponents++]!;
  const directions = components.slice(0, numComponents);
  const scores = centred.flatMap((row) => directions.map((direction) => innerProduct(direction, row)));
  return {
    memory: createMemoryMatrix(scores, { numPatterns: sequences.length, dim: numComponents }),
    names: alignment.names.filter((_, k) => isKept[k]),
    sequences,
    columns,
    numPositions,
    mean,
    directions,
    varianceShare: kept / total,
    scale: Math.sqrt(innerProduct(scores, scores) / sequences.length),
  };
}

/**
 * The letter of the largest value at every position, [numSamples] sequences of `numPositions` letters.
 * @param samples in the space of the memory, [numSamples, numComponents]
 * @param decoding `published` by default
 * @throws ArgumentError unless `samples` holds whole rows
 */
export function decodeSequences(
  encoded: EncodedAlignment,
  samples: Float32Array,
  decoding: DecodingName = "published",
): string[] {
  const { directions, mean, numPositions, memory } = encoded;
  const scale = requireChoice("decoding", decoding, decodingNames) === "restored" ? encoded.scale : 1;
  const { dim } = memory;
  if (samples.length % dim !== 0)
    throw new ArgumentError("samples", `length must be a multiple of dim = ${dim}, got ${samples.length}`);
  return Array.from({ length: samples.length / dim }, (_, n) => {
    const whole = mean.slice();
    for (const [j, direction] of directions.entries()) {
      const component = scale * samples[n * dim + j]!;
      for (let i = 0; i < whole.length; i++) whole[i]! += component * direction[i]!;
    }
    return Array.from({ length: numPositions }, (__, position) => letterOf(whole, position)).join("");
  });
}

/** [20 · numPositions] */
function oneHotOf(sequence: string): Float64Array {
  const row = new Float64Array(aminoAcids.length * sequence.length);
  for (let position = 0; position < sequence.length; position++) {
    const letter = aminoAcids.indexOf(sequence[position]!);
    if (letter >= 0) row[position * aminoAcids.length + letter] = 1;
  }
  return row;
}

function letterOf(whole: Float64Array, position: number): string {
  const block = whole.subarray(position * aminoAcids.length, (position + 1) * aminoAcids.length);
  const peak = block.reduce((max, value) => Math.max(max, value), -Infinity);
  return peak < smallestPeak ? gap : aminoAcids[block.indexOf(peak)]!;
}
