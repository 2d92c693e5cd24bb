/**
 * The search that refines a plan: how its workgroups are cut, on which no result depends to the bit, tried on the caller's
 * own shape with chains that are thrown away. Off unless the tuning asks for it, since each try compiles its stages.
 */
import { createDraws } from "../core/sample-options.ts";
import type { SampleOptions } from "../core/types.ts";
import type { Batch, StageSet } from "./batch.ts";
import type { MemorySizes } from "./buffers.ts";
import { deviceName } from "./device.ts";
import { entriesOfInvocations } from "./persistent-plan.ts";
import type { WorkgroupShape } from "./plan.ts";

/** What is tried; where some come to the same workgroups, one of them. */
const tried = {
  quadsPerWorkgroup: [1, 2, 4, 8, 16],
  entriesPerInvocation: entriesOfInvocations,
  slicesPerWorkgroup: [1, 4, 16],
} as const satisfies Record<keyof WorkgroupShape, readonly number[]>;

const triedShapes: readonly WorkgroupShape[] = tried.quadsPerWorkgroup.flatMap((quadsPerWorkgroup) =>
  tried.entriesPerInvocation.flatMap((entriesPerInvocation) =>
    tried.slicesPerWorkgroup.map((slicesPerWorkgroup) => ({
      quadsPerWorkgroup,
      entriesPerInvocation,
      slicesPerWorkgroup,
    })),
  ),
);

/** What was found to be the fastest, by adapter, shape and plan. A `Map` is one that lasts as long as the program. */
export interface PlanStore {
  get(key: string): WorkgroupShape | undefined | Promise<WorkgroupShape | undefined>;
  set(key: string, shape: WorkgroupShape): unknown;
}

/** Milliseconds of steps that a try is judged by, and how often; the best counts, as other work only ever adds time. */
const tryDuration = 30;
const numTries = 3;

/** What a finding holds for: results of the search for one of these say nothing about another. */
export function searchKey(
  device: GPUDevice,
  { plan, isSoftware }: StageSet,
  { kernel, circulation = 0 }: SampleOptions,
  { dim, fullDim, numRows, numHeads }: MemorySizes,
  numChains: number,
): string {
  const shape = {
    plan: `${plan.name} for ${isSoftware ? "software" : "hardware"}`,
    kernel,
    isCirculating: circulation !== 0,
    dim,
    fullDim,
    numRows,
    numHeads,
    numChains,
  };
  return [deviceName(device), ...Object.entries(shape).map(([name, value]) => `${name} ${value}`)].join(", ");
}

export interface SearchJob {
  readonly store: PlanStore;
  /** Of adapter, shape and plan. */
  readonly key: string;
  stagesWith(shape: WorkgroupShape): Promise<StageSet>;
  /** Chains of the caller's shape, which nobody reads. */
  openBatch(stages: StageSet): Promise<Batch>;
  readonly signal: AbortSignal | undefined;
}

/**
 * The stages with the fastest workgroups, from the store if it knows them; `plan.reason` says so.
 * @param usual the stages without a search, which stand where there is nothing to choose
 */
export async function searchStages(usual: StageSet, job: SearchJob): Promise<StageSet> {
  const known = await job.store.get(job.key);
  if (known !== undefined && isTried(known)) {
    const stages = await job.stagesWith(known);
    if (isOf(stages.plan, known)) return withReason(stages);
  }

  const candidates = new Map<string, StageSet>();
  for (const shape of triedShapes) {
    const stages = await job.stagesWith(shape);
    const cut = JSON.stringify(stages.plan.shape);
    if (!candidates.has(cut)) candidates.set(cut, stages);
    job.signal?.throwIfAborted();
  }
  if (candidates.size < 2) return usual;
  const timed: { readonly stages: StageSet; readonly milliseconds: number }[] = [];
  for (const stages of candidates.values()) {
    const batch = await job.openBatch(stages);
    try {
      timed.push({ stages, milliseconds: await millisecondsPerStep(batch, job.signal) });
    } finally {
      batch.destroy();
    }
  }
  const { stages } = timed.reduce((a, b) => (b.milliseconds < a.milliseconds ? b : a));
  await job.store.set(job.key, stages.plan.shape);
  return withReason(stages);
}

/** A finding of another version may be none that is tried, or none of this plan. */
function isOf({ shape }: StageSet["plan"], known: WorkgroupShape): boolean {
  return (Object.keys(tried) as (keyof WorkgroupShape)[]).every((name) => shape[name] === known[name]);
}

/** Slices are as many as there are where more are tried. */
function isTried({ quadsPerWorkgroup, entriesPerInvocation }: WorkgroupShape): boolean {
  const isIn = (values: readonly number[], value: number | undefined): boolean =>
    value === undefined || values.includes(value);
  return isIn(tried.quadsPerWorkgroup, quadsPerWorkgroup) && isIn(tried.entriesPerInvocation, entriesPerInvocation);
}

function withReason(stages: StageSet): StageSet {
  const { plan } = stages;
  const { quadsPerWorkgroup, entriesPerInvocation, slicesPerWorkgroup } = plan.shape;
  const parts = [
    `quads a workgroup ${quadsPerWorkgroup}`,
    ...(entriesPerInvocation === undefined ? [] : [`entries an invocation ${entriesPerInvocation}`]),
    ...(slicesPerWorkgroup === undefined ? [] : [`slices a workgroup ${slicesPerWorkgroup}`]),
  ];
  return { ...stages, plan: { ...plan, reason: `${plan.reason}; fastest tried: ${parts.join(", ")}` } };
}

/** By the wall, up to the read-back of the clock: the least of a few submits of equal length. */
async function millisecondsPerStep(batch: Batch, signal: AbortSignal | undefined): Promise<number> {
  const submit = async (steps: number): Promise<number> => {
    signal?.throwIfAborted();
    const started = performance.now();
    await batch.submit({ steps, clearsTallies: false, reads: undefined, draws: createDraws(0, 0, 0) });
    return performance.now() - started;
  };
  // The first submit also computes the attention of the start.
  await submit(1);
  const once = await submit(1);
  const steps = Math.max(1, Math.min(batch.stepsToLevelEnd(), Math.floor(tryDuration / Math.max(once, 0.1))));
  const tries = [];
  for (let n = 0; n < numTries; n++) tries.push(await submit(steps));
  return Math.min(...tries) / steps;
}
