/**
 * Plans: how the steps of a kernel are encoded. All plans compute the same chain from the same random integers; sums may
 * run in another order, so that plans agree within float32 rounding, and each plan with itself to the bit, however it is
 * tuned. The choice goes by kernel, shape and kind of adapter, never by time, so that a run can be repeated.
 */
import { isAdjusted, isExponential, isLangevin, isRadial } from "../core/langevin.ts";
import type { KernelName, SampleOptions } from "../core/types.ts";
import {
  chainsPerQuad,
  fusedLimits,
  largestQuadMultiple,
  streamingLimits,
  tileLength,
  type MemorySizes,
} from "./buffers.ts";
import { patchConstants, patchPlan, patternTiles, type PatchSizes, type PatternTile } from "./patch-plan.ts";

/**
 * `staged`: a few dispatches a step, for everything there is. `fused`: one dispatch a step, for many more coordinates than
 * rows. `streaming`: one pass over the rows a step, for many more of them. `persistent`: many steps in one dispatch, for
 * states that fit a workgroup.
 */
export const planNames = ["staged", "fused", "streaming", "persistent"] as const;
export type PlanName = (typeof planNames)[number];

export interface Plan {
  readonly name: PlanName;
  /** Why this one, in a clause. */
  readonly reason: string;
  readonly stages: PlanStages;
  /** Stages whose file has another name, with constants of their own. */
  readonly variants: Readonly<Record<string, StageVariant>>;
  /** Slices of the coordinates, of which a workgroup takes `shape.slicesPerWorkgroup`; 0 where a plan has none. */
  readonly numSlices: number;
  /** Splits of the rows, each a workgroup's; 0 where a plan has none. */
  readonly numSplits: number;
  /** Pipeline-overridable constants of its stages. */
  readonly constants: Readonly<Record<string, number>>;
  /** Quads side by side in a workgroup of the stages that are tiled, and pairs of them where an invocation has two. */
  readonly quadsPerWorkgroup: number;
  readonly pairsPerWorkgroup: number;
  /** Quads side by side in a workgroup whose lanes add up. */
  readonly quadsPerReduction: number;
  /** Quads of a batch come in multiples of this. */
  readonly quadMultiple: number;
  /** How the workgroups of its steps came to be cut. */
  readonly shape: WorkgroupShape & Required<Pick<WorkgroupShape, "quadsPerWorkgroup">>;
}

/** A stage whose buffers or grid differ from one use to the next. */
export interface StageUse {
  readonly stage: string;
  /** Names of buffers by the names that the shader has for them, where these differ. */
  readonly buffers: Readonly<Record<string, string>>;
  /** For every quad of chains: the one, or with workgroups whose lanes add up the other. */
  readonly invocations?: number;
  readonly workgroups?: number;
}

export interface StageVariant {
  readonly file: string;
  readonly constants: Readonly<Record<string, number>>;
}

/**
 * Stages by name. A state lies in one of two places: in the state's own buffers where `is_rejected` is set, otherwise in
 * the proposal's. Plans and kernels that do not set the flag leave it clear for good.
 */
export interface PlanStages {
  /** Before `start` at another β, where the current position may still be in the state's own buffers. */
  readonly adopt: readonly (string | StageUse)[];
  /** From positions in `proposal` to a state that a step can start from: first of all, and at every other β. */
  readonly start: readonly (string | StageUse)[];
  readonly step: readonly (string | StageUse)[];
  /** After the steps of a submit, from where the last one leaves off to a state. */
  readonly conclude: readonly (string | StageUse)[];
  /** From a state to everything that is kept of a draw. */
  readonly readout: readonly (string | StageUse)[];
}

/** The names of all stages of a plan, each once. */
export function stagesOf({ stages: { adopt: before, start, step, conclude, readout } }: Plan): readonly string[] {
  const uses = [...before, ...start, ...step, ...conclude, ...readout];
  return [...new Set(uses.map((use) => (typeof use === "string" ? use : use.stage)))];
}

