/**
 * Parallel tempering over a ladder of β, with non-reversible swaps (pairs of even and of odd place in turn), for laws
 * whose patterns stand too far apart for a single temperature. The sampler does the steps at every temperature; here are
 * the swaps, the estimate of log Z and the spacing of the ladder. Swaps exchange u = √β (ξ − c), see scaled-law.ts; the
 * end at β = 0 is drawn afresh in every round.
 */
import { requireChoice, requireCount, requireSeed } from "../core/checks.ts";
import { derivedSeed } from "../core/derived-seed.ts";
import { ArgumentError } from "../core/errors.ts";
import { fillNormals, uniform } from "../core/normal.ts";
import { purposes, type PhiloxKey } from "../core/philox.ts";
import { createDraws } from "../core/sample-options.ts";
import type { KernelName, Draws, HopfieldTarget, RunHooks, SampleOptions, Sampler } from "../core/types.ts";
import { bridge } from "./bridge.ts";
import type { CreateSampler } from "./create-sampler.ts";
import { evenLadder, requireLadder, retunedLadder } from "./ladder.ts";
import { createScaledLaw, type ScaledLaw } from "./scaled-law.ts";

export interface TemperingOptions extends Pick<SampleOptions, "kernel" | "stepSize" | "seed" | "numChains"> {
  /**
   * β from the lowest to the target's own, increasing and above 0, without the end at 0, which is always there; or
   * `auto`, which spaces it so that all neighbours reject alike.
   */
  readonly ladder: "auto" | ArrayLike<number>;
  /** Steps of the kernel at every temperature between two rounds of swaps. */
  readonly stepsPerRound: number;
  /**
   * Rounds before the first kept stretch; no average has them. Where chains start biases log Z until most of them have
   * been renewed from β = 0, which takes some dozens of Λ rounds for all.
   */
  readonly numBurnIn: number;
  /** Kept draws per chain. */
  readonly numDraws: number;
  /** Rounds per kept draw. */
  readonly thinning: number;
  /**
   * Where every temperature starts: the Gaussian of β = 0, which knows nothing of the patterns, or positions ξ
   * [numChains, dim].
   */
  readonly start?: "gaussian" | Float32Array;
}

export interface TemperingResult {
  /** At the target's β. A chain is a whole ladder: chains are independent of each other. */
  readonly draws: Draws;
  /** β, from 0 to the target's, [numLevels] */
  readonly ladder: Float64Array;
  /** Mean rejection between neighbours, [numLevels − 1] */
  readonly rejectionRates: Float64Array;
  /** Λ, the sum of the rejections: the law's own difficulty, in the limit of a fine ladder. */
  readonly communicationBarrier: number;
  /** Acceptance of the kernel at each temperature, [numLevels]; 1 at β = 0 */
  readonly acceptanceRates: Float64Array;
  /**
   * log Z of the target's β, by bridge sampling up the ladder from β = 0, where it is known. The error is over chains,
   * null for a single one.
   */
  readonly logPartition: { readonly mean: number; readonly se: number | null };
  /** How often a state drawn at β = 0 has come up to the target after burn-in, [numChains] */
  readonly numRestarts: Uint32Array;
}

/**
 * Rounds of the passes that space an automatic ladder, each going on from the last; the first half of each is left out of
 * its averages.
 */
const tuningPasses = [16, 32, 64, 128];
const numFirstGaps = 8;

/** Draws that two neighbours must have in common, in effect, for the ratio of their normalisers to mean anything. */
const leastOverlap = 4;

/** Kernels that leave the law as it is; log Z and swaps would inherit the bias of the others. */
export const lawfulKernels = ["mala", "ou-mala", "gibbs", "exact"] as const satisfies readonly KernelName[];

export interface TemperingHooks extends Pick<RunHooks, "signal" | "onProgress"> {
  /**
   * Aborting ends the run after the round under way: it resolves with the draws that are complete, fewer than were asked
   * for, or rejects with the signal's reason if there are none. `signal` rejects in any case.
   */
  readonly stop?: AbortSignal;
}

/**
 * @param createSampler engine to use; the sampler made with it is disposed at the end
 * @throws ArgumentError before any work if an option breaks its rule
 */
