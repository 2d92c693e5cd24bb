/**
 * Ratios of normalisers from draws on both sides (Bennett 1976): the estimator of least variance that uses nothing but
 * log density differences, and so the natural one where tempering has draws of every neighbour anyway.
 */

/** Log density differences at the draws of two neighbouring laws f_0 and f_1, chain after chain. */
export interface BridgeDraws {
  /** log f_1 − log f_0 at draws of f_0, [numChains, numDraws] */
  readonly forward: Float64Array;
  /** log f_0 − log f_1 at draws of f_1, [numChains, numDraws] */
  readonly backward: Float64Array;
}

export interface BridgeEstimate {
  /** log Z_1 / Z_0 */
  readonly logRatio: number;
  /** First-order influence of every chain on it, [numChains]; their sum is zero. */
  readonly influence: Float64Array;
  /** Draws, in effect, on which both laws have weight; below about one the ratio is a guess. */
  readonly overlap: number;
}

const numBisections = 100;

/** The Δ at which Σ σ(forward − Δ) = Σ σ(backward + Δ), with σ the logistic function and as many draws on each side. */
export function bridge({ forward, backward }: BridgeDraws, numChains: number): BridgeEstimate {
  let low = Infinity;
  let high = -Infinity;
  for (let n = 0; n < forward.length; n++) {
    low = Math.min(low, forward[n]!, -backward[n]!);
    high = Math.max(high, forward[n]!, -backward[n]!);
  }
  // At `low` every forward term is at least ½ and every backward term at most ½; at `high` the other way round.
  for (let i = 0; i < numBisections && low < high; i++) {
    const middle = (low + high) / 2;
    let excess = 0;
    for (let n = 0; n < forward.length; n++) excess += logistic(forward[n]! - middle) - logistic(backward[n]! + middle);
    if (excess > 0) low = middle;
    else high = middle;
  }
  const logRatio = (low + high) / 2;

  const influence = new Float64Array(numChains);
  const numDraws = forward.length / numChains;
  let slope = 0;
  for (let n = 0; n < forward.length; n++) {
    const p = logistic(forward[n]! - logRatio);
    const q = logistic(backward[n]! + logRatio);
    influence[Math.floor(n / numDraws)]! += p - q;
    slope += p * (1 - p) + q * (1 - q);
  }
  // Each draw in the overlap adds at most ¼ to the slope.
  return { logRatio, influence: influence.map((excess) => excess / slope), overlap: 4 * slope };
}

function logistic(x: number): number {
  return 1 / (1 + Math.exp(-x));
}