/** After a collapsed chain was read out. */
export const settleStage = "settle";

const adopt = ["adopt", "reset"] as const;
const attention = ["logits", "softmax", "retrieve"] as const;

/**
 * From the attention of the current state to what is kept of a draw: rows for read-back. Chains that run in the span of
 * the rows are expanded to all coordinates, and what they have outside it is drawn.
 */
function observation({ isCollapsed, sizes }: PlanSituation): PlanStages["readout"] {
  if (!isCollapsed) return ["observe", "gather"];
  if (!hasComplement(sizes)) return ["observe", "inside", "expand"];
  return [
    "observe",
    "complement-noise",
    "complement-project",
    "inside",
    "expand",
    "complement-weigh",
    "complement-add",
  ];
}

/** Whether the rows of collapsed chains leave directions out. */
function hasComplement({ dim, fullDim }: MemorySizes): boolean {
  return fullDim > dim;
}

/** Those of a patch energy, for one cut of its patterns into tiles. */
export function patchStages(sizes: PatchSizes, kernel: KernelName, tiles: readonly PatternTile[]): PlanStages {
  return { adopt, conclude: [], ...patchPlan(sizes, kernel, tiles) };
}

function stagedStages({ kernel }: SampleOptions, situation: PlanSituation): PlanStages {
  const { patches } = situation.sizes;
  // How a batch cuts its patterns changes buffers and grids, and no stage.
  if (patches) return patchStages(patches, kernel, patternTiles(patches, kernel, 1, Infinity));
  if (isLangevin(kernel))
    return {
      adopt,
      start: attention,
      step: ["propose", ...attention, "accept"],
      conclude: [],
      readout: observation(situation),
    };
  // The last stage of a step moves the clock, whether or not there is anything to decide.
  return kernel === "gibbs"
    ? {
        adopt,
        start: ["logits", "softmax"],
        step: ["choose", "component", "logits", "softmax", "accept"],
        conclude: [],
        readout: ["retrieve", ...observation(situation)],
      }
    : {
        adopt,
        start: [],
        step: ["choose", "component", "accept"],
        conclude: [],
        readout: [...attention, ...observation(situation)],
      };
}

/** It computes the attention of the state anew in each dispatch, and leaves none behind. */
const persistentStages = (situation: PlanSituation): PlanStages => ({
  adopt: [],
  start: [],
  step: ["persistent"],
  conclude: [],
  readout: [...attention, ...observation(situation)],
});

/** The decision about a proposal is the next step's to take, or that of `conclude`, which leaves the state in `proposal`. */
const fusedStages = (situation: PlanSituation): PlanStages => ({
  adopt: [],
  start: ["logits", "softmax", "enter"],
  step: ["fused"],
  conclude: ["conclude"],
  readout: [...attention, ...observation(situation)],
});

/** A state like that of the stages, but for log p', which an unadjusted chain makes of z' where it is read out. */
function streamingStages({ kernel }: SampleOptions, situation: PlanSituation): PlanStages {
  const attend = isAdjusted(kernel)
    ? ["streaming", "streaming-softmax", "streaming-retrieve"]
    : ["streaming", "streaming-retrieve"];
  return {
    adopt,
    start: attend,
    step: ["propose", ...attend, "accept"],
    conclude: [],
    readout: [...(isAdjusted(kernel) ? [] : ["streaming-softmax"]), ...observation(situation)],
  };
}

/** What a plan is chosen by, beside the options. */
export interface PlanSituation {
  readonly sizes: MemorySizes;
  /** Of one batch. */
  readonly numChains: number;
  readonly isCollapsed: boolean;
  /** The adapter renders on the CPU, where starting a workgroup with barriers costs more than what it saves. */
  readonly isSoftware: boolean;
  readonly limits: Pick<
    GPUSupportedLimits,
    "maxComputeWorkgroupStorageSize" | "maxComputeInvocationsPerWorkgroup" | "maxComputeWorkgroupSizeY"
  >;
}

