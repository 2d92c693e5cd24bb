/** What a plan is, and what it is chosen by. The plans themselves: kernel-plan.ts and the files that it takes them from. */
import type { MemorySizes } from "./buffers.ts";

/**
 * `staged`: a few dispatches a step, for everything there is. `fused`: one dispatch a step, for many more coordinates than
 * rows. `streaming`: one pass over the rows a step, for many more of them. `persistent`: many steps in one dispatch, for
 * states that fit a workgroup.
 */
export const planNames = ["staged", "fused", "streaming", "persistent"] as const;
export type PlanName = (typeof planNames)[number];

export interface Plan {
  readonly name: PlanName;
  /** Why this one, in a clause. */
  readonly reason: string;
  readonly stages: PlanStages;
  /** Stages whose file has another name, with constants of their own. */
  readonly variants: Readonly<Record<string, StageVariant>>;
  /** Slices of the coordinates, of which a workgroup takes `shape.slicesPerWorkgroup`; 0 where a plan has none. */
  readonly numSlices: number;
  /** Splits of the rows, each a workgroup's; 0 where a plan has none. */
  readonly numSplits: number;
  /** Pipeline-overridable constants of its stages. */
  readonly constants: Readonly<Record<string, number>>;
  /** Quads side by side in a workgroup of the stages that are tiled, and pairs of them where an invocation has two. */
  readonly quadsPerWorkgroup: number;
  readonly pairsPerWorkgroup: number;
  /** Quads side by side in a workgroup whose lanes add up. */
  readonly quadsPerReduction: number;
  /** Quads of a batch come in multiples of this. */
  readonly quadMultiple: number;
  /** How the workgroups of its steps came to be cut. */
  readonly shape: WorkgroupShape & Required<Pick<WorkgroupShape, "quadsPerWorkgroup">>;
}

/** A stage whose buffers or grid differ from one use to the next. */
export interface StageUse {
  readonly stage: string;
  /** Names of buffers by the names that the shader has for them, where these differ. */
  readonly buffers: Readonly<Record<string, string>>;
  /** For every quad of chains: the one, or with workgroups whose lanes add up the other. */
  readonly invocations?: number;
  readonly workgroups?: number;
}

export interface StageVariant {
  readonly file: string;
  readonly constants: Readonly<Record<string, number>>;
}

/**
 * Stages by name. A state lies in one of two places: in the state's own buffers where `is_rejected` is set, otherwise in
 * the proposal's. Plans and kernels that do not set the flag leave it clear for good.
 */
export interface PlanStages {
  /** Before `start` at another β, where the current position may still be in the state's own buffers. */
  readonly adopt: readonly (string | StageUse)[];
  /** From positions in `proposal` to a state that a step can start from: first of all, and at every other β. */
  readonly start: readonly (string | StageUse)[];
  readonly step: readonly (string | StageUse)[];
  /** After the steps of a submit, from where the last one leaves off to a state. */
  readonly conclude: readonly (string | StageUse)[];
  /** From a state to everything that is kept of a draw. */
  readonly readout: readonly (string | StageUse)[];
}

/** What a plan is chosen by, beside the options. */
export interface PlanSituation {
  readonly sizes: MemorySizes;
  /** Of one batch. */
  readonly numChains: number;
  readonly isCollapsed: boolean;
  /** The adapter renders on the CPU, where starting a workgroup with barriers costs more than what it saves. */
  readonly isSoftware: boolean;
  readonly limits: Pick<
    GPUSupportedLimits,
    "maxComputeWorkgroupStorageSize" | "maxComputeInvocationsPerWorkgroup" | "maxComputeWorkgroupSizeY"
  >;
}

export const adapterKinds = ["hardware", "software"] as const;
export type AdapterKind = (typeof adapterKinds)[number];

/**
 * How the workgroups of steps are cut, on which no result depends. What is left out follows from the shape of the run, and
 * so does what does not fit a workgroup.
 */
export interface WorkgroupShape {
  /** Quads of chains side by side in a workgroup, a power of two up to 64. */
  readonly quadsPerWorkgroup?: number;
  /** Coordinates, and rows, that an invocation of the persistent plan has: 8, 4 or 2. */
  readonly entriesPerInvocation?: number;
  /** Slices of the coordinates that a workgroup of the fused plan goes through, so that chains are decided upon once for them. */
  readonly slicesPerWorkgroup?: number;
}

/** Settings of the caller; results depend on none but `plan` and `madeFor`, and on these by rounding alone. */
export interface PlanTuning extends WorkgroupShape {
  /** The plan, where the kernel and the shape allow it. */
  readonly plan?: PlanName;
  /** The kind of adapter that plans are made for, where it is to be another than the device's: results differ by rounding. */
  readonly madeFor?: AdapterKind;
}
