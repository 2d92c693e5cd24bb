/**
 * Chooses a step size before a run and then leaves it alone: dual averaging (Nesterov 2009; Hoffman and Gelman 2014) of
 * log α on the mean acceptance over chains, in short runs that continue each other. The kept run belongs to the caller:
 * it starts where the adaptation ended, with a seed of its own and the step size that came out.
 */
import { requireCount, requireSeed, requireStepSize } from "../core/checks.ts";
import { derivedSeed } from "../core/derived-seed.ts";
import { ArgumentError } from "../core/errors.ts";
import { isAdjusted } from "../core/langevin.ts";
import type { RunHooks, SampleOptions, Sampler } from "../core/types.ts";

export interface AdaptationOptions extends Pick<SampleOptions, "kernel" | "seed" | "numChains" | "start"> {
  /** α of the first window; by default what `mala` would take inside a basin, (8 · 0.5622² / d)^(1/3), at most 1. */
  readonly stepSize?: number;
  /** Mean acceptance to reach, in (0, 1); 0.574 by default, the best of `mala` in many dimensions. */
  readonly targetAcceptance?: number;
  /** Windows with a step size of their own; 30 by default. */
  readonly numWindows?: number;
  /** Steps of a window; 20 by default. */
  readonly stepsPerWindow?: number;
}

export interface AdaptedStepSize {
  /** α, averaged over the windows, for the run to come. */
  readonly stepSize: number;
  readonly targetAcceptance: number;
  /** α and the mean acceptance of every window, in order. */
  readonly windows: readonly { readonly stepSize: number; readonly acceptanceRate: number }[];
  /** Where the chains ended, [numChains, dim]: `start` of the run to come, under another seed. */
  readonly positions: Float32Array;
}

const malaTarget = 0.574;
/** x with 2Φ(−x) = 0.574. */
const malaQuantile = 0.5622;

/** Hoffman and Gelman's constants: strength of the shrinkage, windows' worth of damping, decay of the average. */
const pull = 0.05;
const numDamped = 10;
const averageDecay = 0.75;

/**
 * α at which `mala` accepts 0.574 inside a basin: 2Φ(−√(α³d/8)) solved for α, at most 1.
 * @param dim d
 */
export function basinStepSize(dim: number): number {
  requireCount("dim", dim, 1);
  return Math.min(1, ((8 * malaQuantile ** 2) / dim) ** (1 / 3));
}

/**
 * @param sampler stays open; the caller goes on with it
 * @throws ArgumentError for a kernel that never rejects, or an option that breaks its rule
 */
export async function adaptStepSize(
  sampler: Sampler,
  options: AdaptationOptions,
  hooks: Pick<RunHooks, "signal" | "onProgress"> = {},
): Promise<AdaptedStepSize> {
  const { kernel, numChains, targetAcceptance = malaTarget, numWindows = 30, stepsPerWindow = 20 } = options;
  const key = requireSeed("seed", options.seed);
  requireCount("numWindows", numWindows, 1);
  requireCount("stepsPerWindow", stepsPerWindow, 1);
  if (!(targetAcceptance > 0 && targetAcceptance < 1))
    throw new ArgumentError("targetAcceptance", `must lie between 0 and 1, got ${targetAcceptance}`);
  requireAdjusted(kernel);
  const closedForm = basinStepSize(sampler.target.memory.dim);
  const first = requireStepSize("stepSize", options.stepSize ?? closedForm);

  // Towards the closed form wherever the first step was, and not ten times that as is usual: it is near the answer.
  const shrinkage = Math.log(closedForm);
  let { start } = options;
  let error = 0;
  let logStepSize = Math.log(first);
  let average = 0;
  let positions: Float32Array = new Float32Array();
  const windows: { stepSize: number; acceptanceRate: number }[] = [];
  for (let window = 1; window <= numWindows; window++) {
    const stepSize = Math.exp(logStepSize);
    const run = await sampler.run(
      {
        kernel,
        stepSize,
        seed: derivedSeed(key, window),
        numChains,
        numBurnIn: 0,
        numDraws: 1,
        thinning: stepsPerWindow,
        start,
      },
      hooks.signal && { signal: hooks.signal },
    );
    const acceptanceRate = run.acceptanceRate.reduce((sum, rate) => sum + rate, 0) / numChains;
    windows.push({ stepSize, acceptanceRate });
    start = positions = run.positions;
    const weight = 1 / (window + numDamped);
    error = (1 - weight) * error + weight * (targetAcceptance - acceptanceRate);
    logStepSize = Math.min(0, shrinkage - (Math.sqrt(window) / pull) * error);
    const share = window ** -averageDecay;
    average = share * logStepSize + (1 - share) * average;
    hooks.onProgress?.({
      done: window * stepsPerWindow * numChains,
      total: numWindows * stepsPerWindow * numChains,
    });
  }
  return { stepSize: Math.exp(average), targetAcceptance, windows, positions };
}

function requireAdjusted(kernel: SampleOptions["kernel"]): void {
  if (isAdjusted(kernel)) return;
  throw new ArgumentError(
    "kernel",
    `must be mala or ou-mala to have an acceptance to adapt to, got "${kernel}"`,
    "other kernels never reject; choose their step size by hand",
  );
}
