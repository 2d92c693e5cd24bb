/** Perturbed retrieval against the whole [numTokens, numTokens] softmax, and the settings at which it is exact. */
import { describe, expect, it } from "vitest";
import {
  attentionRetrieval,
  coupledTokensFromPair,
  createMatrix,
  matrixProduct,
  perturbedRetrieval,
  type CoupledTokens,
  type Matrix,
} from "../../src/index.ts";
import { absRel, expectClose } from "../support/tolerances.ts";
import {
  bruteAttention,
  bruteHalf,
  bruteLogits,
  bruteTranspose,
  inBasis,
  orthogonalMatrix,
  randomHead,
  randomMatrix,
} from "./heads.ts";

/** What brute force and a streamed retrieval may differ by: logits of order ten, exponentiated. */
const close = absRel(1e-10, 1e-10);
const head = randomHead(23, 9, 4);
const values = randomMatrix(23, 6, 50);
const scale = 1 / Math.sqrt(4);
const blends = [0, 0.3, 0.5, 1, 3, -2, 1e6];

const norm = (row: Float64Array): number => Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
const row = ({ values: all, numColumns }: Matrix, t: number): Float64Array =>
  all.subarray(t * numColumns, (t + 1) * numColumns);

describe("plain attention", () => {
  it("is the softmax of the scaled logits", () => {
    const expected = bruteAttention(bruteLogits(head), values, scale);
    const found = attentionRetrieval(head, values, scale);
    expect([found.numRows, found.numColumns]).toEqual([23, 6]);
    expectClose(found.values, expected.values, close);
  });

  it("is the same from queries and keys as from weights and tokens", () => {
    const pair = coupledTokensFromPair(
      matrixProduct(head.tokens, head.queryWeights),
      matrixProduct(head.tokens, head.keyWeights),
    );
    expectClose(attentionRetrieval(pair, values, scale).values, attentionRetrieval(head, values, scale).values, close);
  });

  it("takes logits far beyond the range of exp", () => {
    const sharp = attentionRetrieval(head, values, 1e6);
    expect(sharp.values.every(Number.isFinite)).toBe(true);
    expectClose(sharp.values, bruteAttention(bruteLogits(head), values, 1e6).values, close);
  });

  it("returns the value of a single token as it is", () => {
    const one = { coupling: head.coupling, tokens: randomMatrix(1, 9, 3) };
    const value = randomMatrix(1, 6, 4);
    const { plain, perturbed, blended } = perturbedRetrieval(one, value, { gamma: 2, blend: 3, scale });
    for (const result of [plain, perturbed, blended]) expect(result.values).toEqual(value.values);
  });
});

describe("perturbed retrieval", () => {
  it.each(blends)("is plain attention bit for bit at γ = 1, with b = %s", (blend) => {
    const plain = attentionRetrieval(head, values, scale);
    const result = perturbedRetrieval(head, values, { gamma: 1, blend, scale });
    expect(result.plain.values).toEqual(plain.values);
    expect(result.perturbed.values).toEqual(plain.values);
    expect(result.blended.values).toEqual(plain.values);
    expect(result.rescaling).toEqual(new Float64Array(23).fill(1));
    expect(result.numClamped).toBe(0);
  });

  it("keeps that for values whose squares overflow or vanish", () => {
    for (const size of [1e200, 1e-200]) {
      const extreme = { ...values, values: values.values.map((value) => value * size) };
      const { plain, blended } = perturbedRetrieval(head, extreme, { gamma: 1, blend: 3, scale });
      expect(blended.values).toEqual(plain.values);
    }
  });

  it("uses the symmetric half alone at γ = 0", () => {
    const symmetric = bruteHalf(bruteLogits(head), 1);
    const { perturbed, plain } = perturbedRetrieval(head, values, { gamma: 0, blend: 1, scale });
    expectClose(perturbed.values, bruteAttention(symmetric, values, scale).values, close);
    expect(norm(perturbed.values.map((value, i) => value - plain.values[i]!))).toBeGreaterThan(0.1);
  });

  it("swaps queries and keys at γ = −1", () => {
    const { perturbed } = perturbedRetrieval(head, values, { gamma: -1, blend: 1, scale });
    expectClose(perturbed.values, bruteAttention(bruteTranspose(bruteLogits(head)), values, scale).values, close);
  });

  it.each([
    [1.05, 3],
    [0.5, 0.25],
    [1.4, -1],
  ])("blends and rescales as defined at γ = %s, b = %s", (gamma, blend) => {
    const logits = bruteLogits(head);
    const symmetric = bruteHalf(logits, 1).values;
    const skew = bruteHalf(logits, -1).values;
    const perturbed = bruteAttention(
      { ...logits, values: symmetric.map((value, i) => value + gamma * skew[i]!) },
      values,
      scale,
    );
    const plain = bruteAttention(logits, values, scale);
    const result = perturbedRetrieval(head, values, { gamma, blend, scale });
    for (let t = 0; t < 23; t++) {
      const mixed = row(plain, t).map((value, i) => value + blend * (row(perturbed, t)[i]! - value));
      const ratio = Math.min(4, Math.max(0.25, norm(row(perturbed, t)) / norm(mixed)));
      expectClose([result.rescaling[t]!], [ratio], close);
      expectClose(
        row(result.blended, t),
        mixed.map((value) => value * ratio),
        close,
      );
    }
  });

  it("is exactly the perturbed retrieval at b = 1, and points along plain attention at b = 0", () => {
    const full = perturbedRetrieval(head, values, { gamma: 1.5, blend: 1, scale });
    expect(full.blended.values).toEqual(full.perturbed.values);
    const none = perturbedRetrieval(head, values, { gamma: 1.5, blend: 0, scale });
    expect(none.blended.values).toEqual(
      none.plain.values.map((value, i) => value * none.rescaling[Math.floor(i / 6)]!),
    );
    expect(new Set(none.rescaling).size).toBe(23);
  });

  it("does not depend on the basis of the tokens", () => {
    const turned = inBasis(head, orthogonalMatrix(9, 70));
    const options = { gamma: 1.3, blend: 2, scale };
    expectClose(
      perturbedRetrieval(turned, values, options).blended.values,
      perturbedRetrieval(head, values, options).blended.values,
      close,
    );
  });
});

