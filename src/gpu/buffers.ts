/** Every buffer of a job: made together, named as the shaders name them, destroyed together. */
import { rowNorms, type AttentionStack } from "../core/attention-stack.ts";
import type { Collapse } from "../core/collapse.ts";
import type { KernelName } from "../core/types.ts";
import { withErrorScopes } from "./error-scopes.ts";
import { bytesPerVector, patchQuads, patchSizes, type PatchSizes } from "./patch-plan.ts";
import { reflectShader } from "./reflection.ts";
import { writeStructs } from "./struct-layout.ts";
import { expandSource } from "./wgsl-source.ts";

/** Chains go in fours: one lane of a vec4 each. */
export const chainsPerQuad = 4;

/** Patterns or coordinates per invocation of the matrix products; `tile_length` in shaders/common/tile.wgsl. */
export const tileLength = 8;

/**
 * Coordinates per partial sum of a dot product. Part of the arithmetic (it fixes the order of the sums), so it depends
 * on nothing but itself.
 */
const sliceLength = 256;

/** What the fused plan goes up to: rows, and slices of the coordinates. */
export const fusedLimits = { numRows: 448, numSlices: 16 } as const;

/** What the streaming plan goes up to: coordinates, and splits of the rows. */
export const streamingLimits = { dim: 2048, numSplits: 32 } as const;

/** Sums that `streaming` leaves of a split beside those over coordinates; `num_facts` in shaders/common/partials.wgsl. */
const factsPerSplit = 5;

/** Sizes that follow from the stack alone. */
export interface MemorySizes {
  readonly dim: number;
  /** Coordinates of a draw: more than `dim` where chains run in the span of the rows. */
  readonly fullDim: number;
  readonly numRows: number;
  readonly numHeads: number;
  readonly numDimsPadded: number;
  readonly fullDimsPadded: number;
  readonly numRowsPadded: number;
  /** Partial sums of a product over the coordinates, and over those of a draw. */
  readonly numSlices: number;
  readonly numFullSlices: number;
  readonly sliceLength: number;
  readonly patches: PatchSizes | undefined;
}

