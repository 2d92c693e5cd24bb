/** The picture of a run: stored patterns, samples ξ and their denoised readouts T(ξ), column by column the same chain. */
import { nearestPatterns, type Draws, type MemoryMatrix, type Metrics } from "../../src/index.ts";
import type { LoadedMemory } from "../files/memory-source.ts";
import { renderSheet } from "../pictures/grid.ts";
import { formatFixed } from "./format.ts";

/** Two rows of ten. */
const maxCells = 20;
/** Height in pixels to keep each section below, where images are large. */
const maxSectionHeight = 8000;

/** @returns a PNG file */
export function renderRun(
  { memory, imageShape, displayScale }: LoadedMemory,
  draws: Draws,
  metrics: Metrics,
  titles: { readonly title: string; readonly subtitle: string },
): Promise<Buffer> {
  const side = Math.max(imageShape?.height ?? 1, imageShape?.width ?? 1);
  const rows = shownRows(draws, Math.max(1, Math.min(maxCells, Math.floor(maxSectionHeight / side))));
  // Samples have the scale of unit-norm patterns; one brightness for all leaves their differences as they are.
  const scale = displayScale.reduce((sum, value) => sum + value, 0) / displayScale.length;
  const cell = (values: Float32Array, row: number): Float32Array =>
    values.slice(row * draws.dim, (row + 1) * draws.dim).map((value) => value * scale);
  const { mean, floor, denoised } = metrics.novelty;
  return renderSheet(
    [
      {
        heading: "Stored patterns",
        caption: "The stored pattern nearest to each sample below, in the same order.",
        cells: rows.map((row) => cell(memory.values, nearestOf(memory, draws, row))),
      },
      {
        heading: "Samples ξ",
        caption:
          `As drawn, thermal noise included. Mean novelty ${formatFixed(mean)}; ` +
          `a stored pattern plus that noise alone has ${formatFixed(floor)} (the noise floor).`,
        cells: rows.map((row) => cell(draws.positions, row)),
      },
      {
        heading: "Denoised samples T(ξ)",
        caption: `The same samples read out without the noise: T(ξ) = E[pattern | ξ]. Mean novelty ${formatFixed(denoised)}.`,
        cells: rows.map((row) => cell(draws.retrievals, row)),
      },
    ],
    { ...titles, imageShape },
  );
}

/** Rows of [numChains, numDraws] to show: the last draw of the first chains, then earlier draws if chains are few. */
function shownRows({ numChains, numDraws }: Draws, limit: number): number[] {
  const rows: number[] = [];
  for (let draw = numDraws - 1; draw >= 0; draw--)
    for (let chain = 0; chain < numChains && rows.length < limit; chain++) rows.push(chain * numDraws + draw);
  return rows;
}

function nearestOf(memory: MemoryMatrix, { positions, dim }: Draws, row: number): number {
  return nearestPatterns(memory, positions.subarray(row * dim, (row + 1) * dim)).index[0]!;
}
