/** Every buffer of a job: made together, named as the shaders name them, destroyed together. */
import { rowNorms, type AttentionStack } from "../core/attention-stack.ts";
import { withErrorScopes } from "./error-scopes.ts";
import { reflectShader } from "./reflection.ts";
import { writeStructs } from "./struct-layout.ts";
import { expandSource } from "./wgsl-source.ts";

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

/** Sizes that follow from the stack alone. */
export interface MemorySizes {
  readonly dim: number;
  readonly numRows: number;
  readonly numHeads: number;
  readonly numDimsPadded: number;
  readonly numRowsPadded: number;
  readonly numSlices: number;
  readonly sliceLength: number;
}

export function memorySizes({ dim, numRows, heads }: AttentionStack): MemorySizes {
  return {
    dim,
    numRows,
    numHeads: heads.length,
    numDimsPadded: roundUp(dim, tileLength),
    numRowsPadded: roundUp(numRows, tileLength),
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
  readonly contents?: Float32Array<ArrayBuffer> | ArrayBuffer;
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

/** The rows of the stack in both orders, and what the shaders know of each row and head. */
export function createMemoryBuffers(device: GPUDevice, stack: AttentionStack, sizes: MemorySizes): Promise<BufferSet> {
  const { dim, numRows, heads } = stack;
  const { numDimsPadded, numRowsPadded } = sizes;
  const rows = new Float32Array(numRowsPadded * numDimsPadded);
  const columns = new Float32Array(numDimsPadded * numRowsPadded);
  for (let k = 0; k < numRows; k++)
    for (let i = 0; i < dim; i++) {
      const value = stack.rows[k * dim + i]!;
      rows[k * numDimsPadded + i] = value;
      columns[i * numRowsPadded + k] = value;
    }
  const norms = rowNorms(stack);
  const powers = heads.flatMap(({ count, power }) => Array.from({ length: count }, () => power));
  const facts = Array.from({ length: numRowsPadded }, (_, k) => ({
    offset: stack.offsets[k] ?? 0,
    log_weight: stack.logWeights[k] ?? 0,
    inverse_norm: (norms[k] ?? 0) > 0 ? 1 / norms[k]! : 0,
    power: powers[k] ?? 0,
  }));
  const { structs } = reflectShader(expandSource("common/params.wgsl").text);
  const storage = (contents: Float32Array<ArrayBuffer> | ArrayBuffer): BufferRequest => ({
    size: contents.byteLength,
    usage: GPUBufferUsage.STORAGE,
    contents,
  });
  return createBuffers(device, "memory", {
    memory_rows: storage(rows),
    memory_columns: storage(columns),
    row_facts: storage(writeStructs(structs.get("RowFacts")!, facts)),
    heads: storage(
      writeStructs(
        structs.get("Head")!,
        heads.map(({ first, count, power }) => ({ first, count, power })),
      ),
    ),
  });
}

/** Bytes of one draw of a batch in its read-back buffer, section by section. */
export interface StagingLayout {
  readonly positions: number;
  readonly retrievals: number;
  readonly observations: number;
  readonly tallies: number;
  readonly complements: number;
  readonly numNonFinite: number;
  readonly clock: number;
  readonly size: number;
}

export interface ChainBufferOptions {
  readonly numQuads: number;
  readonly paramsSize: number;
  readonly observationStride: number;
  readonly tallyStride: number;
  readonly complementStride: number;
}

export function stagingLayout(sizes: MemorySizes, options: ChainBufferOptions): StagingLayout {
  const { numQuads } = options;
  const rows = numQuads * chainsPerQuad * sizes.dim * Float32Array.BYTES_PER_ELEMENT;
  const positions = 0;
  const retrievals = positions + rows;
  const observations = retrievals + rows;
  const tallies = observations + numQuads * options.observationStride;
  const complements = tallies + numQuads * options.tallyStride;
  const numNonFinite = complements + numQuads * options.complementStride;
  const clock = numNonFinite + numQuads * bytesPerVector;
  return { positions, retrievals, observations, tallies, complements, numNonFinite, clock, size: clock + 4 };
}

/** State, proposal and read-out of one batch of chains. */
export function createChainBuffers(
  device: GPUDevice,
  sizes: MemorySizes,
  options: ChainBufferOptions,
): Promise<BufferSet> {
  const { numQuads } = options;
  const { numDimsPadded, numRowsPadded, numHeads } = sizes;
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

  return createBuffers(device, "chains", {
    params: { size: options.paramsSize, usage: GPUBufferUsage.UNIFORM },
    position: storage(numDimsPadded),
    retrieval: storage(numDimsPadded),
    proposal: storage(numDimsPadded),
    proposal_retrieval: storage(numDimsPadded),
    partial_logits: storage(sizes.numSlices * numRowsPadded),
    log_attention: storage(numRowsPadded),
    proposal_log_attention: storage(numRowsPadded),
    proposal_attention: storage(numRowsPadded),
    gradient_terms: storage(numDimsPadded / tileLength),
    log_normalizers: storage(2 * numHeads),
    attention_terms: storage(numHeads),
    is_rejected: storage(1),
    chosen: storage(1),
    directions: storage(1),
    mixture_weights: storage(numRowsPadded),
    num_non_finite: storage(1),
    clock: perQuad(Uint32Array.BYTES_PER_ELEMENT),
    tallies: perQuad(options.tallyStride),
    complements: perQuad(options.complementStride),
    observations: perQuad(options.observationStride),
    kept_positions: rows,
    kept_retrievals: rows,
    staging0: staging,
    staging1: staging,
    ticket0: ticket,
    ticket1: ticket,
  });
}

/** Bytes that one batch of chains may take on the device, read-back included. */
const batchBudget = 2 ** 30;

/**
 * Quads that fit one batch: no binding, buffer or grid may outgrow the device, nor the batch its budget. More chains run
 * batch after batch, which changes no result, since a chain's random numbers depend on its own index only.
 */
export function quadsPerBatch(device: GPUDevice, sizes: MemorySizes): number {
  const { maxStorageBufferBindingSize, maxBufferSize, maxComputeWorkgroupsPerDimension } = device.limits;
  const { numDimsPadded, numRowsPadded, numSlices } = sizes;
  const widestBinding = bytesPerVector * Math.max(numDimsPadded, numSlices * numRowsPadded);
  // Two rows of coordinates for each chain, and a generous allowance for its scalars.
  const staging = 2 * bytesPerVector * numDimsPadded + 1024;
  // Four states, two kept rows and two stagings of two rows each; partial logits and four vectors of weights.
  const total = bytesPerVector * (10 * numDimsPadded + (numSlices + 4) * numRowsPadded) + 2048;
  const quads = Math.min(
    Math.floor(maxStorageBufferBindingSize / widestBinding),
    Math.floor(maxBufferSize / staging),
    Math.floor(batchBudget / total),
    maxComputeWorkgroupsPerDimension,
  );
  return Math.max(1, quads);
}
