/**
 * Which stages make up each kernel. A step leaves the chain's state in one of two places: where `is_accepted` is set it
 * is the proposal, otherwise the state's own buffers. Kernels that never reject leave the flag set for good.
 */
import type { KernelName } from "../core/types.ts";

export interface KernelPlan {
  /** From uploaded positions to a state that the first step can start from. */
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
