/**
 * The float64 reference sampler: the truth that the GPU is checked against, and the engine of machines without one. It
 * runs on the calling thread and gives way to it a few dozen times a second.
 */
import { isWholeMemory, maxCosine, rowNorms, stackTarget, type AttentionStack } from "../core/attention-stack.ts";
import { throwIfDisposed } from "../core/disposal.ts";
import { isLangevin, langevinCoefficients } from "../core/langevin.ts";
import { patternNorms } from "../core/memory-matrix.ts";
import { chooseComponent, componentWeights } from "../core/mixture.ts";
import { fillNormals, uniform } from "../core/normal.ts";
import { purposes, type PhiloxKey } from "../core/philox.ts";
import { createDraws, requireSampleOptions, startPositions } from "../core/sample-options.ts";
import { levelAt, type Level } from "../core/schedule.ts";
import type { Draws, HopfieldTarget, KernelName, RunHooks, SampleOptions, Sampler } from "../core/types.ts";
import { accept, type ChainState, type TransitionInfo } from "./accept.ts";
import { component } from "./component.ts";
import { attend, attendAndRetrieve, createChainState, createReferenceMemory } from "./energy.ts";
import type { ReferenceMemory } from "./logits.ts";
import { observe } from "./observe.ts";
import { propose } from "./propose.ts";
import { retrieve } from "./retrieve.ts";

/** Milliseconds of work between two visits to the event loop, so that an abort and a progress line get through. */
const sliceDuration = 25;

const unconditional: TransitionInfo = { logRatio: 0, isAccepted: true, isNonFinite: false };

/** Carries a chain over one step. */
type Step = (chain: Chain, step: number) => TransitionInfo;

interface Chain {
  readonly index: number;
  state: ChainState;
  /** The level at which the state's attention was computed. */
  level: number;
  /** Steps after burn-in, and what they summed to. */
  numCounted: number;
  numAccepted: number;
  logRatioSum: number;
}

/**
 * A sampler in float64 on the CPU.
 * @throws ArgumentError for a malformed target
 */
export function createReferenceSampler(target: HopfieldTarget): Sampler {
  const stack = stackTarget(target);
  const memory = createReferenceMemory(stack);
  const norms = rowNorms(stack);
  const memoryNorms = patternNorms(target.memory);
  let isDisposed = false;

  async function run(options: SampleOptions, hooks: RunHooks = {}): Promise<Draws> {
    throwIfDisposed("reference sampler", isDisposed);
    const plan = requireSampleOptions(target, stack, options);
    hooks.signal?.throwIfAborted();
    const { numChains, numBurnIn, numDraws, thinning, kernel } = options;
    const { dim } = stack;
    const { levels } = plan;
    const steps = levels.map((level) => createStep(stack, memory, kernel, level, plan.key));

    const starts = startPositions(target, stack, options, plan);
    const chains = Array.from({ length: numChains }, (_, index): Chain => {
      const state = createChainState(memory);
      state.position.set(starts.subarray(index * dim, (index + 1) * dim));
      prepare(state, kernel, levels[0]!);
      return { index, state, level: 0, numCounted: 0, numAccepted: 0, logRatioSum: 0 };
    });

    const draws = createDraws(numChains, numDraws, dim);
    const pace = createPace(hooks, numChains * plan.numWorkedSteps);
    for (let draw = 0; draw < numDraws; draw++) {
      const lastStep = numBurnIn + (draw + 1) * thinning;
      const firstStep = kernel === "exact" ? lastStep : draw === 0 ? 1 : lastStep - thinning + 1;
      for (const chain of chains) {
        for (let at = firstStep; at <= lastStep; at++) {
          const level = levelAt(levels, at);
          if (level !== chain.level) {
            // Another temperature makes other weights of the same position.
            prepare(chain.state, kernel, levels[level]!);
            chain.level = level;
          }
          const info = steps[level]!(chain, at);
          if (info.isNonFinite) draws.numNonFinite++;
          if (at > numBurnIn) {
            if (info.isAccepted) chain.numAccepted++;
            chain.logRatioSum += info.logRatio;
            chain.numCounted++;
          }
          if (pace.isDue(1)) await pace.giveWay();
        }
        keep(draws, draw, chain, kernel, levels[chain.level]!.beta);
      }
      hooks.onDraws?.({ draws, draw, firstChain: 0, numChains });
    }
    pace.finish();
    return draws;
  }

  /** What the kernel's first step at a level needs of a position. */
  function prepare(state: ChainState, kernel: KernelName, { beta }: Level): void {
    if (isLangevin(kernel)) attendAndRetrieve(memory, beta, state);
    else if (kernel === "gibbs") attend(memory, beta, state);
  }

  function keep(
    draws: ReturnType<typeof createDraws>,
    draw: number,
    chain: Chain,
    kernel: KernelName,
    beta: number,
  ): void {
    const { state } = chain;
    // Only Langevin steps leave T(ξ) behind; the others look at the weights alone, or at nothing.
    if (kernel === "exact") attend(memory, beta, state);
    if (!isLangevin(kernel)) retrieve(memory, state.attention, state.retrieval);
    const at = chain.index * draws.numDraws + draw;
    const observation = observe(memory, state, norms, beta);
    draws.positions.set(state.position, at * draws.dim);
    draws.retrievals.set(state.retrieval, at * draws.dim);
    draws.energy[at] = observation.energy;
    if (!Number.isFinite(observation.energy)) draws.numNonFinite++;
    draws.attentionEntropy[at] = observation.attentionEntropy;
    draws.maxCosine[at] = isWholeMemory(target)
      ? observation.maxCosine
      : maxCosine(target.memory, memoryNorms, state.position);
    draws.acceptanceRate[chain.index] = chain.numAccepted / chain.numCounted;
    draws.meanLogRatio[chain.index] = chain.logRatioSum / chain.numCounted;
  }

  const dispose = (): Promise<void> => {
    isDisposed = true;
    return Promise.resolve();
  };
  return { target, run, dispose, [Symbol.asyncDispose]: dispose };
}

