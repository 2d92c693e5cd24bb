/** Checks the options of a run and works out what follows from them, once for both engines. */
import { requireChoice, requireCount, requireSeed, requireStepSize } from "./checks.ts";
import { ArgumentError } from "./errors.ts";
import { fillNormals, permutation, uniform } from "./normal.ts";
import { chooseComponent, mixtureLogWeights } from "./mixture.ts";
import { purposes, type PhiloxKey } from "./philox.ts";
import { kernelNames, startNames, type Draws, type HopfieldTarget, type SampleOptions } from "./types.ts";

/** More elements than this do not fit one typed array or GPU buffer with comfort; a run asks for fewer draws instead. */
const maxElements = 2 ** 31;

/** The published starts add noise of this standard deviation to a stored pattern. */
const patternStartNoise = 0.01;

export interface RunPlan {
  readonly key: PhiloxKey;
  /** Steps of one chain, burn-in included. */
  readonly numSteps: number;
  /** Steps of one chain that are carried out: `exact` draws are independent, so only kept ones are made. */
  readonly numWorkedSteps: number;
}

/** @throws ArgumentError naming the option that breaks its rule */
export function requireSampleOptions(target: HopfieldTarget, options: SampleOptions): RunPlan {
  const { dim } = target.memory;
  requireChoice("kernel", options.kernel, kernelNames);
  requireStepSize("stepSize", options.stepSize);
  const key = requireSeed("seed", options.seed);
  const numChains = requireCount("numChains", options.numChains, 1);
  const numBurnIn = requireCount("numBurnIn", options.numBurnIn);
  const numDraws = requireCount("numDraws", options.numDraws, 1);
  const thinning = requireCount("thinning", options.thinning, 1);
  if (numChains * numDraws * dim > maxElements)
    throw new ArgumentError(
      "numDraws",
      `numChains × numDraws × dim must be at most 2^31, got ${numChains} × ${numDraws} × ${dim}`,
      "keep fewer draws, or run fewer chains at a time",
    );
  const numSteps = numBurnIn + numDraws * thinning;
  if (numSteps >= 2 ** 32)
    throw new ArgumentError("thinning", `numBurnIn + numDraws × thinning must be below 2^32, got ${numSteps}`);
  if (typeof options.start === "string") requireChoice("start", options.start, startNames);
  else requireStartPositions(options.start, numChains, dim);
  return { key, numSteps, numWorkedSteps: options.kernel === "exact" ? numDraws : numSteps };
}

function requireStartPositions(start: Float32Array, numChains: number, dim: number): void {
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
 * the law.
 * @param options checked options
 */
export function startPositions(target: HopfieldTarget, options: SampleOptions, key: PhiloxKey): Float32Array {
  const { start, numChains } = options;
  if (typeof start !== "string") return start.slice();
  const { values, numPatterns, dim } = target.memory;
  const positions = new Float32Array(numChains * dim);
  const noise = new Float64Array(dim);
  const scale = start === "exact" ? 1 / Math.sqrt(target.beta) : patternStartNoise;
  const weights = mixtureLogWeights(target).map(Math.exp);
  let order: Uint32Array = new Uint32Array();
  for (let chain = 0; chain < numChains; chain++) {
    const place = chain % numPatterns;
    if (start === "pattern" && place === 0) order = permutation(numPatterns, key, chain / numPatterns);
    const pattern =
      start === "exact" ? chooseComponent(weights, uniform(0, chain, purposes.startSelect, key)) : order[place]!;
    fillNormals(0, chain, purposes.startNoise, key, noise);
    for (let i = 0; i < dim; i++) positions[chain * dim + i] = values[pattern * dim + i]! + scale * noise[i]!;
  }
  return positions;
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
