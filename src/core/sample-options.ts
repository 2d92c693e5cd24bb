/** Checks the options of a run and works out what follows from them, once for both engines. */
import { describe, requireChoice, requireCount, requireSeed, requireStepSize } from "./checks.ts";
import { ArgumentError } from "./errors.ts";
import { fillNormals, permutation, uniform } from "./normal.ts";
import { keptPatterns, type AttentionStack } from "./attention-stack.ts";
import { isExponential } from "./langevin.ts";
import { chooseComponent, componentWeights } from "./mixture.ts";
import { requireLevels, type Level } from "./schedule.ts";
import { purposes, type PhiloxKey } from "./philox.ts";
import {
  collapseNames,
  kernelNames,
  startNames,
  type Draws,
  type HopfieldTarget,
  type MemoryMatrix,
  type SampleOptions,
} from "./types.ts";

/** More elements than this do not fit one typed array or GPU buffer with comfort; a run asks for fewer draws instead. */
export const maxDrawElements = 2 ** 31;

/** Step numbers are words of the generator's counter. */
export const maxSteps = 2 ** 32;

/** As are the numbers of chains. */
const maxChains = 2 ** 32;

/** The published starts add noise of this standard deviation to a stored pattern. */
const patternStartNoise = 0.01;

export interface RunPlan {
  readonly key: PhiloxKey;
  /** Steps of one chain, burn-in included. */
  readonly numSteps: number;
  /** Steps of one chain that are carried out: `exact` draws are independent, so only kept ones are made. */
  readonly numWorkedSteps: number;
  readonly levels: readonly Level[];
  /** Number of the first chain, as the generator counts them. */
  readonly firstChain: number;
}

/** @throws ArgumentError naming the option that breaks its rule */
export function requireSampleOptions(target: HopfieldTarget, stack: AttentionStack, options: SampleOptions): RunPlan {
  const { dim } = target.memory;
  requireChoice("kernel", options.kernel, kernelNames);
  requireStepSize("stepSize", options.stepSize);
  const key = requireSeed("seed", options.seed);
  const numChains = requireCount("numChains", options.numChains, 1);
  const firstChain = requireCount("firstChain", options.firstChain ?? 0);
  if (firstChain + numChains > maxChains)
    throw new ArgumentError("firstChain", `firstChain + numChains must be at most 2^32, got ${firstChain + numChains}`);
  const numBurnIn = requireCount("numBurnIn", options.numBurnIn);
  const numDraws = requireCount("numDraws", options.numDraws, 1);
  const thinning = requireCount("thinning", options.thinning, 1);
  if (numChains * numDraws * dim > maxDrawElements)
    throw new ArgumentError(
      "numDraws",
      `numChains × numDraws × dim must be at most 2^31, got ${numChains} × ${numDraws} × ${dim}`,
      "keep fewer draws, or run fewer chains at a time",
    );
  const numSteps = numBurnIn + numDraws * thinning;
  if (numSteps >= maxSteps)
    throw new ArgumentError("thinning", `numBurnIn + numDraws × thinning must be below 2^32, got ${numSteps}`);
  if (typeof options.start === "string") requireChoice("start", options.start, startNames);
  else requireStartPositions(options.start, numChains, dim);
  requireCirculation(options);
  if (options.collapse !== undefined) requireChoice("collapse", options.collapse, collapseNames);
  if (!stack.isMixture) requireNoMixture(stack, options);
  if (stack.patches && options.collapse === "on")
    throw new ArgumentError(
      "collapse",
      'must be "auto" or "off" for patches, got "on"',
      "each window spans directions of its own, so there is no small space that all of them share",
    );
  const levels = requireLevels(target, options);
  return { key, numSteps, numWorkedSteps: options.kernel === "exact" ? numDraws : numSteps, levels, firstChain };
}

function requireCirculation({ kernel, circulation = 0, stepSize }: SampleOptions): void {
  if (!Number.isFinite(circulation))
    throw new ArgumentError("circulation", `must be a finite number, got ${describe(circulation)}`);
  if (circulation !== 0 && !isExponential(kernel))
    throw new ArgumentError("circulation", `must be 0 for ${kernel}, got ${circulation}`, "use ou or ou-mala");
  if (circulation !== 0 && stepSize === 1)
    throw new ArgumentError(
      "circulation",
      `must be 0 at step size 1, where a step forgets its position, got ${circulation}`,
      "take a smaller step size",
    );
}

