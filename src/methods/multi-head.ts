/**
 * The published multi-head sampler: principal directions of the centred memory are dealt to heads in consecutive blocks,
 * every head samples on its own, and the parts are added to the mean image. Heads do not see each other, so this is no
 * single law on ξ; the coupled energy of a target's `heads` is.
 *
 * What the published figures take for granted, found by reproducing them: the patterns themselves are projected, not
 * their differences from the mean; parts are added at unit length each, whatever their share of the variance; and a chain
 * starts all its heads at the same pattern. The mean is thereby counted once more in every direction that it has a part
 * in. `centred` projects differences and gives every part the size that it has in the memory.
 */
import { keptPatterns, maxCosine, stackTarget } from "../core/attention-stack.ts";
import { requireChoice, requireCount } from "../core/checks.ts";
import { derivedSeed } from "../core/derived-seed.ts";
import { ArgumentError } from "../core/errors.ts";
import { createUnscaledMemoryMatrix, patternNorms } from "../core/memory-matrix.ts";
import { innerProduct, principalDirections } from "../core/principal-directions.ts";
import { createDraws, requireSampleOptions, startPositions } from "../core/sample-options.ts";
import type { Draws, HopfieldTarget, MemoryMatrix, RunHooks, SampleOptions } from "../core/types.ts";
import { createAttention } from "../reference/attention.ts";
import type { CreateSampler } from "./create-sampler.ts";

export const projectionNames = ["published", "centred"] as const;
export type ProjectionName = (typeof projectionNames)[number];

export interface PrincipalHeadOptions {
  readonly numHeads: number;
  /** `published` by default. */
  readonly projection?: ProjectionName;
}

/** One block of principal directions. */
export interface PrincipalHead {
  /** W_h, orthonormal rows by falling variance, [numDirections, dim] */
  readonly directions: readonly Float64Array[];
  /** The projected patterns at unit length, [numPatterns, numDirections]; what has no part here stays zero. */
  readonly memory: MemoryMatrix;
  /** Size of the part in the output: 1 as published, the root mean square of the projections if centred. */
  readonly scale: number;
  /** Share of the memory's variance, in [0, 1]. */
  readonly varianceShare: number;
}

export interface PrincipalHeads {
  /** [dim] */
  readonly mean: Float64Array;
  readonly heads: readonly PrincipalHead[];
}

export interface MultiHeadResult {
  /**
   * In the space of the patterns: ξ = mean + Σ_h scale_h W_hᵀ z_h, and T likewise of the heads' own T. Energy and cosines
   * are those of the target's plain memory at ξ; entropy, acceptance and log ratio are means over heads.
   */
  readonly draws: Draws;
  readonly principal: PrincipalHeads;
}

/**
 * Heads from the principal directions of a memory. The blocks differ in length by one at most, longer ones first.
 * @throws ArgumentError for more heads than the centred memory has directions
 */
export function principalHeads(
  memory: MemoryMatrix,
  { numHeads, projection = "published" }: PrincipalHeadOptions,
): PrincipalHeads {
  requireCount("numHeads", numHeads, 1);
  requireChoice("projection", projection, projectionNames);
  const { numPatterns, dim } = memory;
  const mean = new Float64Array(dim);
  for (const [at, value] of memory.values.entries()) mean[at % dim]! += value / numPatterns;
  const centred = Array.from({ length: numPatterns }, (_, k) =>
    Float64Array.from(mean, (value, i) => memory.values[k * dim + i]! - value),
  );
  const { directions, squares: variances } = principalDirections(centred);
  if (numHeads > directions.length)
    throw new ArgumentError(
      "numHeads",
      `must be at most the ${directions.length} directions in which the ${numPatterns} patterns differ, got ${numHeads}`,
    );
  const total = variances.reduce((sum, value) => sum + value, 0);
  const source =
    projection === "centred"
      ? centred
      : centred.map((_, k) => Float64Array.from(memory.values.subarray(k * dim, (k + 1) * dim)));
  let first = 0;
  const heads = Array.from({ length: numHeads }, (_, h): PrincipalHead => {
    const count = Math.ceil((directions.length - first) / (numHeads - h));
    const block = directions.slice(first, first + count);
    const share = variances.slice(first, first + count).reduce((sum, value) => sum + value, 0) / total;
    first += count;
    const projected = source.map((pattern) => block.map((direction) => innerProduct(direction, pattern)));
    const squaredNorms = projected.map((row) => row.reduce((sum, x) => sum + x * x, 0));
    const meanSquare = squaredNorms.reduce((sum, value) => sum + value, 0) / numPatterns;
    const values = projected.flatMap((row, k) =>
      squaredNorms[k]! > 0 ? row.map((x) => x / Math.sqrt(squaredNorms[k]!)) : row,
    );
    return {
      directions: block,
      memory: createUnscaledMemoryMatrix(values, { numPatterns, dim: count }),
      scale: projection === "centred" ? Math.sqrt(meanSquare) : 1,
      varianceShare: share,
    };
  });
  return { mean, heads };
}

/**
 * Samples every head with the same options and adds the parts. A mask keeps its patterns; `exact` starts are independent
 * over heads, all others start the heads of a chain at the projections of one position.
 * @param createSampler makes the sampler of a head; it is disposed at the end
 * @throws ArgumentError before any work if an option breaks its rule, or for a target with heads of its own or patches
 */
