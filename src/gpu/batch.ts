/** One batch of chains on the device: its buffers, its recorded stages, and the way back of its draws. */
import { GpuError } from "../core/errors.ts";
import { isLangevin, langevinCoefficients } from "../core/langevin.ts";
import { componentWeights } from "../core/mixture.ts";
import { levelAt, type Level } from "../core/schedule.ts";
import type { Draws, HopfieldTarget } from "../core/types.ts";
import {
  chainsPerQuad,
  createChainBuffers,
  stagingLayout,
  tileLength,
  type BufferSet,
  type ChainBufferOptions,
} from "./buffers.ts";
import { bindBuffers, type ComputeStage } from "./compute-stage.ts";
import { withErrorScopes } from "./error-scopes.ts";
import { tiledInvocations } from "./plan-layout.ts";
import { patchStages, settleStage } from "./plan-stages.ts";
import type { Plan, StageUse } from "./plan.ts";
import { createPatchBuffers } from "./patch-buffers.ts";
import { patternTiles } from "./patch-plan.ts";
import type { StructLayout } from "./reflection.ts";
import { createReadBack, type BatchJob, type GpuSpace } from "./read-back.ts";
import { writeStruct } from "./struct-layout.ts";

/** A plan with its stages compiled. */
export interface StageSet {
  readonly plan: Plan;
  /** The kind of adapter that it is made for. */
  readonly isSoftware: boolean;
  readonly byName: ReadonlyMap<string, ComputeStage>;
  readonly tables: BufferSet | undefined;
  /** Steps that one dispatch of a persistent kernel takes at most. */
  readonly stepsPerDispatch: number;
}

export interface Submit {
  /** At most `stepsToLevelEnd`. */
  readonly steps: number;
  /** The acceptance tallies start again before the first of these steps. */
  readonly clearsTallies: boolean;
  /** The draw that the state after these steps is, if it is kept. */
  readonly reads: number | undefined;
  /** Where it goes. */
  readonly draws: Draws & { numNonFinite: number };
}

export interface Batch {
  readonly firstChain: number;
  readonly numChains: number;
  /** Resolves once the device has done the work and what was to come back is in `draws`. */
  submit(submit: Submit): Promise<void>;
  /** Steps that the next submit may have at most, so that it stays within one level. */
  stepsToLevelEnd(): number;
  destroy(): void;
}

/** A stage with its buffers bound and its grid worked out. */
interface Dispatch {
  readonly stage: ComputeStage;
  readonly bindGroup: GPUBindGroup;
  readonly grid: readonly [number, number, number];
}

/** The dispatches of each part of the kernel's plan. */
interface Recorded {
  readonly adopt: readonly Dispatch[];
  readonly start: readonly Dispatch[];
  readonly step: readonly Dispatch[];
  readonly conclude: readonly Dispatch[];
  readonly readout: readonly Dispatch[];
  readonly settle: readonly Dispatch[];
}

