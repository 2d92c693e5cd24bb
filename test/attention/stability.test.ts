/** Functional symmetry and stability of patterns, against [numTokens, numTokens] matrices formed in full. */
import { describe, expect, it } from "vitest";
import {
  centerColumns,
  coupledTokensFromPair,
  createMatrix,
  functionalSymmetry,
  matrixProduct,
  patternStability,
  skewPart,
  symmetricPart,
  varyingColumns,
  type CoupledTokens,
  type Matrix,
  type PatternStability,
} from "../../src/index.ts";
import { absRel, expectClose } from "../support/tolerances.ts";
import { at, bruteHalf, bruteLogits, build, inBasis, orthogonalMatrix, randomHead, randomMatrix } from "./heads.ts";

/** Asked of these measures in float64. */
const close = absRel(1e-10, 1e-10);

function bruteSymmetry(head: CoupledTokens): number {
  const logits = bruteLogits(head);
  const square = (matrix: Matrix): number => matrix.values.reduce((sum, value) => sum + value * value, 0);
  const symmetric = square(bruteHalf(logits, 1));
  const skew = square(bruteHalf(logits, -1));
  return (symmetric - skew) / (symmetric + skew);
}

function bruteStability(head: CoupledTokens, patterns: Matrix): PatternStability[] {
  const symmetric = bruteHalf(bruteLogits(head), 1);
  const numTokens = patterns.numRows;
  const tokens = Array.from({ length: numTokens }, (_, t) => t);
  return Array.from({ length: patterns.numColumns }, (_, column) => {
    const mean = tokens.reduce((sum, t) => sum + at(patterns, t, column), 0) / numTokens;
    const centred = tokens.map((t) => at(patterns, t, column) - mean);
    const length = Math.hypot(...centred);
    const s = centred.map((value) => value / length);
    const h = tokens.map((t) => tokens.reduce((sum, u) => sum + at(symmetric, t, u) * s[u]!, 0));
    const product = tokens.reduce((sum, t) => sum + s[t]! * h[t]!, 0);
    return {
      energy: -0.5 * product,
      instabilityFraction: tokens.filter((t) => s[t]! * h[t]! < 0).length / numTokens,
      alignment: product / Math.hypot(...h),
    };
  });
}

function expectSameStability(found: readonly PatternStability[], expected: readonly PatternStability[]): void {
  expect(found).toHaveLength(expected.length);
  expectClose(
    found.map(({ energy }) => energy),
    expected.map(({ energy }) => energy),
    close,
  );
  expect(found.map(({ instabilityFraction }) => instabilityFraction)).toEqual(
    expected.map(({ instabilityFraction }) => instabilityFraction),
  );
  expectClose(
    found.map(({ alignment }) => alignment ?? NaN),
    expected.map(({ alignment }) => alignment ?? NaN),
    close,
  );
}

/** More tokens than dimensions, as many, fewer; a low-rank head; one dimension. */
const shapes: readonly (readonly [numTokens: number, dim: number, headDim: number])[] = [
  [40, 9, 4],
  [12, 12, 12],
  [5, 24, 8],
  [2, 3, 1],
  [17, 1, 1],
];

