/**
 * Patch energies on the device (spec section 5): how the patterns are cut into tiles that fit a scratch budget, and which
 * stages a step passes through. A first pass over the tiles finds the softmax of every window, a second one its weights,
 * spreads them back over pixels and adds up T(ξ). Logits live for one tile only, so the second pass computes them anew,
 * unless all patterns fit one tile.
 */
import type { AttentionStack } from "../core/attention-stack.ts";
import { isAdjusted } from "../core/langevin.ts";
import type { PatchAxis, PatchGrid } from "../core/patch-grid.ts";
import type { KernelName } from "../core/types.ts";
import type { PlanStages, StageUse } from "./plan.ts";

/** An axis counted in cells of stride pixels: windows and their padding are whole cells. */
interface CellAxis {
  readonly numCells: number;
  readonly numWindows: number;
  /** Cells of a window, and windows of a cell. */
  readonly run: number;
}

/** What follows from the stack alone. */
export interface PatchSizes {
  readonly grid: PatchGrid;
  readonly vertical: CellAxis;
  readonly horizontal: CellAxis;
  readonly numRows: number;
  readonly numCells: number;
  readonly numWindows: number;
  /** Sums over the part of a window in one line of cells. */
  readonly numLineSums: number;
  /** Slices that the windows' attention terms are summed in; `accept` takes each for a head. */
  readonly numSlices: number;
  /** Tiles of coordinates, of which each invocation of the last stage owns one. */
  readonly numCoordinateTiles: number;
}

/** Some of the patterns. */
export interface PatternTile {
  readonly firstRow: number;
  readonly numRows: number;
}

/** How the sums along one axis go; `Axis` in shaders/common/window-sums.wgsl, where the fields are explained. */
type AxisFields = Readonly<
  Record<
    | "num_elements"
    | "num_sums"
    | "run"
    | "lead"
    | "num_lines"
    | "num_blocks"
    | "step"
    | "line_step"
    | "pattern_step"
    | "sum_step"
    | "sum_line_step"
    | "sum_pattern_step",
    number
  >
>;

type AxisName = "line_axis" | "column_axis" | "column_spread_axis" | "line_spread_axis";

const patchStages = {
  rows: "patch-rows",
  sums: "patch-sums",
  softmax: "patch-softmax",
  weights: "patch-weights",
  retrieve: "patch-retrieve",
  ratio: "patch-ratio",
  observe: "patch-observe",
} as const;

/** Windows per partial sum of the log ratio. */
const windowsPerSlice = 256;

/** Sums of an invocation at least, so that small windows do not make invocations of a few loads. */
const fewestSums = 8;

/** Bytes that the logits of a tile may take, unless a single pattern of a few chains needs more. */
export const defaultScratchBytes = 2 ** 27;

/** Chains in quads below which a batch is not cut further to hold all patterns in one tile. */
const fewestQuads = 4;

/** Pipeline-overridable constants of the stages of a patch energy. */
export const patchConstants = { windows_per_slice: windowsPerSlice } as const;

export const bytesPerVector = 16;

/** Vectors of the `WindowFacts` of a window. */
export const vectorsPerWindow = 3;

export function patchSizes({ numRows }: AttentionStack, grid: PatchGrid, numCoordinateTiles: number): PatchSizes {
  const vertical = cellAxis(grid.vertical);
  const horizontal = cellAxis(grid.horizontal);
  const numWindows = vertical.numWindows * horizontal.numWindows;
  return {
    grid,
    vertical,
    horizontal,
    numRows,
    numCells: vertical.numCells * horizontal.numCells,
    numWindows,
    numLineSums: vertical.numCells * horizontal.numWindows,
    numSlices: Math.ceil(numWindows / windowsPerSlice),
    numCoordinateTiles,
  };
}

function cellAxis({ length, window, stride, numWindows }: PatchAxis): CellAxis {
  return { numCells: Math.ceil(length / stride), numWindows, run: window / stride };
}

/** Logits of one pattern that are alive at once: of lines, of windows, and for adjusted kernels of the old state's windows. */
function bytesPerPattern({ numLineSums, numWindows }: PatchSizes, kernel: KernelName): number {
  return bytesPerVector * (numLineSums + (isAdjusted(kernel) ? 2 : 1) * numWindows);
}

/** The patterns in tiles whose logits fit the scratch; how they are cut changes no result. */
export function patternTiles(
  sizes: PatchSizes,
  kernel: KernelName,
  numQuads: number,
  scratchBytes: number,
): readonly PatternTile[] {
  const { numRows } = sizes;
  const fitting = Math.floor(scratchBytes / (bytesPerPattern(sizes, kernel) * numQuads));
  const numTiles = Math.ceil(numRows / Math.min(Math.max(1, fitting), numRows));
  // As equal as can be: the last tile is no remnant.
  const length = Math.ceil(numRows / numTiles);
  return Array.from({ length: Math.ceil(numRows / length) }, (_, tile) => ({
    firstRow: tile * length,
    numRows: Math.min(length, numRows - tile * length),
  }));
}

/** Chains that a batch has room for, in quads. */
export interface PatchQuads {
  /** Quads whose logits all fit the scratch, if those are not too few to keep a device busy. */
  readonly fitting: number;
  /** Bytes that a quad takes beside the scratch. */
  readonly bytesPerQuad: number;
  /** Bytes of the widest binding, for a quad. */
  readonly widestBinding: number;
}

