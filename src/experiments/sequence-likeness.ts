/**
 * How like the sequences of an alignment other sequences are, as the published protein table measures it: identity to the
 * nearest one, composition, composition at every position, and which positions vary together. Sequences are of one length;
 * "-" is a gap, and a letter of none of them.
 */
import { aminoAcids } from "../data/alignment-encoding.ts";

const numLetters = aminoAcids.length;
/** Added to every count, so that a letter that never occurs has a logarithm: small, as published. */
const smallestCount = 1e-10;

/** Letters as indices, gaps as −1. */
export type Sequences = readonly Int8Array[];

export function indexLetters(sequences: readonly string[]): Sequences {
  return sequences.map((text) => Int8Array.from(text, (letter) => aminoAcids.indexOf(letter)));
}

/** Mean over samples of the largest share of identical letters, where neither has a gap, with a reference sequence. */
export function nearestIdentity(samples: Sequences, references: Sequences): number {
  const total = samples.reduce(
    (sum, sample) => sum + references.reduce((best, reference) => Math.max(best, identity(sample, reference)), 0),
    0,
  );
  return total / samples.length;
}

function identity(a: Int8Array, b: Int8Array): number {
  let same = 0;
  let both = 0;
  for (let i = 0; i < a.length; i++) {
    if (a[i]! < 0 || b[i]! < 0) continue;
    both++;
    if (a[i] === b[i]) same++;
  }
  return both === 0 ? 0 : same / both;
}

/** KL(references ‖ samples) of the amino acids, over all positions together, in nats. */
export function compositionDivergence(samples: Sequences, references: Sequences): number {
  return divergence(totals(counts(references)), totals(counts(samples)));
}

/** Mean over positions of KL(references ‖ samples) of the amino acids there, in nats. */
export function positionDivergence(samples: Sequences, references: Sequences): number {
  const [p, q] = [counts(references), counts(samples)];
  return p.reduce((sum, row, i) => sum + divergence(row, q[i]!), 0) / p.length;
}

/** Correlation, over pairs of positions, of their mutual information in the samples and in the references. */
export function informationCorrelation(samples: Sequences, references: Sequences): number {
  return correlation(mutualInformation(samples), mutualInformation(references));
}

/** [numPositions][20] */
function counts(sequences: Sequences): Float64Array[] {
  const numPositions = sequences[0]?.length ?? 0;
  const all = Array.from({ length: numPositions }, () => new Float64Array(numLetters));
  for (const sequence of sequences) for (const [i, letter] of sequence.entries()) if (letter >= 0) all[i]![letter]!++;
  return all;
}

function totals(perPosition: readonly Float64Array[]): Float64Array {
  const sum = new Float64Array(numLetters);
  for (const row of perPosition) for (const [letter, count] of row.entries()) sum[letter]! += count;
  return sum;
}

function divergence(reference: Float64Array, sample: Float64Array): number {
  const sumOf = (row: Float64Array): number => row.reduce((sum, count) => sum + count + smallestCount, 0);
  const [a, b] = [sumOf(reference), sumOf(sample)];
  return reference.reduce((sum, count, letter) => {
    const p = (count + smallestCount) / a;
    return sum + p * Math.log(p / ((sample[letter]! + smallestCount) / b));
  }, 0);
}

/** Of every pair of positions i < j, over sequences without a gap at either, in nats. */
function mutualInformation(sequences: Sequences): Float64Array {
  const numPositions = sequences[0]?.length ?? 0;
  const out = new Float64Array((numPositions * (numPositions - 1)) / 2);
  const joint = new Float64Array(numLetters * numLetters);
  const [first, second] = [new Float64Array(numLetters), new Float64Array(numLetters)];
  let at = 0;
  for (let i = 0; i < numPositions; i++)
    for (let j = i + 1; j < numPositions; j++) {
      joint.fill(0);
      first.fill(0);
      second.fill(0);
      let total = 0;
      for (const sequence of sequences) {
        const [a, b] = [sequence[i]!, sequence[j]!];
        if (a < 0 || b < 0) continue;
        joint[a * numLetters + b]!++;
        first[a]!++;
        second[b]!++;
        total++;
      }
      let sum = 0;
      for (let a = 0; a < numLetters; a++)
        for (let b = 0; b < numLetters; b++) {
          const count = joint[a * numLetters + b]!;
          if (count > 0) sum += (count / total) * Math.log((count * total) / (first[a]! * second[b]!));
        }
      out[at++] = sum;
    }
  return out;
}

function correlation(a: Float64Array, b: Float64Array): number {
  const n = a.length;
  const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / n;
  const [meanA, meanB] = [mean(a), mean(b)];
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    ab += (a[i]! - meanA) * (b[i]! - meanB);
    aa += (a[i]! - meanA) ** 2;
    bb += (b[i]! - meanB) ** 2;
  }
  return ab / Math.sqrt(aa * bb);
}
