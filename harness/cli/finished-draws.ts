/** Keeps account of the draws that a run has finished, so that an interrupted one still leaves a whole rectangle. */
import type { DrawChunk, Draws } from "../../src/index.ts";

export interface FinishedDraws {
  /** Pass to the run as `onDraws`. */
  add(chunk: DrawChunk): void;
  /** The largest rectangle of chains (from chain 0) × draws (from draw 0) that is complete; undefined if none is. */
  rectangle(): Draws | undefined;
}

export function trackFinishedDraws(numChains: number): FinishedDraws {
  const numFinished = new Uint32Array(numChains);
  // Averages go on changing after a chunk: they are copied with it.
  const acceptanceRate = new Float64Array(numChains);
  const meanLogRatio = new Float64Array(numChains);
  let numNonFinite = 0;
  let draws: Draws | undefined;

  return {
    add(chunk) {
      draws = chunk.draws;
      numNonFinite = draws.numNonFinite;
      for (let chain = chunk.firstChain; chain < chunk.firstChain + chunk.numChains; chain++) {
        numFinished[chain] = chunk.draw + 1;
        acceptanceRate[chain] = draws.acceptanceRate[chain]!;
        meanLogRatio[chain] = draws.meanLogRatio[chain]!;
      }
    },
    rectangle() {
      if (draws === undefined) return undefined;
      let best = { chains: 0, draws: 0 };
      let shortest = Infinity;
      for (let chain = 0; chain < numChains; chain++) {
        shortest = Math.min(shortest, numFinished[chain]!);
        if ((chain + 1) * shortest >= best.chains * best.draws) best = { chains: chain + 1, draws: shortest };
      }
      if (best.draws === 0) return undefined;
      return {
        ...cut(draws, best.chains, best.draws),
        acceptanceRate: acceptanceRate.slice(0, best.chains),
        meanLogRatio: meanLogRatio.slice(0, best.chains),
        numNonFinite,
      };
    },
  };
}

/** The first `numDraws` draws of the first `numChains` chains. */
function cut(
  draws: Draws,
  numChains: number,
  numDraws: number,
): Omit<Draws, "acceptanceRate" | "meanLogRatio" | "numNonFinite"> {
  const { dim } = draws;
  const rows = <T extends Float32Array | Float64Array>(from: T, to: T, width: number): T => {
    for (let chain = 0; chain < numChains; chain++) {
      const start = chain * draws.numDraws * width;
      to.set(from.subarray(start, start + numDraws * width), chain * numDraws * width);
    }
    return to;
  };
  const figures = (from: Float64Array): Float64Array => rows(from, new Float64Array(numChains * numDraws), 1);
  const vectors = (from: Float32Array): Float32Array => rows(from, new Float32Array(numChains * numDraws * dim), dim);
  return {
    numChains,
    numDraws,
    dim,
    positions: vectors(draws.positions),
    retrievals: vectors(draws.retrievals),
    energy: figures(draws.energy),
    attentionEntropy: figures(draws.attentionEntropy),
    maxCosine: figures(draws.maxCosine),
  };
}
