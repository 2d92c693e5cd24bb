/** The figures of a run, in the shape in which they are written to metrics.json. */
import { ArgumentError } from "../core/errors.ts";
import type { Draws, HopfieldTarget } from "../core/types.ts";
import { estimateOverChains, mean, type Estimate } from "./chain-mean.ts";
import { pooledDiversity, withinChainDiversity } from "./diversity.ts";
import { novelty, noveltyFloor } from "./novelty.ts";

/** Novelty and diversity are of ξ unless their name says denoised. */
export interface Metrics {
  readonly novelty: Estimate & {
    /** What thermal noise alone makes of a stored pattern. */
    readonly floor: number;
    /** Mean novelty of T(ξ). */
    readonly denoised: number;
    readonly denoisedSe: number | null;
  };
  /** Null where there is no pair to compare. */
  readonly diversity: { readonly pooled: number | null; readonly withinChain: number | null };
  /** E(ξ); −½ + d/(2β) for well separated unit patterns. */
  readonly energy: Estimate;
  readonly maxCosine: number;
  /** Nats. */
  readonly attentionEntropy: number;
  readonly attentionEntropySe: number | null;
  readonly acceptanceRate: number;
  /** Proposals rejected because their log ratio was not finite. */
  readonly nonFinite: number;
}

/** @throws ArgumentError if there are no draws, or if they are of another dimension than the memory */
export function summarizeDraws(target: HopfieldTarget, draws: Draws): Metrics {
  const { numChains, numDraws, dim, positions, retrievals } = draws;
  if (dim !== target.memory.dim)
    throw new ArgumentError(
      "draws.dim",
      `must be the memory's dim = ${target.memory.dim}, got ${dim}`,
      "are the draws from this target?",
    );
  if (numChains * numDraws === 0)
    throw new ArgumentError("draws", `must hold at least one draw, got ${numChains} chains × ${numDraws} draws`);
  const denoised = estimateOverChains(novelty(target.memory, retrievals), numChains);
  const attentionEntropy = estimateOverChains(draws.attentionEntropy, numChains);
  return {
    novelty: {
      ...estimateOverChains(
        draws.maxCosine.map((cosine) => 1 - cosine),
        numChains,
      ),
      floor: noveltyFloor(target),
      denoised: denoised.mean,
      denoisedSe: denoised.se,
    },
    diversity: { pooled: pooledDiversity(positions, dim), withinChain: withinChainDiversity(positions, draws) },
    energy: estimateOverChains(draws.energy, numChains),
    maxCosine: mean(draws.maxCosine),
    attentionEntropy: attentionEntropy.mean,
    attentionEntropySe: attentionEntropy.se,
    acceptanceRate: mean(draws.acceptanceRate),
    nonFinite: draws.numNonFinite,
  };
}
