/**
 * The float64 reference sampler: the truth that the GPU is checked against, and the engine of machines without one. It
 * runs on the calling thread and gives way to it a few dozen times a second.
 */
import { isWholeMemory, maxCosine, rowNorms, stackTarget, type AttentionStack } from "../core/attention-stack.ts";
import { collapseStack, wantsCollapse, type Collapse } from "../core/collapse.ts";
import { norm, readOut, settled, startReadout } from "../core/complement.ts";
import { throwIfDisposed } from "../core/disposal.ts";
import { isLangevin, isRadial } from "../core/langevin.ts";
import { patternNorms } from "../core/memory-matrix.ts";
import { createPace } from "../core/pace.ts";
import type { PhiloxKey } from "../core/philox.ts";
import { createDraws, requireSampleOptions, startPositions } from "../core/sample-options.ts";
import { levelAt } from "../core/schedule.ts";
import type { Draws, HopfieldTarget, KernelName, RunHooks, SampleOptions, Sampler } from "../core/types.ts";
import { createAttention, createReferenceMemory } from "./attention.ts";
import { createStep, prepare, type Chain, type Space } from "./chain.ts";
import type { ReferenceMemory } from "./logits.ts";
import { observe } from "./observe.ts";
import { retrieve } from "./retrieve.ts";

/** A sampler whose kept draws need not gather: in a worker each leaves as soon as it is there. */
export interface StreamingSampler extends Sampler {
  /**
   * Like `run`, but every chunk's `draws` holds that draw alone and is the listener's to keep; its `numNonFinite` counts
   * from the chunk before.
   */
  stream(options: SampleOptions, hooks: RunHooks): Promise<void>;
}

/** Collapsed chains that are read out together, so that the basis of the span is fetched once for all of them. */
const chainsPerReadout = 8;

/** What holds for all chains where a draw is kept. */
interface Moment {
  readonly kernel: KernelName;
  readonly beta: number;
  readonly step: number;
  readonly key: PhiloxKey;
}

/**
 * A sampler in float64 on the CPU.
 * @throws ArgumentError for a malformed target
 */
