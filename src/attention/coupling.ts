/**
 * The coupling W of an attention head and its two halves. Tokens X [numTokens, dim] meet in the logits X W Xᵀ; the
 * symmetric half S = ½(W + Wᵀ) shapes an energy, the skew half N = ½(W − Wᵀ) circulates on it (arXiv:2605.27476).
 * Only [dim, dim] matrices are formed here. It leaves out masks, cross-attention and several heads at once.
 */
import { requireFinite } from "../core/checks.ts";
import { ArgumentError } from "../core/errors.ts";
import { matrixProduct, rowOf, transpose, zeroMatrix, type Matrix } from "./matrix.ts";

/** What a head couples: the logits before scaling are tokens · coupling · tokensᵀ. */
export interface CoupledTokens {
  /** W, [dim, dim] */
  readonly coupling: Matrix;
  /** X, a token a row, [numTokens, dim] */
  readonly tokens: Matrix;
}

/**
 * W = W_Q W_Kᵀ, [dim, dim], of a head with q = x W_Q and k = x W_K.
 * @param queryWeights W_Q, [dim, headDim] (the transpose of what a PyTorch Linear layer stores)
 * @param keyWeights W_K, [dim, headDim]
 * @throws ArgumentError unless the two shapes are equal
 */
export function couplingFromWeights(queryWeights: Matrix, keyWeights: Matrix): Matrix {
  requireSameShape("keyWeights", keyWeights, "queryWeights", queryWeights);
  return matrixProduct(queryWeights, transpose(keyWeights));
}

/**
 * The same for the queries and keys that a head computed, with whatever entered them (biases, rotary positions):
 * X = [Q K] and W = [[0, I], [0, 0]], so that X W Xᵀ = Q Kᵀ. Its dim is 2 headDim, usually far below the model's, and
 * every measure and retrieval of this folder comes out as with X and W = W_Q W_Kᵀ.
 * @param queries Q, a token a row, [numTokens, headDim]
 * @param keys K, [numTokens, headDim]
 * @returns coupling [2 headDim, 2 headDim], tokens [numTokens, 2 headDim]
 * @throws ArgumentError unless the two shapes are equal
 */
export function coupledTokensFromPair(queries: Matrix, keys: Matrix): CoupledTokens {
  requireSameShape("keys", keys, "queries", queries);
  const { numRows: numTokens, numColumns: headDim } = queries;
  const coupling = zeroMatrix(2 * headDim, 2 * headDim);
  for (let i = 0; i < headDim; i++) rowOf(coupling, i)[headDim + i] = 1;
  const tokens = zeroMatrix(numTokens, 2 * headDim);
  for (let t = 0; t < numTokens; t++) {
    const token = rowOf(tokens, t);
    token.set(rowOf(queries, t));
    token.set(rowOf(keys, t), headDim);
  }
  return { coupling, tokens };
}

/**
 * S + γN, [dim, dim], computed as ½(1+γ) W + ½(1−γ) Wᵀ: exactly W at γ = 1, exactly symmetric (S) at γ = 0 and exactly
 * Wᵀ at γ = −1, where a sum of rounded halves would be near them only.
 * @throws ArgumentError unless the coupling is square and γ finite
 */
export function perturbedCoupling(coupling: Matrix, gamma: number): Matrix {
  requireFinite("gamma", gamma);
  return combineWithTranspose(coupling, (1 + gamma) / 2, (1 - gamma) / 2);
}

/** S = ½(W + Wᵀ), [dim, dim], exactly symmetric. @throws ArgumentError unless the coupling is square */
export function symmetricPart(coupling: Matrix): Matrix {
  return combineWithTranspose(coupling, 0.5, 0.5);
}

/** N = ½(W − Wᵀ), [dim, dim], exactly skew. @throws ArgumentError unless the coupling is square */
export function skewPart(coupling: Matrix): Matrix {
  return combineWithTranspose(coupling, 0.5, -0.5);
}

/** own · W + other · Wᵀ */
function combineWithTranspose(coupling: Matrix, own: number, other: number): Matrix {
  const { values, numRows: dim } = requireSquare(coupling);
  const result = zeroMatrix(dim, dim);
  for (let i = 0; i < dim; i++)
    for (let j = 0; j < dim; j++)
      result.values[i * dim + j] = own * values[i * dim + j]! + other * values[j * dim + i]!;
  return result;
}

function requireSquare(coupling: Matrix): Matrix {
  const { numRows, numColumns } = coupling;
  if (numRows === numColumns) return coupling;
  throw new ArgumentError(
    "coupling",
    `must be square, got ${numRows} × ${numColumns}`,
    "for weights of a head pass couplingFromWeights(queryWeights, keyWeights)",
  );
}

/** @throws ArgumentError unless the coupling is square and as wide as the tokens */
export function requireCoupledTokens({ coupling, tokens }: CoupledTokens): void {
  requireSquare(coupling);
  if (tokens.numColumns !== coupling.numRows)
    throw new ArgumentError(
      "tokens",
      `must have as many columns as the coupling has rows, ${coupling.numRows}, got ${tokens.numColumns}`,
      "a token is a row",
    );
}

function requireSameShape(name: string, matrix: Matrix, otherName: string, other: Matrix): void {
  if (matrix.numRows === other.numRows && matrix.numColumns === other.numColumns) return;
  throw new ArgumentError(
    name,
    `must have the shape of ${otherName}, ${other.numRows} × ${other.numColumns}, got ${matrix.numRows} × ${matrix.numColumns}`,
    "is one of them transposed?",
  );
}
