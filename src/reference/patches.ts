/**
 * Twin of shaders/patch-*.wgsl: patch energies (spec section 5). In window t pattern k has the logit
 * z = −(β/2) Σ (ξ − m_k)² over the window, always from squared differences, and every window takes a softmax over all
 * patterns; T(ξ) = ω Σ_k m_k S_k, where S_k at a pixel is the sum of pattern k's weights over the windows that hold it.
 *
 * Weights are [pattern, window] and too many for every chain to have its own: a sampler lends two sets of them in turn,
 * one for a state and one for its proposal.
 */
import type { PatchAxis, PatchGrid } from "../core/patch-grid.ts";
import type { ChainState } from "./accept.ts";
import type { Attention } from "./attention.ts";
import type { ReferenceMemory } from "./logits.ts";
import { exponentials } from "./negative-exponential.ts";
import { windowSums, type LineLayout, type SumAxis } from "./window-sums.ts";

/** Attention of a patch energy; beyond that of heads, it knows where weights come to lie. */
interface PatchAttention extends Attention {
  /**
   * S, the weights of a pattern summed over the windows that hold a coordinate; ωS is its share of T(ξ) there.
   * @returns [dim], valid until the next call
   */
  spreadWindows(attention: Float64Array, pattern: number): Float64Array;
}

/** A set of weights, with the state that has it. */
interface WeightSet {
  readonly attention: Float64Array;
  readonly logAttention: Float64Array;
  holder: ChainState | undefined;
}

/** What a state has while its weights are lent to another. */
const noWeights = new Float64Array();

export function createPatchAttention(memory: ReferenceMemory, grid: PatchGrid): PatchAttention {
  const { rows, dim } = memory;
  const { power } = grid;
  const numPatterns = rows.length;
  const { lineSums, columnSums, columnSpread, lineSpread, numCells, numLineSums, numWindows, cellOf } = sumPlan(grid);
  const coordinates = new Float64Array(dim);
  // Windows one pixel apart on one channel: a cell is a coordinate.
  const hasCells = numCells < dim;
  const cells = hasCells ? new Float64Array(numCells) : coordinates;
  const lines = new Float64Array(numLineSums);
  const tops = new Float64Array(numWindows);
  const masses = new Float64Array(numWindows);
  const logMasses = new Float64Array(numWindows);
  const sets: WeightSet[] = [];

  const ofPattern = (weights: Float64Array, k: number): Float64Array =>
    weights.subarray(k * numWindows, (k + 1) * numWindows);

  /** Hands a state a set of weights: its own, or the first that is not needed beside it. */
  function lend(state: ChainState, beside: ChainState | undefined): void {
    if (hasWeights(state)) return;
    let set = sets.find(({ holder }) => holder === undefined || holder !== beside);
    if (set === undefined) {
      const size = numPatterns * numWindows;
      set = { attention: new Float64Array(size), logAttention: new Float64Array(size), holder: undefined };
      sets.push(set);
    }
    if (set.holder) set.holder.attention = set.holder.logAttention = noWeights;
    set.holder = state;
    state.attention = set.attention;
    state.logAttention = set.logAttention;
  }

  /** z = −(β/2) Σ (ξ − m_k)² in each window, [window], which may raise the windows' tops. */
  function windowLogits(position: Float64Array, row: Float64Array, beta: number, out: Float64Array): void {
    for (let i = 0; i < dim; i++) {
      const difference = position[i]! - row[i]!;
      coordinates[i] = difference * difference;
    }
    if (hasCells) {
      cells.fill(0);
      for (let i = 0; i < dim; i++) cells[cellOf[i]!]! += coordinates[i]!;
    }
    windowSums(lineSums.axis, lineSums.layout, cells, lines);
    windowSums(columnSums.axis, columnSums.layout, lines, out);
    for (let t = 0; t < numWindows; t++) {
      const z = (-beta / 2) * out[t]!;
      out[t] = z;
      if (z > tops[t]!) tops[t] = z;
    }
  }

  /** Weights from logits and tops, and Σ_t lse(z): as in softmax.ts, log a = z − lse(z), but for every window at once. */
  function patchSoftmax(attention: Float64Array, logAttention: Float64Array): number {
    masses.fill(0);
    for (let k = 0; k < numPatterns; k++)
      exponentials(ofPattern(logAttention, k), tops, ofPattern(attention, k), masses);
    let total = 0;
    for (let t = 0; t < numWindows; t++) {
      const logMass = Math.log(masses[t]!);
      total += tops[t]! + logMass;
      logMasses[t] = logMass;
      masses[t] = 1 / masses[t]!;
    }
    for (let k = 0; k < numPatterns; k++) {
      const z = ofPattern(logAttention, k);
      const weights = ofPattern(attention, k);
      for (let t = 0; t < numWindows; t++) {
        z[t] = z[t]! - tops[t]! - logMasses[t]!;
        weights[t]! *= masses[t]!;
      }
    }
    return total;
  }

  function attend(beta: number, state: ChainState, beside?: ChainState): void {
    if (beside) recall(beta, beside);
    lend(state, beside);
    const { position, attention, logAttention } = state;
    let squaredNorm = 0;
    for (let i = 0; i < dim; i++) squaredNorm += position[i]! * position[i]!;
    tops.fill(-Infinity);
    for (let k = 0; k < numPatterns; k++) windowLogits(position, rows[k]!, beta, ofPattern(logAttention, k));
    // Heads leave ½‖ξ‖² out of their logits, since Σ ω D = I; here it is in them.
    state.logNormalizer = power * patchSoftmax(attention, logAttention) + (beta * squaredNorm) / 2;
  }

  function recall(beta: number, state: ChainState): void {
    if (!hasWeights(state)) attend(beta, state);
  }

  function spreadWindows(attention: Float64Array, pattern: number): Float64Array {
    windowSums(columnSpread.axis, columnSpread.layout, ofPattern(attention, pattern), lines);
    windowSums(lineSpread.axis, lineSpread.layout, lines, cells);
    if (hasCells) for (let i = 0; i < dim; i++) coordinates[i] = cells[cellOf[i]!]!;
    return coordinates;
  }

  function retrieve({ attention, retrieval }: ChainState): void {
    retrieval.fill(0);
    for (let k = 0; k < numPatterns; k++) {
      if (isZero(ofPattern(attention, k))) continue;
      const sums = spreadWindows(attention, k);
      const row = rows[k]!;
      for (let i = 0; i < dim; i++) retrieval[i]! += row[i]! * sums[i]!;
    }
    for (let i = 0; i < dim; i++) retrieval[i] = power * retrieval[i]!;
  }

  return {
    memory,
    heads: [{ first: 0, count: numPatterns * numWindows, power }],
    totalPower: power * numWindows,
    createState: () => ({
      position: new Float64Array(dim),
      retrieval: new Float64Array(dim),
      attention: noWeights,
      logAttention: noWeights,
      logNormalizer: 0,
    }),
    attend,
    recall,
    retrieve,
    spreadWindows,
  };
}

