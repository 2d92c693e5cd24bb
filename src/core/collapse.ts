/**
 * Collapsed sampling (spec section 4): the drift lives in the span of the rows, so a chain splits into ξ = Q u + v with
 * Q an orthonormal basis of that span. u follows the same kernels with the rows' coordinates R in place of the rows, at a
 * cost that no longer depends on d; v needs at most two numbers a step and is drawn where a sample is read out.
 */
import { CholeskyDecomposition, EigenvalueDecomposition, Matrix } from "ml-matrix";
import type { AttentionStack } from "./attention-stack.ts";
import { tileRows } from "./row-tiles.ts";
import type { CollapseName } from "./types.ts";

/**
 * Directions in which the rows reach less far than this part of their largest extent are left out of the basis: float32
 * patterns do not resolve them.
 */
const rankTolerance = 1e-6;

export interface Collapse {
  /** r, the number of directions that the rows span. */
  readonly rank: number;
  /** Qᵀ, an orthonormal direction a row, [rank, dim]. */
  readonly basis: readonly Float64Array[];
  /** The basis as `tileRows` has it. */
  readonly basisTiles: Float64Array;
  /** The stack at dimension r: its rows are Qᵀrow. */
  readonly stack: AttentionStack;
  /** m = d − r, the dimension of what Q leaves out. */
  readonly complementDim: number;
}

/**
 * Whether a run collapses; `auto` does with fewer than d/2 rows, which then span less than d/2 directions. Patches never:
 * each window spans directions of its own.
 */
export function wantsCollapse(name: CollapseName | undefined, stack: AttentionStack): boolean {
  if (stack.patches) return false;
  return name === "on" || (name !== "off" && 2 * stack.numRows < stack.dim);
}

/** An orthonormal basis of the span of the rows, and the stack in its coordinates. */
export function collapseStack(stack: AttentionStack): Collapse {
  const { dim, numRows } = stack;
  const rows = Array.from({ length: numRows }, (_, k) =>
    Float64Array.from(stack.rows.subarray(k * dim, (k + 1) * dim)),
  );
  const basis = orthonormalBasis(rows, dim);
  const rank = basis.length;
  const coordinates = new Float64Array(numRows * rank);
  for (const [k, row] of rows.entries()) coordinates.set(project(basis, row), k * rank);
  return {
    rank,
    basis,
    basisTiles: tileRows(basis, dim),
    stack: { ...stack, dim: rank, rows: coordinates },
    complementDim: dim - rank,
  };
}

function orthonormalBasis(rows: readonly Float64Array[], dim: number): Float64Array[] {
  return rows.length > dim ? basisFromColumns(rows, dim) : basisFromRows(rows, dim);
}

/** More rows than coordinates: the directions are eigenvectors of the columns' Gram matrix themselves. */
function basisFromColumns(rows: readonly Float64Array[], dim: number): Float64Array[] {
  const columns = Array.from({ length: dim }, (_, i) => Float64Array.from(rows, (row) => row[i]!));
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(gram(columns), { assumeSymmetric: true });
  return resolved(realEigenvalues).map((i) => Float64Array.from(eigenvectorMatrix.getColumn(i)));
}

/** Which eigenvalues of a Gram matrix belong to directions that the rows reach. */
function resolved(eigenvalues: readonly number[]): readonly number[] {
  const largest = Math.max(...eigenvalues);
  return eigenvalues.flatMap((value, i) => (value > largest * rankTolerance ** 2 ? [i] : []));
}

/**
 * Eigenvectors of the rows' Gram matrix give the directions; a second pass makes them orthonormal to rounding, since the
 * first squares the condition of the rows.
 */
