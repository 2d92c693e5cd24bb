/**
 * Novelty: how far a vector points away from the nearest stored pattern, and the part of it that thermal noise alone
 * makes (spec section 3). Every report prints the floor beside the novelty. Fidelity is not here: novelty by itself is
 * won by noise.
 */
import { ArgumentError } from "../core/errors.ts";
import { patternNorms } from "../core/memory-matrix.ts";
import type { HopfieldTarget, MemoryMatrix } from "../core/types.ts";

/**
 * The novelty of one stored pattern plus the law's own noise: mean over patterns of 1 − 1/sqrt(1 + d/(β‖m_k‖²)).
 * A sample at this value carries no more news than its pattern.
 */
export function noveltyFloor(target: HopfieldTarget): number {
  const { memory, beta } = target;
  let sum = 0;
  for (const norm of patternNorms(memory)) sum += 1 - 1 / Math.sqrt(1 + memory.dim / (beta * norm * norm));
  return sum / memory.numPatterns;
}

/**
 * Novelty of each vector: 1 − max_k cos(vector, m_k). A zero vector has cosine 0 with everything.
 * @param vectors row-major [numVectors, dim]
 * @returns [numVectors]
 * @throws ArgumentError unless `vectors` holds whole rows
 */
export function novelty(memory: MemoryMatrix, vectors: Float32Array): Float64Array {
  const { values, numPatterns, dim } = memory;
  const numVectors = vectors.length / dim;
  if (!Number.isInteger(numVectors))
    throw new ArgumentError(
      "vectors",
      `length must be a multiple of dim = ${dim}, got ${vectors.length}`,
      "is it [numVectors, dim], row-major?",
    );
  const norms = patternNorms(memory);
  const result = new Float64Array(numVectors);
  for (let n = 0; n < numVectors; n++) {
    const row = vectors.subarray(n * dim, (n + 1) * dim);
    let squaredNorm = 0;
    for (let i = 0; i < dim; i++) squaredNorm += row[i]! * row[i]!;
    const norm = Math.sqrt(squaredNorm);
    let maxCosine = -Infinity;
    for (let k = 0; k < numPatterns; k++) {
      const offset = k * dim;
      let dot = 0;
      for (let i = 0; i < dim; i++) dot += row[i]! * values[offset + i]!;
      const product = norm * norms[k]!;
      maxCosine = Math.max(maxCosine, product === 0 ? 0 : dot / product);
    }
    result[n] = 1 - maxCosine;
  }
  return result;
}
