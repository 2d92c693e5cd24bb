/** From the bytes that a batch sends back to draws; for collapsed chains also the part that no device has seen. */
import { isWholeMemory, maxCosine, type AttentionStack } from "../core/attention-stack.ts";
import { addExpansion, type Collapse } from "../core/collapse.ts";
import { norm, readOut, settled, startReadout } from "../core/complement.ts";
import { isAdjusted, isLangevin, isRadial } from "../core/langevin.ts";
import { patternNorms } from "../core/memory-matrix.ts";
import type { RunPlan } from "../core/sample-options.ts";
import type { Draws, HopfieldTarget, SampleOptions } from "../core/types.ts";
import {
  chainsPerQuad,
  createMemoryBuffers,
  createTableBuffers,
  memorySizes,
  type BufferSet,
  type MemorySizes,
  type StagingLayout,
} from "./buffers.ts";
import type { StructLayout } from "./reflection.ts";
import { readVectors, writeVectors } from "./struct-layout.ts";

/** The space that chains run in: all coordinates, or those of the span of the rows. */
export interface GpuSpace {
  readonly stack: AttentionStack;
  readonly sizes: MemorySizes;
  readonly memory: BufferSet;
  readonly collapse: Collapse | undefined;
  /** The rows again, as the plans that do a step in one dispatch want them; made when first asked for. */
  tables(): Promise<BufferSet>;
  destroy(): Promise<void>;
}

/** @throws GpuError when the device has no room for the rows */
export async function createSpace(device: GPUDevice, stack: AttentionStack, collapse?: Collapse): Promise<GpuSpace> {
  const sizes = memorySizes(stack);
  const memory = await createMemoryBuffers(device, stack, sizes);
  let tables: Promise<BufferSet> | undefined;
  return {
    stack,
    sizes,
    memory,
    collapse,
    async tables() {
      try {
        return await (tables ??= createTableBuffers(device, stack, sizes));
      } catch (error) {
        // A later run may try again.
        tables = undefined;
        throw error;
      }
    },
    async destroy() {
      memory.destroy();
      (await tables)?.destroy();
    },
  };
}

export interface BatchJob {
  readonly options: SampleOptions;
  readonly plan: RunPlan;
  readonly firstChain: number;
  readonly numChains: number;
  /** Bytes that the logits of a tile of patterns may take in a patch energy. */
  readonly scratchBytes: number;
  /** [numChains, dim of the target] */
  readonly starts: Float32Array;
}

/** Layouts of what comes back, as the shaders declare them. */
export interface ReadBackStructs {
  readonly observation: StructLayout;
  readonly tally: StructLayout;
  readonly complement: StructLayout;
}

/** Where the chains stood when they were read. */
export interface ReadState {
  /** The last step taken. */
  readonly step: number;
  readonly beta: number;
}

export interface ReadBack {
  /** Where chains start in the space that they run in, [numChains, dim of it]. */
  readonly startCoordinates: Float32Array;
  /** What they have outside it, as the shaders hold it. */
  readonly startComplements: ArrayBuffer;
  /** Fills one draw. Calls must come in the order of draws; each waits for the one before it. */
  unpack(bytes: ArrayBuffer, draw: number, state: ReadState, draws: Draws & { numNonFinite: number }): Promise<void>;
}

/** Milliseconds of assembling between two visits to the event loop. */
const sliceDuration = 25;

