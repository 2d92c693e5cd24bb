/**
 * Which stages make up each kernel. A step leaves the chain's state in one of two places: the state's own buffers where
 * `is_rejected` is set, otherwise the proposal's. Kernels that never reject leave the flag clear for good.
 */
import type { KernelName } from "../core/types.ts";

/** Before `start` at another β, where the current position may still be in the state's own buffers. */
export const adoptStages = ["adopt", "reset"] as const;

/** After a collapsed chain was read out. */
export const settleStage = "settle";

export interface KernelPlan {
  /** From positions in `proposal` to a state that a step can start from: first of all, and at every other β. */
  readonly start: readonly string[];
  readonly step: readonly string[];
  /** From a state to everything that is kept of a draw. */
  readonly readout: readonly string[];
}

const langevin: KernelPlan = {
  start: ["logits", "softmax", "retrieve"],
  step: ["propose", "logits", "softmax", "retrieve", "accept"],
  readout: ["observe", "gather"],
};

export const kernelPlans: Readonly<Record<KernelName, KernelPlan>> = {
  ula: langevin,
  mala: langevin,
  ou: langevin,
  "ou-mala": langevin,
  // The last stage of a step moves the clock, whether or not there is anything to decide.
  gibbs: {
    start: ["logits", "softmax"],
    step: ["choose", "component", "logits", "softmax", "accept"],
    readout: ["retrieve", "observe", "gather"],
  },
  exact: {
    start: [],
    step: ["choose", "component", "accept"],
    readout: ["logits", "softmax", "retrieve", "observe", "gather"],
  },
};
