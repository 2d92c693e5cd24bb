/** The stages of each plan by name, in the order in which they are encoded. */
import { isAdjusted, isLangevin } from "../core/langevin.ts";
import type { KernelName, SampleOptions } from "../core/types.ts";
import type { MemorySizes } from "./buffers.ts";
import { patchPlan, patternTiles, type PatchSizes, type PatternTile } from "./patch-plan.ts";
import type { Plan, PlanSituation, PlanStages } from "./plan.ts";

/** The names of all stages of a plan, each once. */
export function stagesOf({ stages: { adopt: before, start, step, conclude, readout } }: Plan): readonly string[] {
  const uses = [...before, ...start, ...step, ...conclude, ...readout];
  return [...new Set(uses.map((use) => (typeof use === "string" ? use : use.stage)))];
}

/** After a collapsed chain was read out. */
export const settleStage = "settle";

const adopt = ["adopt", "reset"] as const;
const attention = ["logits", "softmax", "retrieve"] as const;

/**
 * From the attention of the current state to what is kept of a draw: rows for read-back. Chains that run in the span of
 * the rows are expanded to all coordinates, and what they have outside it is drawn.
 */
function observation({ isCollapsed, sizes }: PlanSituation): PlanStages["readout"] {
  if (!isCollapsed) return ["observe", "gather"];
  if (!hasComplement(sizes)) return ["observe", "inside", "expand"];
  return [
    "observe",
    "complement-noise",
    "complement-project",
    "inside",
    "expand",
    "complement-weigh",
    "complement-add",
  ];
}

/** Whether the rows of collapsed chains leave directions out. */
export function hasComplement({ dim, fullDim }: MemorySizes): boolean {
  return fullDim > dim;
}

/** Those of a patch energy, for one cut of its patterns into tiles. */
export function patchStages(sizes: PatchSizes, kernel: KernelName, tiles: readonly PatternTile[]): PlanStages {
  return { adopt, conclude: [], ...patchPlan(sizes, kernel, tiles) };
}

export function stagedStages({ kernel }: SampleOptions, situation: PlanSituation): PlanStages {
  const { patches } = situation.sizes;
  // How a batch cuts its patterns changes buffers and grids, and no stage.
  if (patches) return patchStages(patches, kernel, patternTiles(patches, kernel, 1, Infinity));
  if (isLangevin(kernel))
    return {
      adopt,
      start: attention,
      step: ["propose", ...attention, "accept"],
      conclude: [],
      readout: observation(situation),
    };
  // The last stage of a step moves the clock, whether or not there is anything to decide.
  return kernel === "gibbs"
    ? {
        adopt,
        start: ["logits", "softmax"],
        step: ["choose", "component", "logits", "softmax", "accept"],
        conclude: [],
        readout: ["retrieve", ...observation(situation)],
      }
    : {
        adopt,
        start: [],
        step: ["choose", "component", "accept"],
        conclude: [],
        readout: [...attention, ...observation(situation)],
      };
}

/** It computes the attention of the state anew in each dispatch, and leaves none behind. */
export const persistentStages = (situation: PlanSituation): PlanStages => ({
  adopt: [],
  start: [],
  step: ["persistent"],
  conclude: [],
  readout: [...attention, ...observation(situation)],
});

/** The decision about a proposal is the next step's to take, or that of `conclude`, which leaves the state in `proposal`. */
export const fusedStages = (situation: PlanSituation): PlanStages => ({
  adopt: [],
  start: ["logits", "softmax", "enter"],
  step: ["fused"],
  conclude: ["conclude"],
  readout: [...attention, ...observation(situation)],
});

/** A state like that of the stages, but for log p', which an unadjusted chain makes of z' where it is read out. */
export function streamingStages({ kernel }: SampleOptions, situation: PlanSituation): PlanStages {
  const attend = isAdjusted(kernel)
    ? ["streaming", "streaming-softmax", "streaming-retrieve"]
    : ["streaming", "streaming-retrieve"];
  return {
    adopt,
    start: attend,
    step: ["propose", ...attend, "accept"],
    conclude: [],
    readout: [...(isAdjusted(kernel) ? [] : ["streaming-softmax"]), ...observation(situation)],
  };
}