export function createReadBack(
  target: HopfieldTarget,
  { stack, sizes, collapse }: GpuSpace,
  { options, plan, firstChain, numChains, starts }: BatchJob,
  layout: StagingLayout,
  structs: ReadBackStructs,
): ReadBack {
  const { dim } = target.memory;
  const { kernel } = options;
  const numQuads = Math.ceil(numChains / chainsPerQuad);
  const radial = isRadial(kernel);
  const rejects = isAdjusted(kernel);
  const holdsAllCosines = isWholeMemory(target, stack);
  const memoryNorms = patternNorms(target.memory);
  const readouts =
    collapse &&
    Array.from({ length: numChains }, (_, c) => startReadout(collapse, starts.subarray(c * dim, (c + 1) * dim)));
  let nonFiniteSoFar = 0;
  let lastUnpacked: Promise<void> = Promise.resolve();

  function startCoordinates(): Float32Array {
    if (!readouts) return starts;
    const coordinates = new Float32Array(numChains * stack.dim);
    for (const [c, readout] of readouts.entries()) coordinates.set(readout.coordinates, c * stack.dim);
    return coordinates;
  }

  function startComplements(): ArrayBuffer {
    const states = readouts?.map(({ outsideNorm }) => settled(radial, outsideNorm)) ?? [];
    return writeVectors(structs.complement, numQuads, {
      first: states.map(({ first }) => first),
      second: states.map(({ second }) => second),
    });
  }

  async function unpack(
    bytes: ArrayBuffer,
    draw: number,
    { step, beta }: ReadState,
    draws: Draws & { numNonFinite: number },
  ): Promise<void> {
    const positions = new Float32Array(bytes, layout.positions, numChains * sizes.dim);
    const retrievals = new Float32Array(bytes, layout.retrievals, numChains * sizes.dim);
    const vectors = (struct: StructLayout, from: number, field: string): Float64Array =>
      readVectors(struct, field, bytes, numQuads, from);
    const energy = vectors(structs.observation, layout.observations, "energy");
    const entropy = vectors(structs.observation, layout.observations, "entropy");
    const cosines = vectors(structs.observation, layout.observations, "max_cosine");
    const accepted = vectors(structs.tally, layout.tallies, "num_accepted");
    const logRatioSum = vectors(structs.tally, layout.tallies, "log_ratio_sum");
    const first = vectors(structs.complement, layout.complements, "first");
    const second = vectors(structs.complement, layout.complements, "second");
    const numNonFinite = new Uint32Array(bytes, layout.numNonFinite, numChains).reduce((sum, n) => sum + n, 0);
    draws.numNonFinite += numNonFinite - nonFiniteSoFar;
    nonFiniteSoFar = numNonFinite;

    let sliceStart = performance.now();
    for (let c = 0; c < numChains; c++) {
      const chain = firstChain + c;
      const at = chain * draws.numDraws + draw;
      let position: ArrayLike<number> = positions.subarray(c * sizes.dim, (c + 1) * sizes.dim);
      let retrieval: ArrayLike<number> = retrievals.subarray(c * sizes.dim, (c + 1) * sizes.dim);
      let cosine = cosines[c]!;
      if (readouts && collapse) {
        // Kernels that draw components have nothing outside the span but the last one's noise.
        const since = isLangevin(kernel) ? { first: first[c]!, second: second[c]! } : { first: 0, second: 1 / beta };
        const coordinates = Float64Array.from(position);
        const readout = readOut(
          collapse,
          readouts[c]!,
          coordinates,
          radial,
          since,
          step,
          plan.firstChain + chain,
          plan.key,
        );
        readouts[c] = readout;
        energy[c]! += readout.outsideNorm ** 2 / 2;
        cosine *= norm(coordinates) / norm(readout.position);
        const expanded = new Float64Array(dim);
        addExpansion(collapse.basis, Float64Array.from(retrieval), expanded);
        position = readout.position;
        retrieval = expanded;
      }
      draws.positions.set(position, at * dim);
      draws.retrievals.set(retrieval, at * dim);
      draws.energy[at] = energy[c]!;
      if (!Number.isFinite(energy[c])) draws.numNonFinite++;
      draws.attentionEntropy[at] = entropy[c]!;
      draws.maxCosine[at] = holdsAllCosines ? cosine : maxCosine(target.memory, memoryNorms, position);
      // Running means over the draws so far, each over `thinning` steps.
      const share = 1 / (draw + 1);
      const acceptance = rejects ? accepted[c]! / options.thinning : 1;
      const logRatio = rejects ? logRatioSum[c]! / options.thinning : 0;
      draws.acceptanceRate[chain]! += share * (acceptance - draws.acceptanceRate[chain]!);
      draws.meanLogRatio[chain]! += share * (logRatio - draws.meanLogRatio[chain]!);
      if (performance.now() - sliceStart > sliceDuration) {
        await new Promise((resolve) => setTimeout(resolve, 0));
        sliceStart = performance.now();
      }
    }
  }

  return {
    startCoordinates: startCoordinates(),
    startComplements: startComplements(),
    unpack(bytes, draw, state, draws) {
      lastUnpacked = lastUnpacked.then(() => unpack(bytes, draw, state, draws));
      return lastUnpacked;
    },
  };
}
