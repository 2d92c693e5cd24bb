/** Principal directions of rows, through the smaller of their two Gram matrices; the eigendecomposition is a library's. */
import { EigenvalueDecomposition, Matrix } from "ml-matrix";

export interface PrincipalDirections {
  /** Orthonormal, by falling sum of squares, [numDirections, dim]. */
  readonly directions: readonly Float64Array[];
  /** Σ over rows of (row · direction)², [numDirections]: squared singular values; variances times numRows for centred rows. */
  readonly squares: readonly number[];
}

/** Squares below this share of the largest are rounding of float32 rows, and their directions mean nothing. */
const smallestShare = 1e-10;

/**
 * Right singular vectors of the rows as they are; centred rows give principal components.
 * @param rows [numRows, dim]
 */
export function principalDirections(rows: readonly Float64Array[]): PrincipalDirections {
  const numRows = rows.length;
  const dim = rows[0]!.length;
  const matrix = new Matrix(rows.map((row) => Array.from(row)));
  const isWide = numRows <= dim;
  const gram = isWide ? matrix.mmul(matrix.transpose()) : matrix.transpose().mmul(matrix);
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(gram, { assumeSymmetric: true });
  const order = realEigenvalues.map((_, i) => i).toSorted((a, b) => realEigenvalues[b]! - realEigenvalues[a]!);
  const largest = realEigenvalues[order[0]!]!;
  const kept = order.filter((i) => largest > 0 && realEigenvalues[i]! > smallestShare * largest);
  const directions = kept.map((i) => {
    const vector = eigenvectorMatrix.getColumn(i);
    if (!isWide) return Float64Array.from(vector);
    const direction = new Float64Array(dim);
    for (const [k, row] of rows.entries()) for (let j = 0; j < dim; j++) direction[j]! += vector[k]! * row[j]!;
    const scale = 1 / Math.sqrt(innerProduct(direction, direction));
    return direction.map((x) => x * scale);
  });
  return { directions, squares: kept.map((i) => realEigenvalues[i]!) };
}

/** Σ_i a_i b_i over the length of `a`, in float64. */
export function innerProduct(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
