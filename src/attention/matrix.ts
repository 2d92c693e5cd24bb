/**
 * Dense matrices in float64 and the few operations that `attention/` needs of them. Sums run in a fixed order, so that
 * equal input gives equal bits. It leaves out everything else of linear algebra, and blocking: the matrices here are a
 * head's, a few hundred wide.
 */
import { describe, requireCount } from "../core/checks.ts";
import { ArgumentError } from "../core/errors.ts";

/** A matrix of float64 numbers, row-major. */
export interface Matrix {
  /** [numRows, numColumns] */
  readonly values: Float64Array;
  readonly numRows: number;
  readonly numColumns: number;
}

/**
 * A matrix copied from `values` [numRows, numColumns].
 * @param parameter what the messages call it
 * @throws ArgumentError for a wrong length or a value that is not finite
 */
export function createMatrix(
  values: ArrayLike<number>,
  shape: { readonly numRows: number; readonly numColumns: number },
  parameter = "matrix",
): Matrix {
  const numRows = requireCount(`${parameter}.numRows`, shape.numRows, 1);
  const numColumns = requireCount(`${parameter}.numColumns`, shape.numColumns, 1);
  if (values.length !== numRows * numColumns)
    throw new ArgumentError(
      parameter,
      `length must be numRows × numColumns = ${numRows} × ${numColumns} = ${numRows * numColumns}, got ${values.length}`,
      "are the shape and the array of one matrix?",
    );
  const copy = Float64Array.from(values);
  const bad = copy.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0)
    throw new ArgumentError(
      parameter,
      `must be finite, got ${describe(copy[bad])} at row ${Math.floor(bad / numColumns)}, column ${bad % numColumns}`,
      "drop or fill missing values first",
    );
  return { values: copy, numRows, numColumns };
}

/** All zeros, [numRows, numColumns]. */
export function zeroMatrix(numRows: number, numColumns: number): Matrix {
  return { values: new Float64Array(numRows * numColumns), numRows, numColumns };
}

/** Row `row` as a view, [numColumns]. */
export function rowOf({ values, numColumns }: Matrix, row: number): Float64Array {
  return values.subarray(row * numColumns, (row + 1) * numColumns);
}

/** A copy of column `column`, [numRows]. */
export function columnOf({ values, numRows, numColumns }: Matrix, column: number): Float64Array {
  return Float64Array.from({ length: numRows }, (_, row) => values[row * numColumns + column]!);
}

/** Aᵀ, [numColumns, numRows] */
export function transpose({ values, numRows, numColumns }: Matrix): Matrix {
  const result = zeroMatrix(numColumns, numRows);
  for (let row = 0; row < numRows; row++)
    for (let column = 0; column < numColumns; column++)
      result.values[column * numRows + row] = values[row * numColumns + column]!;
  return result;
}

/**
 * A B, [left.numRows, right.numColumns]
 * @throws ArgumentError unless the columns of `left` are as many as the rows of `right`
 */
export function matrixProduct(left: Matrix, right: Matrix): Matrix {
  if (left.numColumns !== right.numRows)
    throw new ArgumentError(
      "right",
      `must have as many rows as left has columns, ${left.numColumns}, got ${right.numRows}`,
      "is one of them transposed?",
    );
  const result = zeroMatrix(left.numRows, right.numColumns);
  for (let row = 0; row < left.numRows; row++) addRowTimes(rowOf(left, row), right, rowOf(result, row));
  return result;
}

/** out += row · matrix, row [numRows], out [numColumns] */
export function addRowTimes(row: Float64Array, matrix: Matrix, out: Float64Array): void {
  const { values, numColumns } = matrix;
  for (let k = 0; k < row.length; k++) {
    const factor = row[k]!;
    const start = k * numColumns;
    for (let column = 0; column < numColumns; column++) out[column] = out[column]! + factor * values[start + column]!;
  }
}

/** G = AᵀA, [numColumns, numColumns], exactly symmetric; the rows of A are read once. */
export function gram(matrix: Matrix): Matrix {
  const size = matrix.numColumns;
  const result = zeroMatrix(size, size);
  const { values } = result;
  for (let t = 0; t < matrix.numRows; t++) {
    const row = rowOf(matrix, t);
    for (let i = 0; i < size; i++) {
      const factor = row[i]!;
      for (let j = i; j < size; j++) values[i * size + j] = values[i * size + j]! + factor * row[j]!;
    }
  }
  for (let i = 0; i < size; i++) for (let j = 0; j < i; j++) values[i * size + j] = values[j * size + i]!;
  return result;
}

/**
 * F [size, rank] with F Fᵀ = G up to rounding, for a symmetric positive semidefinite G [size, size]: Cholesky with the
 * largest remaining diagonal as pivot, ended where what remains is rounding. Null for G = 0, which has rank 0.
 */
export function semidefiniteFactor(matrix: Matrix): Matrix | null {
  const size = matrix.numRows;
  const rest = matrix.values.slice();
  const diagonal = (i: number): number => rest[i * size + i]!;
  const largest = (): number => {
    let best = 0;
    for (let i = 1; i < size; i++) if (diagonal(i) > diagonal(best)) best = i;
    return best;
  };
  // What a pivot leaves of itself is at most 1.25 roundings, which is below this: none is taken twice.
  const negligible = size * Number.EPSILON * diagonal(largest());

  const columns: Float64Array[] = [];
  for (let pivot = largest(); columns.length < size && diagonal(pivot) > negligible; pivot = largest()) {
    const root = Math.sqrt(diagonal(pivot));
    const column = Float64Array.from({ length: size }, (_, i) => rest[i * size + pivot]! / root);
    for (let i = 0; i < size; i++)
      for (let j = 0; j < size; j++) rest[i * size + j] = rest[i * size + j]! - column[i]! * column[j]!;
    columns.push(column);
  }
  if (columns.length === 0) return null;
  const rank = columns.length;
  const result = zeroMatrix(size, rank);
  columns.forEach((column, k) => column.forEach((value, i) => (result.values[i * rank + k] = value)));
  return result;
}

/** ‖a‖, with the largest element taken out first, so that no square overflows or vanishes. */
export function norm(values: Float64Array): number {
  let top = 0;
  for (const value of values) top = Math.max(top, Math.abs(value));
  if (top === 0) return 0;
  let sum = 0;
  for (const value of values) sum += (value / top) ** 2;
  return top * Math.sqrt(sum);
}

/** a · b */
export function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
