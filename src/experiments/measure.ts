/** Running what the published protocols run, and the figures that they report of it. */
import { maxCosine, stackTarget } from "../core/attention-stack.ts";
import { innerProduct } from "../core/principal-directions.ts";
import { derivedSeed } from "../core/derived-seed.ts";
import { requireSeed } from "../core/checks.ts";
import { patternNorms } from "../core/memory-matrix.ts";
import { createDraws } from "../core/sample-options.ts";
import type { Draws, HopfieldTarget, RunHooks, SampleOptions } from "../core/types.ts";
import { estimateOverChains, type Estimate } from "../metrics/chain-mean.ts";
import { pooledDiversity, pooledDiversityEstimate } from "../metrics/diversity.ts";
import { novelty } from "../metrics/novelty.ts";
import { attendAndRetrieve, createAttention } from "../reference/attention.ts";
import type { ExperimentContext, Sampled } from "./experiment.ts";

/** The step size of every published run. */
export const publishedStepSize = 0.01;

export type ChainOptions = Omit<SampleOptions, "seed">;
export type ChainCounts = Pick<SampleOptions, "numChains" | "numBurnIn" | "numDraws" | "thinning">;

/**
 * 30 chains of 5000 steps, each from a pattern of its own, 2000 of them burn-in; of the snapshots of every 100th step
 * five evenly spaced ones. A quick run has fewer of all, and still ten times the memory of its steps.
 */
export function publishedChains({ isQuick }: Pick<ExperimentContext, "isQuick">): ChainCounts {
  return isQuick
    ? { numChains: 10, numBurnIn: 500, numDraws: 3, thinning: 200 }
    : { numChains: 30, numBurnIn: 2000, numDraws: 5, thinning: 600 };
}

/** Seeds by the name of the part, so that parts can be added without changing the others. */
export function partSeed({ seed }: Pick<ExperimentContext, "seed">, part: string): bigint {
  let stream = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(part)) stream = Math.imul(stream ^ byte, 0x01000193) >>> 0;
  return derivedSeed(requireSeed("seed", seed), 0, stream);
}

/** Hooks that report under the name of a part. */
export function partHooks({ signal, onProgress }: ExperimentContext, part: string): RunHooks {
  return {
    ...(signal && { signal }),
    onProgress: (progress) => onProgress?.(part, progress),
  };
}

/** Runs chains; for runs that are short, or whose draws are many and only figures of them are kept. */
export async function sampledNow(
  context: ExperimentContext,
  part: string,
  target: HopfieldTarget,
  options: ChainOptions,
): Promise<Sampled> {
  await using sampler = await context.createSampler(target);
  const draws = await sampler.run({ ...options, seed: partSeed(context, part) }, partHooks(context, part));
  return { target, draws };
}

/** Runs chains, or takes them from where an interrupted run kept them. */
export async function sampled(
  context: ExperimentContext,
  part: string,
  target: HopfieldTarget,
  options: ChainOptions,
): Promise<Sampled> {
  const draws = await context.keep(part, async () => (await sampledNow(context, part, target, options)).draws);
  return { target, draws };
}

/**
 * Draws of the exact law; with `beta`, of the law at that β, looked at under the target's own. That is what `ula` keeps:
 * the mixture with its variance.
 */
export async function exactDraws(
  context: ExperimentContext,
  part: string,
  target: HopfieldTarget,
  counts: { readonly numChains: number; readonly numDraws: number },
  beta = target.beta,
): Promise<Sampled> {
  const rest = { kernel: "exact", stepSize: 1, numBurnIn: 0, thinning: 1, start: "exact" } as const;
  const { draws } = await sampledNow(context, part, { ...target, beta }, { ...counts, ...rest });
  return beta === target.beta ? { target, draws } : observed(target, draws.positions, counts.numChains);
}

/** Positions that no chain made, as draws: energies, weights and cosines at each. Rows of one chain follow another. */
export function observed(target: HopfieldTarget, positions: Float32Array, numChains: number): Sampled {
  const { memory, beta } = target;
  const { dim } = memory;
  const numDraws = positions.length / dim / numChains;
  const attention = createAttention(stackTarget(target));
  const norms = patternNorms(memory);
  const state = attention.createState();
  const draws = createDraws(numChains, numDraws, dim);
  draws.positions.set(positions);
  for (let n = 0; n < numChains * numDraws; n++) {
    state.position.set(positions.subarray(n * dim, (n + 1) * dim));
    attendAndRetrieve(attention, beta, state);
    draws.retrievals.set(state.retrieval, n * dim);
    draws.energy[n] = innerProduct(state.position, state.position) / 2 - state.logNormalizer / beta;
    draws.maxCosine[n] = maxCosine(memory, norms, state.position);
    for (const [k, weight] of state.attention.entries()) draws.attentionEntropy[n]! -= weight * state.logAttention[k]!;
  }
  return { target, draws };
}

/** What the tables report, with standard errors over chains. */
export interface Figures {
  /** Of ξ. */
  readonly novelty: Estimate;
  /** Of T(ξ). */
  readonly denoised: Estimate;
  /** Among all draws. */
  readonly diversity: Estimate;
  /** Among those of one chain. */
  readonly withinChain: Estimate;
  readonly energy: Estimate;
  readonly maxCosine: Estimate;
  /** Nats. */
  readonly entropy: Estimate;
  readonly acceptance: Estimate;
}

export function figuresOf({ target, draws }: Sampled): Figures {
  const { numChains, numDraws, dim, positions } = draws;
  const perChain = Float64Array.from(
    { length: numChains },
    (_, chain) =>
      pooledDiversity(positions.subarray(chain * numDraws * dim, (chain + 1) * numDraws * dim), dim) ?? Number.NaN,
  );
  return {
    novelty: estimateOverChains(
      draws.maxCosine.map((cosine) => 1 - cosine),
      numChains,
    ),
    denoised: estimateOverChains(novelty(target.memory, draws.retrievals), numChains),
    diversity: pooledDiversityEstimate(positions, draws),
    withinChain: estimateOverChains(perChain, numChains),
    energy: estimateOverChains(draws.energy, numChains),
    maxCosine: estimateOverChains(draws.maxCosine, numChains),
    entropy: estimateOverChains(draws.attentionEntropy, numChains),
    acceptance: estimateOverChains(draws.acceptanceRate, numChains),
  };
}

/** The difference of two independent estimates. */
export function difference(a: Estimate, b: Estimate): Estimate {
  return { mean: a.mean - b.mean, se: a.se === null || b.se === null ? null : Math.hypot(a.se, b.se) };
}

/** Mean and standard error of independent values. */
export function estimateOf(values: ArrayLike<number>): Estimate {
  return estimateOverChains(Float64Array.from(values), values.length);
}

/** The first `count` rows, or rows evenly spaced over all of them, one of each chain before a second one. */
export function rowsOf(vectors: Float32Array, { numChains, numDraws, dim }: Draws, count: number): Float32Array[] {
  const total = numChains * numDraws;
  return Array.from({ length: Math.min(count, total) }, (_, i) => {
    const at = (i % numChains) * numDraws + Math.floor(i / numChains);
    return vectors.slice(at * dim, (at + 1) * dim);
  });
}

/** Log-spaced, ends included. */
export function logSpaced(first: number, last: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => first * (last / first) ** (i / (count - 1)));
}
