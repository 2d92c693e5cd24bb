/**
 * The one energy that carries every variant (spec section 5), in the form that both engines compute:
 *
 *   z_r = β(row_r·ξ + offset_r) + logWeight_r,   E(ξ) = ½‖ξ‖² − (1/β) Σ_h ω_h log Σ_{r in h} exp(z_r)
 *
 * Expanding the squares of the general form gives row = D_h m, offset = −½ mᵀD_h m and logWeight = b, because
 * Σ_h ω_h D_h = I turns the quadratic parts into ½‖ξ‖². The modern Hopfield energy is one head with zero offsets and
 * weights; a mask leaves rows out. A patch energy, whose rows would not fit, keeps the patterns as its rows and says with
 * `patches` where its windows lie.
 */
import { requireCount, requirePositive } from "./checks.ts";
import { ArgumentError } from "./errors.ts";
import { requireMemory } from "./memory-matrix.ts";
import { fillNormals } from "./normal.ts";
import { patchGrid, type PatchGrid } from "./patch-grid.ts";
import { purposes } from "./philox.ts";
import type { Head, HopfieldTarget, MemoryMatrix } from "./types.ts";

/** A run of rows with one softmax of their own. */
export interface StackHead {
  readonly first: number;
  readonly count: number;
  /** ω */
  readonly power: number;
}

export interface AttentionStack {
  readonly dim: number;
  readonly numRows: number;
  /** D_h m_hk, [numRows, dim]; float64 where the stack is itself computed */
  readonly rows: Float32Array | Float64Array;
  /** −½ mᵀDm, or 0 for the modern Hopfield energy, [numRows] */
  readonly offsets: Float64Array;
  /** b, [numRows] */
  readonly logWeights: Float64Array;
  readonly heads: readonly StackHead[];
  /** Which pattern of the target's memory a row is, [numRows]; −1 for rows of a head's own memory. */
  readonly patternOf: Int32Array;
  /** One head with D = I: the law is a Gaussian mixture, and `gibbs`, `exact` and exact starts exist. */
  readonly isMixture: boolean;
  /**
   * Set for a patch energy: the rows are whole patterns and `heads` is one run of them all, which every window of this
   * grid takes its own softmax of, z = −(β/2)‖ξ − row‖² on the window, E = −(1/β) ω Σ_windows log Σ_r exp(z_r).
   */
  readonly patches: PatchGrid | undefined;
}

/** How far Σ_h ω_h D_h may lie from I at any coordinate: float32 weights, summed over some hundreds of heads. */
const identityTolerance = 1e-4;

/** @throws ArgumentError unless memory, mask, heads and β keep their rules */
export function stackTarget(target: HopfieldTarget): AttentionStack {
  const { memory, mask, heads, patches } = (target as Partial<HopfieldTarget> | undefined) ?? {};
  if (memory === undefined) throw new ArgumentError("target.memory", "must be a memory matrix, got undefined");
  requireMemory("target.memory", memory);
  requirePositive("target.beta", target.beta);
  const kept = keptPatterns(target);
  if (heads === undefined) {
    const stack = stackMemory(memory, kept, mask === undefined, patches && patchGrid(patches, memory.dim));
    return patches && !stack.patches ? { ...stack, offsets: levelOffsets(stack) } : stack;
  }
  if (patches !== undefined)
    throw new ArgumentError(
      "target.heads",
      "must not stand beside target.patches, which are heads themselves, got both",
    );

  requireCount("target.heads.length", heads.length, 1, "leave heads out for the plain energy");
  const parts = heads.map((head, h) => stackHead(`target.heads[${h}]`, head, memory, kept));
  requireIdentity(heads, memory.dim);
  const numRows = parts.reduce((sum, { patterns }) => sum + patterns.length, 0);
  const stack = {
    dim: memory.dim,
    numRows,
    rows: new Float32Array(numRows * memory.dim),
    offsets: new Float64Array(numRows),
    logWeights: new Float64Array(numRows),
    heads: [] as StackHead[],
    patternOf: new Int32Array(numRows),
    isMixture: heads.length === 1 && heads[0]!.power === 1,
    patches: undefined,
  };
  let first = 0;
  for (const [h, { source, patterns, logWeights }] of parts.entries()) {
    const head = heads[h]!;
    for (const [i, pattern] of patterns.entries()) {
      const row = first + i;
      const values = source.values.subarray(pattern * memory.dim, (pattern + 1) * memory.dim);
      const weighted = applyWeights(head, values);
      stack.rows.set(weighted, row * memory.dim);
      stack.offsets[row] = -weighted.reduce((sum, x, j) => sum + x * values[j]!, 0) / 2;
      stack.logWeights[row] = logWeights[i]!;
      stack.patternOf[row] = source === memory ? pattern : -1;
    }
    stack.heads.push({ first, count: patterns.length, power: head.power });
    first += patterns.length;
  }
  return stack;
}

