/**
 * Plans: how the steps of a kernel are encoded. All plans compute the same chain from the same random integers; sums may
 * run in another order, so that plans agree within float32 rounding, and each plan with itself to the bit, however it is
 * tuned. The choice goes by kernel, shape and kind of adapter, never by time, so that a run can be repeated.
 */
import type { SampleOptions } from "../core/types.ts";
import { chainsPerQuad } from "./buffers.ts";
import { fusedObstacle, fusedPlan, fusedRatio } from "./fused-plan.ts";
import { patchConstants } from "./patch-plan.ts";
import { persistentObstacle, persistentPlan } from "./persistent-plan.ts";
import { everyDevice, kernelConstants, layout, nextPowerOfTwo, stagedOnly } from "./plan-layout.ts";
import { stagedStages } from "./plan-stages.ts";
import type { Plan, PlanSituation, PlanTuning } from "./plan.ts";
import { streamingObstacle, streamingPlan } from "./streaming-plan.ts";

/**
 * The plan that the tuning asks for where it can run this, otherwise the first of `persistent`, `fused`, `streaming` and
 * `staged` that can and is made for it. All but the last are made for the memory of a workgroup, which software rendering
 * does not have: there it is memory like any other, and barriers are dear. What a device offers beyond WebGPU's defaults
 * goes into more chains a workgroup and decides on nothing else, so that a run is the same on another device.
 */
export function choosePlan(options: SampleOptions, situation: PlanSituation, tuning: PlanTuning): Plan {
  const { sizes, isSoftware } = situation;
  const anywhere = { ...situation, limits: everyDevice };
  const obstacles = {
    persistent: persistentObstacle(options, anywhere),
    fused: fusedObstacle(options, anywhere),
    streaming: streamingObstacle(options, anywhere),
  };
  const makers = { persistent: persistentPlan, fused: fusedPlan, streaming: streamingPlan };
  const isMadeFor = {
    persistent: !isSoftware,
    fused: !isSoftware,
    streaming: !isSoftware && sizes.numRows > fusedRatio * sizes.dim,
  };
  if (tuning.plan === "staged") return stagedPlan(options, situation, tuning, "it was asked for");
  if (tuning.plan !== undefined && obstacles[tuning.plan] === undefined)
    return makers[tuning.plan](options, situation, tuning);
  for (const name of ["persistent", "fused", "streaming"] as const)
    if (isMadeFor[name] && obstacles[name] === undefined) return makers[name](options, situation, tuning);
  const reason =
    (tuning.plan && obstacles[tuning.plan]) ??
    stagedOnly(options, sizes) ??
    (isSoftware ? "the adapter renders in software" : (obstacles.streaming ?? obstacles.fused ?? ""));
  return stagedPlan(options, situation, tuning, reason);
}

function stagedPlan(options: SampleOptions, situation: PlanSituation, tuning: PlanTuning, reason: string): Plan {
  const numQuads = Math.ceil(situation.numChains / chainsPerQuad);
  const quadsPerWorkgroup = tuning.quadsPerWorkgroup ?? Math.min(16, nextPowerOfTwo(numQuads));
  const shared = layout(quadsPerWorkgroup, 1, situation);
  return {
    name: "staged",
    shape: { quadsPerWorkgroup },
    reason,
    stages: stagedStages(options, situation),
    variants: {},
    numSlices: 0,
    numSplits: 0,
    ...shared,
    constants: { ...kernelConstants(options, situation), ...shared.constants, ...patchConstants },
  };
}
