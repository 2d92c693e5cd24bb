/** The command `generate`: a folder of images in; new images out, with what they were made from and how real they look. */
import { stat } from "node:fs/promises";
import { totalmem } from "node:os";
import { basename, resolve, sep } from "node:path";
import { Writable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Command } from "commander";
import {
  ArgumentError,
  maxDrawElements,
  pixelSources,
  planGeneration,
  type GenerateOptions,
  type GenerationPlan,
  type PixelSources,
} from "../../src/index.ts";
import { requireOutputDirectory, writeFileAtomic, writeJsonAtomic, type WrittenFile } from "../files/atomic-write.ts";
import { writeNpyFile } from "../files/npy-file.ts";
import {
  generationMeaning,
  generationRows,
  rankSources,
  type GenerationMetrics,
  type Yardstick,
} from "../report/generation.ts";
import { note, programName, type CommandContext } from "./context.ts";
import { openSampler } from "./engines.ts";
import { formatBytes, formatCount, formatDuration, formatTable } from "./format.ts";
import { loadGenerationMemory, resolveOptions, type GenerationMemory } from "./generate-memory.ts";
import {
  numPictured,
  renderGrid,
  renderImages,
  renderNearest,
  renderSources,
  type Pictured,
} from "./generate-pictures.ts";
import {
  anneal,
  channelAxis,
  describeAnneal,
  describeComparison,
  describeImage,
  describeWindows,
  measure,
  runRecord,
  yardstickOf,
  type Generated,
  type GenerationWork,
} from "./generate-run.ts";
import {
  addGenerateOptions,
  chooseSamplesPerRun,
  requireGenerateSettings,
  type GenerateFlags,
  type GenerateSettings,
} from "./generate-settings.ts";
import { watchSignals } from "./interruption.ts";
import { countEarlierFiles, createOutputSet, runFile } from "./output-set.ts";
import { createProgressLine } from "./progress-line.ts";
import { engineName } from "./run-record.ts";
import { sweepWindows } from "./sweep-window.ts";

/** Samples, read-outs and pictures of them, in float32. */
const numBytesPerElement = 4 * 4;
const imagesFolder = "images";

/**
 * A run replaces files in its folder, which must not be the images that it is made from.
 * @throws ArgumentError naming the source that lies in the output folder
 */
async function requireApart(folder: string, { memory, heldOut }: GenerateSettings): Promise<void> {
  const heldOutSource = typeof heldOut === "object" && "source" in heldOut ? heldOut.source : undefined;
  for (const source of [memory, heldOutSource]) {
    if (source === undefined) continue;
    const path = resolve(source);
    const isInside = path === folder || path.startsWith(folder + sep);
    if (!isInside || !(await stat(path).catch(() => undefined))?.isDirectory()) continue;
    throw new ArgumentError(
      "--out",
      `must not hold the images that are read, got ${JSON.stringify(folder)}, with ${JSON.stringify(source)} in it`,
      "results replace files of their own names: choose another folder",
    );
  }
}

export function defineGenerate(program: Command, context: CommandContext, setCode: (code: number) => void): void {
  addGenerateOptions(
    program
      .command("generate")
      .description(
        "make new images from a folder of images, without training; writes images/*.png, grid.png, nearest.png, " +
          "sources.png, samples.npy, denoised.npy, metrics.json and run.json",
      ),
  )
    .addHelpText(
      "after",
      `
Images have the size of the first one taken, in its proportions and with its longer side scaled down to 128 pixels where
it has more; images of another size are stretched to that. Colour is kept. --image-size scales to squares instead. Arrays
may have shape [K, height, width] or [K, height, width, channels]; rows [K, d] are images if d is a square number and
nothing is negative, and signals otherwise (--shape says so where it is not).

Ctrl-C keeps the samples that have gone through the whole anneal, without nearest.png and sources.png where they are still
to be made. A second Ctrl-C leaves at once.

A finished run replaces all files of an earlier one in --out, and says how many those are; other files there stay.

Examples:
  ${programName} generate --memory photos --count 32 --out out/new
  ${programName} generate --memory builtin:faces --window 25 --out out/faces
  ${programName} generate --memory digits.npy --labels labels.npy --class 3 --shift 1 --patterns-per-sample 10 --out out/threes
  ${programName} generate --memory photos --sweep-window 7,11,15,25,full --out out/sweep`,
    )
    .action(async (flags: GenerateFlags) => setCode(await runGenerate(flags, context)));
}

