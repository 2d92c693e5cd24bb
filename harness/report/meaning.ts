/**
 * One sentence that says what a run's figures mean, chosen from the figures alone. It claims no quality: for that a
 * held-out set is needed.
 */
import { mean, novelty, type Estimate, type MemoryMatrix, type Metrics } from "../../src/index.ts";
import { formatFixed } from "./format.ts";

/** Standard errors between a run and the exact law that are no longer chance. */
const maxSigma = 5;
/** Fewer chains than this give no standard error to rely on. */
const minChains = 10;
/** Relative difference from the noise floor, which is itself an approximation, that counts as equal. */
const floorTolerance = 0.02;
/** Standard errors between the novelty and its floor that are chance. */
const floorSigma = 3;
/** Share of the noise's own diversity up to which the draws of one chain are the same draw. */
const stillShare = 0.1;
/** Acceptance rate below which chains stand still because their steps are too large, not too small. */
const lowAcceptance = 0.2;
/** exp(attention entropy), the number of patterns that T(ξ) averages, from which on it is more than one. */
const minAveraged = 1.5;
/** Novelty of T(ξ), as a share of the patterns' own spacing, up to which it is a copy. */
const copyTolerance = 0.02;
/** Differences below this are float32's rounding, or too small to show. */
const minDifference = 1e-4;
/** Patterns to measure the memory's own spacing at: enough for a median. */
const maxProbes = 100;

/** What the run is compared with. */
export interface Yardstick {
  /** Null if there is nothing to compare with. */
  readonly exact: Metrics | null;
  readonly numChains: number;
  /** Median novelty of a stored pattern against the others; null for a single pattern. */
  readonly patternSpacing: number | null;
}

/** Median over the first patterns of 1 − max_{j≠k} cos(m_k, m_j); null for a single pattern. */
export function patternSpacing(memory: MemoryMatrix): number | null {
  const { values, numPatterns, dim } = memory;
  if (numPatterns < 2) return null;
  /** The patterns from `start` to before `end`, without a copy. */
  const part = (start: number, end: number): MemoryMatrix => ({
    values: values.subarray(start * dim, end * dim),
    numPatterns: end - start,
    dim,
  });
  const spacings = Array.from({ length: Math.min(numPatterns, maxProbes) }, (_, k) => {
    const others = [part(0, k), part(k + 1, numPatterns)].filter((side) => side.numPatterns > 0);
    return Math.min(...others.map((side) => mean(novelty(side, part(k, k + 1).values))));
  }).sort((a, b) => a - b);
  return spacings[Math.floor(spacings.length / 2)]!;
}

export function meaning(metrics: Metrics, yardstick: Yardstick): string {
  return (
    departure(metrics, yardstick) ?? stillness(metrics) ?? `${rawClause(metrics)}${denoisedClause(metrics, yardstick)}`
  );
}

/** The run against the exact law: bias and chains that have not settled come before any reading of the figures. */
function departure(run: Metrics, { exact: law, numChains }: Yardstick): string | undefined {
  if (law === null) return undefined;
  const denoised = (of: Metrics): Estimate => ({ mean: of.novelty.denoised, se: of.novelty.denoisedSe });
  const entropy = (of: Metrics): Estimate => ({ mean: of.attentionEntropy, se: of.attentionEntropySe });
  const candidates = [
    { name: "novelty", run: run.novelty, law: law.novelty },
    { name: "energy", run: run.energy, law: law.energy },
    { name: "denoised novelty", run: denoised(run), law: denoised(law) },
    { name: "attention entropy", run: entropy(run), law: entropy(law) },
  ].map((candidate) => ({ ...candidate, sigma: numSigma(candidate.run, candidate.law, numChains) }));
  const worst = candidates.reduce((a, b) => (b.sigma > a.sigma ? b : a));
  if (worst.sigma <= maxSigma) return undefined;
  return (
    `These are not draws from the stated law: their ${worst.name} is ${formatFixed(worst.run.mean)} where the exact law ` +
    `has ${formatFixed(worst.law.mean)} (${worst.sigma.toFixed(0)} standard errors apart), so the chains have not ` +
    "settled or the kernel is biased at this step size."
  );
}

function numSigma(run: Estimate, law: Estimate, numChains: number): number {
  if (run.se === null || law.se === null || numChains < minChains) return 0;
  const difference = Math.abs(run.mean - law.mean);
  return difference < minDifference ? 0 : difference / Math.hypot(run.se, law.se);
}

/** Chains that stand still keep whatever figures they started with, right ones too. */
function stillness({ diversity: { withinChain }, novelty: { floor }, acceptanceRate }: Metrics): string | undefined {
  // Two independent draws around one pattern have a cosine of 1/(1 + d/β) = (1 − floor)².
  const ofNoise = 1 - (1 - floor) ** 2;
  if (withinChain === null || ofNoise < minDifference || withinChain > stillShare * ofNoise) return undefined;
  return (
    `The chains have hardly moved: draws of one chain differ by ${formatFixed(withinChain)} where thermal noise alone ` +
    `makes ${formatFixed(ofNoise)}, so these figures are those of the starts ` +
    (acceptanceRate < lowAcceptance
      ? `(${(100 * acceptanceRate).toFixed(acceptanceRate < 0.01 ? 1 : 0)} % of the proposals were accepted: smaller steps, or --adapt, help).`
      : "(larger steps or more thinning help).")
  );
}

function rawClause({ novelty: { mean: raw, se, floor } }: Metrics): string {
  const value = formatFixed(raw);
  if (Math.abs(raw - floor) <= Math.max(floorTolerance * floor, minDifference, floorSigma * (se ?? 0)))
    return `Raw novelty ${value} is the noise floor ${formatFixed(floor)}: thermal noise alone takes ξ that far`;
  return raw > floor
    ? `Raw novelty ${value} is above the noise floor ${formatFixed(floor)}`
    : `Raw novelty ${value} is below the noise floor ${formatFixed(floor)}, as where patterns lie so close at this β that ` +
        "another one is often nearer than the one that ξ came from";
}

function denoisedClause({ novelty: { denoised }, attentionEntropy }: Metrics, yardstick: Yardstick): string {
  const spacing = yardstick.patternSpacing;
  const value = formatFixed(denoised);
  const beside = `novelty ${value}${spacing === null ? "" : `, where stored patterns keep ${formatFixed(spacing)} from each other`}`;
  const numAveraged = Math.exp(attentionEntropy);
  if (numAveraged >= minAveraged)
    return (
      `, and the denoised readout T(ξ) averages about ${Number(numAveraged.toPrecision(2))} stored patterns (${beside}), ` +
      "which by itself says nothing of quality."
    );
  // Each of several heads can be at one pattern, and their sum at none.
  if (spacing !== null && denoised > spacing)
    return `, and the denoised readout T(ξ) is farther from every stored pattern than these are from each other (${beside}).`;
  return denoised < Math.max(minDifference, copyTolerance * (spacing ?? 0))
    ? `, and the denoised readout T(ξ) retrieves copies of stored patterns (novelty ${value}).`
    : `, and the denoised readout T(ξ) stays close to single stored patterns (${beside}).`;
}
