/** The command `sample`: a memory in; samples, a picture and honest numbers out. */
import { cpus, totalmem } from "node:os";
import { basename } from "node:path";
import {
  ArgumentError,
  betaFromSignalToNoise,
  classMask,
  classShare,
  createReferenceSampler,
  mixtureWeights,
  signalToNoiseFromBeta,
  summarizeDraws,
  type Draws,
  type HopfieldTarget,
  type MemoryMatrix,
  type Progress,
  type SampleOptions,
  type Sampler,
  type TemperatureReport,
} from "../../src/index.ts";
import { requireOutputDirectory, writeFileAtomic, writeJsonAtomic } from "../files/atomic-write.ts";
import { requireClass } from "../files/labels.ts";
import type { LoadedMemory } from "../files/memory-source.ts";
import { writeNpyFile } from "../files/npy-file.ts";
import { meaning, patternSpacing } from "../report/meaning.ts";
import { note, type CommandContext } from "./context.ts";
import { openEngine, type Engine } from "./engines.ts";
import { trackFinishedDraws } from "./finished-draws.ts";
import { formatBeta, formatBytes, formatDuration, formatQuantity } from "./format.ts";
import { watchSignals, type Interruption } from "./interruption.ts";
import { loadPatterns } from "./memory-settings.ts";
import { createOutputSet, runFile } from "./output-set.ts";
import { createProgressLine } from "./progress-line.ts";
import { requireSampleSettings, type SampleFlags, type SampleSettings } from "./sample-settings.ts";
import { renderRun } from "./sheet.ts";
import { summaryTable, type RunMetrics } from "./summary-table.ts";
import { reasons, recommend } from "./temperature-reasons.ts";
import { installedVersion, packageVersion, platformName } from "./versions.ts";

/** Elements of one array of kept draws: the sampler's own limit, checked before a device is opened. */
const maxElements = 2 ** 31;
/** Samples and readouts, of the run and of the exact law, in float32. */
const numBytesPerElement = 4 * 4;

/** What the sampler did. */
interface SampledRun {
  /** Whole, or the finished rectangle of an interrupted run. */
  readonly draws: Draws;
  readonly isInterrupted: boolean;
  readonly numChainSteps: number;
  readonly seconds: number;
}

/**
 * @returns the exit code
 * @throws ArgumentError before sampling starts, for whatever the person can mend
 */
export async function sample(flags: SampleFlags, context: CommandContext): Promise<number> {
  const started = performance.now();
  const settings = requireSampleSettings(flags);
  const interruption = watchSignals(context);
  let engine: Engine | undefined;
  try {
    const loaded = await loadPatterns(settings, "keep");
    const mask = maskOf(settings, loaded);
    const { beta, report } = chooseBeta(settings, loaded.memory, mask, context);
    const target: HopfieldTarget = { memory: loaded.memory, beta, ...(mask === undefined ? {} : { mask }) };
    requireRoom(settings, loaded.memory.dim);
    if (settings.normalize === "none") warnOfUnequalWeights(target, context);
    const folder = await requireOutputDirectory("--out", settings.out);

    engine = await openEngine(settings.engine, context);
    await using sampler = await engine.createSampler(target);
    const run = await runSampler(sampler, settings, interruption, context);
    if (run === undefined) {
      note(context, "interrupted before the first draw was complete: nothing was written");
      return interruption.exitCode ?? 1;
    }

    const exactSeed = exactSeedOf(settings.seed);
    const { classLabel } = settings;
    const summarize = (draws: Draws): RunMetrics => ({
      ...summarizeDraws(target, draws),
      ...(classLabel === undefined ? {} : { classShare: classShare(loaded.memory, draws, classLabel) }),
    });
    const metrics = summarize(run.draws);
    const exact = summarize(await drawExact(target, run.draws, exactSeed, context));
    const options = resolvedOptions(settings, loaded, beta);
    const record = { loaded, run, metrics, exact, options, report, exactSeed, engine, started };
    await writeOutputs(folder, record, interruption);

    const spacing = patternSpacing(loaded.memory);
    const rate = `${formatQuantity(run.numChainSteps / run.seconds)} chain-steps/s over ${formatDuration(run.seconds)}`;
    context.stdout.write(
      `${run.draws.numChains} chains × ${run.draws.numDraws} draws of ${options.kernel} from ` +
        `${patternCount(loaded.memory, mask, classLabel)}, d = ${loaded.memory.dim}, β = ${formatBeta(beta)}\n` +
        `${engineName(engine)}: ${rate}\n\n` +
        `${summaryTable(metrics, exact)}\n` +
        `${meaning(metrics, { exact, numChains: run.draws.numChains, patternSpacing: spacing })}\n` +
        `Written to ${settings.out}: samples.npy, denoised.npy, samples.png, metrics.json, run.json\n`,
    );
    if (run.isInterrupted)
      note(
        context,
        `interrupted: kept the ${run.draws.numDraws} of ${settings.numDraws} draws that ` +
          `${run.draws.numChains} of ${settings.numChains} chains had finished`,
      );
    return interruption.exitCode ?? 0;
  } finally {
    engine?.close();
    interruption.stop();
  }
}