/** @returns the exit code */
async function runGenerate(flags: GenerateFlags, context: CommandContext): Promise<number> {
  const started = performance.now();
  const settings = requireGenerateSettings(flags);
  const folder = await requireOutputDirectory("--out", settings.out);
  await requireApart(folder, settings);
  const notes = holdNotes(context);
  const memory = await loadGenerationMemory(settings, notes.context);
  requireRoom(settings, memory.loaded.memory.dim);
  const resolved = resolveOptions(settings, memory, notes.context);
  const paths = settings.sweep?.map((window) => [window]) ?? [resolved.windows];
  const [first] = paths.map((windows) => requirePlan(memory, { ...resolved, windows }, windowOption(settings)));
  const { plan, yardstick } = first!;
  if (memory.heldOut === undefined)
    note(
      notes.context,
      "every pattern of the source is in the memory: without held-out ones nothing says whether samples look real " +
        "(--hold-out 0.2 keeps a fifth out)",
    );

  const { engine, sampler } = await openSampler(settings.engine, plan.target(0), notes.context, settings.numThreads);
  await sampler.dispose();
  const interruption = watchSignals(context);
  try {
    const options = { ...resolved, samplesPerRun: chooseSamplesPerRun(settings, engine) };
    notes.release();
    const numEarlier = await countEarlierFiles(folder);
    if (numEarlier > 0)
      note(context, `${settings.out} holds an earlier run: its ${formatCount(numEarlier, "file")} will be replaced`);
    const work: GenerationWork = {
      settings,
      memory,
      options,
      engine,
      interruption,
      context,
      folder,
      yardstick,
      started,
    };
    return await (settings.sweep === undefined ? generateOnce(work, plan) : sweepWindows(work, settings.sweep));
  } finally {
    engine.close();
    interruption.stop();
  }
}

/** Notes that wait until all that can be refused has been checked: a refusal stands alone. */
function holdNotes(context: CommandContext): { readonly context: CommandContext; release(): void } {
  let held = "";
  const stderr = new Writable({
    write(chunk: Buffer, _encoding, done) {
      held += chunk.toString();
      done();
    },
  });
  return { context: { ...context, stderr }, release: () => void (held !== "" && context.stderr.write(held)) };
}

/** What the person named the windows with. */
function windowOption({ sweep, windows }: GenerateSettings): string {
  if (sweep !== undefined) return "--sweep-window";
  return (windows?.length ?? 0) > 1 ? "--window-path" : "--window";
}

const spellings: Readonly<Record<string, string>> = {
  "target.patches.stride": "--stride",
  "target.patches.channels": "--shape",
  patternsPerSample: "--patterns-per-sample",
  maxShift: "--shift",
};

/**
 * The plan, and what its samples will be measured against.
 * @throws ArgumentError in the words of the command line
 */
function requirePlan(
  memory: GenerationMemory,
  options: GenerateOptions,
  windowParameter: string,
): { readonly plan: GenerationPlan; readonly yardstick: () => Yardstick } {
  try {
    // Samples of a few patterns each are still measured against shifted copies of all.
    return { plan: planGeneration(memory.loaded.memory, options), yardstick: yardstickOf(memory, options) };
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error;
    const parameter = error.parameter === "target.patches.window" ? windowParameter : spellings[error.parameter];
    throw new ArgumentError(parameter ?? error.parameter, error.rule, error.fix);
  }
}

/** @throws ArgumentError if the samples cannot be held */
function requireRoom({ numSamples }: GenerateSettings, dim: number): void {
  const numBytes = numSamples * dim * numBytesPerElement;
  if (numSamples * dim <= maxDrawElements && numBytes <= totalmem()) return;
  throw new ArgumentError(
    "--count",
    `${numSamples} samples of ${dim} values must fit this machine's ${formatBytes(totalmem())} of memory, got ${formatBytes(numBytes)}`,
    "make fewer, with another --seed each time",
  );
}

async function generateOnce(work: GenerationWork, plan: GenerationPlan): Promise<number> {
  const { settings, memory, options, engine, interruption, context } = work;
  const run = await anneal(work, options);
  if (run === undefined) {
    note(context, "interrupted before the first sample was finished: nothing was written");
    return interruption.exitCode ?? 1;
  }
  const { draws } = run;
  const metrics = measure(work, options, draws);
  const { names, isComplete } = await writeOutputs(work, run, metrics, plan);
  const { numPatterns } = memory.loaded.memory;
  context.stdout.write(
    `${formatCount(draws.numChains, "sample")} from ${numPatterns} patterns, ${describeImage(memory)}, ${describeWindows(options)}, ${describeAnneal(options)}\n` +
      `${engineName(engine)}: ${formatDuration(run.seconds)}\n\n` +
      `${formatTable(generationRows(metrics, draws.numChains))}\n` +
      `${generationMeaning(metrics)}\n` +
      describeComparison(memory, draws) +
      `Written to ${settings.out}: ${names.join(", ")}\n`,
  );
  if (run.isInterrupted)
    note(context, `interrupted: kept the ${draws.numChains} of ${options.numSamples} samples that had finished`);
  if (!isComplete) note(context, "interrupted: all samples and figures are there, nearest.png and sources.png are not");
  return run.isInterrupted || !isComplete ? (interruption.exitCode ?? 1) : 0;
}

