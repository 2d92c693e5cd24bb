/** `generate --sweep-window`: the trade-off between new and real, window by window, as a table, a plot and a sheet. */
import { basename } from "node:path";
import type { Fidelity } from "../../src/index.ts";
import { writeFileAtomic, writeJsonAtomic } from "../files/atomic-write.ts";
import { formatCsv } from "../files/csv.ts";
import { renderPlot, type PlotPanel } from "../pictures/plot.ts";
import type { GenerationMetrics } from "../report/generation.ts";
import { note } from "./context.ts";
import { formatCount, formatDuration, formatFixed, formatTable } from "./format.ts";
import { renderSamples } from "./generate-pictures.ts";
import {
  anneal,
  describeAnneal,
  describeComparison,
  measure,
  runRecord,
  type Generated,
  type GenerationWork,
} from "./generate-run.ts";
import type { Window } from "./generate-settings.ts";
import { createOutputSet, runFile } from "./output-set.ts";
import { engineName } from "./run-record.ts";

/** One window's samples and figures. */
interface SweepRow {
  readonly window: Window;
  readonly run: Generated;
  readonly metrics: GenerationMetrics;
}

/** @returns the exit code */
export async function sweepWindows(work: GenerationWork, windows: readonly Window[]): Promise<number> {
  const { options, interruption, context, settings, engine, memory } = work;
  const rows: SweepRow[] = [];
  for (const window of windows) {
    const own = { ...options, windows: [window] };
    const run = await anneal(work, own, `window ${window}`);
    // Half a window's samples would have figures of their own.
    if (run === undefined || run.isInterrupted) break;
    rows.push({ window, run, metrics: measure(work, own, run.draws) });
  }
  if (rows.length === 0) {
    note(context, "interrupted before the first window was finished: nothing was written");
    return interruption.exitCode ?? 1;
  }
  const names = await writeSweep(work, rows);
  const seconds = rows.reduce((sum, { run }) => sum + run.seconds, 0);
  context.stdout.write(
    `${formatCount(options.numSamples, "sample")} a window from ${memory.loaded.memory.numPatterns} patterns; ${describeAnneal(options)}\n` +
      `${engineName(engine)}: ${formatDuration(seconds)}\n\n` +
      `${sweepTable(rows)}\n${describeComparison(memory, rows[0]!.run.draws)}Written to ${settings.out}: ${names.join(", ")}\n`,
  );
  const isWhole = rows.length === windows.length;
  if (!isWhole) note(context, `interrupted: kept the ${rows.length} of ${windows.length} windows that had finished`);
  return isWhole ? 0 : (interruption.exitCode ?? 1);
}

const none = "–";
const fidelityOf = ({ metrics }: SweepRow, name: keyof Fidelity): number | null => metrics.fidelity?.[name] ?? null;

function sweepTable(rows: readonly SweepRow[]): string {
  const show = (value: number | null): string => (value === null ? none : formatFixed(value));
  const { novelty, diversity } = rows[0]!.metrics;
  return formatTable([
    ["window", "novelty of T(ξ)", "fidelity ratio", "diversity", "precision", "recall", "copies"],
    ...rows.map((row) => [
      String(row.window),
      formatFixed(row.metrics.novelty.denoised),
      show(fidelityOf(row, "ratio")),
      show(row.metrics.diversity.denoised),
      show(fidelityOf(row, "precision")),
      show(fidelityOf(row, "recall")),
      `${row.metrics.copies.count} of ${row.run.draws.numChains}`,
    ]),
    ...(novelty.heldOut === null
      ? []
      : [["real", formatFixed(novelty.heldOut), formatFixed(1), show(diversity.heldOut), none, none, none]]),
  ]);
}

/** Where a window stands in the plot, its side in pixels; `full` is the longer side of the image, past which no window goes. */
function sideOf({ memory: { image } }: GenerationWork, window: Window): number {
  return window === "full" ? Math.max(image.height, image.width) : window;
}