export async function parallelTempering(
  createSampler: CreateSampler,
  target: HopfieldTarget,
  options: TemperingOptions,
  hooks: TemperingHooks = {},
): Promise<TemperingResult> {
  const key = requireSeed("seed", options.seed);
  requireChoice("kernel", options.kernel, lawfulKernels);
  requireCount("numChains", options.numChains, 1);
  requireCount("stepsPerRound", options.stepsPerRound, 1);
  requireCount("numBurnIn", options.numBurnIn);
  requireCount("numDraws", options.numDraws, 1);
  requireCount("thinning", options.thinning, 1);
  const law = createScaledLaw(target);
  requireStart(options, law.dim);
  const given = options.ladder === "auto" ? undefined : requireLadder("ladder", options.ladder, target.beta);

  await using sampler = await createSampler(target);
  const tempering: Tempering = { sampler, law, options, hooks };
  const tuned = given
    ? { ladder: given, levels: startLevels(law, given, options, key) }
    : await tuneLadder(tempering, key);
  const { result } = await runLadder(tempering, tuned, options, keyOfPass(key, tuningPasses.length), true);
  return result;
}

interface Tempering {
  readonly sampler: Sampler;
  readonly law: ScaledLaw;
  readonly options: TemperingOptions;
  readonly hooks: TemperingHooks;
}

function requireStart({ start = "gaussian", numChains }: TemperingOptions, dim: number): void {
  if (start === "gaussian") return;
  if (!(start instanceof Float32Array))
    throw new ArgumentError("start", `must be "gaussian" or a Float32Array, got ${JSON.stringify(start)}`);
  if (start.length !== numChains * dim)
    throw new ArgumentError(
      "start",
      `length must be numChains × dim = ${numChains} × ${dim} = ${numChains * dim}, got ${start.length}`,
    );
}

/** Passes share no random number with each other or with the final run. */
function keyOfPass(key: PhiloxKey, pass: number): PhiloxKey {
  return requireSeed("seed", derivedSeed(key, pass));
}

/** A ladder with the states that its rungs start at. */
interface FilledLadder {
  /** β, increasing from 0, [numLevels] */
  readonly ladder: Float64Array;
  readonly levels: readonly TemperatureLevel[];
}

async function tuneLadder(tempering: Tempering, key: PhiloxKey): Promise<FilledLadder> {
  const first = evenLadder(tempering.sampler.target.beta, numFirstGaps);
  let filled: FilledLadder = { ladder: first, levels: startLevels(tempering.law, first, tempering.options, key) };
  for (const [pass, numRounds] of tuningPasses.entries()) {
    const rounds = { numBurnIn: numRounds / 2, numDraws: 1, thinning: numRounds / 2 };
    const { result, levels } = await runLadder(tempering, filled, rounds, keyOfPass(key, pass), false);
    filled = refill({ ladder: filled.ladder, levels }, retunedLadder(filled.ladder, result.rejectionRates));
  }
  return filled;
}

/** Each new rung takes the states u of the old one that is nearest in √β, so that what has settled stays settled. */
function refill({ ladder: old, levels }: FilledLadder, ladder: Float64Array): FilledLadder {
  const filled = Array.from(ladder, (beta) => {
    let nearest = 0;
    for (const [level, candidate] of old.entries())
      if (Math.abs(Math.sqrt(candidate) - Math.sqrt(beta)) < Math.abs(Math.sqrt(old[nearest]!) - Math.sqrt(beta)))
        nearest = level;
    const { states, isFresh } = levels[nearest]!;
    return { states: states.slice(), isFresh: new Uint8Array(isFresh.length) };
  });
  return { ladder, levels: filled };
}

/** Rounds of one ladder; its states go on from where they are. */
async function runLadder(
  { sampler, law, options, hooks }: Tempering,
  { ladder, levels }: FilledLadder,
  { numBurnIn, numDraws, thinning }: Pick<TemperingOptions, "numBurnIn" | "numDraws" | "thinning">,
  key: PhiloxKey,
  reportsProgress: boolean,
): Promise<{ readonly result: TemperingResult; readonly levels: readonly TemperatureLevel[] }> {
  const { numChains, stepsPerRound, kernel, stepSize } = options;
  const top = ladder.length - 1;
  const numRounds = numBurnIn + numDraws * thinning;
  const tally = createTally(top, numChains);
  const acceptanceSums = new Float64Array(top);
  const kept: Draws[] = [];
  const runs = createRunSums(numChains);
  const positions = new Float32Array(numChains * law.dim);

  for (let round = 1; round <= numRounds; round++) {
    if (hooks.stop?.aborted) {
      if (kept.length === 0) throw hooks.stop.reason;
      break;
    }
    const isCounted = round > numBurnIn;
    drawGaussian(levels[0]!, law.dim, round, key);
    for (let level = 1; level <= top; level++) {
      hooks.signal?.throwIfAborted();
      const beta = ladder[level]!;
      law.toPositions(beta, levels[level]!.states, positions);
      const run = await sampler.run(
        {
          kernel,
          stepSize,
          seed: derivedSeed(key, round, level),
          numChains,
          numBurnIn: 0,
          numDraws: 1,
          thinning: stepsPerRound,
          start: positions,
          schedule: [{ numSteps: stepsPerRound, beta }],
        },
        hooks.signal && { signal: hooks.signal },
      );
      law.fromPositions(beta, run.positions, levels[level]!.states);
      runs.numNonFinite += run.numNonFinite;
      if (!isCounted) continue;
      acceptanceSums[level - 1]! += run.acceptanceRate.reduce((sum, rate) => sum + rate, 0);
      if (level < top) continue;
      for (let chain = 0; chain < numChains; chain++) {
        runs.acceptance[chain]! += run.acceptanceRate[chain]!;
        runs.logRatio[chain]! += run.meanLogRatio[chain]!;
      }
      if ((round - numBurnIn) % thinning === 0) kept.push(run);
    }
    if (isCounted) tally.countRound();
    for (let chain = 0; chain < numChains; chain++)
      swapNeighbours(law, ladder, levels, tally, { round, isCounted, chain }, key);
    if (reportsProgress) {
      const stepsOfRound = top * stepsPerRound * numChains;
      hooks.onProgress?.({ done: round * stepsOfRound, total: numRounds * stepsOfRound });
    }
  }
  const { numCounted } = tally;
  const rejectionRates = tally.rejections.map((sum) => sum / (numChains * numCounted));
  const result = {
    draws: assembleDraws(kept, runs, numCounted),
    ladder,
    rejectionRates,
    communicationBarrier: rejectionRates.reduce((sum, rate) => sum + rate, 0),
    acceptanceRates: Float64Array.of(1, ...acceptanceSums.map((sum) => sum / (numChains * numCounted))),
    logPartition: estimateLogPartition(law, ladder, tally, numChains),
    numRestarts: tally.numRestarts,
  };
  return { result, levels };
}