export function patchQuads(sizes: PatchSizes, kernel: KernelName, scratchBytes: number): PatchQuads {
  const { numRows, numWindows } = sizes;
  return {
    fitting: Math.max(fewestQuads, Math.floor(scratchBytes / (bytesPerPattern(sizes, kernel) * numRows))),
    bytesPerQuad: bytesPerVector * numWindows * (2 * vectorsPerWindow + 1),
    widestBinding: bytesPerVector * numWindows * vectorsPerWindow,
  };
}

/** The values of one pattern, seen along one of their two axes. */
interface Layout {
  readonly count: number;
  readonly numLines: number;
  readonly step: number;
  readonly lineStep: number;
  readonly patternStep: number;
}

const across = (high: number, wide: number): Layout => ({
  count: wide,
  numLines: high,
  step: 1,
  lineStep: wide,
  patternStep: high * wide,
});

const down = (high: number, wide: number): Layout => ({
  count: high,
  numLines: wide,
  step: wide,
  lineStep: 1,
  patternStep: high * wide,
});

function axisFields(elements: Layout, sums: Layout, run: number, lead: number): AxisFields {
  return {
    num_elements: elements.count,
    num_sums: sums.count,
    run,
    lead,
    num_lines: elements.numLines,
    num_blocks: Math.ceil(fewestSums / run),
    step: elements.step,
    line_step: elements.lineStep,
    pattern_step: elements.patternStep,
    sum_step: sums.step,
    sum_line_step: sums.lineStep,
    sum_pattern_step: sums.patternStep,
  };
}

/** The four sums over neighbours that a tile passes through: names of the uniform buffers that shaders bind as `axis`. */
export function patchAxes({ vertical, horizontal }: PatchSizes): Readonly<Record<AxisName, AxisFields>> {
  const { numCells: height, numWindows: windowsHigh, run: runHigh } = vertical;
  const { numCells: width, numWindows: windowsWide, run: runWide } = horizontal;
  return {
    // Squared differences, which patch-rows forms itself, into sums over lines of a window …
    line_axis: axisFields(across(height, width), across(height, windowsWide), runWide, runWide - 1),
    // … those into sums over windows …
    column_axis: axisFields(down(height, windowsWide), down(windowsHigh, windowsWide), runHigh, runHigh - 1),
    // … and weights back, over the windows above each other that hold a line of cells …
    column_spread_axis: axisFields(down(windowsHigh, windowsWide), down(height, windowsWide), runHigh, 0),
    // … then over those beside each other that hold a cell.
    line_spread_axis: axisFields(across(height, windowsWide), across(height, width), runWide, 0),
  };
}

/** The stages of a Langevin kernel on a patch energy; buffers go by the names in src/gpu/patch-buffers.ts. */
export function patchPlan(
  sizes: PatchSizes,
  kernel: KernelName,
  tiles: readonly PatternTile[],
): Pick<PlanStages, "start" | "step" | "readout"> {
  const axes = patchAxes(sizes);
  const { numWindows } = sizes;
  const sum = (
    stage: string,
    axisName: AxisName,
    tile: number,
    buffers: Readonly<Record<string, string>>,
  ): StageUse => {
    const { num_lines, num_sums, num_blocks, run } = axes[axisName];
    const invocations = tiles[tile]!.numRows * num_lines * Math.ceil(num_sums / (num_blocks * run));
    return { stage, buffers: { ...buffers, axis: axisName, patches: tileName(tile) }, invocations };
  };
  const logitsOf = (image: string, sums: string, tile: number): readonly StageUse[] => [
    sum(patchStages.rows, "line_axis", tile, { image, sums: "line_sums" }),
    sum(patchStages.sums, "column_axis", tile, { elements: "line_sums", sums }),
  ];
  const own = (stage: string, tile: number, invocations: number): StageUse => ({
    stage,
    buffers: { patches: tileName(tile) },
    invocations,
  });
  const proposalLogits = (tile: number): readonly StageUse[] => logitsOf("proposal", "window_sums", tile);

  const attend = tiles.flatMap((_, tile) => [...proposalLogits(tile), own(patchStages.softmax, tile, numWindows)]);
  /** With the old state's logits, where its weights are compared with the proposal's. */
  const retrieve = (hasState: boolean): readonly StageUse[] =>
    tiles.flatMap((_, tile) => [
      ...(tiles.length > 1 ? proposalLogits(tile) : []),
      ...(hasState ? logitsOf("position", "state_window_sums", tile) : []),
      own(patchStages.weights, tile, numWindows),
      sum(patchStages.sums, "column_spread_axis", tile, { elements: "window_sums", sums: "line_sums" }),
      sum(patchStages.sums, "line_spread_axis", tile, { elements: "line_sums", sums: "window_sums" }),
      {
        stage: patchStages.retrieve,
        buffers: { spread: "window_sums", patches: tileName(tile) },
        invocations: sizes.numCoordinateTiles,
      },
    ]);
  const decides = isAdjusted(kernel);
  const overall = { patches: tileName(0) };
  return {
    start: [...attend, ...retrieve(false)],
    step: [
      "propose",
      ...attend,
      ...retrieve(decides),
      ...(decides ? [{ stage: patchStages.ratio, buffers: overall, workgroups: sizes.numSlices }] : []),
      "accept",
    ],
    readout: [{ stage: patchStages.observe, buffers: overall, workgroups: 1 }, "gather"],
  };
}

/** The uniform buffer that a tile's stages bind as `patches`. */
export function tileName(tile: number): string {
  return `tile${tile}`;
}