/**
 * Which stored pattern each pixel of the samples that are pictured came from; shifted copies count for their pattern.
 * @returns undefined if the person asked to stop before all were found
 */
async function sourcesOf(
  { context, interruption: { signal } }: GenerationWork,
  plan: GenerationPlan,
  { draws: { positions, dim, numChains }, isInterrupted }: Generated,
): Promise<readonly PixelSources[] | undefined> {
  const total = Math.min(numPictured, numChains);
  const sources: PixelSources[] = [];
  const line = createProgressLine(context, "finding sources", "samples");
  try {
    while (sources.length < total) {
      const row = sources.length;
      line.update({ done: row, total });
      // A signal is heard between two samples only.
      await nextTurn();
      if (signal.aborted && !isInterrupted) return undefined;
      const { patterns, shares } = pixelSources(plan.target(row), positions.subarray(row * dim, (row + 1) * dim));
      sources.push({ patterns: patterns.map((at) => plan.patternAt(row, at)), shares });
    }
  } finally {
    line.stop();
  }
  return sources;
}

/** @returns what was written, as the person is told, and whether that is all */
async function writeOutputs(
  work: GenerationWork,
  run: Generated,
  metrics: GenerationMetrics,
  plan: GenerationPlan,
): Promise<{ readonly names: readonly string[]; readonly isComplete: boolean }> {
  const { settings, memory, options, folder } = work;
  const { draws } = run;
  const outputs = await createOutputSet(folder);
  work.interruption.onSecond(() => outputs.discard());
  try {
    const { image, isSignal } = memory;
    const { height, width } = image;
    const shape = [draws.numChains, ...(isSignal ? [height * width] : [height, width]), ...channelAxis(image)];
    const pictured: Pictured = {
      memory,
      draws,
      metrics,
      title: `New from ${basename(settings.memory)}`,
      subtitle: `${formatCount(memory.loaded.memory.numPatterns, "stored pattern")}; ${describeWindows(options)}, ${describeAnneal(options)}`,
    };
    const written: Record<string, WrittenFile> = {};
    const write = async (name: string, picture: Buffer): Promise<void> => {
      written[name] = await writeFileAtomic(outputs.stagedPath(name), picture);
    };
    written["samples.npy"] = await writeNpyFile(outputs.stagedPath("samples.npy"), draws.positions, shape);
    written["denoised.npy"] = await writeNpyFile(outputs.stagedPath("denoised.npy"), draws.retrievals, shape);
    written["metrics.json"] = await writeJsonAtomic(outputs.stagedPath("metrics.json"), metrics);
    for (const [i, picture] of (await renderImages(pictured)).entries())
      await write(`${imagesFolder}/${String(i + 1).padStart(4, "0")}.png`, picture);
    await write("grid.png", await renderGrid(pictured));
    const sources = await sourcesOf(work, plan, run);
    const ranked = sources && rankSources(sources, memory.loaded.names);
    if (sources !== undefined && ranked !== undefined) {
      await write("nearest.png", await renderNearest(pictured, sources));
      await write("sources.png", await renderSources(pictured, sources, ranked));
    }
    await writeJsonAtomic(outputs.stagedPath(runFile), {
      ...runRecord(work, written),
      sources: ranked ?? null,
      interrupted: run.isInterrupted || sources === undefined,
      numSamples: draws.numChains,
      chainSteps: run.numChainSteps,
      samplingSeconds: run.seconds,
      wallSeconds: (performance.now() - work.started) / 1000,
    });
    await outputs.publish([...Object.keys(written), runFile]);
    const numImages = Object.keys(written).filter((name) => name.startsWith(imagesFolder)).length;
    const others = Object.keys(written).filter((name) => !name.startsWith(imagesFolder));
    const names = [...(numImages > 0 ? [`${imagesFolder}/ (${numImages} PNG)`] : []), ...others, runFile];
    return { names, isComplete: sources !== undefined };
  } catch (error) {
    outputs.discard();
    throw error;
  }
}
