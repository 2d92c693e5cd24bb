/**
 * Diversity: the mean of 1 − cos over pairs of samples. Pooled and within-chain values answer different questions
 * (does the set cover the memory; does one chain travel) and have different names so that no table can mix them.
 */
import { ArgumentError } from "../core/errors.ts";
import type { Estimate } from "./chain-mean.ts";

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
  const { sum, numNonZero } = directionSum(vectors, dim);
  return diversityOfSum(sum, numNonZero, numVectors);
}

/**
 * Mean over chains of the diversity among one chain's draws.
 * @param vectors [numChains, numDraws, dim]
 * @returns null for one draw a chain, which has no pair
 * @throws ArgumentError unless `vectors` has that shape
 */
export function withinChainDiversity(vectors: Float32Array, shape: ChainShape): number | null {
  requireChains(vectors, shape);
  const { numChains, numDraws, dim } = shape;
  let sum = 0;
  for (let chain = 0; chain < numChains; chain++) {
    const perChain = pooledDiversity(vectors.subarray(chain * numDraws * dim, (chain + 1) * numDraws * dim), dim);
    if (perChain === null) return null;
    sum += perChain;
  }
  return sum / numChains;
}

/**
 * Pooled diversity with its standard error, by leaving out one chain at a time (jackknife): draws of one chain belong
 * together, chains are independent.
 * @param vectors [numChains, numDraws, dim]
 * @throws ArgumentError unless `vectors` holds whole chains, and at least two draws
 */
export function pooledDiversityEstimate(vectors: Float32Array, shape: ChainShape): Estimate {
  requireChains(vectors, shape);
  const { numChains, numDraws, dim } = shape;
  const whole = pooledDiversity(vectors, dim);
  if (whole === null) throw new ArgumentError("vectors", "must hold at least two draws, got one");
  // Without one chain there must still be a pair.
  if (numChains < 2 || (numChains - 1) * numDraws < 2) return { mean: whole, se: null };
  const perChain = Array.from({ length: numChains }, (_, chain) =>
    directionSum(vectors.subarray(chain * numDraws * dim, (chain + 1) * numDraws * dim), dim),
  );
  const total = new Float64Array(dim);
  for (const { sum } of perChain) for (let i = 0; i < dim; i++) total[i]! += sum[i]!;
  const numNonZero = perChain.reduce((count, each) => count + each.numNonZero, 0);
  const leftOut = perChain.map(({ sum, numNonZero: own }) =>
    diversityOfSum(
      total.map((value, i) => value - sum[i]!),
      numNonZero - own,
      (numChains - 1) * numDraws,
    ),
  );
  const centre = leftOut.reduce((sum, value) => sum + value, 0) / numChains;
  const squares = leftOut.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  return { mean: whole, se: Math.sqrt(((numChains - 1) / numChains) * squares) };
}

/** Σ u_i of the unit vectors, and how many are not zero. */
function directionSum(vectors: Float32Array, dim: number): { sum: Float64Array; numNonZero: number } {
  const sum = new Float64Array(dim);
  let numNonZero = 0;
  for (let at = 0; at < vectors.length; at += dim) {
    const row = vectors.subarray(at, at + dim);
    let squaredNorm = 0;
    for (let i = 0; i < dim; i++) squaredNorm += row[i]! * row[i]!;
    if (squaredNorm === 0) continue;
    const scale = 1 / Math.sqrt(squaredNorm);
    for (let i = 0; i < dim; i++) sum[i]! += row[i]! * scale;
    numNonZero++;
  }
  return { sum, numNonZero };
}

function diversityOfSum(sum: Float64Array, numNonZero: number, numVectors: number): number {
  const squaredSum = sum.reduce((total, value) => total + value * value, 0);
  return 1 - (squaredSum - numNonZero) / (numVectors * (numVectors - 1));
}

function requireChains(vectors: Float32Array, { numChains, numDraws, dim }: ChainShape): void {
  const size = numChains * numDraws * dim;
  if (vectors.length !== size)
    throw new ArgumentError(
      "vectors",
      `length must be numChains × numDraws × dim = ${numChains} × ${numDraws} × ${dim} = ${size}, got ${vectors.length}`,
    );
}