/** β, and how it was chosen if it was. */
interface ChosenBeta {
  readonly beta: number;
  readonly report: TemperatureReport | null;
}

function chooseBeta(settings: SampleSettings, memory: MemoryMatrix, mask: Mask, context: CommandContext): ChosenBeta {
  const { temperature, stepSize } = settings;
  if ("beta" in temperature) return { beta: temperature.beta, report: null };
  if ("purpose" in temperature) {
    const report = recommend("--beta", keptPatterns(memory, mask), settings.seed);
    const beta = report.recommended[temperature.purpose];
    note(
      context,
      `--beta auto:${temperature.purpose} is β = ${formatBeta(beta)}: ${reasons(report)[temperature.purpose]}`,
    );
    return { beta, report };
  }
  const { dim } = memory;
  const beta = betaFromSignalToNoise(temperature.signalToNoise, dim, stepSize);
  note(
    context,
    `--snr ${temperature.signalToNoise} at step size ${stepSize} and d = ${dim} is β = ${formatBeta(beta)}; ` +
      `published ratios go with step size 0.01, where it is ${formatBeta(betaFromSignalToNoise(temperature.signalToNoise, dim, 0.01))}`,
  );
  return { beta, report: null };
}

/** The mask of the class that was asked for, if one was. */
type Mask = Uint8Array | undefined;

function maskOf({ classLabel }: SampleSettings, { memory, totalAvailable }: LoadedMemory): Mask {
  if (classLabel === undefined) return undefined;
  const { numPatterns, labels } = memory;
  if (numPatterns === totalAvailable) requireClass(classLabel, labels, `the ${numPatterns} patterns`);
  else
    requireClass(
      classLabel,
      labels,
      `the ${numPatterns} patterns taken of ${totalAvailable}`,
      "take more with --patterns",
    );
  return classMask(memory, classLabel);
}

/** The patterns that a mask leaves: the temperature is theirs. */
function keptPatterns(memory: MemoryMatrix, mask: Mask): MemoryMatrix {
  if (mask === undefined) return memory;
  const { values, dim } = memory;
  const kept = values.filter((_, i) => mask[Math.floor(i / dim)] === 1);
  return { values: kept, numPatterns: kept.length / dim, dim };
}

/** @throws ArgumentError if the kept draws cannot be held */
function requireRoom({ numChains, numDraws }: SampleSettings, dim: number): void {
  const numElements = numChains * numDraws * dim;
  const fix = "keep fewer --draws, or run fewer --chains with another --seed each";
  if (numElements > maxElements)
    throw new ArgumentError(
      "--draws",
      `chains × draws × d must be at most 2^31, got ${numChains} × ${numDraws} × ${dim}`,
      fix,
    );
  const numBytes = numElements * numBytesPerElement;
  if (numBytes > totalmem())
    throw new ArgumentError(
      "--draws",
      `${numChains} chains × ${numDraws} draws × d = ${dim} must fit this machine's ${formatBytes(totalmem())} of memory, ` +
        `got ${formatBytes(numBytes)}`,
      fix,
    );
}