export function createReferenceSampler(target: HopfieldTarget): StreamingSampler {
  const stack = stackTarget(target);
  const memoryNorms = patternNorms(target.memory);
  let direct: Space | undefined;
  let collapsed: Space | undefined;
  let whole: ReferenceMemory | undefined;
  /** The rows in all coordinates, for the read-outs of collapsed chains: few of their weights are not zero. */
  const wholeMemory = (): ReferenceMemory => (whole ??= direct?.attention.memory ?? createReferenceMemory(stack));
  let isDisposed = false;

  /** @param isStreamed each draw gets arrays of its own; those of the last are returned */
  async function sample(options: SampleOptions, hooks: RunHooks, isStreamed: boolean): Promise<Draws> {
    throwIfDisposed("reference sampler", isDisposed);
    const plan = requireSampleOptions(target, stack, options);
    hooks.signal?.throwIfAborted();
    const { numChains, numBurnIn, numDraws, thinning, kernel } = options;
    const { dim } = stack;
    const { levels, key, firstChain } = plan;
    const space = wantsCollapse(options.collapse, stack)
      ? (collapsed ??= createSpace(stack, collapseStack(stack)))
      : (direct ??= createSpace(stack));
    const steps = levels.map((level) => createStep(space, options, level, key));
    const starts = startPositions(target, stack, options, plan);
    const chains = Array.from({ length: numChains }, (_, row) => {
      const start = starts.subarray(row * dim, (row + 1) * dim);
      const chain = createChain(space, row, firstChain + row, kernel, start);
      prepare(space.attention, kernel, levels[0]!.beta, chain.state);
      return chain;
    });

    let draws = createDraws(numChains, isStreamed ? 1 : numDraws, dim);
    const pace = createPace(hooks, numChains * plan.numWorkedSteps);
    for (let draw = 0; draw < numDraws; draw++) {
      if (isStreamed && draw > 0) draws = createDraws(numChains, 1, dim);
      const lastStep = numBurnIn + (draw + 1) * thinning;
      const firstStep = kernel === "exact" ? lastStep : draw === 0 ? 1 : lastStep - thinning + 1;
      for (let first = 0; first < numChains; first += chainsPerReadout) {
        const group = chains.slice(first, first + chainsPerReadout);
        for (const chain of group)
          for (let at = firstStep; at <= lastStep; at++) {
            const level = levelAt(levels, at);
            if (level !== chain.level) {
              // Another temperature makes other weights of the same position.
              prepare(space.attention, kernel, levels[level]!.beta, chain.state);
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
        const { beta } = levels[group[0]!.level]!;
        keep(space, draws, isStreamed ? 0 : draw, group, { kernel, beta, step: lastStep, key });
      }
      hooks.onDraws?.({ draws, draw, firstChain: 0, numChains });
    }
    pace.finish();
    return draws;
  }

  /** Reads collapsed chains out: what they are in all coordinates now. */
  function readOutChains(collapse: Collapse, chains: readonly Chain[], { kernel, step, key }: Moment): void {
    const radial = isRadial(kernel);
    const unread = chains.map(({ outside, state, index }) => ({
      last: outside!.readout,
      state: outside!.state,
      coordinates: state.position.slice(),
      chain: index,
    }));
    for (const [n, readout] of readOut(collapse, unread, radial, step, key).entries()) {
      const outside = chains[n]!.outside!;
      outside.readout = readout;
      outside.state = settled(radial, readout.outsideNorm);
    }
  }

  /** Keeps a draw of some chains. */
  function keep(
    space: Space,
    draws: ReturnType<typeof createDraws>,
    draw: number,
    chains: readonly Chain[],
    moment: Moment,
  ): void {
    if (space.collapse) readOutChains(space.collapse, chains, moment);
    for (const chain of chains) keepChain(space, draws, draw, chain, moment);
  }

  /** A chain's position and T in all coordinates, and the figures of both. */
  function keepChain(
    { attention, norms }: Space,
    draws: ReturnType<typeof createDraws>,
    draw: number,
    chain: Chain,
    { kernel, beta }: Moment,
  ): void {
    const { state, outside } = chain;
    const { dim } = stack;
    // Only Langevin steps leave T(ξ) behind; the others look at the weights alone, or at nothing.
    if (kernel === "exact") attention.attend(beta, state);
    else attention.recall(beta, state);
    if (!isLangevin(kernel)) attention.retrieve(state);
    const observation = observe(attention, state, norms, beta);
    let { energy, maxCosine: cosine } = observation;
    let { position, retrieval } = state;
    if (outside) {
      const { readout } = outside;
      energy += readout.outsideNorm ** 2 / 2;
      cosine *= norm(readout.coordinates) / norm(readout.position);
      position = readout.position;
      retrieval = new Float64Array(dim);
      retrieve(wholeMemory(), state.attention, retrieval);
    }
    const at = chain.row * draws.numDraws + draw;
    draws.positions.set(position, at * draws.dim);
    draws.retrievals.set(retrieval, at * draws.dim);
    draws.energy[at] = energy;
    if (!Number.isFinite(energy)) draws.numNonFinite++;
    draws.attentionEntropy[at] = observation.attentionEntropy;
    draws.maxCosine[at] = isWholeMemory(target, stack) ? cosine : maxCosine(target.memory, memoryNorms, position);
    draws.acceptanceRate[chain.row] = chain.numAccepted / chain.numCounted;
    draws.meanLogRatio[chain.row] = chain.logRatioSum / chain.numCounted;
  }

  const dispose = (): Promise<void> => {
    isDisposed = true;
    return Promise.resolve();
  };
  return {
    target,
    run: (options, hooks = {}) => sample(options, hooks, false),
    stream: async (options, hooks) => void (await sample(options, hooks, true)),
    dispose,
    [Symbol.asyncDispose]: dispose,
  };
}

function createSpace(whole: AttentionStack, collapse?: Collapse): Space {
  const stack = collapse?.stack ?? whole;
  return { stack, attention: createAttention(stack), norms: rowNorms(stack), collapse };
}

/** A chain at its start, [dim], which a collapsed one splits into its coordinates in the span and the rest. */
function createChain(
  { attention, collapse }: Space,
  row: number,
  index: number,
  kernel: KernelName,
  start: Float32Array,
): Chain {
  const readout = collapse && startReadout(collapse, start);
  const outside = readout && { readout, state: settled(isRadial(kernel), readout.outsideNorm) };
  const state = attention.createState();
  state.position.set(readout ? readout.coordinates : start);
  return { row, index, state, outside, direction: 1, level: 0, numCounted: 0, numAccepted: 0, logRatioSum: 0 };
}
