/**
 * Novelty: how far a vector points away from the nearest stored pattern, and the part of it that thermal noise alone
 * makes (spec section 3). Every report prints the floor beside the novelty. Fidelity is not here: novelty by itself is
 * won by noise.
 */
import { ArgumentError } from "../core/errors.ts";
import { rowNorms, stackTarget } from "../core/attention-stack.ts";
import { patternNorms } from "../core/memory-matrix.ts";
import { componentWeights } from "../core/mixture.ts";
import type { HopfieldTarget, MemoryMatrix } from "../core/types.ts";

/**
 * The novelty of one stored pattern plus the law's own noise: Σ_k w_k (1 − 1/sqrt(1 + d/(β‖m_k‖²))) over the patterns
 * that the mask keeps, weighted as the law visits them; equally where heads or patches leave it without such weights.
 * A sample at this value carries no more news than its pattern.
 */
export function noveltyFloor(target: HopfieldTarget): number {
  const { heads, ...plain } = target;
  const stack = stackTarget(plain);
  const weights =
    heads || stack.patches
      ? new Float64Array(stack.numRows).fill(1 / stack.numRows)
      : componentWeights(stack, plain.beta);
  const floors = rowNorms(stack).map((norm) => 1 - 1 / Math.sqrt(1 + stack.dim / (plain.beta * norm * norm)));
  return floors.reduce((sum, floor, row) => sum + weights[row]! * floor, 0);
}

/**
 * Novelty of each vector: 1 − max_k cos(vector, m_k). A zero vector has cosine 0 with everything.
 * @param vectors row-major [numVectors, dim]
 * @returns [numVectors]
 * @throws ArgumentError unless `vectors` holds whole rows
 */
export function novelty(memory: MemoryMatrix, vectors: Float32Array): Float64Array {
  return nearestPatterns(memory, vectors).cosine.map((cosine) => 1 - cosine);
}

export interface NearestPatterns {
  /** argmax_k cos(vector, m_k), the first of equals, [numVectors] */
  readonly index: Uint32Array;
  /** max_k cos(vector, m_k), [numVectors] */
  readonly cosine: Float64Array;
}

/**
 * The stored pattern nearest in direction to each vector.
 * @param vectors row-major [numVectors, dim]
 * @throws ArgumentError unless `vectors` holds whole rows
 */
export function nearestPatterns(memory: MemoryMatrix, vectors: Float32Array): NearestPatterns {
  const { values, numPatterns, dim } = memory;
  const numVectors = vectors.length / dim;
  if (!Number.isInteger(numVectors))
    throw new ArgumentError(
      "vectors",
      `length must be a multiple of dim = ${dim}, got ${vectors.length}`,
      "is it [numVectors, dim], row-major?",
    );
  const norms = patternNorms(memory);
  const index = new Uint32Array(numVectors);
  const cosine = new Float64Array(numVectors).fill(-Infinity);
  for (let n = 0; n < numVectors; n++) {
    const row = vectors.subarray(n * dim, (n + 1) * dim);
    let squaredNorm = 0;
    for (let i = 0; i < dim; i++) squaredNorm += row[i]! * row[i]!;
    const norm = Math.sqrt(squaredNorm);
    for (let k = 0; k < numPatterns; k++) {
      const offset = k * dim;
      let dot = 0;
      for (let i = 0; i < dim; i++) dot += row[i]! * values[offset + i]!;
      const product = norm * norms[k]!;
      // Rounding must not carry a copy past a cosine of 1.
      const candidate = product === 0 ? 0 : Math.min(1, dot / product);
      if (candidate <= cosine[n]!) continue;
      cosine[n] = candidate;
      index[n] = k;
    }
  }
  return { index, cosine };
}