/** Several heads make a density without a closed form: what draws from the mixture has nothing to draw from. */
function requireNoMixture({ patches }: AttentionStack, { kernel, start }: SampleOptions): void {
  const reason = patches
    ? "they draw from one mixture, and there is none for several windows"
    : "there is no closed form for several heads, or for one with a power other than 1";
  if (kernel === "gibbs" || kernel === "exact")
    throw new ArgumentError("kernel", `must be a Langevin kernel for this target, got "${kernel}"`, reason);
  if (start === "exact")
    throw new ArgumentError("start", 'must be "pattern", "mean" or positions for this target, got "exact"', reason);
}

function requireStartPositions(start: unknown, numChains: number, dim: number): void {
  if (!(start instanceof Float32Array))
    throw new ArgumentError("start", `must be ${startNames.join(", ")} or a Float32Array, got ${describe(start)}`);
  if (start.length !== numChains * dim)
    throw new ArgumentError(
      "start",
      `length must be numChains × dim = ${numChains} × ${dim} = ${numChains * dim}, got ${start.length}`,
    );
  const bad = start.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0)
    throw new ArgumentError(
      "start",
      `must be finite, got ${start[bad]} at chain ${Math.floor(bad / dim)}, coordinate ${bad % dim}`,
    );
}

/**
 * Where chains start, [numChains, dim], in float32 and so the same on every engine. A chain's start does not depend on
 * how many chains there are: `pattern` deals the patterns round by round in a fresh random order, `exact` draws from
 * the law, `mean` adds the noise of the first level's temperature to the mean of the patterns.
 * @param options checked options
 */
export function startPositions(
  target: HopfieldTarget,
  stack: AttentionStack,
  options: SampleOptions,
  { key, levels, firstChain }: RunPlan,
): Float32Array {
  const { start, numChains } = options;
  if (typeof start !== "string") return start.slice();
  const { dim } = stack;
  // Independent draws have no use for a start.
  if (options.kernel === "exact") return new Float32Array(numChains * dim);
  const { beta } = levels[0]!;
  const isExact = start === "exact";
  const isDealt = start === "pattern";
  const kept = keptPatterns(target);
  const positions = new Float32Array(numChains * dim);
  const noise = new Float64Array(dim);
  const scale = isDealt ? patternStartNoise : 1 / Math.sqrt(beta);
  const weights = isExact ? componentWeights(stack, beta) : [];
  const centres = isExact ? stack.rows : isDealt ? target.memory.values : meanPattern(target.memory, kept);
  let order: Uint32Array = new Uint32Array();
  for (let chain = 0; chain < numChains; chain++) {
    const number = firstChain + chain;
    const place = number % kept.length;
    if (isDealt && (place === 0 || chain === 0))
      order = permutation(kept.length, key, Math.floor(number / kept.length));
    const centre = isExact
      ? chooseComponent(weights, uniform(0, number, purposes.startSelect, key))
      : isDealt
        ? kept[order[place]!]!
        : 0;
    fillNormals(0, number, purposes.startNoise, key, noise);
    for (let i = 0; i < dim; i++) positions[chain * dim + i] = centres[centre * dim + i]! + scale * noise[i]!;
  }
  return positions;
}

/** The mean of the kept patterns, [dim]. */
function meanPattern({ values, dim }: MemoryMatrix, kept: readonly number[]): Float64Array {
  const mean = new Float64Array(dim);
  for (const k of kept) for (let i = 0; i < dim; i++) mean[i]! += values[k * dim + i]! / kept.length;
  return mean;
}

/** Zeroed draws of the right shapes. */
export function createDraws(numChains: number, numDraws: number, dim: number): Draws & { numNonFinite: number } {
  return {
    numChains,
    numDraws,
    dim,
    positions: new Float32Array(numChains * numDraws * dim),
    retrievals: new Float32Array(numChains * numDraws * dim),
    energy: new Float64Array(numChains * numDraws),
    attentionEntropy: new Float64Array(numChains * numDraws),
    maxCosine: new Float64Array(numChains * numDraws),
    acceptanceRate: new Float64Array(numChains),
    meanLogRatio: new Float64Array(numChains),
    numNonFinite: 0,
  };
}