/** WebGPU's default limits. */
const everyDevice: PlanSituation["limits"] = {
  maxComputeWorkgroupStorageSize: 16_384,
  maxComputeInvocationsPerWorkgroup: 256,
  maxComputeWorkgroupSizeY: 256,
};

export const adapterKinds = ["hardware", "software"] as const;
export type AdapterKind = (typeof adapterKinds)[number];

/**
 * How the workgroups of steps are cut, on which no result depends. What is left out follows from the shape of the run, and
 * so does what does not fit a workgroup.
 */
export interface WorkgroupShape {
  /** Quads of chains side by side in a workgroup, a power of two up to 64. */
  readonly quadsPerWorkgroup?: number;
  /** Coordinates, and rows, that an invocation of the persistent plan has: 8, 4 or 2. */
  readonly entriesPerInvocation?: number;
  /** Slices of the coordinates that a workgroup of the fused plan goes through, so that chains are decided upon once for them. */
  readonly slicesPerWorkgroup?: number;
}

/** Settings of the caller; results depend on none but `plan` and `madeFor`, and on these by rounding alone. */
export interface PlanTuning extends WorkgroupShape {
  /** The plan, where the kernel and the shape allow it. */
  readonly plan?: PlanName;
  /** The kind of adapter that plans are made for, where it is to be another than the device's: results differ by rounding. */
  readonly madeFor?: AdapterKind;
}

/**
 * The plan that the tuning asks for where it can run this, otherwise the first of `persistent`, `fused`, `streaming` and
 * `staged` that can and is made for it. All but the last are made for the memory of a workgroup, which software rendering
 * does not have: there it is memory like any other, and barriers are dear. What a device offers beyond WebGPU's defaults
 * goes into more chains a workgroup and decides on nothing else, so that a run is the same on another device.
 */
export function choosePlan(options: SampleOptions, situation: PlanSituation, tuning: PlanTuning): Plan {
  const { sizes, isSoftware } = situation;
  const anywhere = { ...situation, limits: everyDevice };
  const obstacles = {
    persistent: persistentObstacle(options, anywhere),
    fused: fusedObstacle(options, anywhere),
    streaming: streamingObstacle(options, anywhere),
  };
  const makers = { persistent: persistentPlan, fused: fusedPlan, streaming: streamingPlan };
  const isMadeFor = {
    persistent: !isSoftware,
    fused: !isSoftware,
    streaming: !isSoftware && sizes.numRows > fusedRatio * sizes.dim,
  };
  if (tuning.plan === "staged") return stagedPlan(options, situation, tuning, "it was asked for");
  if (tuning.plan !== undefined && obstacles[tuning.plan] === undefined)
    return makers[tuning.plan](options, situation, tuning);
  for (const name of ["persistent", "fused", "streaming"] as const)
    if (isMadeFor[name] && obstacles[name] === undefined) return makers[name](options, situation, tuning);
  const reason =
    (tuning.plan && obstacles[tuning.plan]) ??
    stagedOnly(options, sizes) ??
    (isSoftware ? "the adapter renders in software" : (obstacles.streaming ?? obstacles.fused ?? ""));
  return stagedPlan(options, situation, tuning, reason);
}