function warnOfUnequalWeights(target: HopfieldTarget, context: CommandContext): void {
  const weights = mixtureWeights(target).filter((_, k) => target.mask?.[k] !== 0);
  const largest = weights.reduce((a, b) => Math.max(a, b));
  const smallest = weights.reduce((a, b) => Math.min(a, b));
  if (largest / smallest > Math.E)
    note(
      context,
      `patterns have unequal norms, and weights go as exp(β‖m‖²/2): the longest pattern weighs ${weightRatio(largest, smallest)} ` +
        "times the shortest (--normalize unit gives all the same)",
    );
}

function weightRatio(largest: number, smallest: number): string {
  return smallest === 0 ? "more than 1e300" : (largest / smallest).toPrecision(2);
}

/** @returns undefined if it was interrupted before a draw was complete */
async function runSampler(
  sampler: Sampler,
  settings: SampleSettings,
  interruption: Interruption,
  context: CommandContext,
): Promise<SampledRun | undefined> {
  const { kernel, stepSize, seed, numChains, numBurnIn, numDraws, thinning, start } = settings;
  const options: SampleOptions = { kernel, stepSize, seed, numChains, numBurnIn, numDraws, thinning, start };
  const finished = trackFinishedDraws(numChains);
  const line = createProgressLine(context, "sampling");
  const { signal } = interruption;
  let numChainSteps = 0;
  const onProgress = (progress: Progress): void => {
    numChainSteps = progress.done;
    line.update(progress);
  };
  const started = performance.now();
  const seconds = (): number => (performance.now() - started) / 1000;
  try {
    const draws = await sampler.run(options, { signal, onProgress, onDraws: (chunk) => finished.add(chunk) });
    return { draws, isInterrupted: false, numChainSteps, seconds: seconds() };
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) throw error;
    const draws = finished.rectangle();
    return draws === undefined ? undefined : { draws, isInterrupted: true, numChainSteps, seconds: seconds() };
  } finally {
    line.stop();
  }
}

/** As many independent draws, in as many chains: within them is what a chain that mixes perfectly would show. */
async function drawExact(
  target: HopfieldTarget,
  { numChains, numDraws }: Draws,
  seed: bigint,
  context: CommandContext,
): Promise<Draws> {
  await using sampler = createReferenceSampler(target);
  const line = createProgressLine(context, "exact law");
  try {
    return await sampler.run(
      { kernel: "exact", stepSize: 1, seed, numChains, numBurnIn: 0, numDraws, thinning: 1, start: "exact" },
      { onProgress: (progress) => line.update(progress) },
    );
  } finally {
    line.stop();
  }
}

/** The complement of the run's seed: a key of its own, so that the comparison shares no random number with the run. */
function exactSeedOf(seed: bigint): bigint {
  return (1n << 64n) - 1n - seed;
}

/** Every option as it took effect, named as on the command line. */
function resolvedOptions(settings: SampleSettings, loaded: LoadedMemory, beta: number) {
  const { dim, numPatterns } = loaded.memory;
  return {
    memory: settings.memory,
    labels: settings.labels ?? null,
    class: settings.classLabel ?? null,
    patterns: numPatterns,
    select: settings.select,
    patternSeed: jsonInteger(settings.patternSeed),
    imageSize: settings.imageSize ?? null,
    normalize: settings.normalize,
    beta,
    betaRule: "purpose" in settings.temperature ? `auto:${settings.temperature.purpose}` : null,
    snr: signalToNoiseFromBeta(beta, dim, settings.stepSize),
    kernel: settings.kernel,
    stepSize: settings.stepSize,
    chains: settings.numChains,
    burnIn: settings.numBurnIn,
    draws: settings.numDraws,
    thinning: settings.thinning,
    start: settings.start,
    seed: jsonInteger(settings.seed),
    engine: settings.engine,
    out: settings.out,
  };
}