describe("against brute force", () => {
  it.each(shapes)("η of %i tokens, dim %i, headDim %i", (numTokens, dim, headDim) => {
    const head = randomHead(numTokens, dim, headDim);
    expectClose([functionalSymmetry(head) ?? NaN], [bruteSymmetry(head)], close);
  });

  it.each(shapes)("E_X, r_X and alignment of %i tokens, dim %i, headDim %i", (numTokens, dim, headDim) => {
    const head = randomHead(numTokens, dim, headDim);
    const patterns = randomMatrix(numTokens, 7, 40);
    expectSameStability(patternStability(head, patterns), bruteStability(head, patterns));
  });

  it("all of them with queries and keys in place of tokens, and of the same values", () => {
    const head = randomHead(30, 10, 3);
    const pair = coupledTokensFromPair(
      matrixProduct(head.tokens, head.queryWeights),
      matrixProduct(head.tokens, head.keyWeights),
    );
    const patterns = randomMatrix(30, 5, 41);
    expectClose([functionalSymmetry(pair) ?? NaN], [bruteSymmetry(head)], close);
    expectSameStability(patternStability(pair, patterns), bruteStability(head, patterns));
  });

  it("all of them with repeated tokens, whose G has no full rank", () => {
    const { coupling, tokens } = randomHead(6, 9, 9);
    const head = { coupling, tokens: build(24, 9, (t, i) => at(tokens, t % 6, i)) };
    const patterns = randomMatrix(24, 3, 42);
    expectClose([functionalSymmetry(head) ?? NaN], [bruteSymmetry(head)], close);
    expectSameStability(patternStability(head, patterns), bruteStability(head, patterns));
  });
});

describe("functional symmetry", () => {
  const { coupling, tokens } = randomHead(20, 8, 8);

  it("is exactly 1 for a symmetric coupling and exactly −1 for a skew one", () => {
    expect(functionalSymmetry({ coupling: symmetricPart(coupling), tokens })).toBe(1);
    expect(functionalSymmetry({ coupling: skewPart(coupling), tokens })).toBe(-1);
  });

  it("stays within [−1, 1] where the tokens see almost nothing of the coupling", () => {
    // Tokens along one direction e and a coupling that is skew but for a trace of rounding along it.
    for (const trace of [0, 1e-16, 1e-8, 1e-3]) {
      const thin = build(20, 8, (t, i) => (t + 1) * (i === 0 ? 1 : 1e-9 * at(tokens, t, i)));
      const skew = skewPart(coupling);
      const nearly = { ...skew, values: skew.values.map((value, i) => (i === 0 ? trace : value)) };
      const symmetry = functionalSymmetry({ coupling: nearly, tokens: thin }) ?? NaN;
      expect(Math.abs(symmetry)).toBeLessThanOrEqual(1);
    }
  });

  it("depends on the tokens: a coupling that is skew off one axis is symmetric along it", () => {
    const mixed = createMatrix([1, 0, 0, 0, 0, 2, 0, -2, 0], { numRows: 3, numColumns: 3 });
    const along = createMatrix([1, 0, 0, -2, 0, 0], { numRows: 2, numColumns: 3 });
    const across = createMatrix([0, 1, 0, 0, 1, 1], { numRows: 2, numColumns: 3 });
    expect(functionalSymmetry({ coupling: mixed, tokens: along })).toBe(1);
    expect(functionalSymmetry({ coupling: mixed, tokens: across })).toBe(-1);
  });

  it("is that of one token for one token, whose logit is symmetric by itself", () => {
    const one = { coupling, tokens: createMatrix(tokens.values.subarray(0, 8), { numRows: 1, numColumns: 8 }) };
    expectClose([functionalSymmetry(one) ?? NaN], [1], close);
  });

  it("is undefined where nothing is coupled", () => {
    const nothing = createMatrix(new Float64Array(64), { numRows: 8, numColumns: 8 });
    expect(functionalSymmetry({ coupling: nothing, tokens })).toBeNull();
    const silent = createMatrix(new Float64Array(24), { numRows: 3, numColumns: 8 });
    expect(functionalSymmetry({ coupling, tokens: silent })).toBeNull();
  });
});

