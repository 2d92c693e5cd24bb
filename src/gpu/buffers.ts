/** Every buffer of a job: made together, named as the shaders name them, destroyed together. */
import { mixtureLogWeights } from "../core/mixture.ts";
import { patternNorms } from "../core/memory-matrix.ts";
import type { HopfieldTarget } from "../core/types.ts";
import { withErrorScopes } from "./error-scopes.ts";

/** Chains go in fours: one lane of a vec4 each. */
export const chainsPerQuad = 4;

const bytesPerVector = 16;

/** Patterns or coordinates per invocation of the matrix products; `tile_length` in shaders/common/params.wgsl. */
const tileLength = 8;

/**
 * Coordinates per partial sum of a dot product. Part of the arithmetic (it fixes the order of the sums), so it depends
 * on nothing but itself.
 */
const sliceLength = 256;

/** Sizes that follow from the memory alone. */
export interface MemorySizes {
  readonly dim: number;
  readonly numPatterns: number;
  readonly numDimsPadded: number;
  readonly numPatternsPadded: number;
  readonly numSlices: number;
  readonly sliceLength: number;
}

export function memorySizes(target: HopfieldTarget): MemorySizes {
  const { dim, numPatterns } = target.memory;
  return {
    dim,
    numPatterns,
    numDimsPadded: roundUp(dim, tileLength),
    numPatternsPadded: roundUp(numPatterns, tileLength),
    numSlices: Math.ceil(dim / sliceLength),
    sliceLength,
  };
}

function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}

/** Makes labelled buffers and remembers them, so that all can be destroyed at once. */
export interface BufferSet {
  readonly byName: Readonly<Record<string, GPUBuffer>>;
  destroy(): void;
}

interface BufferRequest {
  readonly size: number;
  readonly usage: GPUBufferUsageFlags;
  readonly contents?: Float32Array<ArrayBuffer>;
}

/** @throws GpuError when the device has no room; nothing stays allocated then */
async function createBuffers(
  device: GPUDevice,
  label: string,
  requests: Readonly<Record<string, BufferRequest>>,
): Promise<BufferSet> {
  const byName: Record<string, GPUBuffer> = {};
  const destroy = (): void => {
    for (const buffer of Object.values(byName)) buffer.destroy();
  };
  const { checked } = withErrorScopes(device, "allocation", label, () => {
    for (const [name, { size, usage, contents }] of Object.entries(requests)) {
      const buffer = device.createBuffer({ label: `${label}: ${name}`, size, usage: usage | GPUBufferUsage.COPY_DST });
      byName[name] = buffer;
      if (contents) device.queue.writeBuffer(buffer, 0, contents);
    }
  });
  try {
    await checked;
  } catch (error) {
    destroy();
    throw error;
  }
  return { byName, destroy };
}

/** The memory in both orders, and what is known of each pattern. */
export function createMemoryBuffers(device: GPUDevice, target: HopfieldTarget, sizes: MemorySizes): Promise<BufferSet> {
  const { values, numPatterns, dim } = target.memory;
  const { numDimsPadded, numPatternsPadded } = sizes;
  const rows = new Float32Array(numPatternsPadded * numDimsPadded);
  const columns = new Float32Array(numDimsPadded * numPatternsPadded);
  for (let k = 0; k < numPatterns; k++)
    for (let i = 0; i < dim; i++) {
      const value = values[k * dim + i]!;
      rows[k * numDimsPadded + i] = value;
      columns[i * numPatternsPadded + k] = value;
    }
  const inverseNorms = Float32Array.from(patternNorms(target.memory), (norm) => (norm > 0 ? 1 / norm : 0));
  const storage = (contents: Float32Array<ArrayBuffer>): BufferRequest => ({
    size: contents.byteLength,
    usage: GPUBufferUsage.STORAGE,
    contents,
  });
  return createBuffers(device, "memory", {
    memory_rows: storage(rows),
    memory_columns: storage(columns),
    inverse_norms: storage(inverseNorms),
  });
}

/** Bytes of one draw of a batch in its read-back buffer, section by section. */
export interface StagingLayout {
  readonly positions: number;
  readonly retrievals: number;
  readonly observations: number;
  readonly tallies: number;
  readonly numNonFinite: number;
  readonly clock: number;
  readonly size: number;
}