/** D_h x, [dim]. */
function applyWeights({ weights, directions }: Head, vector: ArrayLike<number>): Float64Array {
  const dim = vector.length;
  if (directions === undefined) return Float64Array.from({ length: dim }, (_, i) => (weights?.[i] ?? 1) * vector[i]!);
  const out = new Float64Array(dim);
  for (let at = 0; at < directions.length; at += dim) {
    let coordinate = 0;
    for (let i = 0; i < dim; i++) coordinate += directions[at + i]! * vector[i]!;
    for (let i = 0; i < dim; i++) out[i]! += coordinate * directions[at + i]!;
  }
  return out;
}

/** The patterns of the target's memory that its mask keeps, in order. */
export function keptPatterns({ memory, mask }: HopfieldTarget): readonly number[] {
  const all = Array.from({ length: memory.numPatterns }, (_, k) => k);
  if (mask === undefined) return all;
  if (mask.length !== memory.numPatterns)
    throw new ArgumentError(
      "target.mask",
      `must have one entry for each of ${memory.numPatterns} patterns, got ${mask.length}`,
    );
  const kept = all.filter((k) => mask[k] !== 0);
  if (kept.length === 0) {
    const classes = memory.labels && [...new Set(memory.labels)].toSorted((a, b) => a - b);
    throw new ArgumentError(
      "target.mask",
      `must keep at least one of ${memory.numPatterns} patterns, got none`,
      classes && `the labels are ${classes.slice(0, 50).join(", ")}${classes.length > 50 ? ", …" : ""}`,
    );
  }
  return kept;
}

/** The modern Hopfield energy or that of patches: the memory itself is the stack, untouched where nothing is masked. */
function stackMemory(
  memory: MemoryMatrix,
  kept: readonly number[],
  isWhole: boolean,
  patches: PatchGrid | undefined,
): AttentionStack {
  const { dim } = memory;
  const numRows = kept.length;
  const rows = isWhole ? memory.values : new Float32Array(numRows * dim);
  if (!isWhole)
    for (const [row, k] of kept.entries()) rows.set(memory.values.subarray(k * dim, (k + 1) * dim), row * dim);
  return {
    dim,
    numRows,
    rows,
    offsets: new Float64Array(numRows),
    logWeights: new Float64Array(numRows),
    heads: [{ first: 0, count: numRows, power: 1 }],
    patternOf: Int32Array.from(kept),
    isMixture: patches === undefined,
    patches,
  };
}

/** How far a squared norm may lie from 1 and still count as the rounding of a unit pattern in float32. */
const unitTolerance = 1e-5;

/**
 * One window over the whole image weighs patterns of any norm alike, as every smaller one does: offsets ½(1 − ‖m‖²) take
 * from a pattern what its length has put into its weight, e^{β‖m‖²/2}. None for unit patterns.
 */
function levelOffsets(stack: AttentionStack): Float64Array {
  return rowNorms(stack).map((norm) => {
    const excess = norm * norm - 1;
    return Math.abs(excess) < unitTolerance ? 0 : -excess / 2;
  });
}

interface HeadPart {
  readonly source: MemoryMatrix;
  readonly patterns: readonly number[];
  /** [patterns.length] */
  readonly logWeights: readonly number[];
}

function stackHead(parameter: string, head: Head, memory: MemoryMatrix, kept: readonly number[]): HeadPart {
  requirePositive(`${parameter}.power`, head.power);
  const source = head.memory ?? memory;
  if (head.memory) {
    requireMemory(`${parameter}.memory`, head.memory);
    if (head.memory.dim !== memory.dim)
      throw new ArgumentError(
        `${parameter}.memory.dim`,
        `must be that of the target, ${memory.dim}, got ${head.memory.dim}`,
      );
  }
  if (head.weights) {
    if (head.weights.length !== memory.dim)
      throw new ArgumentError(`${parameter}.weights`, `length must be dim = ${memory.dim}, got ${head.weights.length}`);
    const bad = head.weights.findIndex((weight) => !(weight >= 0 && Number.isFinite(weight)));
    if (bad >= 0)
      throw new ArgumentError(
        `${parameter}.weights`,
        `must be finite and not negative, got ${head.weights[bad]} at coordinate ${bad}`,
      );
  }
  requireDirections(parameter, head, memory.dim);
  const { logWeights } = head;
  if (logWeights && logWeights.length !== source.numPatterns)
    throw new ArgumentError(
      `${parameter}.logWeights`,
      `must have one entry for each of ${source.numPatterns} patterns, got ${logWeights.length}`,
    );
  const all = source === memory ? kept : Array.from({ length: source.numPatterns }, (_, k) => k);
  const patterns = logWeights ? all.filter((k) => logWeights[k] !== -Infinity) : all;
  const bad = logWeights && patterns.find((k) => !Number.isFinite(logWeights[k]));
  if (bad !== undefined)
    throw new ArgumentError(
      `${parameter}.logWeights`,
      `must be finite or −Infinity, got ${logWeights?.[bad]} at pattern ${bad}`,
    );
  if (patterns.length === 0)
    throw new ArgumentError(`${parameter}.logWeights`, "must leave at least one pattern, got none");
  return { source, patterns, logWeights: patterns.map((k) => logWeights?.[k] ?? 0) };
}