function basisFromRows(rows: readonly Float64Array[], dim: number): Float64Array[] {
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(gram(rows), { assumeSymmetric: true });
  const rough = resolved(realEigenvalues).map((i) => {
    const scale = 1 / Math.sqrt(realEigenvalues[i]!);
    return combine(rows, (k) => eigenvectorMatrix.get(k, i) * scale, dim);
  });
  // rough = L·exact with the Cholesky factor L of its own Gram matrix: forward substitution, row after row.
  const factor = new CholeskyDecomposition(gram(rough)).lowerTriangularMatrix;
  const exact: Float64Array[] = [];
  for (const [i, row] of rough.entries()) {
    const rest = combine([row, ...exact], (j) => (j === 0 ? 1 : -factor.get(i, j - 1)), dim);
    exact.push(rest.map((x) => x / factor.get(i, i)));
  }
  return exact;
}

function gram(rows: readonly Float64Array[]): Matrix {
  const matrix = new Matrix(rows.length, rows.length);
  for (const [i, a] of rows.entries())
    for (let j = 0; j <= i; j++) {
      const value = dot(a, rows[j]!);
      matrix.set(i, j, value);
      matrix.set(j, i, value);
    }
  return matrix;
}

function combine(rows: readonly Float64Array[], weight: (k: number) => number, dim: number): Float64Array {
  const sum = new Float64Array(dim);
  for (const [k, row] of rows.entries()) addScaled(sum, row, weight(k));
  return sum;
}

function dot(a: Float64Array, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function addScaled(sum: Float64Array, row: Float64Array, scale: number): void {
  for (let i = 0; i < sum.length; i++) sum[i] = sum[i]! + scale * row[i]!;
}

/** Qᵀx, [rank]. */
export function project(basis: readonly Float64Array[], vector: ArrayLike<number>): Float64Array {
  return Float64Array.from(basis, (direction) => dot(direction, vector));
}

/** Adds Q·coordinates to `out`, [dim]. */
export function addExpansion(basis: readonly Float64Array[], coordinates: Float64Array, out: Float64Array): void {
  for (const [k, direction] of basis.entries()) addScaled(out, direction, coordinates[k]!);
}

/**
 * Qᵀx of some vectors, [rank] each: a tile of directions for all of them before the next, so that a basis larger than the
 * caches is fetched once.
 */
export function projectAll({ basisTiles, rank }: Collapse, vectors: readonly Float64Array[]): Float64Array[] {
  const outs = vectors.map(() => new Float64Array(rank));
  for (let k = 0; k < rank; k += 4)
    for (const [n, vector] of vectors.entries()) {
      let sum0 = 0;
      let sum1 = 0;
      let sum2 = 0;
      let sum3 = 0;
      let at = k * vector.length;
      for (let i = 0; i < vector.length; i++) {
        const x = vector[i]!;
        sum0 += basisTiles[at]! * x;
        sum1 += basisTiles[at + 1]! * x;
        sum2 += basisTiles[at + 2]! * x;
        sum3 += basisTiles[at + 3]! * x;
        at += 4;
      }
      const out = outs[n]!;
      out[k] = sum0;
      if (k + 1 < rank) out[k + 1] = sum1;
      if (k + 2 < rank) out[k + 2] = sum2;
      if (k + 3 < rank) out[k + 3] = sum3;
    }
  return outs;
}

/** Adds Q·coordinates to each of `outs`, [dim], a tile of directions after the other. */
export function addExpansions(
  { basisTiles, rank }: Collapse,
  coordinates: readonly Float64Array[],
  outs: readonly Float64Array[],
): void {
  for (let k = 0; k < rank; k += 4)
    for (const [n, out] of outs.entries()) {
      const u = coordinates[n]!;
      const u0 = u[k]!;
      // Directions past the last one are zero.
      const u1 = u[k + 1] ?? 0;
      const u2 = u[k + 2] ?? 0;
      const u3 = u[k + 3] ?? 0;
      let at = k * out.length;
      for (let i = 0; i < out.length; i++) {
        out[i] =
          out[i]! +
          (u0 * basisTiles[at]! + u1 * basisTiles[at + 1]!) +
          (u2 * basisTiles[at + 2]! + u3 * basisTiles[at + 3]!);
        at += 4;
      }
    }
}
