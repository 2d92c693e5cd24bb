/** One batch of chains on the device: its buffers, its recorded stages, and the way back of its draws. */
import { GpuError } from "../core/errors.ts";
import { isLangevin, langevinCoefficients } from "../core/langevin.ts";
import { componentWeights } from "../core/mixture.ts";
import { levelAt, type Level } from "../core/schedule.ts";
import type { Draws, HopfieldTarget } from "../core/types.ts";
import { chainsPerQuad, createChainBuffers, stagingLayout, type ChainBufferOptions } from "./buffers.ts";
import { bindBuffers, type ComputeStage } from "./compute-stage.ts";
import { withErrorScopes } from "./error-scopes.ts";
import { adoptStages, kernelPlans, settleStage } from "./kernel-plan.ts";
import type { StructLayout } from "./reflection.ts";
import { createReadBack, type BatchJob, type GpuSpace } from "./read-back.ts";
import { writeStruct } from "./struct-layout.ts";

export interface StageSet {
  readonly byName: ReadonlyMap<string, ComputeStage>;
  readonly quadsPerWorkgroup: number;
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
  const { stack, sizes, memory, collapse } = space;
  const { options, firstChain, numChains } = job;
  const { key, levels } = job.plan;
  const numQuads = Math.ceil(numChains / chainsPerQuad);
  const isExact = options.kernel === "exact";
  const structs = {
    params: requireStruct(stages, "accept", "Params"),
    tally: requireStruct(stages, "accept", "Tally"),
    observation: requireStruct(stages, "observe", "Observation"),
    complement: requireStruct(stages, "accept", "Complement"),
  };
  const bufferOptions: ChainBufferOptions = {
    numQuads,
    paramsSize: structs.params.stride,
    tallyStride: structs.tally.stride,
    observationStride: structs.observation.stride,
    complementStride: structs.complement.stride,
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
  const plan = kernelPlans[options.kernel];
  let recorded: Recorded;
  try {
    queue.writeBuffer(buffer("proposal"), 0, quadMajor(readBack.startCoordinates, numChains, sizes.dim, numQuads));
    queue.writeBuffer(buffer("complements"), 0, readBack.startComplements);
    queue.writeBuffer(buffer("directions"), 0, new Float32Array(numQuads * chainsPerQuad).fill(1));
    queue.writeBuffer(buffer("clock"), 0, new Uint32Array(numQuads).fill(nextStep));
    const { result, checked } = withErrorScopes(device, "pipeline", "bind groups", () => ({
      adopt: adoptStages.map(dispatchOf),
      start: plan.start.map(dispatchOf),
      step: plan.step.map(dispatchOf),
      readout: plan.readout.map(dispatchOf),
      settle: collapse ? [dispatchOf(settleStage)] : [],
    }));
    recorded = result;
    await checked;
  } catch (error) {
    buffers.destroy();
    throw error;
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
      first_chain: firstChain,
      clock_stride: clockStride,
      complement_dim: collapse?.complementDim ?? 0,
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
    };
  }

  function dispatchOf(name: string): Dispatch {
    const stage = stages.byName.get(name)!;
    const weights = buffers.byName[isExact ? "mixture_weights" : "proposal_attention"]!;
    const bindGroup = bindBuffers(device, stage, { ...memory.byName, ...buffers.byName, weights });
    return { stage, bindGroup, grid: gridOf(name) };
  }

  /** Workgroups of a stage; what one invocation does stands in the header of its shader. */
  function gridOf(name: string): readonly [number, number, number] {
    const quadGroups = Math.ceil(numQuads / stages.quadsPerWorkgroup);
    const tiled = (numItems: number, depth = 1): readonly [number, number, number] => [
      quadGroups,
      Math.ceil(numItems / (64 / stages.quadsPerWorkgroup)),
      depth,
    ];
    switch (name) {
      case "propose":
      case "component":
      case "gather":
      case "adopt":
        return tiled(Math.ceil(sizes.dim / 4));
      case "logits":
        return tiled(sizes.numRowsPadded / 8, sizes.numSlices);
      case "retrieve":
        return tiled(sizes.numDimsPadded / 8);
      case "choose":
      case "reset":
      case "settle":
        return [Math.ceil(numQuads / 64), 1, 1];
      case "softmax":
        return [numQuads, sizes.numHeads, 1];
      default:
        return [numQuads, 1, 1];
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
      encodePass(encoder, Array.from({ length: steps }, () => recorded.step).flat());
      nextStep += steps * clockStride;
      if (reads !== undefined) encodePass(encoder, recorded.readout);

      const back = buffer(reads === undefined ? `ticket${numSubmits % 2}` : `staging${reads % 2}`);
      const copy = (name: string, offset: number, size = buffer(name).size): void =>
        encoder.copyBufferToBuffer(buffer(name), 0, back, offset, size);
      if (reads !== undefined) {
        copy("kept_positions", layout.positions);
        copy("kept_retrievals", layout.retrievals);
        copy("observations", layout.observations);
        copy("tallies", layout.tallies);
        copy("complements", layout.complements);
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
    const state = { step: nextStep - clockStride, beta: levels[currentLevel]!.beta };
    // After a loss only mapping rejects: work counts once its clock has come back.
    const mapped = landing.mapAsync(GPUMapMode.READ).catch((cause: unknown) => {
      throw new GpuError("read-back", "sampler", "the device did not return its results", { cause });
    });
    await Promise.all([valid, mapped]);
    const bytes = landing.getMappedRange();
    const clock = new Uint32Array(bytes, reads === undefined ? 0 : layout.clock, 1)[0]!;
    if (clock !== expected)
      throw new GpuError("submit", "sampler", `steps were lost: the clock must stand at ${expected}, got ${clock}`);
    if (reads !== undefined) await readBack.unpack(bytes, reads, state, draws);
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
    for (const { stage, bindGroup, grid } of dispatches) {
      pass.setPipeline(stage.pipeline);
      pass.setBindGroup(0, bindGroup);
      pass.dispatchWorkgroups(...grid);
    }
    pass.end();
  }

  const stepsToLevelEnd = (): number => (isExact ? 1 : levels[levelAt(levels, nextStep)]!.lastStep - nextStep + 1);

  return { firstChain, numChains, submit, stepsToLevelEnd, destroy: () => buffers.destroy() };
}

function requireStruct(stages: StageSet, stage: string, name: string): StructLayout {
  const layout = stages.byName.get(stage)?.shader.structs.get(name);
  if (layout === undefined) throw new Error(`${stage}: the shader declares no struct ${name}`);
  return layout;
}

/** [chain][coordinate] to [coordinate][quad] with four lanes; lanes without a chain start at zero. */
function quadMajor(starts: Float32Array, numChains: number, dim: number, numQuads: number): Float32Array<ArrayBuffer> {
  const width = numQuads * chainsPerQuad;
  const out = new Float32Array(dim * width);
  for (let chain = 0; chain < numChains; chain++)
    for (let i = 0; i < dim; i++) out[i * width + chain] = starts[chain * dim + i]!;
  return out;
}
