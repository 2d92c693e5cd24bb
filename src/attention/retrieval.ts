/**
 * Attention with its circulation turned up or down: retrieval with S + γN in place of W = S + N, blended with plain
 * attention and rescaled row by row (arXiv:2605.27476). One row of logits exists at a time, so memory is
 * O(numTokens · (dim + valueDim)), never numTokens²; time is O(numTokens² · (dim + valueDim)), as attention's is.
 */
import { requireFinite, requirePositive } from "../core/checks.ts";
import { ArgumentError } from "../core/errors.ts";
import { perturbedCoupling, requireCoupledTokens, type CoupledTokens } from "./coupling.ts";
import { addRowTimes, dot, norm, rowOf, zeroMatrix, type Matrix } from "./matrix.ts";

/** Bounds of a row's rescaling, as published. */
const ratioBounds = { smallest: 0.25, largest: 4 } as const;

export interface PerturbationOptions {
  /** γ, any finite number: 1 is plain attention, 0 the symmetric half alone, −1 has queries and keys swapped. */
  readonly gamma: number;
  /** b, any finite number: 0 stays at plain attention, 1 goes to the perturbed one, more goes beyond. */
  readonly blend: number;
  /** Factor of the logits before the softmax, an inverse temperature, above 0; a trained head has 1/√headDim. */
  readonly scale: number;
}

export interface PerturbedRetrieval {
  /** H₀ = softmax(scale · X W Xᵀ) V, [numTokens, valueDim] */
  readonly plain: Matrix;
  /** H_γ = softmax(scale · X (S + γN) Xᵀ) V, [numTokens, valueDim] */
  readonly perturbed: Matrix;
  /** H₀ + b (H_γ − H₀), each row rescaled towards the norm of its row of H_γ, [numTokens, valueDim] */
  readonly blended: Matrix;
  /** What each row was multiplied by, in [0.25, 4], [numTokens] */
  readonly rescaling: Float64Array;
  /** Rows whose rescaling met one of its two bounds. */
  readonly numClamped: number;
}

/**
 * Plain attention, softmax over rows of scale · X W Xᵀ, times V.
 * @param values V, [numTokens, valueDim]
 * @param scale factor of the logits, above 0
 * @returns [numTokens, valueDim]
 * @throws ArgumentError for shapes that do not fit, a bad scale, or logits that overflow
 */
export function attentionRetrieval(head: CoupledTokens, values: Matrix, scale: number): Matrix {
  requireRetrieval(head, values, scale);
  return retrieve(head, values, scale);
}

/**
 * Retrieval with S + γN, blended with plain attention. At γ = 1 all three results are equal bit for bit, whatever b.
 * @param values V, [numTokens, valueDim]
 * @throws ArgumentError for shapes that do not fit, an option that breaks its rule, or logits that overflow
 */
export function perturbedRetrieval(
  head: CoupledTokens,
  values: Matrix,
  { gamma, blend, scale }: PerturbationOptions,
): PerturbedRetrieval {
  requireRetrieval(head, values, scale);
  requireFinite("blend", blend);
  const coupling = perturbedCoupling(head.coupling, gamma);
  const plain = retrieve(head, values, scale);
  const perturbed = retrieve({ coupling, tokens: head.tokens }, values, scale);

  const blended = zeroMatrix(values.numRows, values.numColumns);
  const rescaling = new Float64Array(values.numRows);
  let numClamped = 0;
  for (let t = 0; t < values.numRows; t++) {
    const out = rowOf(blended, t);
    blendRows(rowOf(plain, t), rowOf(perturbed, t), blend, out);
    const ratio = normRatio(rowOf(perturbed, t), out);
    const bounded = Math.min(Math.max(ratio, ratioBounds.smallest), ratioBounds.largest);
    if (bounded !== ratio) numClamped++;
    rescaling[t] = bounded;
    for (let i = 0; i < out.length; i++) out[i] = out[i]! * bounded;
  }
  return { plain, perturbed, blended, rescaling, numClamped };
}

/** H₀ + b (H_γ − H₀), counted from the nearer end: exact at b = 0 and b = 1, and wherever the two rows are equal. */
function blendRows(plain: Float64Array, perturbed: Float64Array, blend: number, out: Float64Array): void {
  const [origin, weight] = blend < 0.5 ? [plain, blend] : [perturbed, blend - 1];
  for (let i = 0; i < out.length; i++) out[i] = origin[i]! + weight * (perturbed[i]! - plain[i]!);
}

/** ‖target‖ / ‖row‖, which is 1 for two zero rows. */
function normRatio(target: Float64Array, row: Float64Array): number {
  const wanted = norm(target);
  const found = norm(row);
  return wanted === found ? 1 : wanted / found;
}

function retrieve({ coupling, tokens }: CoupledTokens, values: Matrix, scale: number): Matrix {
  const numTokens = tokens.numRows;
  const result = zeroMatrix(numTokens, values.numColumns);
  const query = new Float64Array(coupling.numColumns);
  const weights = new Float64Array(numTokens);
  for (let t = 0; t < numTokens; t++) {
    query.fill(0);
    addRowTimes(rowOf(tokens, t), coupling, query);
    for (let j = 0; j < numTokens; j++) weights[j] = scale * dot(query, rowOf(tokens, j));
    const total = exponentiate(weights);
    if (!Number.isFinite(total))
      throw new ArgumentError(
        "tokens",
        `must have finite logits, got an overflow at token ${t}`,
        "scale the tokens or the coupling down",
      );
    const out = rowOf(result, t);
    addRowTimes(weights, values, out);
    for (let i = 0; i < out.length; i++) out[i] = out[i]! / total;
  }
  return result;
}

/** Logits to exp(logit − largest), in place. @returns their sum; NaN if a logit is +∞ or NaN */
function exponentiate(logits: Float64Array): number {
  let top = -Infinity;
  for (const logit of logits) top = Math.max(top, logit);
  let total = 0;
  for (let j = 0; j < logits.length; j++) {
    const weight = Math.exp(logits[j]! - top);
    logits[j] = weight;
    total += weight;
  }
  return total;
}

function requireRetrieval(head: CoupledTokens, values: Matrix, scale: number): void {
  requireCoupledTokens(head);
  requirePositive("scale", scale);
  if (values.numRows !== head.tokens.numRows)
    throw new ArgumentError(
      "values",
      `must have one row for each of ${head.tokens.numRows} tokens, got ${values.numRows}`,
    );
}
