/**
 * The GPU sampler: as many steps a submit as fit its time, up to a kept draw; decisions on the device; and only kept draws
 * and per-chain scalars come back. Runs unchanged on a browser's device and on Dawn's in Node. How many steps go into a submit, how many chains into
 * a batch and how large workgroups are changes nothing in the results.
 */
import { rowNorms, stackTarget, type AttentionStack } from "../core/attention-stack.ts";
import { collapseStack, wantsCollapse } from "../core/collapse.ts";
import { throwIfDisposed } from "../core/disposal.ts";
import { requireChoice, requireCount } from "../core/checks.ts";
import { ArgumentError, GpuError } from "../core/errors.ts";
import { isLangevin } from "../core/langevin.ts";
import { createDraws, requireSampleOptions, startPositions } from "../core/sample-options.ts";
import type { Draws, HopfieldTarget, RunHooks, SampleOptions, Sampler } from "../core/types.ts";
import { createBatch, type Batch, type StageSet, type Submit } from "./batch.ts";
import { chainsPerQuad, quadsPerBatch } from "./buffers.ts";
import { createSpace, type BatchJob, type GpuSpace } from "./read-back.ts";
import { isSoftwareDevice } from "./device.ts";
import { computeStage } from "./compute-stage.ts";
import { searchKey, searchStages, type PlanStore } from "./plan-search.ts";
import { choosePlan } from "./kernel-plan.ts";
import { entriesOfInvocations } from "./persistent-plan.ts";
import { settleStage, stagesOf } from "./plan-stages.ts";
import { adapterKinds, planNames, type PlanTuning, type WorkgroupShape } from "./plan.ts";
import { defaultScratchBytes } from "./patch-plan.ts";

/** Milliseconds of GPU work per submit: short enough for a screen to stay alive, long enough to hide the submit. */
const submitDuration = 50;

/** A submit of many steps goes out in dispatches of this many, so that none keeps a screen waiting. */
const mostStepsPerDispatch = 256;

/** Settings that change speed and, but for the rounding of another plan, nothing else; tests change them to show it. */
export interface GpuTuning extends PlanTuning {
  /** Steps in every submit, instead of as many as fit the time. */
  readonly stepsPerSubmit?: number;
  /** Steps that one dispatch of a persistent kernel takes at most. */
  readonly stepsPerDispatch?: number;
  /** Chains in a batch, a multiple of 4. */
  readonly chainsPerBatch?: number;
  /** Bytes that a patch energy's logits may take at a time; 128 MiB by default. More patterns are taken in tiles. */
  readonly scratchBytes?: number;
  /**
   * Where findings of a search for the fastest workgroups are kept: `new Map()`, or one that outlives the program. Without
   * one, or with a shape of workgroups, nothing is searched, and a first run starts at once.
   */
  readonly search?: PlanStore;
}

/**
 * A sampler on a WebGPU device. The caller owns the device; the sampler owns its buffers.
 * @throws ArgumentError for a malformed target; GpuError when the device cannot hold the memory
 */
