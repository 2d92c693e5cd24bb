/** The plan of one dispatch a step: shaders/fused.wgsl. */
import { isAdjusted } from "../core/langevin.ts";
import type { SampleOptions } from "../core/types.ts";
import { chainsPerQuad, fusedLimits, largestQuadMultiple, tileLength, type MemorySizes } from "./buffers.ts";
import {
  bytesPerVector,
  fewestWorkgroups,
  kernelConstants,
  layout,
  nextPowerOfTwo,
  otherShared,
  previousPowerOfTwo,
  spreadQuads,
  stagedOnly,
} from "./plan-layout.ts";
import { fusedStages } from "./plan-stages.ts";
import type { Plan, PlanSituation, PlanTuning } from "./plan.ts";

/** Rows per coordinate at which reading X once outweighs deciding in every workgroup. */
export const fusedRatio = 0.5;

/** Why the fused kernel cannot run this, or undefined. */
export function fusedObstacle(options: SampleOptions, situation: PlanSituation): string | undefined {
  const { sizes, isCollapsed } = situation;
  const obstacle = stagedOnly(options, sizes);
  if (obstacle !== undefined) return obstacle;
  if ((options.circulation ?? 0) !== 0) return "circulating chains of this size have no other plan";
  if (isCollapsed) return "collapsed chains of this size have no other plan";
  if (sizes.numRows > fusedRatio * sizes.dim || sizes.numRows > fusedLimits.numRows || fusedQuads(situation) < 1)
    return `${sizes.numRows} rows in ${sizes.dim} coordinates are too many for every workgroup to decide by itself`;
  return undefined;
}

/** At least so many tiles, and four at a time, so that a workgroup has invocations enough for the coordinates, in whole warps. */
const fewestFusedTiles = 8;

function fusedTiles({ numRowsPadded }: MemorySizes): number {
  return Math.max(fewestFusedTiles, 4 * Math.ceil(numRowsPadded / tileLength / 4));
}

/** Quads of chains that a workgroup of the fused kernel can own: weights, ξ' of a tile, two terms a tile, a coin. */
function fusedQuads({ sizes, limits }: PlanSituation): number {
  const tiles = fusedTiles(sizes);
  const storage = limits.maxComputeWorkgroupStorageSize - otherShared;
  const mostTiles = Math.min(limits.maxComputeInvocationsPerWorkgroup, limits.maxComputeWorkgroupSizeY);
  return tiles > mostTiles ? 0 : Math.floor(storage / (bytesPerVector * (2 * tiles * tileLength + 2 * tiles + 1)));
}

/**
 * Slices fix the order of sums, so they follow from kernel, shape and kind of adapter. With an accept step each
 * workgroup multiplies with the products of the rows: so many that this takes half of what a slice's coordinates take, four
 * at least.
 */
function fusedSlices(
  { kernel }: SampleOptions,
  { sizes, isSoftware }: PlanSituation,
): { numSlices: number; numPasses: number } {
  const adjusted = Math.max(4, Math.min(fusedLimits.numSlices, Math.floor(sizes.dim / sizes.numRows)));
  const wanted = isSoftware ? 2 : isAdjusted(kernel) ? adjusted : fusedLimits.numSlices;
  const allPasses = Math.ceil(sizes.numDimsPadded / (fusedTiles(sizes) * tileLength));
  const numPasses = Math.ceil(allPasses / wanted);
  return { numSlices: Math.ceil(allPasses / numPasses), numPasses };
}

export function fusedPlan(options: SampleOptions, situation: PlanSituation, tuning: PlanTuning): Plan {
  const { sizes, numChains, limits } = situation;
  const tiles = fusedTiles(sizes);
  const numQuads = Math.ceil(numChains / chainsPerQuad);
  const { numSlices, numPasses } = fusedSlices(options, situation);
  const owned = Math.min(
    tuning.quadsPerWorkgroup ?? spreadQuads(numQuads, numSlices),
    nextPowerOfTwo(numQuads),
    largestQuadMultiple,
    previousPowerOfTwo(fusedQuads(situation)),
    previousPowerOfTwo(Math.floor(limits.maxComputeInvocationsPerWorkgroup / tiles)),
  );
  const slicesPerWorkgroup = Math.min(
    tuning.slicesPerWorkgroup ?? spreadSlices(Math.ceil(numQuads / owned), numSlices),
    numSlices,
  );
  const shared = layout(Math.min(16, nextPowerOfTwo(numQuads)), owned, situation);
  return {
    name: "fused",
    shape: { quadsPerWorkgroup: owned, slicesPerWorkgroup },
    reason: `${sizes.dim} coordinates are many more than ${sizes.numRows} rows, in ${numSlices} slices of chains in ${owned * chainsPerQuad}s`,
    stages: fusedStages(situation),
    variants: { conclude: { file: "fused", constants: { is_last: 1 } } },
    numSlices,
    numSplits: 0,
    ...shared,
    constants: {
      ...kernelConstants(options, situation),
      ...shared.constants,
      num_owned: owned,
      num_tiles: tiles,
      num_passes: numPasses,
      num_slices: numSlices,
      slices_per_workgroup: slicesPerWorkgroup,
      num_shared_rows: tiles * tileLength * owned,
      num_shared_tiles: tiles * owned,
      num_shared_quads: owned,
    },
  };
}

/** Slices of a workgroup, a power of two: as many as leave two workgroups for each core, for one that waits. */
function spreadSlices(numQuadGroups: number, numSlices: number): number {
  let fitting = 1;
  while (2 * fitting <= numSlices && numQuadGroups * Math.ceil(numSlices / (2 * fitting)) >= 2 * fewestWorkgroups)
    fitting *= 2;
  return fitting;
}
