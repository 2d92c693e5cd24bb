/** One chain of the reference sampler: its state, inside and outside the span of the rows, and how it takes a step. */
import type { AttentionStack } from "../core/attention-stack.ts";
import type { Collapse } from "../core/collapse.ts";
import { advanceLaw, proposeRadius, type ComplementState, type Readout } from "../core/complement.ts";
import { isLangevin, isRadial, langevinCoefficients } from "../core/langevin.ts";
import { chooseComponent, componentWeights } from "../core/mixture.ts";
import { fillNormals, uniform } from "../core/normal.ts";
import { purposes, type PhiloxKey } from "../core/philox.ts";
import type { Level } from "../core/schedule.ts";
import type { KernelName, SampleOptions } from "../core/types.ts";
import { accept, type ChainState, type TransitionInfo } from "./accept.ts";
import { attendAndRetrieve, type Attention } from "./attention.ts";
import { component } from "./component.ts";
import { propose } from "./propose.ts";

/** The space that chains run in: all coordinates, or those of the span of the rows. */
export interface Space {
  readonly stack: AttentionStack;
  readonly attention: Attention;
  /** Of the rows, [numRows] */
  readonly norms: Float64Array;
  readonly collapse: Collapse | undefined;
}

export interface Chain {
  /** Among the chains of this run. */
  readonly row: number;
  /** As the generator counts chains. */
  readonly index: number;
  state: ChainState;
  /** What lies outside the span, where the chain runs collapsed: at the last read-out, and since. */
  readonly outside: { readout: Readout; state: ComplementState } | undefined;
  /** Which way a circulating chain turns, 1 or −1: backwards after every rejection. */
  direction: number;
  /** The level at which the state's attention was computed. */
  level: number;
  /** Steps after burn-in, and what they summed to. */
  numCounted: number;
  numAccepted: number;
  logRatioSum: number;
}

/** Carries a chain over one step. */
export type Step = (chain: Chain, step: number) => TransitionInfo;

const unconditional: TransitionInfo = { logRatio: 0, isAccepted: true, isNonFinite: false };

/** What a kernel's next step needs of a position that is new, or whose β is. */
export function prepare(attention: Attention, kernel: KernelName, beta: number, state: ChainState): void {
  if (isLangevin(kernel)) attendAndRetrieve(attention, beta, state);
  else if (kernel === "gibbs") attention.attend(beta, state);
}

/** The step of a kernel at one level of the schedule. */
export function createStep(
  space: Space,
  { kernel, circulation }: SampleOptions,
  { beta, stepSize }: Level,
  key: PhiloxKey,
): Step {
  const { attention, stack, collapse } = space;
  const normals = new Float64Array(stack.dim);
  const noise = (chain: Chain, step: number): Float64Array =>
    fillNormals(step, chain.index, purposes.noise, key, normals);

  if (isLangevin(kernel)) {
    const coefficients = langevinCoefficients(kernel, stepSize, beta, circulation);
    let proposal = attention.createState();
    return (chain, step) => {
      const { state, outside } = chain;
      propose(coefficients, state.position, state.retrieval, noise(chain, step), proposal.position, chain.direction);
      attendAndRetrieve(attention, beta, proposal, coefficients.isAdjusted ? state : undefined);
      const coin = coefficients.isAdjusted ? uniform(step, chain.index, purposes.accept, key) : 1;
      const radial =
        outside && isRadial(kernel) && collapse!.complementDim > 0
          ? proposeRadius(outside.state, coefficients, collapse!.complementDim, step, chain.index, key)
          : undefined;
      const info = accept(attention.heads, coefficients, state, proposal, coin, radial?.change, chain.direction);
      if (info.isAccepted) {
        chain.state = proposal;
        proposal = state;
        if (radial) outside!.state = radial;
        else if (outside) advanceLaw(outside.state, coefficients);
      } else chain.direction = -chain.direction;
      return info;
    };
  }

  const drawComponent = (chain: Chain, step: number, weights: Float64Array): void => {
    const chosen = chooseComponent(weights, uniform(step, chain.index, purposes.select, key));
    component(attention.memory.rows[chosen]!, beta, noise(chain, step), chain.state.position);
    // Outside the span there is nothing but the component's noise.
    if (chain.outside) chain.outside.state = { first: 0, second: 1 / beta };
  };
  if (kernel === "gibbs")
    return (chain, step) => {
      drawComponent(chain, step, chain.state.attention);
      attention.attend(beta, chain.state);
      return unconditional;
    };
  const weights = componentWeights(stack, beta);
  return (chain, step) => {
    drawComponent(chain, step, weights);
    return unconditional;
  };
}