/** The states of all chains at one temperature. */
interface TemperatureLevel {
  /** u, [numChains, dim] */
  readonly states: Float64Array;
  /** Whether a state was drawn at β = 0 and has not been at the target since, [numChains]. */
  readonly isFresh: Uint8Array;
}

/** What the rounds after burn-in add up to. */
interface Tally {
  /** Sums of rejection probabilities, [numPairs]. */
  readonly rejections: Float64Array;
  /** Log density differences of neighbours, [numPairs] of [numCounted] of [numChains]. */
  readonly differences: readonly RoundDifferences[];
  /** Rounds so far. */
  readonly numCounted: number;
  readonly numRestarts: Uint32Array;
  /** Makes room for the next round. */
  countRound(): void;
}

interface RoundDifferences {
  readonly forward: Float64Array[];
  readonly backward: Float64Array[];
}

function createTally(numPairs: number, numChains: number): Tally {
  const differences = Array.from({ length: numPairs }, (): RoundDifferences => ({ forward: [], backward: [] }));
  return {
    rejections: new Float64Array(numPairs),
    differences,
    get numCounted() {
      return differences[0]!.forward.length;
    },
    numRestarts: new Uint32Array(numChains),
    countRound() {
      for (const { forward, backward } of differences) {
        forward.push(new Float64Array(numChains));
        backward.push(new Float64Array(numChains));
      }
    },
  };
}

/** What the runs at the target's β add up to, chain by chain. */
interface RunSums {
  readonly acceptance: Float64Array;
  readonly logRatio: Float64Array;
  numNonFinite: number;
}

function createRunSums(numChains: number): RunSums {
  return { acceptance: new Float64Array(numChains), logRatio: new Float64Array(numChains), numNonFinite: 0 };
}

function startLevels(
  law: ScaledLaw,
  ladder: Float64Array,
  { start = "gaussian", numChains }: TemperingOptions,
  key: PhiloxKey,
): readonly TemperatureLevel[] {
  return Array.from(ladder, (beta, index) => {
    const level = { states: new Float64Array(numChains * law.dim), isFresh: new Uint8Array(numChains) };
    if (typeof start !== "string") law.fromPositions(beta, start, level.states);
    else
      for (let chain = 0; chain < numChains; chain++)
        fillNormals(
          index,
          chain,
          purposes.startNoise,
          key,
          level.states.subarray(chain * law.dim, (chain + 1) * law.dim),
        );
    return level;
  });
}

/** β = 0: independent of all that went before. */
function drawGaussian({ states, isFresh }: TemperatureLevel, dim: number, round: number, key: PhiloxKey): void {
  for (let chain = 0; chain < isFresh.length; chain++)
    fillNormals(round, chain, purposes.noise, key, states.subarray(chain * dim, (chain + 1) * dim));
  isFresh.fill(1);
}

interface SwapPlace {
  /** From 1. */
  readonly round: number;
  /** After burn-in. */
  readonly isCounted: boolean;
  readonly chain: number;
}

