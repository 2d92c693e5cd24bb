/** The plan of one pass over the rows a step: shaders/streaming.wgsl. */
import type { SampleOptions } from "../core/types.ts";
import { chainsPerQuad, largestQuadMultiple, streamingLimits, tileLength, type MemorySizes } from "./buffers.ts";
import {
  bytesPerVector,
  kernelConstants,
  layout,
  nextPowerOfTwo,
  previousPowerOfTwo,
  spreadQuads,
  stagedOnly,
} from "./plan-layout.ts";
import { streamingStages } from "./plan-stages.ts";
import type { Plan, PlanSituation, PlanTuning } from "./plan.ts";

/** Tiles of rows in a block at most: a block's weights and partial logits pass through workgroup memory. */
const mostRowTiles = 16;
/** Parts of the coordinates at most, so that a block fits the 16 KB that every device has. */
const mostParts = 3;
/** Sums over rows that a split leaves beside those over coordinates. */
const streamedFacts = 4;
/** Quads of which an invocation of the streaming kernel keeps sums. */
const quadsPerPair = 2;

/** How the streaming kernel cuts rows and coordinates, which fixes the order of its sums: by shape and kind of adapter. */
function streamingCut(
  { numDimsPadded, numRows }: MemorySizes,
  isSoftware: boolean,
): {
  readonly numTiles: number;
  readonly numRowTiles: number;
  readonly numParts: number;
  readonly numBlocks: number;
  readonly numSplits: number;
} {
  const numTiles = Math.max(quadsPerPair * streamedFacts, numDimsPadded / tileLength);
  const numRowTiles = Math.min(mostRowTiles, numTiles);
  const allBlocks = Math.ceil(numRows / (numRowTiles * tileLength));
  const numBlocks = Math.ceil(allBlocks / (isSoftware ? 2 : streamingLimits.numSplits));
  return {
    numTiles,
    numRowTiles,
    numParts: Math.min(mostParts, Math.floor(numTiles / numRowTiles)),
    numBlocks,
    numSplits: Math.ceil(allBlocks / numBlocks),
  };
}

/** Why the streaming kernel cannot run this, or undefined. */
export function streamingObstacle(
  options: SampleOptions,
  { sizes, limits, isSoftware }: PlanSituation,
): string | undefined {
  const obstacle = stagedOnly(options, sizes);
  if (obstacle !== undefined) return obstacle;
  const mostTiles = Math.min(
    limits.maxComputeInvocationsPerWorkgroup,
    limits.maxComputeWorkgroupSizeY,
    streamingLimits.dim / tileLength,
  );
  if (streamingCut(sizes, isSoftware).numTiles > mostTiles)
    return `${sizes.dim} coordinates are too many for the sums of a workgroup`;
  return undefined;
}

export function streamingPlan(options: SampleOptions, situation: PlanSituation, tuning: PlanTuning): Plan {
  const { sizes, numChains, limits, isSoftware } = situation;
  const { numTiles, numRowTiles, numParts, numBlocks, numSplits } = streamingCut(sizes, isSoftware);
  const numQuads = Math.ceil(numChains / chainsPerQuad);
  const sharedRows = quadsPerPair * numRowTiles * tileLength * numParts;
  const sharedFacts = quadsPerPair * streamedFacts * numRowTiles;
  const owned = Math.min(
    Math.ceil((tuning.quadsPerWorkgroup ?? spreadQuads(numQuads, numSplits)) / quadsPerPair),
    nextPowerOfTwo(Math.ceil(numQuads / quadsPerPair)),
    largestQuadMultiple / quadsPerPair,
    previousPowerOfTwo(
      Math.floor(limits.maxComputeWorkgroupStorageSize / (bytesPerVector * (sharedRows + sharedFacts))),
    ),
    previousPowerOfTwo(Math.floor(limits.maxComputeInvocationsPerWorkgroup / numTiles)),
  );
  const shared = layout(Math.min(16, nextPowerOfTwo(numQuads)), owned * quadsPerPair, situation);
  return {
    name: "streaming",
    shape: { quadsPerWorkgroup: owned * quadsPerPair },
    reason: `${sizes.numRows} rows are many for ${sizes.dim} coordinates, in ${numSplits} splits of chains in ${owned * quadsPerPair * chainsPerQuad}s`,
    stages: streamingStages(options, situation),
    variants: {},
    numSlices: 0,
    numSplits,
    ...shared,
    constants: {
      ...kernelConstants(options, situation),
      ...shared.constants,
      num_owned: owned,
      num_tiles: numTiles,
      num_row_tiles: numRowTiles,
      num_parts: numParts,
      num_blocks: numBlocks,
      num_splits: numSplits,
      num_shared_rows: sharedRows * owned,
      num_shared_facts: sharedFacts * owned,
    },
  };
}