function createStep(
  stack: AttentionStack,
  memory: ReferenceMemory,
  kernel: KernelName,
  { beta, stepSize }: Level,
  key: PhiloxKey,
): Step {
  const normals = new Float64Array(memory.dim);
  const noise = (chain: Chain, step: number): Float64Array =>
    fillNormals(step, chain.index, purposes.noise, key, normals);

  if (isLangevin(kernel)) {
    const coefficients = langevinCoefficients(kernel, stepSize, beta);
    let proposal = createChainState(memory);
    return (chain, step) => {
      const { state } = chain;
      propose(coefficients, state.position, state.retrieval, noise(chain, step), proposal.position);
      attendAndRetrieve(memory, beta, proposal);
      const coin = coefficients.isAdjusted ? uniform(step, chain.index, purposes.accept, key) : 1;
      const info = accept(memory.heads, coefficients, state, proposal, coin);
      if (info.isAccepted) {
        chain.state = proposal;
        proposal = state;
      }
      return info;
    };
  }

  const drawComponent = (chain: Chain, step: number, weights: Float64Array): void => {
    const chosen = chooseComponent(weights, uniform(step, chain.index, purposes.select, key));
    component(memory.rows[chosen]!, beta, noise(chain, step), chain.state.position);
  };
  if (kernel === "gibbs")
    return (chain, step) => {
      drawComponent(chain, step, chain.state.attention);
      attend(memory, beta, chain.state);
      return unconditional;
    };
  const weights = componentWeights(stack, beta);
  return (chain, step) => {
    drawComponent(chain, step, weights);
    return unconditional;
  };
}

/** Counts work, and lets the event loop in when a slice of time is over. */
function createPace(
  hooks: RunHooks,
  total: number,
): { isDue(n: number): boolean; giveWay(): Promise<void>; finish(): void } {
  let done = 0;
  let sliceStart = performance.now();
  return {
    isDue(n) {
      done += n;
      return performance.now() - sliceStart > sliceDuration;
    },
    async giveWay() {
      hooks.onProgress?.({ done, total });
      await new Promise((resolve) => setTimeout(resolve, 0));
      hooks.signal?.throwIfAborted();
      sliceStart = performance.now();
    },
    finish() {
      hooks.onProgress?.({ done: total, total });
    },
  };
}