/** @throws GpuError when the device has no room for the chains */
export async function createBatch(
  device: GPUDevice,
  target: HopfieldTarget,
  space: GpuSpace,
  stages: StageSet,
  job: BatchJob,
): Promise<Batch> {
  const { stack, sizes, memory, basis, collapse } = space;
  const { options, firstChain, numChains } = job;
  const { key, levels } = job.plan;
  const { plan, stepsPerDispatch } = stages;
  const numQuads = Math.ceil(numChains / chainsPerQuad / plan.quadMultiple) * plan.quadMultiple;
  const isExact = options.kernel === "exact";
  const structs = {
    params: requireStruct(stages, "Params"),
    tally: requireStruct(stages, "Tally"),
    observation: requireStruct(stages, "Observation"),
    complement: requireStruct(stages, "Complement"),
    readoutWeights: collapse && requireStruct(stages, "ReadoutWeights"),
  };
  /** Of first_clock and, right after it, stop_clock: the only parameters that change with every submit. */
  const clocks = structs.params.fields.get("first_clock")!;
  const bufferOptions: ChainBufferOptions = {
    numQuads,
    numFusedSlices: plan.numSlices,
    numSplits: plan.numSplits,
    paramsSize: structs.params.stride,
    tallyStride: structs.tally.stride,
    observationStride: structs.observation.stride,
    complementStride: structs.complement.stride,
    readoutWeightsStride: structs.readoutWeights?.stride ?? 0,
  };
  const layout = stagingLayout(sizes, bufferOptions);
  const buffers = await createChainBuffers(device, sizes, bufferOptions);
  const readBack = createReadBack(target, space, job, layout, structs);
  const buffer = (name: string): GPUBuffer => buffers.byName[name]!;

  // Independent draws need no steps in between: the clock jumps from one kept step to the next.
  const clockStride = isExact ? options.thinning : 1;
  let nextStep = isExact ? options.numBurnIn + options.thinning : 1;
  /** The level that the device's parameters and weights belong to. */
  let currentLevel = -1;

  const { queue } = device;
  const tiles = sizes.patches && patternTiles(sizes.patches, options.kernel, numQuads, job.scratchBytes);
  const { adopt, start, step, conclude, readout } =
    sizes.patches && tiles ? patchStages(sizes.patches, options.kernel, tiles) : plan.stages;
  let patchBuffers: BufferSet | undefined;
  let recorded: Recorded;
  try {
    if (sizes.patches && tiles)
      patchBuffers = await createPatchBuffers(device, sizes.patches, options.kernel, tiles, numQuads, {
        patches: requireStruct(stages, "Patches"),
        axis: requireStruct(stages, "Axis"),
      });
    queue.writeBuffer(buffer("proposal"), 0, quadMajor(readBack.startCoordinates, numChains, sizes.dim, numQuads));
    queue.writeBuffer(buffer("complements"), 0, readBack.startComplements);
    if (readBack.startOutside)
      queue.writeBuffer(buffer("outside"), 0, quadMajor(readBack.startOutside, numChains, sizes.fullDim, numQuads));
    queue.writeBuffer(buffer("directions"), 0, new Float32Array(numQuads * chainsPerQuad).fill(1));
    queue.writeBuffer(buffer("clock"), 0, new Uint32Array(numQuads * Math.max(1, plan.numSlices)).fill(nextStep));
    const { result, checked } = withErrorScopes(device, "pipeline", "bind groups", () => ({
      adopt: adopt.map(dispatchOf),
      start: start.map(dispatchOf),
      step: step.map(dispatchOf),
      conclude: conclude.map(dispatchOf),
      readout: readout.map(dispatchOf),
      settle: collapse ? [dispatchOf(settleStage)] : [],
    }));
    recorded = result;
    await checked;
  } catch (error) {
    destroy();
    throw error;
  }

  function destroy(): void {
    buffers.destroy();
    patchBuffers?.destroy();
  }

  function levelParameters({ beta, stepSize }: Level): Record<string, number> {
    const coefficients = isLangevin(options.kernel)
      ? langevinCoefficients(options.kernel, stepSize, beta, options.circulation)
      : { decay: 0, drift: 0, noise: 0, ratioScale: 0, cosine: 1, sine: 0, turn: 0, twist: 0 };
    return {
      dim: sizes.dim,
      num_rows: sizes.numRows,
      num_dims_padded: sizes.numDimsPadded,
      num_rows_padded: sizes.numRowsPadded,
      num_heads: sizes.numHeads,
      total_power: stack.heads.reduce((sum, { power }) => sum + power, 0),
      num_quads: numQuads,
      num_slices: sizes.numSlices,
      slice_length: sizes.sliceLength,
      first_chain: job.plan.firstChain + firstChain,
      clock_stride: clockStride,
      complement_dim: collapse?.complementDim ?? 0,
      full_dim: sizes.fullDim,
      full_dims_padded: sizes.fullDimsPadded,
      seed_low: key[0],
      seed_high: key[1],
      beta,
      decay: coefficients.decay,
      drift: coefficients.drift,
      noise: coefficients.noise,
      ratio_scale: coefficients.ratioScale,
      cosine: coefficients.cosine,
      sine: coefficients.sine,
      turn: coefficients.turn,
      twist: coefficients.twist,
      steps_per_dispatch: stepsPerDispatch,
      first_clock: 0,
      stop_clock: 0,
    };
  }

  function dispatchOf(use: string | StageUse): Dispatch {
    const name = typeof use === "string" ? use : use.stage;
    const stage = stages.byName.get(name)!;
    const weights = buffers.byName[isExact ? "mixture_weights" : "proposal_attention"]!;
    const all: Record<string, GPUBuffer> = {
      ...memory.byName,
      ...basis?.byName,
      ...stages.tables?.byName,
      ...buffers.byName,
      weights,
      ...patchBuffers?.byName,
    };
    if (typeof use === "string") return { stage, bindGroup: bindBuffers(device, stage, all), grid: gridOf(name) };
    for (const [inShader, inBatch] of Object.entries(use.buffers)) all[inShader] = all[inBatch]!;
    return { stage, bindGroup: bindBuffers(device, stage, all), grid: gridOfUse(use) };
  }

  /** Invocations go along y, and on along z where y ends. */
  function gridOfUse({ invocations, workgroups = 1 }: StageUse): readonly [number, number, number] {
    if (invocations === undefined) return [numQuads / plan.quadsPerReduction, workgroups, 1];
    const numGroups = Math.ceil(invocations / (tiledInvocations / plan.quadsPerWorkgroup));
    const layers = Math.ceil(numGroups / device.limits.maxComputeWorkgroupsPerDimension);
    return [Math.ceil(numQuads / plan.quadsPerWorkgroup), Math.ceil(numGroups / layers), layers];
  }

  /** Workgroups of a stage; what one invocation does stands in the header of its shader. */
  function gridOf(name: string): readonly [number, number, number] {
    const quadGroups = Math.ceil(numQuads / plan.quadsPerWorkgroup);
    const tiled = (numItems: number, depth = 1): readonly [number, number, number] => [
      quadGroups,
      Math.ceil(numItems / (tiledInvocations / plan.quadsPerWorkgroup)),
      depth,
    ];
    const paired = (numItems: number, depth = 1): readonly [number, number, number] => [
      Math.ceil(numQuads / 2 / plan.pairsPerWorkgroup),
      Math.ceil(numItems / (tiledInvocations / plan.pairsPerWorkgroup)),
      depth,
    ];
    switch (name) {
      case "propose":
      case "component":
      case "gather":
      case "adopt":
        return tiled(Math.ceil(sizes.dim / 4));
      case "complement-noise":
      case "complement-add":
        return tiled(Math.ceil(sizes.fullDim / 4));
      case "complement-project":
        return paired(sizes.numDimsPadded / tileLength, sizes.numFullSlices);
      case "inside":
        return tiled(sizes.dim);
      case "expand":
        return tiled(sizes.fullDimsPadded / tileLength);
      case "logits":
        return paired(sizes.numRowsPadded / tileLength, sizes.numSlices);
      case "retrieve":
        return paired(sizes.numDimsPadded / tileLength);
      case "streaming-softmax":
        return tiled(sizes.numRowsPadded / tileLength);
      case "streaming-retrieve":
        return tiled(sizes.numDimsPadded / tileLength);
      case "choose":
      case "enter":
      case "reset":
      case "settle":
        return [Math.ceil(numQuads / 64), 1, 1];
      case "softmax":
        return [numQuads / plan.quadsPerReduction, sizes.numHeads, 1];
      case "persistent":
        return [numQuads / plan.shape.quadsPerWorkgroup, 1, 1];
      case "streaming":
        return [numQuads / plan.shape.quadsPerWorkgroup, plan.numSplits, 1];
      case "fused":
      case "conclude":
        return [numQuads / plan.shape.quadsPerWorkgroup, Math.ceil(plan.numSlices / plan.shape.slicesPerWorkgroup!), 1];
      default:
        return [numQuads / plan.quadsPerReduction, 1, 1];
    }
  }

  let numSubmits = 0;
  /** A read-out has not been followed by a step yet. */
  let isUnsettled = false;

  async function submit({ steps, clearsTallies, reads, draws }: Submit): Promise<void> {
    const { result: landing, checked: valid } = withErrorScopes(device, "submit", "sampler", () => {
      const encoder = device.createCommandEncoder({ label: "sampler" });
      if (clearsTallies) encoder.clearBuffer(buffer("tallies"));
      if (isUnsettled) encodePass(encoder, recorded.settle);
      const level = levelAt(levels, nextStep);
      if (level !== currentLevel) enterLevel(encoder, level);
      const firstStep = nextStep;
      nextStep += steps * clockStride;
      queue.writeBuffer(buffer("params"), clocks.offset, Uint32Array.of(firstStep, nextStep));
      const repeats = plan.name === "persistent" ? Math.ceil(steps / stepsPerDispatch) : steps;
      encodePass(encoder, Array.from({ length: repeats }, () => recorded.step).flat());
      encodePass(encoder, recorded.conclude);
      if (reads !== undefined) encodePass(encoder, recorded.readout);

      const back = buffer(reads === undefined ? `ticket${numSubmits % 2}` : `staging${reads % 2}`);
      const copy = (name: string, offset: number, size = buffer(name).size): void =>
        encoder.copyBufferToBuffer(buffer(name), 0, back, offset, size);
      if (reads !== undefined) {
        copy("kept_positions", layout.positions);
        copy("kept_retrievals", layout.retrievals);
        copy("observations", layout.observations);
        copy("tallies", layout.tallies);
        copy("num_non_finite", layout.numNonFinite);
      }
      copy("clock", reads === undefined ? 0 : layout.clock, Uint32Array.BYTES_PER_ELEMENT);
      // Nothing is written after a copy in the same submit: a driver was seen to let such a write overtake the copy.
      isUnsettled = reads !== undefined;
      queue.submit([encoder.finish()]);
      numSubmits++;
      return back;
    });
    const expected = nextStep % 2 ** 32;
    // After a loss only mapping rejects: work counts once its clock has come back.
    const mapped = landing.mapAsync(GPUMapMode.READ).catch((cause: unknown) => {
      throw new GpuError("read-back", "sampler", "the device did not return its results", { cause });
    });
    await Promise.all([valid, mapped]);
    const bytes = landing.getMappedRange();
    const clock = new Uint32Array(bytes, reads === undefined ? 0 : layout.clock, 1)[0]!;
    if (clock !== expected)
      throw new GpuError("submit", "sampler", `steps were lost: the clock must stand at ${expected}, got ${clock}`);
    if (reads !== undefined) await readBack.unpack(bytes, reads, draws);
    landing.unmap();
  }

  /**
   * Parameters of a level, and the attention of the current positions at its β. Comes first in a submit: what is written
   * to the queue here is what the whole submit reads.
   */
  function enterLevel(encoder: GPUCommandEncoder, level: number): void {
    queue.writeBuffer(buffer("params"), 0, writeStruct(structs.params, levelParameters(levels[level]!)));
    if (isExact) queue.writeBuffer(buffer("mixture_weights"), 0, mixtureWeights(levels[level]!));
    if (currentLevel >= 0) encodePass(encoder, recorded.adopt);
    encodePass(encoder, recorded.start);
    currentLevel = level;
  }

  /** The mixture's weights, a copy for every chain. */
  function mixtureWeights({ beta }: Level): Float32Array<ArrayBuffer> {
    const width = numQuads * chainsPerQuad;
    const copies = new Float32Array(sizes.numRows * width);
    for (const [row, weight] of componentWeights(stack, beta).entries())
      copies.fill(weight, row * width, (row + 1) * width);
    return copies;
  }

  function encodePass(encoder: GPUCommandEncoder, dispatches: readonly Dispatch[]): void {
    if (dispatches.length === 0) return;
    const pass = encoder.beginComputePass({ label: "sampler" });
    let last: Dispatch | undefined;
    for (const dispatch of dispatches) {
      // Setting costs several times what a dispatch does, and a step in one dispatch needs it once.
      if (dispatch.stage !== last?.stage) pass.setPipeline(dispatch.stage.pipeline);
      if (dispatch.bindGroup !== last?.bindGroup) pass.setBindGroup(0, dispatch.bindGroup);
      pass.dispatchWorkgroups(...dispatch.grid);
      last = dispatch;
    }
    pass.end();
  }

  const stepsToLevelEnd = (): number => (isExact ? 1 : levels[levelAt(levels, nextStep)]!.lastStep - nextStep + 1);

  return { firstChain, numChains, submit, stepsToLevelEnd, destroy };
}

/** The layout that the stages, which share their structs, give one of them. */
function requireStruct(stages: StageSet, name: string): StructLayout {
  for (const { shader } of stages.byName.values()) {
    const layout = shader.structs.get(name);
    if (layout !== undefined) return layout;
  }
  throw new Error(`no shader of this kernel declares a struct ${name}`);
}

/** [chain][coordinate] to [coordinate][quad] with four lanes; lanes without a chain start at zero. */
function quadMajor(starts: Float32Array, numChains: number, dim: number, numQuads: number): Float32Array<ArrayBuffer> {
  const width = numQuads * chainsPerQuad;
  const out = new Float32Array(dim * width);
  for (let chain = 0; chain < numChains; chain++)
    for (let i = 0; i < dim; i++) out[i * width + chain] = starts[chain * dim + i]!;
  return out;
}
