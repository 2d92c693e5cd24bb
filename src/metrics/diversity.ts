/**
 * Diversity: the mean of 1 − cos over pairs of samples. Pooled and within-chain values answer different questions
 * (does the set cover the memory; does one chain travel) and have different names so that no table can mix them.
 */
import { ArgumentError } from "../core/errors.ts";

/** How rows of positions divide into chains: row c · numDraws + n is draw n of chain c. */
export interface ChainShape {
  readonly numChains: number;
  readonly numDraws: number;
  readonly dim: number;
}

/**
 * Mean over all pairs of 1 − cos, in O(n·d): with unit vectors u_i, Σ_{i≠j} u_i·u_j = ‖Σ u_i‖² − Σ ‖u_i‖².
 * A zero vector has cosine 0 with everything.
 * @param vectors row-major [numVectors, dim]
 * @returns null for fewer than two vectors, which have no pair
 * @throws ArgumentError unless `vectors` holds whole rows
 */
export function pooledDiversity(vectors: Float32Array, dim: number): number | null {
  const numVectors = vectors.length / dim;
  if (!Number.isInteger(numVectors))
    throw new ArgumentError("vectors", `length must be a multiple of dim = ${dim}, got ${vectors.length}`);
  if (numVectors < 2) return null;
  const sum = new Float64Array(dim);
  let numNonZero = 0;
  for (let n = 0; n < numVectors; n++) {
    const row = vectors.subarray(n * dim, (n + 1) * dim);
    let squaredNorm = 0;
    for (let i = 0; i < dim; i++) squaredNorm += row[i]! * row[i]!;
    if (squaredNorm === 0) continue;
    const scale = 1 / Math.sqrt(squaredNorm);
    for (let i = 0; i < dim; i++) sum[i]! += row[i]! * scale;
    numNonZero++;
  }
  let squaredSum = 0;
  for (const value of sum) squaredSum += value * value;
  return 1 - (squaredSum - numNonZero) / (numVectors * (numVectors - 1));
}

/**
 * Mean over chains of the diversity among one chain's draws.
 * @param vectors [numChains, numDraws, dim]
 * @returns null for one draw a chain, which has no pair
 * @throws ArgumentError unless `vectors` has that shape
 */
export function withinChainDiversity(vectors: Float32Array, shape: ChainShape): number | null {
  const { numChains, numDraws, dim } = shape;
  const size = numChains * numDraws * dim;
  if (vectors.length !== size)
    throw new ArgumentError(
      "vectors",
      `length must be numChains × numDraws × dim = ${numChains} × ${numDraws} × ${dim} = ${size}, got ${vectors.length}`,
    );
  let sum = 0;
  for (let chain = 0; chain < numChains; chain++) {
    const perChain = pooledDiversity(vectors.subarray(chain * numDraws * dim, (chain + 1) * numDraws * dim), dim);
    if (perChain === null) return null;
    sum += perChain;
  }
  return sum / numChains;
}
