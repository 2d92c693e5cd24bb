/**
 * How symmetric a head's coupling is on given tokens, and how stable patterns over those tokens are in the energy that
 * its symmetric half defines (arXiv:2605.27476). The [numTokens, numTokens] matrices X S Xᵀ and X N Xᵀ in the
 * definitions are never formed: everything goes through G = XᵀX [dim, dim] or z = Xᵀs [dim]. It leaves out the
 * softmax, which `retrieval.ts` has: these measures are of the logits, before any scale.
 */
import { ArgumentError } from "../core/errors.ts";
import { requireCoupledTokens, skewPart, symmetricPart, type CoupledTokens } from "./coupling.ts";
import {
  addRowTimes,
  columnOf,
  dot,
  gram,
  matrixProduct,
  norm,
  rowOf,
  semidefiniteFactor,
  transpose,
  zeroMatrix,
  type Matrix,
} from "./matrix.ts";

/** A pattern whose centred part is shorter than this share of the whole is constant: what is left is rounding. */
const constantTolerance = 1e-10;

/** Of one pattern s over tokens, centred and of unit norm, with z = Xᵀs and the field h = X S z. */
export interface PatternStability {
  /** E_X = −½ zᵀSz: low where tokens that agree in s also couple. */
  readonly energy: number;
  /** r_X: the share of tokens with s_t h_t < 0, which the field pushes away from the pattern, in [0, 1]. */
  readonly instabilityFraction: number;
  /** cos(s, h), in [−1, 1]; null if h = 0, as under a skew coupling. */
  readonly alignment: number | null;
}

/**
 * η = (‖XSXᵀ‖² − ‖XNXᵀ‖²) / (‖XSXᵀ‖² + ‖XNXᵀ‖²) in Frobenius norms: 1 for a symmetric coupling, −1 for a skew one.
 * With G = XᵀX = F Fᵀ, ‖XSXᵀ‖² = tr(SGSG) = ‖FᵀSF‖²: a sum of squares, which rounding cannot take out of [−1, 1] as it
 * can the trace. O(numTokens · dim² + dim³).
 * @returns null if the coupling vanishes on these tokens
 * @throws ArgumentError for shapes that do not fit
 */
export function functionalSymmetry(head: CoupledTokens): number | null {
  requireCoupledTokens(head);
  const factor = semidefiniteFactor(gram(head.tokens));
  if (factor === null) return null;
  const factorTransposed = transpose(factor);
  const squaredNorm = (part: Matrix): number => {
    const { values } = matrixProduct(factorTransposed, matrixProduct(part, factor));
    return dot(values, values);
  };
  const symmetric = squaredNorm(symmetricPart(head.coupling));
  const skew = squaredNorm(skewPart(head.coupling));
  return symmetric + skew === 0 ? null : (symmetric - skew) / (symmetric + skew);
}

/**
 * Energy, instability and alignment of each pattern, O(numTokens · dim + dim²) a pattern.
 * @param patterns a pattern a column, [numTokens, numPatterns]; centred and normalised here
 * @returns [numPatterns]
 * @throws ArgumentError for shapes that do not fit, a single token, or a pattern that is constant over the tokens
 */
export function patternStability(head: CoupledTokens, patterns: Matrix): PatternStability[] {
  requireCoupledTokens(head);
  const { tokens } = head;
  if (patterns.numRows !== tokens.numRows)
    throw new ArgumentError(
      "patterns",
      `must have one row for each of ${tokens.numRows} tokens, got ${patterns.numRows}`,
      "a pattern is a column",
    );
  if (tokens.numRows < 2)
    throw new ArgumentError(
      "tokens",
      `must be at least 2, got ${tokens.numRows}`,
      "a pattern over one token is zero once centred",
    );
  const symmetric = symmetricPart(head.coupling);
  return Array.from({ length: patterns.numColumns }, (_, column) => {
    const pattern = columnOf(patterns, column);
    if (!centerAndNormalize(pattern))
      throw new ArgumentError(
        "patterns",
        `must vary over the tokens, got pattern ${column}, which is constant`,
        "drop it: centred, it has no direction",
      );
    return stabilityOf(pattern, tokens, symmetric);
  });
}

/** Indices of the columns that vary over the rows by more than rounding: those that `patternStability` takes. */
export function varyingColumns(patterns: Matrix): number[] {
  return Array.from({ length: patterns.numColumns }, (_, column) => column).filter((column) =>
    centerAndNormalize(columnOf(patterns, column)),
  );
}

/**
 * The matrix with every column's mean taken off, [numRows, numColumns]. With centred tokens the field h is centred too;
 * energies stay as they are, because patterns are centred already.
 */
export function centerColumns(matrix: Matrix): Matrix {
  const { numRows, numColumns } = matrix;
  const result = zeroMatrix(numRows, numColumns);
  const means = columnMeans(matrix);
  for (let i = 0; i < matrix.values.length; i++) result.values[i] = matrix.values[i]! - means[i % numColumns]!;
  return result;
}

function columnMeans(matrix: Matrix): Float64Array {
  const means = new Float64Array(matrix.numColumns);
  addRowTimes(new Float64Array(matrix.numRows).fill(1), matrix, means);
  return means.map((sum) => sum / matrix.numRows);
}

/** @param pattern s, centred and of unit norm, [numTokens] */
function stabilityOf(pattern: Float64Array, tokens: Matrix, symmetric: Matrix): PatternStability {
  const dim = tokens.numColumns;
  const projection = new Float64Array(dim);
  addRowTimes(pattern, tokens, projection);
  // Sz = (zᵀS)ᵀ, as S is symmetric.
  const coupled = new Float64Array(dim);
  addRowTimes(projection, symmetric, coupled);
  const field = Float64Array.from(pattern, (_, t) => dot(rowOf(tokens, t), coupled));
  const length = norm(field);
  const numAgainst = pattern.reduce((count, value, t) => count + (value * field[t]! < 0 ? 1 : 0), 0);
  return {
    energy: -0.5 * dot(projection, coupled),
    instabilityFraction: numAgainst / pattern.length,
    alignment: length === 0 ? null : Math.min(Math.max(dot(pattern, field) / length, -1), 1),
  };
}

/** In place. @returns whether there was anything to normalise */
function centerAndNormalize(pattern: Float64Array): boolean {
  const whole = norm(pattern);
  const mean = pattern.reduce((sum, value) => sum + value, 0) / pattern.length;
  for (let t = 0; t < pattern.length; t++) pattern[t] = pattern[t]! - mean;
  const length = norm(pattern);
  if (!(length > constantTolerance * whole)) return false;
  for (let t = 0; t < pattern.length; t++) pattern[t] = pattern[t]! / length;
  return true;
}
