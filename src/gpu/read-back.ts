/** What chains start from on the device, and from the bytes that a batch sends back to draws. */
import { isWholeMemory, maxCosine, type AttentionStack } from "../core/attention-stack.ts";
import { addExpansion, type Collapse } from "../core/collapse.ts";
import { settled, startReadout, type ComplementState } from "../core/complement.ts";
import { isAdjusted, isRadial } from "../core/langevin.ts";
import { patternNorms } from "../core/memory-matrix.ts";
import type { RunPlan } from "../core/sample-options.ts";
import type { Draws, HopfieldTarget, KernelName, SampleOptions } from "../core/types.ts";
import {
  chainsPerQuad,
  createBasisBuffers,
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
  /** Of the span of the rows, where chains run in it. */
  readonly basis: BufferSet | undefined;
  /** The rows again, as the plans that do a step in one dispatch want them; made when first asked for. */
  tables(): Promise<BufferSet>;
  destroy(): Promise<void>;
}

/** @throws GpuError when the device has no room for the rows */
export async function createSpace(device: GPUDevice, stack: AttentionStack, collapse?: Collapse): Promise<GpuSpace> {
  const sizes = memorySizes(stack, collapse && stack.dim + collapse.complementDim);
  const memory = await createMemoryBuffers(device, stack, sizes);
  let basis: BufferSet | undefined;
  try {
    basis = collapse && (await createBasisBuffers(device, collapse, sizes));
  } catch (error) {
    memory.destroy();
    throw error;
  }
  let tables: Promise<BufferSet> | undefined;
  return {
    stack,
    sizes,
    memory,
    collapse,
    basis,
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
      basis?.destroy();
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

export interface ReadBack {
  /** Where chains start in the space that they run in, [numChains, dim of it]. */
  readonly startCoordinates: Float32Array;
  /** What they have outside it, [numChains, dim of the target], and how the shaders hold it between read-outs. */
  readonly startOutside: Float32Array | undefined;
  readonly startComplements: ArrayBuffer;
  /** Fills one draw. Calls must come in the order of draws; each waits for the one before it. */
  unpack(bytes: ArrayBuffer, draw: number, draws: Draws & { numNonFinite: number }): Promise<void>;
}

/** Milliseconds of copying between two visits to the event loop. */
const sliceDuration = 25;

export function createReadBack(
  target: HopfieldTarget,
  { stack, collapse }: GpuSpace,
  { options, firstChain, numChains, starts }: BatchJob,
  layout: StagingLayout,
  structs: ReadBackStructs,
): ReadBack {
  const { dim } = target.memory;
  const numQuads = Math.ceil(numChains / chainsPerQuad);
  const rejects = isAdjusted(options.kernel);
  const holdsAllCosines = isWholeMemory(target, stack);
  const memoryNorms = patternNorms(target.memory);
  let nonFiniteSoFar = 0;
  let lastUnpacked: Promise<void> = Promise.resolve();

  async function unpack(bytes: ArrayBuffer, draw: number, draws: Draws & { numNonFinite: number }): Promise<void> {
    const positions = new Float32Array(bytes, layout.positions, numChains * dim);
    const retrievals = new Float32Array(bytes, layout.retrievals, numChains * dim);
    const vectors = (struct: StructLayout, from: number, field: string): Float64Array =>
      readVectors(struct, field, bytes, numQuads, from);
    const energy = vectors(structs.observation, layout.observations, "energy");
    const entropy = vectors(structs.observation, layout.observations, "entropy");
    const cosines = vectors(structs.observation, layout.observations, "max_cosine");
    const accepted = vectors(structs.tally, layout.tallies, "num_accepted");
    const logRatioSum = vectors(structs.tally, layout.tallies, "log_ratio_sum");
    const numNonFinite = new Uint32Array(bytes, layout.numNonFinite, numChains).reduce((sum, n) => sum + n, 0);
    draws.numNonFinite += numNonFinite - nonFiniteSoFar;
    nonFiniteSoFar = numNonFinite;

    let sliceStart = performance.now();
    for (let c = 0; c < numChains; c++) {
      const chain = firstChain + c;
      const at = chain * draws.numDraws + draw;
      const position = positions.subarray(c * dim, (c + 1) * dim);
      draws.positions.set(position, at * dim);
      draws.retrievals.set(retrievals.subarray(c * dim, (c + 1) * dim), at * dim);
      draws.energy[at] = energy[c]!;
      if (!Number.isFinite(energy[c])) draws.numNonFinite++;
      draws.attentionEntropy[at] = entropy[c]!;
      draws.maxCosine[at] = holdsAllCosines ? cosines[c]! : maxCosine(target.memory, memoryNorms, position);
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
    ...startState(collapse, options.kernel, numChains, starts, structs.complement),
    unpack(bytes, draw, draws) {
      lastUnpacked = lastUnpacked.then(() => unpack(bytes, draw, draws));
      return lastUnpacked;
    },
  };
}

/** Splits starts, [numChains, dim of the target], into what lies in the span of the rows and the rest. */
function startState(
  collapse: Collapse | undefined,
  kernel: KernelName,
  numChains: number,
  starts: Float32Array,
  complement: StructLayout,
): Pick<ReadBack, "startCoordinates" | "startOutside" | "startComplements"> {
  const numQuads = Math.ceil(numChains / chainsPerQuad);
  if (!collapse)
    return {
      startCoordinates: starts,
      startOutside: undefined,
      startComplements: writeVectors(complement, numQuads, {}),
    };
  const { rank, basis, complementDim } = collapse;
  const dim = rank + complementDim;
  const startCoordinates = new Float32Array(numChains * rank);
  const startOutside = complementDim > 0 ? new Float32Array(numChains * dim) : undefined;
  const complements: ComplementState[] = [];
  for (let c = 0; c < numChains; c++) {
    const { position, coordinates, outsideNorm } = startReadout(collapse, starts.subarray(c * dim, (c + 1) * dim));
    startCoordinates.set(coordinates, c * rank);
    complements.push(settled(isRadial(kernel), outsideNorm));
    if (outsideNorm === 0) continue;
    addExpansion(
      basis,
      coordinates.map((u) => -u),
      position,
    );
    startOutside?.set(position, c * dim);
  }
  const startComplements = writeVectors(complement, numQuads, {
    first: complements.map(({ first }) => first),
    second: complements.map(({ second }) => second),
  });
  return { startCoordinates, startOutside, startComplements };
}
