/** The buffers that a batch of chains needs for a patch energy beside its own; src/gpu/patch-plan.ts says who uses them. */
import { isAdjusted } from "../core/langevin.ts";
import type { KernelName } from "../core/types.ts";
import { createBuffers, type BufferRequest, type BufferSet } from "./buffers.ts";
import {
  bytesPerVector,
  patchAxes,
  tileName,
  vectorsPerWindow,
  type PatchSizes,
  type PatternTile,
} from "./patch-plan.ts";
import type { StructLayout } from "./reflection.ts";
import { writeStruct } from "./struct-layout.ts";

/** Layouts of the uniforms, as the shaders declare them. */
export interface PatchStructs {
  readonly patches: StructLayout;
  readonly axis: StructLayout;
}

/** @throws GpuError when the device has no room */
export function createPatchBuffers(
  device: GPUDevice,
  sizes: PatchSizes,
  kernel: KernelName,
  tiles: readonly PatternTile[],
  numQuads: number,
  structs: PatchStructs,
): Promise<BufferSet> {
  const { grid, numWindows, numLineSums } = sizes;
  const tileRows = tiles[0]!.numRows;
  const storage = (numVectors: number): BufferRequest => ({
    size: numVectors * numQuads * bytesPerVector,
    usage: GPUBufferUsage.STORAGE,
  });
  /** What only an accept decision reads. */
  const forDecision = (numVectors: number): BufferRequest =>
    storage(isAdjusted(kernel) ? numVectors : vectorsPerWindow);
  const uniform = (layout: StructLayout, values: Readonly<Record<string, number>>): BufferRequest => ({
    size: layout.stride,
    usage: GPUBufferUsage.UNIFORM,
    contents: writeStruct(layout, values),
  });
  const axes = Object.entries(patchAxes(sizes)).map(([name, fields]) => [name, uniform(structs.axis, fields)] as const);
  const tileUniforms = tiles.map(({ firstRow, numRows }, tile) => {
    const fields = {
      first_row: firstRow,
      num_rows: numRows,
      height: grid.vertical.length,
      width: grid.horizontal.length,
      channels: grid.channels,
      stride_y: grid.vertical.stride,
      stride_x: grid.horizontal.stride,
      cells_x: sizes.horizontal.numCells,
      num_cells: sizes.numCells,
      num_windows: numWindows,
      power: grid.power,
    };
    return [tileName(tile), uniform(structs.patches, fields)] as const;
  });
  return createBuffers(device, "patches", {
    line_sums: storage(tileRows * numLineSums),
    window_sums: storage(tileRows * numWindows),
    state_window_sums: forDecision(tileRows * numWindows),
    proposal_window_facts: storage(vectorsPerWindow * numWindows),
    window_facts: forDecision(vectorsPerWindow * numWindows),
    window_terms: forDecision(numWindows),
    ...Object.fromEntries(axes),
    ...Object.fromEntries(tileUniforms),
  });
}