/**
 * Swaps of one chain in one round: of pairs of even place and of odd place in turn. The log ratio
 * log f_{i+1}(u_i) + log f_i(u_{i+1}) − log f_i(u_i) − log f_{i+1}(u_{i+1}) is that of exchanging ξ' − c = (ξ − c) √(β_i/β_{i+1}).
 */
function swapNeighbours(
  law: ScaledLaw,
  ladder: Float64Array,
  levels: readonly TemperatureLevel[],
  tally: Tally,
  { round, isCounted, chain }: SwapPlace,
  key: PhiloxKey,
): void {
  const top = ladder.length - 1;
  const row = (level: number): Float64Array => levels[level]!.states.subarray(chain * law.dim, (chain + 1) * law.dim);
  // All differences come before all swaps, so that every draw is one of its own level.
  const own = Array.from(ladder, (beta, level) => law.logDensity(beta, row(level)));
  const pairs = Array.from({ length: top }, (_, pair) => pair).filter((pair) => isCounted || (pair + round) % 2 === 0);
  const accepted = pairs.filter((pair) => {
    const forward = law.logDensity(ladder[pair + 1]!, row(pair)) - own[pair]!;
    const backward = law.logDensity(ladder[pair]!, row(pair + 1)) - own[pair + 1]!;
    if (isCounted) {
      const differences = tally.differences[pair]!;
      differences.forward.at(-1)![chain] = forward;
      differences.backward.at(-1)![chain] = backward;
      tally.rejections[pair]! += 1 - Math.min(1, Math.exp(forward + backward));
    }
    if ((pair + round) % 2 !== 0) return false;
    return Math.log(uniform((round - 1) * top + pair, chain, purposes.swap, key)) < forward + backward;
  });
  for (const pair of accepted) {
    const lower = row(pair).slice();
    row(pair).set(row(pair + 1));
    row(pair + 1).set(lower);
    const [low, high] = [levels[pair]!.isFresh, levels[pair + 1]!.isFresh];
    [low[chain], high[chain]] = [high[chain]!, low[chain]!];
  }
  const atTop = levels[top]!.isFresh;
  if (atTop[chain] === 0) return;
  atTop[chain] = 0;
  if (isCounted) tally.numRestarts[chain]!++;
}

/** The kept runs at the target's β, one draw of every chain each, as one. */
function assembleDraws(
  kept: readonly Draws[],
  { acceptance, logRatio, numNonFinite }: RunSums,
  numCounted: number,
): Draws {
  const { numChains, dim } = kept[0]!;
  const numDraws = kept.length;
  const draws = createDraws(numChains, numDraws, dim);
  for (const [draw, run] of kept.entries())
    for (let chain = 0; chain < numChains; chain++) {
      const at = chain * numDraws + draw;
      draws.positions.set(run.positions.subarray(chain * dim, (chain + 1) * dim), at * dim);
      draws.retrievals.set(run.retrievals.subarray(chain * dim, (chain + 1) * dim), at * dim);
      draws.energy[at] = run.energy[chain]!;
      draws.attentionEntropy[at] = run.attentionEntropy[chain]!;
      draws.maxCosine[at] = run.maxCosine[chain]!;
    }
  draws.acceptanceRate.set(acceptance.map((sum) => sum / numCounted));
  draws.meanLogRatio.set(logRatio.map((sum) => sum / numCounted));
  draws.numNonFinite = numNonFinite;
  return draws;
}

/** Bridges from β = 0 up to the target, and back from u to ξ: log Z = log ∫ f_β(u) du − (d/2) log β. */
function estimateLogPartition(
  law: ScaledLaw,
  ladder: Float64Array,
  { differences }: Tally,
  numChains: number,
): TemperingResult["logPartition"] {
  let mean = law.logPartitionAtZero - (law.dim / 2) * Math.log(ladder.at(-1)!);
  const influence = new Float64Array(numChains);
  let isConnected = true;
  for (const pair of differences) {
    const step = bridge({ forward: chainMajor(pair.forward), backward: chainMajor(pair.backward) }, numChains);
    mean += step.logRatio;
    if (step.overlap < leastOverlap) isConnected = false;
    for (let chain = 0; chain < numChains; chain++) influence[chain]! += step.influence[chain]!;
  }
  if (!isConnected) return { mean, se: Infinity };
  if (numChains < 2) return { mean, se: null };
  const squares = influence.reduce((sum, value) => sum + value * value, 0);
  return { mean, se: Math.sqrt((squares * numChains) / (numChains - 1)) };
}

/** [round][chain] to [numChains, numRounds]. */
function chainMajor(rounds: readonly Float64Array[]): Float64Array {
  const numChains = rounds[0]!.length;
  return Float64Array.from(
    { length: numChains * rounds.length },
    (_, at) => rounds[at % rounds.length]![Math.floor(at / rounds.length)]!,
  );
}