describe("stability of patterns", () => {
  const head = randomHead(20, 8, 4);
  const patterns = randomMatrix(20, 4, 43);

  it("does not depend on the basis of the tokens, nor does η", () => {
    const turned = inBasis(head, orthogonalMatrix(8, 60));
    expectSameStability(patternStability(turned, patterns), patternStability(head, patterns));
    expectClose([functionalSymmetry(turned) ?? NaN], [functionalSymmetry(head) ?? NaN], close);
  });

  it("does not depend on a pattern's offset and size", () => {
    const moved = { ...patterns, values: patterns.values.map((value) => 3 - 50 * value) };
    expectSameStability(patternStability(head, moved), patternStability(head, patterns));
  });

  it("is that of an eigenvector where the coupling has one", () => {
    // Four tokens at the corners of a square, coupled by their product of signs along the first axis.
    const corners = createMatrix([1, 1, 1, -1, -1, 1, -1, -1], { numRows: 4, numColumns: 2 });
    const coupling = createMatrix([3, 0, 0, -1], { numRows: 2, numColumns: 2 });
    // Columns of X: XSXᵀ has them as eigenvectors, with eigenvalues 4 · 3 and 4 · (−1).
    const [stable, unstable] = patternStability({ coupling, tokens: corners }, corners);
    expect(stable).toEqual({ energy: -6, instabilityFraction: 0, alignment: 1 });
    expect(unstable).toEqual({ energy: 2, instabilityFraction: 1, alignment: -1 });
  });

  it("has no alignment without a field, as under a skew coupling", () => {
    const skew = { coupling: skewPart(head.coupling), tokens: head.tokens };
    for (const { energy, instabilityFraction, alignment } of patternStability(skew, patterns))
      expect({ energy: Math.abs(energy), instabilityFraction, alignment }).toEqual({
        energy: 0,
        instabilityFraction: 0,
        alignment: null,
      });
  });

  it("keeps its energies when the tokens are centred, and moves its field by a constant", () => {
    const centred = { coupling: head.coupling, tokens: centerColumns(head.tokens) };
    const before = patternStability(head, patterns);
    const after = patternStability(centred, patterns);
    expectClose(
      after.map(({ energy }) => energy),
      before.map(({ energy }) => energy),
      close,
    );
    after.forEach(({ alignment }, i) =>
      expect(Math.abs(alignment ?? NaN)).toBeGreaterThan(Math.abs(before[i]!.alignment ?? NaN)),
    );
  });
});

describe("mistakes and constant patterns", () => {
  const head = randomHead(6, 4, 2);
  const constant = (value: number): Matrix => build(6, 2, (t, column) => (column === 0 ? t * t : value));

  it.each([0, 1, -3e10, 1 / 3])("refuses a pattern of %s everywhere, which varyingColumns leaves out", (value) => {
    expect(varyingColumns(constant(value))).toEqual([0]);
    expect(() => patternStability(head, constant(value))).toThrow(
      "patterns: must vary over the tokens, got pattern 1, which is constant (drop it: centred, it has no direction)",
    );
  });

  it("counts variation that is only rounding as none", () => {
    const noisy = build(6, 1, (t) => 0.1 * (1 + t * Number.EPSILON));
    expect(new Set(noisy.values).size).toBeGreaterThan(1);
    expect(varyingColumns(noisy)).toEqual([]);
  });

  it.each([
    [
      () => patternStability(head, randomMatrix(5, 2, 1)),
      "patterns: must have one row for each of 6 tokens, got 5 (a pattern is a column)",
    ],
    [
      () => patternStability({ coupling: head.coupling, tokens: randomMatrix(1, 4, 1) }, randomMatrix(1, 2, 1)),
      "tokens: must be at least 2, got 1 (a pattern over one token is zero once centred)",
    ],
    [
      () => functionalSymmetry({ coupling: head.coupling, tokens: randomMatrix(6, 3, 1) }),
      "tokens: must have as many columns as the coupling has rows, 4, got 3 (a token is a row)",
    ],
    [
      () => functionalSymmetry({ coupling: randomMatrix(4, 3, 1), tokens: head.tokens }),
      "coupling: must be square, got 4 × 3 (for weights of a head pass couplingFromWeights(queryWeights, keyWeights))",
    ],
  ])("get a sentence: %#", (call, message) => {
    expect(call).toThrow(expect.objectContaining({ name: "ArgumentError", message }));
  });
});
