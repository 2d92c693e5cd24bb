/**
 * Fidelity: whether samples look like data that they were not made from. It stands beside the novelty, which noise alone
 * can win, and is measured on the same read-outs (spec section 5). All distances are 1 − cos, as everywhere here; no
 * network's features are involved, so that "alike" means alike pixel by pixel.
 */
import { ArgumentError } from "../core/errors.ts";
import type { MemoryMatrix } from "../core/types.ts";
import { mean } from "./chain-mean.ts";
import { novelty } from "./novelty.ts";

/** Neighbours that span a manifold: Kynkäänniemi et al. 2019 (arXiv 1904.06991), who take 3. */
export const numManifoldNeighbours = 3;

export interface Fidelity {
  /** Mean distance of a sample to the nearest held-out pattern. */
  readonly nearestHeldOut: number;
  /** The same from a held-out pattern to the nearest other one; null if there is only one. */
  readonly realToReal: number | null;
  /** nearestHeldOut / realToReal: 1 for samples as near to real data as real data is; null without a pair of them. */
  readonly ratio: number | null;
  /** Share of the samples that lie on the manifold of the held-out patterns; null with too few of either. */
  readonly precision: number | null;
  /** Share of the held-out patterns that lie on the manifold of the samples; null with too few of either. */
  readonly recall: number | null;
}

/**
 * Precision and recall are those of the source, on sets of equal size: the larger one is cut to its first members.
 * @param heldOut real patterns that the samples were not made from
 * @param samples T(ξ), [numSamples, dim]
 * @throws ArgumentError unless `samples` holds whole rows, one at least
 */
export function fidelity(heldOut: MemoryMatrix, samples: Float32Array): Fidelity {
  return fidelityTo(heldOut)(samples);
}

/**
 * `fidelity` for several sets of samples: what held-out patterns are to each other, most of the work, is found out once.
 * @returns the fidelity of samples, [numSamples, dim], which throws as `fidelity` does
 */
export function fidelityTo(heldOut: MemoryMatrix): (samples: Float32Array) => Fidelity {
  const { values, numPatterns, dim } = heldOut;
  const real = unitRows(values, dim);
  const nearest = numPatterns < 2 ? undefined : neighbourCosines(real, 1);
  const realToReal = nearest === undefined ? null : 1 - mean(nearest);
  /** Of the first so many held-out patterns. */
  const reaches = new Map<number, Float64Array>();
  return (samples) => {
    if (samples.length === 0) throw new ArgumentError("samples", "must hold at least one sample, got none");
    const nearestHeldOut = mean(novelty(heldOut, samples));
    const common = {
      nearestHeldOut,
      realToReal,
      ratio: realToReal === null || realToReal === 0 ? null : nearestHeldOut / realToReal,
    };
    const size = Math.min(numPatterns, samples.length / dim);
    if (size <= numManifoldNeighbours) return { ...common, precision: null, recall: null };
    const ofReal = real.slice(0, size);
    const ofSamples = unitRows(samples.subarray(0, size * dim), dim);
    const reach = reaches.get(size) ?? neighbourCosines(ofReal, numManifoldNeighbours);
    reaches.set(size, reach);
    return {
      ...common,
      precision: shareWithin(ofSamples, ofReal, reach),
      recall: shareWithin(ofReal, ofSamples, neighbourCosines(ofSamples, numManifoldNeighbours)),
    };
  };
}

/** Rows at unit length, all zeros where they were; [numRows][dim] */
function unitRows(vectors: Float32Array, dim: number): Float64Array[] {
  return Array.from({ length: vectors.length / dim }, (_, n) => {
    const row = Float64Array.from(vectors.subarray(n * dim, (n + 1) * dim));
    const norm = Math.sqrt(dot(row, row));
    return norm === 0 ? row : row.map((value) => value / norm);
  });
}

/** Cosine of each row with its k-th nearest other one, [numRows]; rounding does not carry it past 1. */
function neighbourCosines(rows: readonly Float64Array[], k: number): Float64Array {
  const largest = rows.map(() => new Float64Array(k).fill(-Infinity));
  for (const [a, row] of rows.entries())
    for (let b = 0; b < a; b++) {
      const cosine = Math.min(1, dot(row, rows[b]!));
      keepLargest(largest[a]!, cosine);
      keepLargest(largest[b]!, cosine);
    }
  return Float64Array.from(largest, (cosines) => cosines[k - 1]!);
}

/** Inserts a value into a falling list that keeps its length. */
function keepLargest(list: Float64Array, value: number): void {
  for (let i = 0, rest = value; i < list.length; i++) if (rest > list[i]!) [list[i], rest] = [rest, list[i]!];
}

/** Share of the points that are as near to one of the centres as its k-th neighbour is. */
function shareWithin(points: readonly Float64Array[], centres: readonly Float64Array[], reaches: Float64Array): number {
  const isWithin = (point: Float64Array): boolean =>
    centres.some((centre, i) => Math.min(1, dot(point, centre)) >= reaches[i]!);
  return points.filter(isWithin).length / points.length;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