interface RunRecord {
  readonly loaded: LoadedMemory;
  readonly run: SampledRun;
  readonly metrics: RunMetrics;
  readonly exact: RunMetrics;
  readonly options: ReturnType<typeof resolvedOptions>;
  readonly report: TemperatureReport | null;
  readonly exactSeed: bigint;
  readonly engine: Engine;
  readonly started: number;
}

async function writeOutputs(folder: string, record: RunRecord, interruption: Interruption): Promise<void> {
  const { loaded, run, metrics, exact, options, report, exactSeed, engine, started } = record;
  const { draws } = run;
  const { numChains, numDraws, dim } = draws;
  const outputs = await createOutputSet(folder);
  interruption.onSecond(() => outputs.discard());
  try {
    const shape = [numChains, numDraws, dim];
    const picture = await renderRun(loaded, draws, metrics, {
      title: `Stochastic attention on ${basename(options.memory)}`,
      subtitle:
        `${numChains} chains × ${numDraws} draws of ${options.kernel}, step size ${options.stepSize}, ` +
        `β = ${formatBeta(options.beta)}, ${options.patterns} patterns${options.class === null ? "" : ` (class ${options.class})`}, d = ${dim}, seed ${options.seed}; the last draws are shown`,
    });
    const written = {
      "samples.npy": await writeNpyFile(outputs.stagedPath("samples.npy"), draws.positions, shape),
      "denoised.npy": await writeNpyFile(outputs.stagedPath("denoised.npy"), draws.retrievals, shape),
      "samples.png": await writeFileAtomic(outputs.stagedPath("samples.png"), picture),
      "metrics.json": await writeJsonAtomic(outputs.stagedPath("metrics.json"), { ...metrics, exact }),
    };
    await writeJsonAtomic(outputs.stagedPath(runFile), {
      command: "sample",
      options,
      temperature: report,
      seed: options.seed,
      exactSeed: jsonInteger(exactSeed),
      engine: engine.name,
      adapter: engine.adapter,
      machine: { cpu: cpus()[0]?.model.trim() ?? null, platform: platformName() },
      versions: {
        "stochastic-attention": packageVersion,
        node: process.versions.node,
        webgpu: installedVersion("webgpu"),
      },
      memory: { sha256: loaded.sha256, numPatterns: loaded.memory.numPatterns, dim, available: loaded.totalAvailable },
      outputs: Object.fromEntries(Object.entries(written).map(([name, { sha256 }]) => [name, sha256])),
      interrupted: run.isInterrupted,
      numChains,
      numDraws,
      chainSteps: run.numChainSteps,
      samplingSeconds: run.seconds,
      chainStepsPerSecond: run.numChainSteps / run.seconds,
      wallSeconds: (performance.now() - started) / 1000,
    });
    await outputs.publish([...Object.keys(written), runFile]);
  } catch (error) {
    outputs.discard();
    throw error;
  }
}

/** JSON readers keep whole numbers to 2^53 - 1; larger ones go as text. */
function jsonInteger(value: bigint): number | string {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : String(value);
}

function patternCount({ numPatterns }: MemoryMatrix, mask: Mask, classLabel: number | undefined): string {
  if (mask === undefined) return `${numPatterns} patterns`;
  return `the ${mask.reduce((sum, each) => sum + each, 0)} of ${numPatterns} patterns that are of class ${classLabel}`;
}

function engineName({ name, adapter }: Engine): string {
  if (adapter === null) return `${name} on the CPU`;
  return `${name} on ${adapter.name}${adapter.isSoftware ? " (software)" : ""}`;
}
