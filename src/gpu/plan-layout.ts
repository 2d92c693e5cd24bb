/** What plans have in common: constants of a kernel, how quads lie in workgroups, and how work is spread over a device. */
import { isAdjusted, isExponential, isLangevin, isRadial } from "../core/langevin.ts";
import type { SampleOptions } from "../core/types.ts";
import { chainsPerQuad, type MemorySizes } from "./buffers.ts";
import { hasComplement } from "./plan-stages.ts";
import type { Plan, PlanSituation } from "./plan.ts";

/** WebGPU's default limits. */
export const everyDevice: PlanSituation["limits"] = {
  maxComputeWorkgroupStorageSize: 16_384,
  maxComputeInvocationsPerWorkgroup: 256,
  maxComputeWorkgroupSizeY: 256,
};

export function kernelConstants(
  { kernel, circulation = 0 }: SampleOptions,
  { isCollapsed, sizes }: PlanSituation,
): Record<string, number> {
  return {
    is_adjusted: Number(isAdjusted(kernel)),
    is_exponential: Number(isExponential(kernel)),
    is_radial: Number(isRadial(kernel)),
    is_circulating: Number(circulation !== 0),
    is_component: Number(!isLangevin(kernel)),
    has_outside: Number(isCollapsed && hasComplement(sizes)),
  };
}

/** Invocations of a workgroup of the tiled stages. */
export const tiledInvocations = 64;

type Layout = Pick<
  Plan,
  "quadsPerWorkgroup" | "pairsPerWorkgroup" | "quadsPerReduction" | "quadMultiple" | "constants"
>;

/**
 * How quads lie in the workgroups of the stages that several plans share.
 * @param owned quads in a workgroup of the plan's own stages, a power of two
 */
export function layout(
  quadsPerWorkgroup: number,
  owned: number,
  { isSoftware, sizes, numChains }: PlanSituation,
): Layout {
  const pairsPerWorkgroup = Math.max(1, quadsPerWorkgroup / 2);
  const sideBySide = sizes.patches ? 1 : cheapMultiple(Math.ceil(numChains / chainsPerQuad));
  const quadMultiple = Math.max(owned, sideBySide);
  const quadsPerReduction = Math.min(mostQuadsPerReduction, quadMultiple);
  const numLanes = isSoftware && !sizes.patches ? 1 : lanesPerReduction;
  return {
    quadsPerWorkgroup,
    pairsPerWorkgroup,
    quadsPerReduction,
    quadMultiple,
    constants: {
      quads_per_workgroup: quadsPerWorkgroup,
      tiles_per_workgroup: tiledInvocations / quadsPerWorkgroup,
      pairs_per_workgroup: pairsPerWorkgroup,
      tiles_per_pair: tiledInvocations / pairsPerWorkgroup,
      quads_per_reduction: quadsPerReduction,
      num_lanes: numLanes,
      num_shared_lanes: numLanes * quadsPerReduction,
    },
  };
}

/** Side by side, so that neighbouring invocations read neighbouring quads. */
const mostQuadsPerReduction = 4;

/** The largest power of two up to that, of which a multiple is at most an eighth more than the quads. */
function cheapMultiple(numQuads: number): number {
  let multiple = mostQuadsPerReduction;
  while (multiple > 1 && Math.ceil(numQuads / multiple) * multiple > 1.125 * numQuads) multiple /= 2;
  return multiple;
}

const lanesPerReduction = 32;

/** Workgroups at which each core of a large GPU has one, and quads of a workgroup beyond which more share too little. */
export const fewestWorkgroups = 128;
const mostQuadsPerWorkgroup = 8;

/**
 * Quads of a workgroup, a power of two: as many as leave workgroups for the whole device.
 * @param numParts workgroups for the same quads, side by side
 */
export function spreadQuads(numQuads: number, numParts = 1): number {
  const fitting = Math.min(mostQuadsPerWorkgroup, (numQuads * numParts) / fewestWorkgroups);
  return previousPowerOfTwo(Math.max(1, fitting));
}

export const bytesPerVector = 16;
/** What else a workgroup keeps: its clock, padded. */
export const otherShared = 16;

/** What only the staged plan runs, or undefined. */
export function stagedOnly({ kernel }: SampleOptions, { patches, numHeads }: MemorySizes): string | undefined {
  if (!isLangevin(kernel)) return `${kernel} has no other plan`;
  if (patches) return "patches have no other plan";
  if (numHeads > 1) return "several heads have no other plan";
  return undefined;
}

export function nextPowerOfTwo(value: number): number {
  return 2 ** Math.ceil(Math.log2(value));
}

export function previousPowerOfTwo(value: number): number {
  return 2 ** Math.floor(Math.log2(value));
}