export interface ChainBufferOptions {
  readonly numQuads: number;
  readonly paramsSize: number;
  readonly observationStride: number;
  readonly tallyStride: number;
  /** The mixture's own weights are needed, a copy for every quad. */
  readonly withMixtureWeights: boolean;
}

export function stagingLayout(sizes: MemorySizes, options: ChainBufferOptions): StagingLayout {
  const { numQuads } = options;
  const rows = numQuads * chainsPerQuad * sizes.dim * Float32Array.BYTES_PER_ELEMENT;
  const positions = 0;
  const retrievals = positions + rows;
  const observations = retrievals + rows;
  const tallies = observations + numQuads * options.observationStride;
  const numNonFinite = tallies + numQuads * options.tallyStride;
  const clock = numNonFinite + numQuads * bytesPerVector;
  return { positions, retrievals, observations, tallies, numNonFinite, clock, size: clock + 4 };
}

/** State, proposal and read-out of one batch of chains. */
export function createChainBuffers(
  device: GPUDevice,
  target: HopfieldTarget,
  sizes: MemorySizes,
  options: ChainBufferOptions,
): Promise<BufferSet> {
  const { numQuads } = options;
  const { numDimsPadded, numPatternsPadded, numPatterns } = sizes;
  const storage = (numVectors: number): BufferRequest => ({
    size: numVectors * numQuads * bytesPerVector,
    usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC,
  });
  const perQuad = (stride: number): BufferRequest => ({
    size: numQuads * stride,
    usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC,
  });
  const rows = perQuad(chainsPerQuad * sizes.dim * Float32Array.BYTES_PER_ELEMENT);
  const staging: BufferRequest = { size: stagingLayout(sizes, options).size, usage: GPUBufferUsage.MAP_READ };

  const ticket: BufferRequest = { size: Uint32Array.BYTES_PER_ELEMENT, usage: GPUBufferUsage.MAP_READ };

  const weights = new Float32Array(options.withMixtureWeights ? numPatterns * numQuads * chainsPerQuad : 0);
  if (options.withMixtureWeights)
    for (const [k, logWeight] of mixtureLogWeights(target).entries())
      weights.fill(Math.exp(logWeight), k * numQuads * chainsPerQuad, (k + 1) * numQuads * chainsPerQuad);

  return createBuffers(device, "chains", {
    params: { size: options.paramsSize, usage: GPUBufferUsage.UNIFORM },
    position: storage(numDimsPadded),
    retrieval: storage(numDimsPadded),
    proposal: storage(numDimsPadded),
    proposal_retrieval: storage(numDimsPadded),
    partial_logits: storage(sizes.numSlices * numPatternsPadded),
    log_attention: storage(numPatternsPadded),
    proposal_log_attention: storage(numPatternsPadded),
    proposal_attention: storage(numPatternsPadded),
    gradient_terms: storage(numDimsPadded / tileLength),
    log_normalizers: storage(2),
    attention_terms: storage(1),
    is_accepted: storage(1),
    chosen: storage(1),
    num_non_finite: storage(1),
    clock: perQuad(Uint32Array.BYTES_PER_ELEMENT),
    tallies: perQuad(options.tallyStride),
    observations: perQuad(options.observationStride),
    kept_positions: rows,
    kept_retrievals: rows,
    staging0: staging,
    staging1: staging,
    ticket0: ticket,
    ticket1: ticket,
    ...(options.withMixtureWeights && {
      mixture_weights: { size: weights.byteLength, usage: GPUBufferUsage.STORAGE, contents: weights },
    }),
  });
}

/**
 * Quads that fit one batch: no binding, buffer or dispatch may outgrow the device. More chains run batch after batch,
 * which changes no result, since a chain's random numbers depend on its own index only.
 */
export function quadsPerBatch(device: GPUDevice, sizes: MemorySizes): number {
  const { maxStorageBufferBindingSize, maxBufferSize, maxComputeWorkgroupsPerDimension } = device.limits;
  const widestBinding = bytesPerVector * Math.max(sizes.numDimsPadded, sizes.numSlices * sizes.numPatternsPadded);
  // Two rows of coordinates for each chain, and a generous allowance for its scalars.
  const staging = 2 * bytesPerVector * sizes.numDimsPadded + 1024;
  const quads = Math.min(
    Math.floor(maxStorageBufferBindingSize / widestBinding),
    Math.floor(maxBufferSize / staging),
    maxComputeWorkgroupsPerDimension,
  );
  return Math.max(1, quads);
}