function kernelConstants(
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
function layout(quadsPerWorkgroup: number, owned: number, { isSoftware, sizes, numChains }: PlanSituation): Layout {
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
const fewestWorkgroups = 128;
const mostQuadsPerWorkgroup = 8;

/**
 * Quads of a workgroup, a power of two: as many as leave workgroups for the whole device.
 * @param numParts workgroups for the same quads, side by side
 */
function spreadQuads(numQuads: number, numParts = 1): number {
  const fitting = Math.min(mostQuadsPerWorkgroup, (numQuads * numParts) / fewestWorkgroups);
  return previousPowerOfTwo(Math.max(1, fitting));
}

/** Slices of a workgroup, a power of two: as many as leave two workgroups for each core, for one that waits. */
function spreadSlices(numQuadGroups: number, numSlices: number): number {
  let fitting = 1;
  while (2 * fitting <= numSlices && numQuadGroups * Math.ceil(numSlices / (2 * fitting)) >= 2 * fewestWorkgroups)
    fitting *= 2;
  return fitting;
}

function stagedPlan(options: SampleOptions, situation: PlanSituation, tuning: PlanTuning, reason: string): Plan {
  const numQuads = Math.ceil(situation.numChains / chainsPerQuad);
  const quadsPerWorkgroup = tuning.quadsPerWorkgroup ?? Math.min(16, nextPowerOfTwo(numQuads));
  const shared = layout(quadsPerWorkgroup, 1, situation);
  return {
    name: "staged",
    shape: { quadsPerWorkgroup },
    reason,
    stages: stagedStages(options, situation),
    variants: {},
    numSlices: 0,
    numSplits: 0,
    ...shared,
    constants: { ...kernelConstants(options, situation), ...shared.constants, ...patchConstants },
  };
}

/** What an invocation of the persistent kernel can have. */
export const entriesOfInvocations = [8, 4, 2] as const;

/** Invocations of a quad. */
function persistentTiles({ numDimsPadded, numRowsPadded }: MemorySizes, entries: number): number {
  return Math.max(numDimsPadded, numRowsPadded) / entries;
}

const bytesPerVector = 16;
/** What else a workgroup keeps: its clock, padded. */
const otherShared = 16;

/** Quads of chains that a workgroup of the persistent kernel can own: ξ', weights, a term an invocation, a coin, a change. */
function persistentQuads({ sizes, limits }: Pick<PlanSituation, "sizes" | "limits">, entries: number): number {
  const tiles = persistentTiles(sizes, entries);
  const vectors = sizes.numDimsPadded + sizes.numRowsPadded + tiles + 2;
  return Math.min(
    Math.floor((limits.maxComputeWorkgroupStorageSize - otherShared) / (bytesPerVector * vectors)),
    tiles > limits.maxComputeWorkgroupSizeY ? 0 : Math.floor(limits.maxComputeInvocationsPerWorkgroup / tiles),
  );
}

/** What only the staged plan runs, or undefined. */
function stagedOnly({ kernel }: SampleOptions, { patches, numHeads }: MemorySizes): string | undefined {
  if (!isLangevin(kernel)) return `${kernel} has no other plan`;
  if (patches) return "patches have no other plan";
  if (numHeads > 1) return "several heads have no other plan";
  return undefined;
}

/** Why the persistent kernel cannot run this, or undefined. */
function persistentObstacle(options: SampleOptions, situation: PlanSituation): string | undefined {
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

function persistentPlan(options: SampleOptions, situation: PlanSituation, tuning: PlanTuning): Plan {
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

/** Rows per coordinate at which reading X once outweighs deciding in every workgroup. */
const fusedRatio = 0.5;

/** Why the fused kernel cannot run this, or undefined. */
function fusedObstacle(options: SampleOptions, situation: PlanSituation): string | undefined {
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

function fusedPlan(options: SampleOptions, situation: PlanSituation, tuning: PlanTuning): Plan {
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
function streamingObstacle(options: SampleOptions, { sizes, limits, isSoftware }: PlanSituation): string | undefined {
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

function streamingPlan(options: SampleOptions, situation: PlanSituation, tuning: PlanTuning): Plan {
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

function nextPowerOfTwo(value: number): number {
  return 2 ** Math.ceil(Math.log2(value));
}

function previousPowerOfTwo(value: number): number {
  return 2 ** Math.floor(Math.log2(value));
}