export async function createGpuSampler(
  device: GPUDevice,
  target: HopfieldTarget,
  tuning: GpuTuning = {},
): Promise<Sampler> {
  const stack = stackTarget(target);
  requireFloat32Range(stack, target.beta);
  requireTuning(tuning);
  const direct = await createSpace(device, stack);
  let collapsed: Promise<GpuSpace> | undefined;
  let isDisposed = false;
  let lost: GPUDeviceLostInfo | undefined;
  void device.lost.then((info) => {
    lost = info;
  });

  /** The space of the rows' span; all coordinates where the rows span nothing. A failure is not kept. */
  async function collapsedSpace(): Promise<GpuSpace> {
    if (collapsed === undefined) {
      const collapse = collapseStack(stack);
      if (collapse.rank === 0) return direct;
      collapsed = createSpace(device, collapse.stack, collapse);
    }
    try {
      return await collapsed;
    } catch (error) {
      collapsed = undefined;
      throw error;
    }
  }

  /** Chooses a plan and compiles its stages, unless the device has them already. */
  async function stagesFor(
    options: SampleOptions,
    space: GpuSpace,
    numChains: number,
    shape: WorkgroupShape = {},
  ): Promise<StageSet> {
    const { sizes, collapse } = space;
    const situation = {
      sizes,
      numChains,
      isCollapsed: collapse !== undefined,
      isSoftware: tuning.madeFor === undefined ? isSoftwareDevice(device) : tuning.madeFor === "software",
      limits: device.limits,
    };
    const plan = choosePlan(options, situation, { ...tuning, ...shape });
    const names = [...new Set([settleStage, ...stagesOf(plan)])];
    const compiled = names.map(async (name) => {
      const { file, constants } = plan.variants[name] ?? { file: name, constants: {} };
      return [name, await computeStage(device, file, { ...plan.constants, ...constants })] as const;
    });
    const tables = plan.name === "fused" || plan.name === "persistent" ? await space.tables() : undefined;
    const stepsPerDispatch = tuning.stepsPerDispatch ?? mostStepsPerDispatch;
    return {
      plan,
      isSoftware: situation.isSoftware,
      byName: new Map(await Promise.all(compiled)),
      tables,
      stepsPerDispatch,
    };
  }

  /** The stages of a plan, refined by a search if the tuning asks for one: it takes steps of a Langevin kernel on the first batch. */
  async function searchedStages(space: GpuSpace, job: BatchJob, signal: AbortSignal | undefined): Promise<StageSet> {
    const { options, numChains, plan } = job;
    const usual = await stagesFor(options, space, numChains);
    const { quadsPerWorkgroup, entriesPerInvocation, slicesPerWorkgroup } = tuning;
    const isSettled = [quadsPerWorkgroup, entriesPerInvocation, slicesPerWorkgroup].some((cut) => cut !== undefined);
    if (!tuning.search || isSettled || !isLangevin(options.kernel)) return usual;
    const levels = [{ ...plan.levels[0]!, lastStep: Infinity }];
    return searchStages(usual, {
      store: tuning.search,
      key: searchKey(device, usual, options, space.sizes, numChains),
      stagesWith: (shape) => stagesFor(options, space, numChains, shape),
      openBatch: (stages) => createBatch(device, target, space, stages, { ...job, plan: { ...plan, levels } }),
      signal,
    });
  }

  /** Runs under way: the memory stays until the last of them has ended. */
  const active = new Set<Promise<Draws>>();

  async function run(options: SampleOptions, hooks?: RunHooks): Promise<Draws> {
    throwIfDisposed("GPU sampler", isDisposed);
    const running = sample(options, hooks ?? {});
    active.add(running);
    try {
      return await running;
    } finally {
      active.delete(running);
    }
  }

  async function sample(options: SampleOptions, hooks: RunHooks): Promise<Draws> {
    const plan = requireSampleOptions(target, stack, options);
    for (const { beta } of plan.levels) requireFloat32Range(stack, beta);
    hooks.signal?.throwIfAborted();
    throwIfLost();
    const { numChains, numDraws } = options;
    const { dim } = stack;
    const space = wantsCollapse(options.collapse, stack) ? await collapsedSpace() : direct;
    const { sizes } = space;
    const scratchBytes = Math.min(
      tuning.scratchBytes ?? defaultScratchBytes,
      device.limits.maxStorageBufferBindingSize,
    );
    const chainsPerBatch = Math.min(
      tuning.chainsPerBatch ?? Infinity,
      quadsPerBatch(device, sizes, options.kernel, scratchBytes) * chainsPerQuad,
    );
    const starts = startPositions(target, stack, options, plan);
    const jobFrom = (firstChain: number): BatchJob => {
      const batchChains = Math.min(chainsPerBatch, numChains - firstChain);
      return {
        options,
        plan,
        firstChain,
        numChains: batchChains,
        scratchBytes,
        starts: starts.subarray(firstChain * dim, (firstChain + batchChains) * dim),
      };
    };
    const stageSet = await searchedStages(space, jobFrom(0), hooks.signal);
    hooks.onPlan?.({ name: stageSet.plan.name, reason: stageSet.plan.reason });
    const draws = createDraws(numChains, numDraws, dim);
    const total = numChains * plan.numWorkedSteps;
    let done = 0;

    for (let firstChain = 0; firstChain < numChains; firstChain += chainsPerBatch) {
      const job = jobFrom(firstChain);
      const batch = await createBatch(device, target, space, stageSet, job);
      try {
        await runBatch(batch, options, draws, hooks, (steps) => {
          done += steps * job.numChains;
          hooks.onProgress?.({ done, total });
        });
      } finally {
        batch.destroy();
      }
    }
    return draws;
  }

  /** Feeds the queue: while one submit runs the next is recorded, and at most two are under way. */
  async function runBatch(
    batch: Batch,
    options: SampleOptions,
    draws: Submit["draws"],
    hooks: RunHooks,
    onSteps: (steps: number) => void,
  ): Promise<void> {
    const isExact = options.kernel === "exact";
    const segments = [
      ...(options.numBurnIn > 0 && !isExact ? [{ numSteps: options.numBurnIn, draw: undefined }] : []),
      ...Array.from({ length: options.numDraws }, (_, draw) => ({ numSteps: isExact ? 1 : options.thinning, draw })),
    ];
    let stepsPerSubmit = tuning.stepsPerSubmit ?? 1;
    let lastArrival = performance.now();
    const flights: Promise<void>[] = [];
    const land = async (flight: Promise<void>): Promise<void> => {
      await flight;
      throwIfLost();
    };

    try {
      for (const { numSteps, draw } of segments) {
        for (let begun = 0; begun < numSteps;) {
          hooks.signal?.throwIfAborted();
          const steps = Math.min(stepsPerSubmit, numSteps - begun, batch.stepsToLevelEnd());
          const isLast = begun + steps === numSteps;
          const flight = batch
            .submit({ steps, clearsTallies: begun === 0, reads: isLast ? draw : undefined, draws })
            .then(() => {
              const now = performance.now();
              if (tuning.stepsPerSubmit === undefined)
                stepsPerSubmit = nextStepsPerSubmit(stepsPerSubmit, steps, now - lastArrival);
              lastArrival = now;
              onSteps(steps);
              if (isLast && draw !== undefined)
                hooks.onDraws?.({ draws, draw, firstChain: batch.firstChain, numChains: batch.numChains });
            });
          // A failure is met when the flight lands; until then it must not count as unhandled.
          flight.catch(() => {});
          flights.push(flight);
          if (flights.length === 2) await land(flights.shift()!);
          begun += steps;
        }
      }
      while (flights.length > 0) await land(flights.shift()!);
    } finally {
      await Promise.allSettled(flights);
    }
  }

  function throwIfLost(): void {
    if (lost) throw new GpuError("device", device.label || "device", `was lost: ${lost.message || lost.reason}`);
  }

  let disposal: Promise<void> | undefined;
  const dispose = (): Promise<void> => {
    isDisposed = true;
    return (disposal ??= Promise.allSettled(active).then(async () => {
      await direct.destroy();
      await (await collapsed)?.destroy();
    }));
  };
  return { target, run, dispose, [Symbol.asyncDispose]: dispose };
}