function requireDirections(parameter: string, { weights, directions }: Head, dim: number): void {
  if (directions === undefined) return;
  if (weights !== undefined)
    throw new ArgumentError(parameter, "must have weights or directions, got both", "leave one out");
  if (directions.length === 0 || directions.length % dim !== 0)
    throw new ArgumentError(
      `${parameter}.directions`,
      `length must be a multiple of dim = ${dim}, got ${directions.length}`,
    );
  const row = (j: number): Float32Array => directions.subarray(j * dim, (j + 1) * dim);
  for (let j = 0; j < directions.length / dim; j++)
    for (let k = 0; k <= j; k++) {
      const product = row(j).reduce((sum, x, i) => sum + x * row(k)[i]!, 0);
      if (!(Math.abs(product - Number(j === k)) <= identityTolerance))
        throw new ArgumentError(
          `${parameter}.directions`,
          `must be orthonormal rows, got a product of ${product} of rows ${k} and ${j}`,
        );
    }
}

/** Σ_h ω_h D_h = I: at every coordinate for diagonals, at a few random vectors where there are projections. */
function requireIdentity(heads: readonly Head[], dim: number): void {
  const fix = "divide the powers or the weights by that sum";
  if (heads.every(({ directions }) => directions === undefined)) {
    for (let i = 0; i < dim; i++) {
      const sum = heads.reduce((total, { power, weights }) => total + power * (weights?.[i] ?? 1), 0);
      if (Math.abs(sum - 1) > identityTolerance)
        throw new ArgumentError(
          "target.heads",
          `power × weights must sum to 1 at every coordinate, got ${sum} at coordinate ${i}`,
          fix,
        );
    }
    return;
  }
  for (let probe = 0; probe < 3; probe++) {
    const vector = fillNormals(0, probe, purposes.data, [0, 0], new Float64Array(dim));
    const sum = new Float64Array(dim);
    for (const head of heads) {
      const part = applyWeights(head, vector);
      for (let i = 0; i < dim; i++) sum[i]! += head.power * part[i]!;
    }
    const at = sum.findIndex(
      (x, i) => Math.abs(x - vector[i]!) > 10 * identityTolerance * Math.max(1, Math.abs(vector[i]!)),
    );
    if (at >= 0)
      throw new ArgumentError(
        "target.heads",
        `power × D must sum to the identity, got ${sum[at]} for ${vector[at]} at coordinate ${at} of a vector`,
        "projections must be complementary, or their powers make up for the overlap",
      );
  }
}

/** max_k cos(ξ, m_k) over a whole memory in float64; a pattern without a direction has cosine 0. */
export function maxCosine(memory: MemoryMatrix, norms: Float64Array, position: ArrayLike<number>): number {
  const { values, numPatterns, dim } = memory;
  let squaredNorm = 0;
  for (let i = 0; i < dim; i++) squaredNorm += position[i]! * position[i]!;
  let top = -Infinity;
  for (let k = 0; k < numPatterns; k++) {
    let sum = 0;
    for (let i = 0; i < dim; i++) sum += values[k * dim + i]! * position[i]!;
    top = Math.max(top, norms[k]! > 0 ? sum / norms[k]! : 0);
  }
  return top / Math.sqrt(squaredNorm);
}

/** The rows are the memory's own patterns, so that a state's logits hold the cosines with all of them. */
export function isWholeMemory(target: HopfieldTarget, { patches, offsets }: AttentionStack): boolean {
  const { heads, mask } = target;
  return heads === undefined && mask === undefined && patches === undefined && offsets.every((offset) => offset === 0);
}

/** Euclidean norms of a stack's rows, [numRows]. */
export function rowNorms({ rows, numRows, dim }: AttentionStack): Float64Array {
  return Float64Array.from({ length: numRows }, (_, k) => {
    let sum = 0;
    for (let i = k * dim; i < (k + 1) * dim; i++) sum += rows[i]! * rows[i]!;
    return Math.sqrt(sum);
  });
}