describe("rescaling", () => {
  /**
   * Two tokens with a skew coupling so strong that plain attention gives both of them the value of token 1, and γ = −1
   * the value of token 0. With the values 1 and v, rows of H₀ are v and rows of H_γ are 1, up to e⁻⁴⁰.
   */
  const swap = (value: number, blend: number) => {
    const skew: CoupledTokens = {
      coupling: createMatrix([0, 40, -40, 0], { numRows: 2, numColumns: 2 }),
      tokens: createMatrix([1, 0, 0, 1], { numRows: 2, numColumns: 2 }),
    };
    const pair = createMatrix([1, value], { numRows: 2, numColumns: 1 });
    return perturbedRetrieval(skew, pair, { gamma: -1, blend, scale: 1 });
  };

  it("is bounded by a quarter where the blend is far longer than the perturbed row", () => {
    const { rescaling, blended, numClamped } = swap(100, 0);
    expect(rescaling).toEqual(new Float64Array([0.25, 0.25]));
    expectClose(blended.values, [25, 25], close);
    expect(numClamped).toBe(2);
  });

  it("is bounded by four where the blend is far shorter", () => {
    const { rescaling, blended, numClamped } = swap(0.01, 0);
    expect(rescaling).toEqual(new Float64Array([4, 4]));
    expectClose(blended.values, [0.04, 0.04], close);
    expect(numClamped).toBe(2);
  });

  it.each([0.3, 2, -3.9])("restores the norm in between, for rows of %s", (value) => {
    const { rescaling, blended, numClamped } = swap(value, 0);
    expectClose(rescaling, [1 / Math.abs(value), 1 / Math.abs(value)], close);
    expectClose(blended.values, [Math.sign(value), Math.sign(value)], close);
    expect(numClamped).toBe(0);
  });

  it("leaves zero rows zero, and meets a vanished blend with its bound", () => {
    const { blended, rescaling, numClamped } = perturbedRetrieval(
      head,
      createMatrix(new Float64Array(23), { numRows: 23, numColumns: 1 }),
      { gamma: 2, blend: 3, scale },
    );
    expect(blended.values).toEqual(new Float64Array(23));
    expect({ rescaling, numClamped }).toEqual({ rescaling: new Float64Array(23).fill(1), numClamped: 0 });
    // H₀ = −1 and H_γ = 1: half-way they cancel.
    const vanished = swap(-1, 0.5);
    expect(vanished.rescaling).toEqual(new Float64Array([4, 4]));
    expectClose(vanished.blended.values, [0, 0], close);
  });
});

describe("mistakes", () => {
  const options = { gamma: 1, blend: 1, scale: 1 };
  it.each([
    [
      () => perturbedRetrieval(head, values, { ...options, gamma: Infinity }),
      "gamma: must be a finite number, got Infinity",
    ],
    [() => perturbedRetrieval(head, values, { ...options, blend: NaN }), "blend: must be a finite number, got NaN"],
    [() => perturbedRetrieval(head, values, { ...options, scale: 0 }), "scale: must be a finite number above 0, got 0"],
    [
      () => attentionRetrieval(head, randomMatrix(22, 6, 1), 1),
      "values: must have one row for each of 23 tokens, got 22",
    ],
    [
      () => attentionRetrieval({ coupling: randomMatrix(4, 4, 1), tokens: head.tokens }, values, 1),
      "tokens: must have as many columns as the coupling has rows, 4, got 9 (a token is a row)",
    ],
    [
      () => attentionRetrieval(head, values, 1e308),
      "tokens: must have finite logits, got an overflow at token 0 (scale the tokens or the coupling down)",
    ],
  ])("get a sentence: %#", (call, message) => {
    expect(call).toThrow(expect.objectContaining({ name: "ArgumentError", message }));
  });
});
