/**
 * The float64 reference sampler: the truth that the GPU is checked against, and the engine of machines without one. It
 * runs on the calling thread and gives way to it a few dozen times a second.
 */
import { throwIfDisposed } from "../core/disposal.ts";
import { isLangevin, langevinCoefficients } from "../core/langevin.ts";
import { patternNorms, requireTarget } from "../core/memory-matrix.ts";
import { chooseComponent, mixtureLogWeights } from "../core/mixture.ts";
import { fillNormals, uniform } from "../core/normal.ts";
import { purposes, type PhiloxKey } from "../core/philox.ts";
import { createDraws, requireSampleOptions, startPositions } from "../core/sample-options.ts";
import type { Draws, HopfieldTarget, RunHooks, SampleOptions, Sampler } from "../core/types.ts";
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
  requireTarget(target);
  const memory = createReferenceMemory(target.memory);
  const norms = patternNorms(target.memory);
  let isDisposed = false;

  async function run(options: SampleOptions, hooks: RunHooks = {}): Promise<Draws> {
    throwIfDisposed("reference sampler", isDisposed);
    const { key, numWorkedSteps } = requireSampleOptions(target, options);
    hooks.signal?.throwIfAborted();
    const { numChains, numBurnIn, numDraws, thinning } = options;
    const { dim } = target.memory;
    const step = createStep(target, memory, options, key);
    // Only Langevin steps leave T(ξ) behind; the others look at the weights alone, or at nothing.
    const refresh = isLangevin(options.kernel)
      ? undefined
      : (state: ChainState): void => {
          if (options.kernel === "exact") attend(memory, target.beta, state);
          retrieve(memory, state.attention, state.retrieval);
        };

    const starts = startPositions(target, options, key);
    const chains = Array.from({ length: numChains }, (_, index): Chain => {
      const state = createChainState(memory);
      state.position.set(starts.subarray(index * dim, (index + 1) * dim));
      if (options.kernel !== "exact") attendAndRetrieve(memory, target.beta, state);
      return { index, state, numCounted: 0, numAccepted: 0, logRatioSum: 0 };
    });

    const draws = createDraws(numChains, numDraws, dim);
    const pace = createPace(hooks, numChains * numWorkedSteps);
    for (let draw = 0; draw < numDraws; draw++) {
      const lastStep = numBurnIn + (draw + 1) * thinning;
      const firstStep = options.kernel === "exact" ? lastStep : draw === 0 ? 1 : lastStep - thinning + 1;
      for (const chain of chains) {
        for (let at = firstStep; at <= lastStep; at++) {
          const info = step(chain, at);
          if (info.isNonFinite) draws.numNonFinite++;
          if (at > numBurnIn) {
            if (info.isAccepted) chain.numAccepted++;
            chain.logRatioSum += info.logRatio;
            chain.numCounted++;
          }
          if (pace.isDue(1)) await pace.giveWay();
        }
        refresh?.(chain.state);
        keep(draws, draw, chain);
      }
      hooks.onDraws?.({ draws, draw, firstChain: 0, numChains });
    }
    pace.finish();
    return draws;
  }

  function keep(draws: Draws, draw: number, chain: Chain): void {
    const at = chain.index * draws.numDraws + draw;
    const observation = observe(chain.state, norms, target.beta);
    draws.positions.set(chain.state.position, at * draws.dim);
    draws.retrievals.set(chain.state.retrieval, at * draws.dim);
    draws.energy[at] = observation.energy;
    draws.attentionEntropy[at] = observation.attentionEntropy;
    draws.maxCosine[at] = observation.maxCosine;
    draws.acceptanceRate[chain.index] = chain.numAccepted / chain.numCounted;
    draws.meanLogRatio[chain.index] = chain.logRatioSum / chain.numCounted;
  }

  const dispose = (): Promise<void> => {
    isDisposed = true;
    return Promise.resolve();
  };
  return { target, run, dispose, [Symbol.asyncDispose]: dispose };
}

function createStep(target: HopfieldTarget, memory: ReferenceMemory, options: SampleOptions, key: PhiloxKey): Step {
  const { beta } = target;
  const normals = new Float64Array(memory.dim);
  const noise = (chain: Chain, step: number): Float64Array =>
    fillNormals(step, chain.index, purposes.noise, key, normals);

  if (isLangevin(options.kernel)) {
    const coefficients = langevinCoefficients(options.kernel, options.stepSize, beta);
    let proposal = createChainState(memory);
    return (chain, step) => {
      const { state } = chain;
      propose(coefficients, state.position, state.retrieval, noise(chain, step), proposal.position);
      attendAndRetrieve(memory, beta, proposal);
      const coin = coefficients.isAdjusted ? uniform(step, chain.index, purposes.accept, key) : 1;
      const info = accept(coefficients, state, proposal, coin);
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
  if (options.kernel === "gibbs")
    return (chain, step) => {
      drawComponent(chain, step, chain.state.attention);
      attend(memory, beta, chain.state);
      return unconditional;
    };
  const weights = mixtureLogWeights(target).map(Math.exp);
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
