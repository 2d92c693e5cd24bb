/** What of a run's settings and figures means something for a kernel: reports leave the rest out. */
import type { KernelName } from "../../src/index.ts";

/** Whether the kernel proposes and may reject: without that an acceptance rate says nothing. */
export function isAdjusted(kernel: KernelName): boolean {
  return kernel === "mala" || kernel === "ou-mala";
}

/** Whether the kernel takes Langevin steps, which have a size. */
export function hasStepSize(kernel: KernelName): boolean {
  return kernel !== "gibbs" && kernel !== "exact";
}
