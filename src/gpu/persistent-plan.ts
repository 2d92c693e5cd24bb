/** The plan of many steps in one dispatch: shaders/persistent.wgsl. */
import type { SampleOptions } from "../core/types.ts";
import { chainsPerQuad, largestQuadMultiple, tileLength, type MemorySizes } from "./buffers.ts";
import {
  bytesPerVector,
  everyDevice,
  kernelConstants,
  layout,
  nextPowerOfTwo,
  otherShared,
  previousPowerOfTwo,
  spreadQuads,
  stagedOnly,
} from "./plan-layout.ts";
import { persistentStages } from "./plan-stages.ts";
import type { Plan, PlanSituation, PlanTuning, WorkgroupShape } from "./plan.ts";

/** What an invocation of the persistent kernel can have. */
export const entriesOfInvocations = [8, 4, 2] as const;

/** Invocations of a quad. */
function persistentTiles({ numDimsPadded, numRowsPadded }: MemorySizes, entries: number): number {
  return Math.max(numDimsPadded, numRowsPadded) / entries;
}

/** Quads of chains that a workgroup of the persistent kernel can own: ξ', weights, a term an invocation, a coin, a change. */
function persistentQuads({ sizes, limits }: Pick<PlanSituation, "sizes" | "limits">, entries: number): number {
  const tiles = persistentTiles(sizes, entries);
  const vectors = sizes.numDimsPadded + sizes.numRowsPadded + tiles + 2;
  return Math.min(
    Math.floor((limits.maxComputeWorkgroupStorageSize - otherShared) / (bytesPerVector * vectors)),
    tiles > limits.maxComputeWorkgroupSizeY ? 0 : Math.floor(limits.maxComputeInvocationsPerWorkgroup / tiles),
  );
}

/** Why the persistent kernel cannot run this, or undefined. */
export function persistentObstacle(options: SampleOptions, situation: PlanSituation): string | undefined {
  const { sizes } = situation;
  const obstacle = stagedOnly(options, sizes);
  if (obstacle !== undefined) return obstacle;
  if (persistentQuads(situation, tileLength) < 1)
    return `the state of four chains, ${sizes.dim} coordinates and ${sizes.numRows} weights each, does not fit a workgroup`;
  return undefined;
}

/** Invocations at which a large GPU has one for each of its lanes. */
const fewestInvocations = 2 ** 14;

/** As many entries an invocation, and quads a workgroup, as leave the device enough to do side by side. */
function persistentShape(
  situation: PlanSituation,
  tuning: WorkgroupShape,
): Required<Pick<WorkgroupShape, "quadsPerWorkgroup" | "entriesPerInvocation">> {
  const { sizes, numChains } = situation;
  const numQuads = Math.ceil(numChains / chainsPerQuad);
  const possible = entriesOfInvocations.filter(
    (entries) => persistentQuads({ sizes, limits: everyDevice }, entries) >= 1,
  );
  const entriesPerInvocation =
    possible.find((entries) => entries === tuning.entriesPerInvocation) ??
    possible.find((entries) => numQuads * persistentTiles(sizes, entries) >= fewestInvocations) ??
    possible.at(-1)!;
  const quadsPerWorkgroup = Math.min(
    tuning.quadsPerWorkgroup ?? spreadQuads(numQuads),
    nextPowerOfTwo(numQuads),
    largestQuadMultiple,
    previousPowerOfTwo(persistentQuads(situation, entriesPerInvocation)),
  );
  return { quadsPerWorkgroup, entriesPerInvocation };
}

export function persistentPlan(options: SampleOptions, situation: PlanSituation, tuning: PlanTuning): Plan {
  const { sizes, numChains } = situation;
  const numQuads = nextPowerOfTwo(Math.ceil(numChains / chainsPerQuad));
  const shape = persistentShape(situation, tuning);
  const { quadsPerWorkgroup: owned, entriesPerInvocation } = shape;
  const tiles = persistentTiles(sizes, entriesPerInvocation);
  const shared = layout(Math.min(16, numQuads), owned, situation);
  return {
    name: "persistent",
    shape,
    reason: `the state of ${owned * chainsPerQuad} chains, ${sizes.dim} coordinates and ${sizes.numRows} weights each, fits a workgroup`,
    stages: persistentStages(situation),
    variants: {},
    numSlices: 0,
    numSplits: 0,
    ...shared,
    constants: {
      ...kernelConstants(options, situation),
      ...shared.constants,
      num_owned: owned,
      entries_per_invocation: entriesPerInvocation,
      num_tiles: tiles,
      num_shared_coordinates: sizes.numDimsPadded * owned,
      num_shared_rows: sizes.numRowsPadded * owned,
      num_shared_tiles: tiles * owned,
      num_shared_quads: owned,
    },
  };
}
