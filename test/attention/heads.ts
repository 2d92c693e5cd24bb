/** Heads and tokens that the tests of `attention/` share, and the [numTokens, numTokens] computation they avoid. */
import {
  couplingFromWeights,
  createMatrix,
  fillNormals,
  purposes,
  type CoupledTokens,
  type Matrix,
} from "../../src/index.ts";

/** Standard normals, the same on every machine, [numRows, numColumns]. */
export function randomMatrix(numRows: number, numColumns: number, seed: number): Matrix {
  const values = fillNormals(0, 0, purposes.data, [seed, 0], new Float64Array(numRows * numColumns));
  return createMatrix(values, { numRows, numColumns });
}

export interface RandomHead extends CoupledTokens {
  readonly queryWeights: Matrix;
  readonly keyWeights: Matrix;
}

/** A head with weights of its own and tokens that share a large common part, as activations do. */
export function randomHead(numTokens: number, dim: number, headDim: number, seed = 1): RandomHead {
  const queryWeights = randomMatrix(dim, headDim, seed);
  const keyWeights = randomMatrix(dim, headDim, seed + 100);
  const common = randomMatrix(1, dim, seed + 200).values;
  const noise = randomMatrix(numTokens, dim, seed + 300);
  const tokens = { ...noise, values: noise.values.map((value, i) => value + common[i % dim]!) };
  return { queryWeights, keyWeights, coupling: couplingFromWeights(queryWeights, keyWeights), tokens };
}

/** A B, written as the definition reads. */
export function bruteProduct(left: Matrix, right: Matrix): Matrix {
  return build(left.numRows, right.numColumns, (i, j) => {
    let sum = 0;
    for (let k = 0; k < left.numColumns; k++) sum += at(left, i, k) * at(right, k, j);
    return sum;
  });
}

export function bruteTranspose(matrix: Matrix): Matrix {
  return build(matrix.numColumns, matrix.numRows, (i, j) => at(matrix, j, i));
}

/** X W Xᵀ, [numTokens, numTokens] */
export function bruteLogits({ coupling, tokens }: CoupledTokens): Matrix {
  return bruteProduct(bruteProduct(tokens, coupling), bruteTranspose(tokens));
}

/** ½(A + sign · Aᵀ) */
export function bruteHalf(matrix: Matrix, sign: 1 | -1): Matrix {
  return build(matrix.numRows, matrix.numColumns, (i, j) => (at(matrix, i, j) + sign * at(matrix, j, i)) / 2);
}

/** softmax over the rows of scale · logits, times V */
export function bruteAttention(logits: Matrix, values: Matrix, scale: number): Matrix {
  const weights = build(logits.numRows, logits.numColumns, (i, j) => {
    // 1 / Σ_k exp(l_k − l_j): the softmax without a common largest logit.
    let sum = 0;
    for (let k = 0; k < logits.numColumns; k++) sum += Math.exp(scale * (at(logits, i, k) - at(logits, i, j)));
    return 1 / sum;
  });
  return bruteProduct(weights, values);
}

export function at({ values, numColumns }: Matrix, row: number, column: number): number {
  return values[row * numColumns + column]!;
}

export function build(numRows: number, numColumns: number, entry: (row: number, column: number) => number): Matrix {
  const values = Float64Array.from({ length: numRows * numColumns }, (_, i) =>
    entry(Math.floor(i / numColumns), i % numColumns),
  );
  return { values, numRows, numColumns };
}

/** A Householder reflection followed by another: orthogonal, and neither symmetric nor sparse, [dim, dim]. */
export function orthogonalMatrix(dim: number, seed: number): Matrix {
  const reflection = (vector: Float64Array): Matrix => {
    const square = vector.reduce((sum, value) => sum + value * value, 0);
    return build(dim, dim, (i, j) => (i === j ? 1 : 0) - (2 * vector[i]! * vector[j]!) / square);
  };
  return bruteProduct(reflection(randomMatrix(1, dim, seed).values), reflection(randomMatrix(1, dim, seed + 1).values));
}

/** The same head in the basis of an orthogonal O: X O and Oᵀ W O. */
export function inBasis({ coupling, tokens }: CoupledTokens, basis: Matrix): CoupledTokens {
  return {
    coupling: bruteProduct(bruteProduct(bruteTranspose(basis), coupling), basis),
    tokens: bruteProduct(tokens, basis),
  };
}
