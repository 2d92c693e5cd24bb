/** The two halves of a coupling, exactly what their names say, and the two ways of writing one head. */
import { describe, expect, it } from "vitest";
import {
  coupledTokensFromPair,
  couplingFromWeights,
  createMatrix,
  matrixProduct,
  perturbedCoupling,
  skewPart,
  symmetricPart,
} from "../../src/index.ts";
import { expectClose, tolerances } from "../support/tolerances.ts";
import { bruteLogits, bruteProduct, bruteTranspose, randomHead, randomMatrix } from "./heads.ts";

const { coupling, queryWeights, keyWeights, tokens } = randomHead(7, 5, 3);

describe("the halves of a coupling", () => {
  it("are exactly symmetric and exactly skew, and add up", () => {
    const symmetric = symmetricPart(coupling);
    const skew = skewPart(coupling);
    expect(bruteTranspose(symmetric).values).toEqual(symmetric.values);
    expect(bruteTranspose(skew).values.map((value) => 0 - value)).toEqual(skew.values.map((value) => value + 0));
    expectClose(
      symmetric.values.map((value, i) => value + skew.values[i]!),
      coupling.values,
      tolerances.float64Sum,
    );
  });

  it("survive entries whose sum would overflow", () => {
    const large = createMatrix([1e308, 1.5e308, 1.5e308, -1e308], { numRows: 2, numColumns: 2 });
    expect(symmetricPart(large).values).toEqual(large.values);
  });

  it("combine to S + γN", () => {
    const symmetric = symmetricPart(coupling).values;
    const skew = skewPart(coupling).values;
    for (const gamma of [-3, 0.25, 1.05, 20])
      expectClose(
        perturbedCoupling(coupling, gamma).values,
        symmetric.map((value, i) => value + gamma * skew[i]!),
        tolerances.float64Sum,
      );
  });

  it("combine exactly to W at γ = 1, to S at γ = 0 and to Wᵀ at γ = −1", () => {
    expect(perturbedCoupling(coupling, 1).values).toEqual(coupling.values);
    expect(perturbedCoupling(coupling, 0).values).toEqual(symmetricPart(coupling).values);
    expect(perturbedCoupling(coupling, -1).values).toEqual(bruteTranspose(coupling).values);
  });
});

describe("a head", () => {
  it("couples by W_Q W_Kᵀ", () => {
    expect({ rows: coupling.numRows, columns: coupling.numColumns }).toEqual({ rows: 5, columns: 5 });
    expectClose(coupling.values, bruteProduct(queryWeights, bruteTranspose(keyWeights)).values, tolerances.float64Sum);
  });

  it("has the same logits when written as the queries and keys it computed", () => {
    const queries = matrixProduct(tokens, queryWeights);
    const keys = matrixProduct(tokens, keyWeights);
    const pair = coupledTokensFromPair(queries, keys);
    expect([pair.coupling.numRows, pair.tokens.numRows, pair.tokens.numColumns]).toEqual([6, 7, 6]);
    expect(bruteLogits(pair).values).toEqual(bruteProduct(queries, bruteTranspose(keys)).values);
    expectClose(bruteLogits(pair).values, bruteLogits({ coupling, tokens }).values, tolerances.float64Sum);
  });
});

describe("mistakes", () => {
  it.each([
    [
      () => createMatrix([1, 2, 3], { numRows: 2, numColumns: 2 }, "queries"),
      "queries: length must be numRows × numColumns = 2 × 2 = 4, got 3 (are the shape and the array of one matrix?)",
    ],
    [
      () => createMatrix([1, 2, NaN, 4], { numRows: 2, numColumns: 2 }),
      "matrix: must be finite, got NaN at row 1, column 0 (drop or fill missing values first)",
    ],
    [
      () => createMatrix([], { numRows: 0, numColumns: 2 }),
      "matrix.numRows: must be a whole number of at least 1, got 0",
    ],
    [
      () => matrixProduct(tokens, tokens),
      "right: must have as many rows as left has columns, 5, got 7 (is one of them transposed?)",
    ],
    [
      () => couplingFromWeights(queryWeights, randomMatrix(3, 5, 1)),
      "keyWeights: must have the shape of queryWeights, 5 × 3, got 3 × 5 (is one of them transposed?)",
    ],
    [
      () => coupledTokensFromPair(randomMatrix(4, 2, 1), randomMatrix(5, 2, 1)),
      "keys: must have the shape of queries, 4 × 2, got 5 × 2 (is one of them transposed?)",
    ],
    [
      () => symmetricPart(queryWeights),
      "coupling: must be square, got 5 × 3 (for weights of a head pass couplingFromWeights(queryWeights, keyWeights))",
    ],
    [() => perturbedCoupling(coupling, NaN), "gamma: must be a finite number, got NaN"],
  ])("get a sentence: %#", (call, message) => {
    expect(call).toThrow(expect.objectContaining({ name: "ArgumentError", message }));
  });
});