export function memorySizes(stack: AttentionStack, fullDim = stack.dim): MemorySizes {
  const { dim, numRows, heads } = stack;
  const numDimsPadded = roundUp(dim, tileLength);
  const patches = stack.patches && patchSizes(stack, stack.patches, numDimsPadded / tileLength);
  return {
    dim,
    fullDim,
    numRows,
    // Attention terms of windows come in slices, which are added up like those of heads.
    numHeads: patches?.numSlices ?? heads.length,
    numDimsPadded,
    fullDimsPadded: roundUp(fullDim, tileLength),
    numRowsPadded: roundUp(numRows, tileLength),
    numSlices: Math.ceil(dim / sliceLength),
    numFullSlices: Math.ceil(fullDim / sliceLength),
    sliceLength,
    patches,
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

export interface BufferRequest {
  readonly size: number;
  readonly usage: GPUBufferUsageFlags;
  readonly contents?: Float32Array<ArrayBuffer> | ArrayBuffer;
}

/** @throws GpuError when the device has no room; nothing stays allocated then */
export async function createBuffers(
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

/** The basis of the rows' span in both orders, with zeros up to whole tiles. */
export function createBasisBuffers(device: GPUDevice, { basis }: Collapse, sizes: MemorySizes): Promise<BufferSet> {
  const { numDimsPadded, fullDimsPadded } = sizes;
  const rows = new Float32Array(numDimsPadded * fullDimsPadded);
  const columns = new Float32Array(numDimsPadded * fullDimsPadded);
  for (const [j, direction] of basis.entries()) {
    rows.set(direction, j * fullDimsPadded);
    for (let i = 0; i < direction.length; i++) columns[i * numDimsPadded + j] = direction[i]!;
  }
  return createBuffers(device, "basis", { basis_rows: storage(rows), basis_columns: storage(columns) });
}

/** The rows of the stack in both orders, and what the shaders know of each row and head. */
export function createMemoryBuffers(device: GPUDevice, stack: AttentionStack, sizes: MemorySizes): Promise<BufferSet> {
  const { heads } = stack;
  const { numRowsPadded } = sizes;
  const { rows, columns } = paddedRows(stack, sizes);
  const norms = rowNorms(stack);
  const powers = heads.flatMap(({ count, power }) => Array.from({ length: count }, () => power));
  const facts = Array.from({ length: numRowsPadded }, (_, k) => ({
    offset: stack.offsets[k] ?? 0,
    log_weight: stack.logWeights[k] ?? 0,
    inverse_norm: (norms[k] ?? 0) > 0 ? 1 / norms[k]! : 0,
    power: powers[k] ?? 0,
  }));
  const { structs } = reflectShader(expandSource("common/params.wgsl").text);
  return createBuffers(device, "memory", {
    memory_rows: storage(rows),
    ...(columns.length > 0 && { memory_columns: storage(columns) }),
    row_facts: storage(writeStructs(structs.get("RowFacts")!, facts)),
    heads: storage(
      writeStructs(
        structs.get("Head")!,
        heads.map(({ first, count, power }) => ({ first, count, power })),
      ),
    ),
  });
}

function storage(contents: Float32Array<ArrayBuffer> | ArrayBuffer): BufferRequest {
  return { size: contents.byteLength, usage: GPUBufferUsage.STORAGE, contents };
}

/** The rows in both orders, with zeros up to whole tiles; patch energies have no product with columns, and get none. */
function paddedRows(
  { rows: values, dim, numRows, patches }: AttentionStack,
  { numDimsPadded, numRowsPadded }: MemorySizes,
): { rows: Float32Array<ArrayBuffer>; columns: Float32Array<ArrayBuffer> } {
  const rows = new Float32Array(numRowsPadded * numDimsPadded);
  const columns = new Float32Array(patches ? 0 : numDimsPadded * numRowsPadded);
  for (let k = 0; k < numRows; k++)
    for (let i = 0; i < dim; i++) {
      const value = values[k * dim + i]!;
      rows[k * numDimsPadded + i] = value;
      if (!patches) columns[i * numRowsPadded + k] = value;
    }
  return { rows, columns };
}

/**
 * All that the kernels which do a step in one dispatch know of the rows, in one buffer, since a stage has eight: rows,
 * columns, what a logit adds to the product (offset, log_weight, 0, 0 for each row), and the products of the rows.
 */
export function createTableBuffers(device: GPUDevice, stack: AttentionStack, sizes: MemorySizes): Promise<BufferSet> {
  const { rows, columns } = paddedRows(stack, sizes);
  const { numRowsPadded } = sizes;
  const constants = new Float32Array(4 * numRowsPadded);
  const products = new Float32Array(numRowsPadded * numRowsPadded);
  for (let k = 0; k < stack.numRows; k++) {
    constants.set([stack.offsets[k]!, stack.logWeights[k]!], 4 * k);
    for (let j = 0; j <= k; j++) {
      const product = rowProduct(stack, j, k);
      products[k * numRowsPadded + j] = product;
      products[j * numRowsPadded + k] = product;
    }
  }
  return createBuffers(device, "tables", { memory_tables: storage(concatenate(rows, columns, constants, products)) });
}

function rowProduct({ rows, dim }: AttentionStack, j: number, k: number): number {
  let sum = 0;
  for (let i = 0; i < dim; i++) sum += rows[j * dim + i]! * rows[k * dim + i]!;
  return sum;
}

function concatenate(...parts: readonly Float32Array[]): Float32Array<ArrayBuffer> {
  const out = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
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
  /** Slices of the coordinates in the fused plan; 0 in the others. */
  readonly numFusedSlices: number;
  /** Splits of the rows in the streaming plan; 0 in the others. */
  readonly numSplits: number;
  readonly paramsSize: number;
  readonly observationStride: number;
  readonly tallyStride: number;
  readonly complementStride: number;
  /** 0 where chains run in all coordinates. */
  readonly readoutWeightsStride: number;
}

export function stagingLayout(sizes: MemorySizes, options: ChainBufferOptions): StagingLayout {
  const { numQuads } = options;
  const rows = numQuads * chainsPerQuad * sizes.fullDim * Float32Array.BYTES_PER_ELEMENT;
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
  sizes: MemorySizes,
  options: ChainBufferOptions,
): Promise<BufferSet> {
  const { numQuads } = options;
  const { numDimsPadded, numRowsPadded, numHeads, fullDim } = sizes;
  const vectors = (numVectors: number): BufferRequest => ({
    size: numVectors * numQuads * bytesPerVector,
    usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC,
  });
  const perQuad = (stride: number): BufferRequest => ({
    size: numQuads * stride,
    usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC,
  });
  const rows = perQuad(chainsPerQuad * fullDim * Float32Array.BYTES_PER_ELEMENT);
  const staging: BufferRequest = { size: stagingLayout(sizes, options).size, usage: GPUBufferUsage.MAP_READ };

  const ticket: BufferRequest = { size: Uint32Array.BYTES_PER_ELEMENT, usage: GPUBufferUsage.MAP_READ };

  return createBuffers(device, "chains", {
    params: { size: options.paramsSize, usage: GPUBufferUsage.UNIFORM },
    position: vectors(numDimsPadded),
    retrieval: vectors(numDimsPadded),
    proposal: vectors(numDimsPadded),
    proposal_retrieval: vectors(numDimsPadded),
    partial_logits: vectors(sizes.numSlices * numRowsPadded),
    log_attention: vectors(numRowsPadded),
    proposal_log_attention: vectors(numRowsPadded),
    proposal_attention: vectors(numRowsPadded),
    gradient_terms: vectors(numDimsPadded / tileLength),
    log_normalizers: vectors(2 * numHeads),
    attention_terms: vectors(numHeads),
    is_rejected: vectors(1),
    chosen: vectors(1),
    directions: vectors(1),
    mixture_weights: vectors(numRowsPadded),
    num_non_finite: vectors(1),
    clock: perQuad(Math.max(1, options.numFusedSlices) * Uint32Array.BYTES_PER_ELEMENT),
    ...(options.numFusedSlices > 0 && {
      moves: vectors(2 * options.numFusedSlices * (numRowsPadded + 1)),
      pattern_states: vectors(2 * (numRowsPadded + 1)),
    }),
    ...(options.numSplits > 0 && { partials: vectors(options.numSplits * (numDimsPadded + factsPerSplit)) }),
    tallies: perQuad(options.tallyStride),
    complements: perQuad(options.complementStride),
    ...(options.readoutWeightsStride > 0 && {
      outside: vectors(fullDim),
      fresh_noise: vectors(fullDim),
      noise_products: vectors(sizes.numFullSlices * numDimsPadded),
      inside_parts: vectors(insideParts * numDimsPadded),
      readout_weights: perQuad(options.readoutWeightsStride),
    }),
    observations: perQuad(options.observationStride),
    kept_positions: rows,
    kept_retrievals: rows,
    staging0: staging,
    staging1: staging,
    ticket0: ticket,
    ticket1: ticket,
  });
}

/** Of each direction of the span at a read-out; `num_parts` in shaders/common/readout.wgsl. */
const insideParts = 3;

/** Bytes that one batch of chains may take on the device, read-back included. */
const batchBudget = 2 ** 30;

/**
 * Quads that fit one batch: no binding, buffer or grid may outgrow the device, nor the batch its budget. More chains run
 * batch after batch, which changes no result, since a chain's random numbers depend on its own index only.
 */
export function quadsPerBatch(device: GPUDevice, sizes: MemorySizes, kernel: KernelName, scratchBytes: number): number {
  const { maxStorageBufferBindingSize, maxBufferSize, maxComputeWorkgroupsPerDimension } = device.limits;
  const { numDimsPadded, fullDimsPadded, numRowsPadded, numSlices, numFullSlices } = sizes;
  const patches = sizes.patches && patchQuads(sizes.patches, kernel, scratchBytes);
  // Two steps' worth of every slice, and a row for the coordinates' part.
  const moves = numRowsPadded <= fusedLimits.numRows ? 2 * fusedLimits.numSlices * (numRowsPadded + 1) : 0;
  // A split has eight tiles of rows at least.
  const numSplits = Math.min(streamingLimits.numSplits, Math.ceil(numRowsPadded / (8 * tileLength)));
  const partials = numDimsPadded <= streamingLimits.dim ? numSplits * (numDimsPadded + factsPerSplit) : 0;
  // Of a read-out of chains that run in the span of the rows.
  const products = numFullSlices * numDimsPadded;
  const inside = insideParts * numDimsPadded;
  const widestBinding = Math.max(
    bytesPerVector * Math.max(fullDimsPadded, numSlices * numRowsPadded, products, inside, moves, partials),
    patches?.widestBinding ?? 0,
  );
  // Two rows of coordinates for each chain, and a generous allowance for its scalars.
  const staging = 2 * bytesPerVector * fullDimsPadded + 1024;
  // Four states; two kept rows, two stagings of two rows each, and two that a read-out of collapsed chains works with;
  // partial logits and four vectors of weights.
  const vectors =
    5 * numDimsPadded + 8 * fullDimsPadded + (numSlices + 4) * numRowsPadded + products + inside + moves + partials;
  const total = bytesPerVector * vectors + 2048 + (patches?.bytesPerQuad ?? 0);
  const quads = Math.min(
    Math.floor(maxStorageBufferBindingSize / widestBinding),
    Math.floor(maxBufferSize / staging),
    Math.floor((batchBudget - (patches ? scratchBytes : 0)) / total),
    patches?.fitting ?? Infinity,
    maxComputeWorkgroupsPerDimension,
  );
  // Batches are padded up to a multiple of quads, a power of two up to this: what they are padded to has to fit as well.
  if (patches) return Math.max(1, quads);
  if (quads >= largestQuadMultiple) return quads - (quads % largestQuadMultiple);
  return quads > 1 ? 2 ** Math.floor(Math.log2(quads)) : 1;
}

/** What the quads of a batch are a multiple of at most, whatever its plan and whatever a search has found. */
export const largestQuadMultiple = 16;
