/**
 * Attention at fixed probes, as a function of β (spec section 2): with e_k = m_k·ξ and p = softmax(βe), entropy, variance
 * and third moment of e under p, averaged over probes. The probes are the first stored patterns, as published.
 */
import { requireMemory } from "../core/memory-matrix.ts";
import type { MemoryMatrix } from "../core/types.ts";

const maxProbes = 20;

/**
 * How far each pattern falls short of the best at a probe, max_j e_j − e_k ≥ 0: [numProbes][numPatterns]. Moments about
 * the best keep their precision where all the weight is on it.
 */
export type ProbeGaps = readonly Float64Array[];

/** @throws ArgumentError for a malformed memory */
export function probeGaps(memory: MemoryMatrix): ProbeGaps {
  const { values, numPatterns, dim } = requireMemory("memory", memory);
  return Array.from({ length: Math.min(numPatterns, maxProbes) }, (_, probe) => {
    const overlaps = Float64Array.from({ length: numPatterns }, (__, k) => {
      let sum = 0;
      for (let i = 0; i < dim; i++) sum += values[probe * dim + i]! * values[k * dim + i]!;
      return sum;
    });
    const best = overlaps.reduce((a, b) => Math.max(a, b));
    return overlaps.map((overlap) => best - overlap);
  });
}

/** Averages over probes. */
export interface ProbeMoments {
  /** H in nats. */
  readonly entropy: number;
  /** Var_p(e); dH/dβ = −β Var. */
  readonly variance: number;
  /** Var + β μ₃ = −d²H/dβ². */
  readonly concavity: number;
}

export function probeMoments(gaps: ProbeGaps, beta: number): ProbeMoments {
  let entropy = 0;
  let variance = 0;
  let third = 0;
  for (const row of gaps) {
    let total = 0;
    let gapSum = 0;
    for (const gap of row) {
      const weight = Math.exp(-beta * gap);
      total += weight;
      gapSum += weight * gap;
    }
    const meanGap = gapSum / total;
    entropy += Math.log(total) + beta * meanGap;
    let squares = 0;
    let cubes = 0;
    for (const gap of row) {
      const weight = Math.exp(-beta * gap);
      const deviation = meanGap - gap;
      squares += weight * deviation * deviation;
      cubes += weight * deviation * deviation * deviation;
    }
    variance += squares / total;
    third += cubes / total;
  }
  const numProbes = gaps.length;
  return {
    entropy: entropy / numProbes,
    variance: variance / numProbes,
    concavity: (variance + beta * third) / numProbes,
  };
}
