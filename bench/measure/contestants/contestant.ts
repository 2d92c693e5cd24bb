/** What can be measured: an engine or a peer at one job, as blocks of steps. Knows neither Node nor a page. */
import type { Job, SpaceName } from "../cases.ts";

/** A timed block of steps of all chains. */
export interface Block {
  readonly chainSteps: number;
  /** On the wall clock, up to the last result that was read back. */
  readonly seconds: number;
  /** Of the GPU's own clock, summed over its passes; null where it has none that can be trusted. */
  readonly gpuSeconds: number | null;
}

/** A contestant ready to step. */
export interface OpenContestant {
  /**
   * The largest difference from the float64 reference, relative to the largest value, over the first steps with the same
   * random numbers, or over one step without noise; null for the yardstick itself.
   */
  verify(): Promise<number | null>;
  /** @param steps of every chain, then one kept draw of each */
  block(steps: number): Promise<Block>;
  close(): Promise<void>;
}

export type Arithmetic = "float64" | "float32" | "TF32";

export interface Contestant {
  /** Names it in results: letters, digits and dashes. */
  readonly id: string;
  readonly label: string;
  readonly space: SpaceName;
  readonly arithmetic: Arithmetic;
  /** What a round of it is compared with in "% of peak": the key of a measured peak; null for none. */
  readonly peak: string | null;
  /** Fewest steps between kept draws: what a step costs includes its share of the read-out. */
  leastSteps(job: Job): number;
  /** What its verification compares. */
  readonly verifies: "draws" | "a step without noise";
  covers(job: Job): boolean;
  open(job: Job): Promise<OpenContestant>;
}

/** Relative to the largest value of the reference. */
export function largestError(got: ArrayLike<number>, wanted: ArrayLike<number>): number {
  if (got.length !== wanted.length)
    throw new Error(`verification: there must be ${wanted.length} values, got ${got.length}`);
  let error = 0;
  let scale = 0;
  for (let i = 0; i < wanted.length; i++) {
    const difference = Math.abs(got[i]! - wanted[i]!);
    if (Number.isNaN(difference)) return difference;
    error = Math.max(error, difference);
    scale = Math.max(scale, Math.abs(wanted[i]!));
  }
  return error / scale;
}