/**
 * What the shaders compute in float32 must fit it: β and 1/β, and logits of the size of β‖row‖².
 * @throws ArgumentError naming β and what it is multiplied with
 */
function requireFloat32Range(stack: AttentionStack, beta: number): void {
  const smallestNormal = 2 ** -126;
  const largest = 2 ** 127;
  const longest = Math.max(...rowNorms(stack), 1);
  if (beta >= smallestNormal && 1 / beta >= smallestNormal && beta * longest * longest <= largest) return;
  throw new ArgumentError(
    "target.beta",
    `β, 1/β and β‖m‖² must lie in the range of float32 on a GPU, got β = ${beta} and ‖m‖ up to ${longest}`,
    "scale the patterns to unit norm, or use the float64 reference",
  );
}

/** @throws ArgumentError for a setting that no workgroup, submit or batch can have */
function requireTuning(tuning: GpuTuning): void {
  const { stepsPerSubmit, stepsPerDispatch, chainsPerBatch, scratchBytes, plan, madeFor } = tuning;
  const { quadsPerWorkgroup, entriesPerInvocation, slicesPerWorkgroup } = tuning;
  if (plan !== undefined) requireChoice("tuning.plan", plan, planNames);
  if (madeFor !== undefined) requireChoice("tuning.madeFor", madeFor, adapterKinds);
  if (scratchBytes !== undefined) requireCount("tuning.scratchBytes", scratchBytes, 1);
  if (stepsPerDispatch !== undefined) requireCount("tuning.stepsPerDispatch", stepsPerDispatch, 1);
  if (stepsPerSubmit !== undefined) requireCount("tuning.stepsPerSubmit", stepsPerSubmit, 1);
  if (quadsPerWorkgroup !== undefined && ![1, 2, 4, 8, 16, 32, 64].includes(quadsPerWorkgroup))
    throw new ArgumentError("tuning.quadsPerWorkgroup", `must be a power of two up to 64, got ${quadsPerWorkgroup}`);
  if (slicesPerWorkgroup !== undefined) requireCount("tuning.slicesPerWorkgroup", slicesPerWorkgroup, 1);
  if (entriesPerInvocation !== undefined)
    requireChoice("tuning.entriesPerInvocation", entriesPerInvocation, entriesOfInvocations);
  if (chainsPerBatch !== undefined && !(chainsPerBatch > 0 && chainsPerBatch % chainsPerQuad === 0))
    throw new ArgumentError(
      "tuning.chainsPerBatch",
      `must be a multiple of ${chainsPerQuad} above 0, got ${chainsPerBatch}`,
    );
}

/** Aims at `submitDuration`, at most doubling, and judging only submits that were as long as they were meant to be. */
function nextStepsPerSubmit(current: number, taken: number, milliseconds: number): number {
  if (taken < current) return current;
  const fitting = (taken * submitDuration) / Math.max(milliseconds, 0.1);
  return Math.max(1, Math.min(current * 2, Math.floor(fitting)));
}