function hasWeights({ attention }: ChainState): boolean {
  return attention.length > 0;
}

function isZero(values: Float64Array): boolean {
  for (let i = 0; i < values.length; i++) if (values[i] !== 0) return false;
  return true;
}

/** One of the four sums that an image passes through. */
interface Pass {
  readonly axis: SumAxis;
  readonly layout: LineLayout;
}

/** Everything is counted in cells of stride × stride pixels: windows and their padding are whole cells. */
function sumPlan({ vertical, horizontal, channels }: PatchGrid): {
  readonly lineSums: Pass;
  readonly columnSums: Pass;
  readonly columnSpread: Pass;
  readonly lineSpread: Pass;
  readonly numCells: number;
  readonly numLineSums: number;
  readonly numWindows: number;
  /** The cell of each coordinate, [dim] */
  readonly cellOf: Int32Array;
} {
  const high = countCells(vertical);
  const wide = countCells(horizontal);
  const windowsHigh = vertical.numWindows;
  const windowsWide = horizontal.numWindows;
  const cellOf = Int32Array.from({ length: vertical.length * horizontal.length * channels }, (_, i) => {
    const pixel = Math.floor(i / channels);
    const y = Math.floor(pixel / horizontal.length);
    return Math.floor(y / vertical.stride) * wide + Math.floor((pixel % horizontal.length) / horizontal.stride);
  });
  return {
    // Cells into the part of a window that lies in one line of them …
    lineSums: { axis: toWindows(horizontal, wide), layout: across(high, wide, windowsWide) },
    // … those into windows …
    columnSums: { axis: toWindows(vertical, high), layout: down(windowsWide) },
    // … and weights back: over the windows above each other that hold a line of cells, then over those beside each other.
    columnSpread: { axis: toCells(vertical, high), layout: down(windowsWide) },
    lineSpread: { axis: toCells(horizontal, wide), layout: across(high, windowsWide, wide) },
    numCells: high * wide,
    numLineSums: high * windowsWide,
    numWindows: windowsHigh * windowsWide,
    cellOf,
  };
}

function countCells({ length, stride }: PatchAxis): number {
  return Math.ceil(length / stride);
}

/** Window t holds the cells t − run + 1 … t … */
function toWindows({ window, stride, padding, numWindows }: PatchAxis, numCells: number): SumAxis {
  return { numElements: numCells, numSums: numWindows, run: window / stride, lead: padding / stride };
}

/** … and cell u lies in the windows u … u + run − 1. */
function toCells({ window, stride, numWindows }: PatchAxis, numCells: number): SumAxis {
  return { numElements: numWindows, numSums: numCells, run: window / stride, lead: 0 };
}

const across = (numLines: number, numElements: number, numSums: number): LineLayout => ({
  numLines,
  step: 1,
  lineStep: numElements,
  sumStep: 1,
  sumLineStep: numSums,
});

const down = (numLines: number): LineLayout => ({
  numLines,
  step: numLines,
  lineStep: 1,
  sumStep: numLines,
  sumLineStep: 1,
});