function sweepPlot(work: GenerationWork, rows: readonly SweepRow[]): string {
  const ordered = rows.toSorted((a, b) => sideOf(work, a.window) - sideOf(work, b.window));
  const x = ordered.map(({ window }) => sideOf(work, window));
  const panel = (heading: string, y: readonly (number | null)[], real: number | null): PlotPanel => ({
    heading,
    series: [
      { label: "samples", x, y: y.map((value) => value ?? Number.NaN) },
      ...(real === null ? [] : [{ label: "real, held out", x, y: x.map(() => real) }]),
    ],
  });
  const { novelty, diversity } = rows[0]!.metrics;
  const ratios = ordered.map((row) => fidelityOf(row, "ratio"));
  return renderPlot(
    [
      panel(
        "novelty of T(ξ)",
        ordered.map(({ metrics }) => metrics.novelty.denoised),
        novelty.heldOut,
      ),
      ...(ratios.every((ratio) => ratio === null) ? [] : [panel("distance to held-out ÷ real to real", ratios, 1)]),
      panel(
        "diversity of T(ξ)",
        ordered.map(({ metrics }) => metrics.diversity.denoised),
        diversity.heldOut,
      ),
    ],
    {
      title: `What the window trades: ${basename(work.settings.memory)}`,
      subtitle: describeAnneal(work.options),
      xLabel: "window, pixels a side (the longer side of the image: full)",
    },
  );
}

async function writeSweep(work: GenerationWork, rows: readonly SweepRow[]): Promise<readonly string[]> {
  const { folder, memory, settings, interruption } = work;
  const outputs = await createOutputSet(folder);
  interruption.onSecond(() => outputs.discard());
  try {
    const column = (figure: (row: SweepRow) => number | null): number[] => rows.map((row) => figure(row) ?? Number.NaN);
    const csv = formatCsv({
      window: rows.map(({ window }) => window),
      novelty: column(({ metrics }) => metrics.novelty.denoised),
      fidelityRatio: column((row) => fidelityOf(row, "ratio")),
      diversity: column(({ metrics }) => metrics.diversity.denoised),
      precision: column((row) => fidelityOf(row, "precision")),
      recall: column((row) => fidelityOf(row, "recall")),
      copies: column(({ metrics }) => metrics.copies.count),
    });
    const sections = rows.map(({ window, run: { draws }, metrics }) => ({
      heading: `Window ${window}`,
      caption:
        `Novelty ${formatFixed(metrics.novelty.denoised)}, diversity ${formatFixed(metrics.diversity.denoised ?? 0)}` +
        (metrics.fidelity?.ratio == null ? "" : `, fidelity ratio ${formatFixed(metrics.fidelity.ratio)}`),
      draws,
    }));
    const written = {
      "sweep.csv": await writeFileAtomic(outputs.stagedPath("sweep.csv"), csv),
      "sweep.svg": await writeFileAtomic(outputs.stagedPath("sweep.svg"), sweepPlot(work, rows)),
      "sweep.png": await writeFileAtomic(
        outputs.stagedPath("sweep.png"),
        await renderSamples(memory, sections, {
          title: `What the window trades: ${basename(settings.memory)}`,
          subtitle: describeAnneal(work.options),
        }),
      ),
      "metrics.json": await writeJsonAtomic(
        outputs.stagedPath("metrics.json"),
        rows.map(({ window, metrics }) => ({ window, ...metrics })),
      ),
    };
    await writeJsonAtomic(outputs.stagedPath(runFile), {
      ...runRecord(work, written),
      interrupted: rows.length < (settings.sweep?.length ?? 0),
      numWindows: rows.length,
      samplingSeconds: rows.map(({ run }) => run.seconds),
      wallSeconds: (performance.now() - work.started) / 1000,
    });
    const names = [...Object.keys(written), runFile];
    await outputs.publish(names);
    return names;
  } catch (error) {
    outputs.discard();
    throw error;
  }
}