export async function sampleMultiHead(
  createSampler: CreateSampler,
  target: HopfieldTarget,
  options: SampleOptions & PrincipalHeadOptions,
  hooks: Pick<RunHooks, "signal" | "onProgress" | "onPlan"> = {},
): Promise<MultiHeadResult> {
  if (target.heads !== undefined)
    throw new ArgumentError("target.heads", "must be left out: principal heads are made from the memory");
  if (target.patches !== undefined)
    throw new ArgumentError("target.patches", "must be left out: principal heads are no images");
  const { numHeads, projection, ...sampleOptions } = options;
  const stack = stackTarget(target);
  const plan = requireSampleOptions(target, stack, sampleOptions);
  const principal = principalHeads(keptMemory(target), { numHeads, ...(projection && { projection }) });
  const { numChains, numDraws, start } = options;
  const { dim } = stack;
  const starts = start === "exact" ? undefined : startPositions(target, stack, sampleOptions, plan);
  const draws = createDraws(numChains, numDraws, dim);
  for (let row = 0; row < numChains * numDraws; row++) {
    draws.positions.set(principal.mean, row * dim);
    draws.retrievals.set(principal.mean, row * dim);
  }
  for (const [h, head] of principal.heads.entries()) {
    await using sampler = await createSampler({ memory: head.memory, beta: target.beta });
    const run = await sampler.run(
      {
        ...sampleOptions,
        seed: derivedSeed(plan.key, h),
        start: starts === undefined ? "exact" : project(starts, head.directions, numChains),
      },
      {
        ...(hooks.signal && { signal: hooks.signal }),
        ...(hooks.onPlan && { onPlan: hooks.onPlan }),
        onProgress: ({ done, total }) => hooks.onProgress?.({ done: h * total + done, total: numHeads * total }),
      },
    );
    addPart(draws, run, head, numHeads);
  }
  observeWhole(draws, target);
  return { draws, principal };
}

/**
 * What thermal noise alone makes of a pattern put together from its heads: 1 − 1/√(1 + noise²/signal²), with the mean
 * square of mean + Σ_h scale_h W_hᵀ m_hk over patterns, and Σ_h scale_h² d_h/β.
 */
export function principalNoveltyFloor({ mean, heads }: PrincipalHeads, beta: number): number {
  const { numPatterns } = heads[0]!.memory;
  let signal = 0;
  for (let k = 0; k < numPatterns; k++) {
    const whole = mean.slice();
    for (const { directions, memory, scale } of heads)
      for (const [j, direction] of directions.entries()) {
        const part = scale * memory.values[k * memory.dim + j]!;
        for (let i = 0; i < whole.length; i++) whole[i]! += part * direction[i]!;
      }
    signal += innerProduct(whole, whole) / numPatterns;
  }
  const noise = heads.reduce((sum, { directions, scale }) => sum + (scale ** 2 * directions.length) / beta, 0);
  return 1 - 1 / Math.sqrt(1 + noise / signal);
}

/** The patterns that the mask keeps, as a memory of their own. */
function keptMemory(target: HopfieldTarget): MemoryMatrix {
  const { dim, values } = target.memory;
  const kept = keptPatterns(target);
  const rows = new Float32Array(kept.length * dim);
  for (const [row, k] of kept.entries()) rows.set(values.subarray(k * dim, (k + 1) * dim), row * dim);
  return { values: rows, numPatterns: kept.length, dim };
}

/** W x for rows x, [numRows, numDirections]. */
function project(positions: Float32Array, directions: readonly Float64Array[], numRows: number): Float32Array {
  const dim = positions.length / numRows;
  const out = new Float32Array(numRows * directions.length);
  for (let row = 0; row < numRows; row++) {
    const position = Float64Array.from(positions.subarray(row * dim, (row + 1) * dim));
    for (const [j, direction] of directions.entries())
      out[row * directions.length + j] = innerProduct(direction, position);
  }
  return out;
}

/** Adds scale · Wᵀz of every draw, and the head's share of the averages. */
function addPart(
  draws: ReturnType<typeof createDraws>,
  run: Draws,
  { directions, scale }: PrincipalHead,
  numHeads: number,
): void {
  const { dim } = draws;
  for (let row = 0; row < draws.numChains * draws.numDraws; row++) {
    for (const [j, direction] of directions.entries()) {
      const position = scale * run.positions[row * run.dim + j]!;
      const retrieval = scale * run.retrievals[row * run.dim + j]!;
      for (let i = 0; i < dim; i++) {
        draws.positions[row * dim + i]! += position * direction[i]!;
        draws.retrievals[row * dim + i]! += retrieval * direction[i]!;
      }
    }
    draws.attentionEntropy[row]! += run.attentionEntropy[row]! / numHeads;
  }
  for (let chain = 0; chain < draws.numChains; chain++) {
    draws.acceptanceRate[chain]! += run.acceptanceRate[chain]! / numHeads;
    draws.meanLogRatio[chain]! += run.meanLogRatio[chain]! / numHeads;
  }
  draws.numNonFinite += run.numNonFinite;
}

/** Energies and cosines of the assembled draws, in float64. */
function observeWhole(draws: Draws, target: HopfieldTarget): void {
  const attention = createAttention(stackTarget(target));
  const norms = patternNorms(target.memory);
  const state = attention.createState();
  const { dim } = draws;
  for (let row = 0; row < draws.energy.length; row++) {
    state.position.set(draws.positions.subarray(row * dim, (row + 1) * dim));
    attention.attend(target.beta, state);
    draws.energy[row] = innerProduct(state.position, state.position) / 2 - state.logNormalizer / target.beta;
    draws.maxCosine[row] = maxCosine(target.memory, norms, state.position);
  }
}
