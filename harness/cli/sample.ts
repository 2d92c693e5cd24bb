/** The command `sample`: a memory in; samples, a picture and honest numbers out. */
import { totalmem } from "node:os";
import { basename } from "node:path";
import {
  adaptStepSize,
  ArgumentError,
  betaFromSignalToNoise,
  classMask,
  classShare,
  createReferenceSampler,
  isLangevin,
  maxDrawElements,
  principalHeads,
  principalNoveltyFloor,
  productHeads,
  sampleMultiHead,
  signalToNoiseFromBeta,
  summarizeDraws,
  type Head,
  type AdaptedStepSize,
  type Draws,
  type HopfieldTarget,
  type MemoryMatrix,
  type Metrics,
  type PrincipalHeadOptions,
  type PrincipalHeads,
  type Progress,
  type RunHooks,
  type SampleOptions,
  type Sampler,
  type TemperatureReport,
} from "../../src/index.ts";
import { requireOutputDirectory, writeFileAtomic, writeJsonAtomic } from "../files/atomic-write.ts";
import { requireClass } from "../files/labels.ts";
import type { LoadedMemory } from "../files/memory-source.ts";
import { writeNpyFile } from "../files/npy-file.ts";
import { openPlanStore, planStorePath } from "../files/plan-store.ts";
import { comparisonShape, drawExact, exactSeedOf } from "../report/exact-comparison.ts";
import { meaning, patternSpacing } from "../report/meaning.ts";
import { requireFiniteDraws, weightWarning } from "../report/soundness.ts";
import { note, type CommandContext } from "./context.ts";
import { openSampler, type Engine } from "./engines.ts";
import { trackFinishedDraws } from "./finished-draws.ts";
import { formatBeta, formatBytes, formatCount, formatDuration, formatQuantity } from "./format.ts";
import { watchSignals, type Interruption } from "./interruption.ts";
import { loadPatterns } from "./memory-settings.ts";
import { createOutputSet, runFile } from "./output-set.ts";
import { createProgressLine } from "./progress-line.ts";
import { engineName, jsonInteger, placeOfRun } from "./run-record.ts";
import { formatHeads, scheduleSteps } from "./schedule-options.ts";
import { requireSampleSettings, type SampleFlags, type SampleSettings } from "./sample-settings.ts";
import { renderRun } from "./sheet.ts";
import { summaryTable, type RunMetrics } from "./summary-table.ts";
import { reasons, recommend } from "./temperature-reasons.ts";

/** Samples and readouts, of the run and of the exact law, in float32. */
const numBytesPerElement = 4 * 4;

/** Standard deviations that no draw of a normal goes beyond. */
const noiseReach = 10;
const largestFloat32 = (2 - 2 ** -23) * 2 ** 127;

/** What the sampler did. */
interface SampledRun {
  /** Whole, or the finished rectangle of an interrupted run. */
  readonly draws: Draws;
  /** How the step size came about, if it was adapted. */
  readonly adaptation: AdaptedStepSize | undefined;
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
  const settings = await requireSampleSettings(flags);
  if (settings.isStepSizeIdle) note(context, `--step-size is ignored: ${settings.kernel} has no steps of a size`);
  const loaded = await loadPatterns(settings, "keep");
  const mask = maskOf(settings, loaded);
  const { beta, report } = chooseBeta(settings, loaded.memory, mask, context);
  const product =
    settings.heads && "classes" in settings.heads
      ? productOf(settings.heads.classes, settings.powers, loaded)
      : undefined;
  if (product !== undefined) requireProductOptions(settings);
  const target: HopfieldTarget = {
    memory: loaded.memory,
    beta,
    ...(mask === undefined ? {} : { mask }),
    // The mask deals starts to patterns of the product's classes.
    ...(product === undefined ? {} : { heads: product, mask: unionMask(settings, loaded) }),
  };
  requireRoom(settings, loaded.memory.dim);
  const numPrincipal = principalCount(settings);
  const heads = numPrincipal === undefined ? undefined : requireHeads(numPrincipal, loaded.memory, mask);
  const warning = product === undefined ? weightWarning(target) : undefined;
  if (warning !== undefined) note(context, warning);
  const folder = await requireOutputDirectory("--out", settings.out);

  const { engine, sampler } = await openSampler(
    settings.engine,
    target,
    context,
    settings.numThreads,
    settings.isSearching ? { search: openPlanStore(planStorePath(), (sentence) => note(context, sentence)) } : {},
  );
  if (engine.name === "reference") noteIdlePlans(settings, context);
  else if (settings.isSearching && !isLangevin(settings.kernel))
    note(context, `--search is ignored: ${settings.kernel} has one plan, and nothing to search for`);
  // Before there is anything to keep, a signal just ends the process.
  const interruption = watchSignals(context);
  try {
    const work = { engine, sampler, target, settings };
    const run = await runSampler(work, interruption, context);
    if (run === undefined) {
      note(context, "interrupted before the first draw was complete: nothing was written");
      return interruption.exitCode ?? 1;
    }
    requireFiniteDraws("samples", target, run.draws);
    const exactDraws = product === undefined ? await drawComparison(work, run, interruption, context) : undefined;
    if (exactDraws !== undefined) requireFiniteDraws("exact law's draws", target, exactDraws);

    const { classLabel } = settings;
    const summarize = (draws: Draws): RunMetrics => ({
      ...withFloor(summarizeDraws(target, draws), heads && principalNoveltyFloor(heads, beta)),
      ...(classLabel === undefined ? {} : { classShare: classShare(loaded.memory, draws, classLabel) }),
    });
    const metrics = summarize(run.draws);
    const { numChains, numDraws } = exactDraws ?? {};
    const exact = exactDraws === undefined ? null : { ...summarize(exactDraws), numChains, numDraws };
    const stepSize = run.adaptation?.stepSize ?? settings.stepSize;
    if (run.adaptation !== undefined)
      note(
        context,
        `--adapt: step size ${stepSize.toPrecision(4)}, frozen after ${run.adaptation.windows.length} windows`,
      );
    const options = resolvedOptions({ ...settings, stepSize }, loaded, beta);
    await writeOutputs(
      folder,
      { loaded, run, metrics, exact, options, report, engine, started },
      settings,
      interruption,
    );

    const rate = `${formatQuantity(run.numChainSteps / run.seconds)} chain-steps/s over ${formatDuration(run.seconds)}`;
    context.stdout.write(
      `${formatCount(run.draws.numChains, "chain")} × ${formatCount(run.draws.numDraws, "draw")} of ${options.kernel} from ` +
        `${patternCount(loaded.memory, mask, classLabel)}, d = ${loaded.memory.dim}, β = ${formatBeta(beta)}\n` +
        `${engineName(engine)}: ${rate}\n\n` +
        `${summaryTable(metrics, exact, settings.kernel)}\n` +
        `${meaning(metrics, { exact, numChains: run.draws.numChains, patternSpacing: patternSpacing(loaded.memory) })}\n` +
        `Written to ${settings.out}: samples.npy, denoised.npy, samples.png, metrics.json, run.json\n`,
    );
    if (run.isInterrupted)
      note(
        context,
        `interrupted: kept the ${run.draws.numDraws} of ${settings.numDraws} draws that ` +
          `${run.draws.numChains} of ${settings.numChains} chains had finished`,
      );
    else if (product !== undefined) note(context, "a product of classes has no closed form: nothing to compare with");
    else if (exact === null)
      note(context, "interrupted: all draws were kept, the comparison with the exact law was not");
    // A signal that came too late to cut anything changes nothing.
    return run.isInterrupted || (exact === null && product === undefined) ? (interruption.exitCode ?? 1) : 0;
  } finally {
    await sampler.dispose();
    engine.close();
    interruption.stop();
  }
}

/** The options that have nothing to say to the reference, in one note. */
function noteIdlePlans({ tellsPlan, isSearching }: SampleSettings, context: CommandContext): void {
  const idle = [...(tellsPlan ? ["--plan"] : []), ...(isSearching ? ["--search"] : [])];
  if (idle.length === 0) return;
  note(context, `${idle.join(" and ")} ${idle.length > 1 ? "are" : "is"} ignored: the reference has no plans`);
}

/** Principal heads to split the memory into, if any. */
function principalCount({ heads }: SampleSettings): number | undefined {
  return heads && "numPrincipal" in heads ? heads.numPrincipal : undefined;
}

/** A head for each class. */
function productOf(
  classes: readonly number[],
  powers: readonly number[] | undefined,
  { memory, totalAvailable }: LoadedMemory,
): readonly Head[] {
  const where = `the ${memory.numPatterns} patterns taken of ${totalAvailable}`;
  try {
    for (const label of classes) requireClass(label, memory.labels, where);
  } catch (error) {
    if (error instanceof ArgumentError) throw new ArgumentError("--heads", error.rule, error.fix);
    throw error;
  }
  return productHeads(
    classes.map((label) => keptPatterns(memory, classMask(memory, label))),
    powers,
  );
}

/** The patterns that a product of classes is made of. */
function unionMask({ heads }: SampleSettings, { memory: { labels } }: LoadedMemory): Uint8Array {
  const classes = heads && "classes" in heads ? heads.classes : [];
  return Uint8Array.from(labels ?? [], (label) => Number(classes.includes(label)));
}

/** @throws ArgumentError for options that need a closed form */
function requireProductOptions({ kernel, start, classLabel }: SampleSettings): void {
  if (classLabel !== undefined)
    throw new ArgumentError("--class", "must not be given together with --heads classes:", "leave one out");
  const reason = "a product of classes has no closed form";
  if (kernel === "gibbs" || kernel === "exact")
    throw new ArgumentError("--kernel", `must be a Langevin kernel with --heads classes:, got ${kernel}`, reason);
  if (start === "exact") throw new ArgumentError("--start", "must be pattern with --heads classes:, got exact", reason);
}

/** @throws ArgumentError for more heads than there are directions in which the patterns differ */
function requireHeads(numHeads: number, memory: MemoryMatrix, mask: Mask): PrincipalHeads {
  try {
    return principalHeads(keptPatterns(memory, mask), { numHeads });
  } catch (error) {
    if (error instanceof ArgumentError && error.parameter === "numHeads")
      throw new ArgumentError("--heads", error.rule, error.fix);
    throw error;
  }
}

/** The metrics with another noise floor, where one is given. */
function withFloor(metrics: Metrics, floor: number | undefined): Metrics {
  return floor === undefined ? metrics : { ...metrics, novelty: { ...metrics.novelty, floor } };
}

/** β, and how it was chosen if it was. */
interface ChosenBeta {
  readonly beta: number;
  readonly report: TemperatureReport | null;
}

function chooseBeta(settings: SampleSettings, memory: MemoryMatrix, mask: Mask, context: CommandContext): ChosenBeta {
  const { temperature, stepSize } = settings;
  if ("beta" in temperature) return { beta: requireRepresentable("--beta", temperature.beta), report: null };
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
  const beta = requireRepresentable("--snr", betaFromSignalToNoise(temperature.signalToNoise, dim, stepSize));
  note(
    context,
    `--snr ${temperature.signalToNoise} at step size ${stepSize} and d = ${dim} is β = ${formatBeta(beta)}; ` +
      `published ratios go with step size 0.01, where it is ${formatBeta(betaFromSignalToNoise(temperature.signalToNoise, dim, 0.01))}`,
  );
  return { beta, report: null };
}

/** @throws ArgumentError for a β whose thermal noise float32, which samples are stored in, cannot hold */
function requireRepresentable(parameter: string, beta: number): number {
  const deviation = 1 / Math.sqrt(beta);
  if (beta < Infinity && noiseReach * deviation <= largestFloat32) return beta;
  throw new ArgumentError(
    parameter,
    `must make a β above 0 whose thermal noise, of standard deviation 1/√β, float32 can hold, got β = ${beta}`,
  );
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
  if (numElements > maxDrawElements)
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

/** What a run needs. */
interface Work {
  readonly engine: Engine;
  readonly sampler: Sampler;
  readonly target: HopfieldTarget;
  readonly settings: SampleSettings;
}

/** @returns undefined if it was interrupted before a draw was complete */
async function runSampler(
  { engine, sampler, target, settings }: Work,
  interruption: Interruption,
  context: CommandContext,
): Promise<SampledRun | undefined> {
  const { kernel, seed, numChains, numDraws, thinning, schedule } = settings;
  const numHeads = principalCount(settings);
  const finished = trackFinishedDraws(numChains);
  const line = createProgressLine(context, "sampling");
  const { signal } = interruption;
  let numChainSteps = 0;
  const onProgress = (progress: Progress): void => {
    numChainSteps = progress.done;
    line.update(progress);
  };
  let started = performance.now();
  const seconds = (): number => (performance.now() - started) / 1000;
  let adaptation: AdaptedStepSize | undefined;
  try {
    if (settings.isAdapted) {
      adaptation = await adaptStepSize(sampler, settings, { signal, onProgress });
      started = performance.now();
    }
    const options: SampleOptions = {
      kernel,
      stepSize: adaptation?.stepSize ?? settings.stepSize,
      seed,
      numChains,
      numBurnIn: scheduleSteps(schedule) + settings.numBurnIn,
      numDraws,
      thinning,
      start: adaptation?.positions ?? settings.start,
      collapse: settings.collapse,
      circulation: settings.circulation,
      ...(schedule && { schedule }),
    };
    const hooks: RunHooks = { signal, onProgress, ...(settings.tellsPlan && { onPlan: planTeller(context) }) };
    const draws =
      numHeads === undefined
        ? await sampler.run(options, { ...hooks, onDraws: (chunk) => finished.add(chunk) })
        : await sampleHeads(engine, target, { ...options, numHeads }, hooks);
    return { draws, adaptation, isInterrupted: false, numChainSteps, seconds: seconds() };
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) throw error;
    const draws = finished.rectangle();
    if (draws === undefined) return undefined;
    return { draws, adaptation, isInterrupted: true, numChainSteps, seconds: seconds() };
  } finally {
    line.stop();
  }
}

/** Says each plan once: heads of one shape have the same. */
function planTeller(context: CommandContext): NonNullable<RunHooks["onPlan"]> {
  const told = new Set<string>();
  return ({ name, reason }) => {
    const sentence = `plan ${name}: ${reason}`;
    if (!told.has(sentence)) note(context, sentence);
    told.add(sentence);
  };
}

async function sampleHeads(
  engine: Pick<Engine, "createSampler">,
  target: HopfieldTarget,
  options: SampleOptions & PrincipalHeadOptions,
  hooks: RunHooks,
): Promise<Draws> {
  const { draws } = await sampleMultiHead((head) => engine.createSampler(head), target, options, hooks);
  return draws;
}

/** @returns undefined if it was interrupted; not by what cut the run, for half a run is compared as well as a whole one */
async function drawComparison(
  { target, settings }: Work,
  run: SampledRun,
  { signal }: Interruption,
  context: CommandContext,
): Promise<Draws | undefined> {
  const { seed } = settings;
  const numHeads = principalCount(settings);
  const line = createProgressLine(context, "exact law");
  const onProgress = (progress: Progress): void => line.update(progress);
  try {
    const hooks = run.isInterrupted ? { onProgress } : { onProgress, signal };
    if (numHeads === undefined) return await drawExact(target, run.draws, seed, hooks);
    const reference = { createSampler: (head: HopfieldTarget) => Promise.resolve(createReferenceSampler(head)) };
    const rest = { numBurnIn: 0, thinning: 1, stepSize: 1, start: "exact" } as const;
    const shape = comparisonShape(target, run.draws);
    return await sampleHeads(
      reference,
      target,
      { kernel: "exact", seed: exactSeedOf(seed), ...shape, ...rest, numHeads },
      hooks,
    );
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) throw error;
    return undefined;
  } finally {
    line.stop();
  }
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
    heads: settings.heads === undefined ? null : formatHeads(settings.heads),
    powers: settings.powers ?? null,
    schedule: settings.schedule ?? null,
    adapt: settings.isAdapted,
    collapse: settings.collapse,
    circulation: settings.circulation,
    out: settings.out,
  };
}

interface RunRecord {
  readonly loaded: LoadedMemory;
  readonly run: SampledRun;
  readonly metrics: RunMetrics;
  /** With how many chains and draws it has; null if it was interrupted. */
  readonly exact: RunMetrics | null;
  readonly options: ReturnType<typeof resolvedOptions>;
  readonly report: TemperatureReport | null;
  readonly engine: Engine;
  readonly started: number;
}

async function writeOutputs(
  folder: string,
  record: RunRecord,
  { seed, kernel }: SampleSettings,
  interruption: Interruption,
): Promise<void> {
  const { loaded, run, metrics, exact, options, report, engine, started } = record;
  const { draws } = run;
  const { numChains, numDraws, dim } = draws;
  const outputs = await createOutputSet(folder);
  interruption.onSecond(() => outputs.discard());
  try {
    const shape = [numChains, numDraws, dim];
    const picture = await renderRun(loaded, draws, metrics, {
      title: `Stochastic attention on ${basename(options.memory)}`,
      subtitle:
        `${formatCount(numChains, "chain")} × ${formatCount(numDraws, "draw")} of ${kernel}, ` +
        `${isLangevin(kernel) ? `step size ${options.stepSize}, ` : ""}β = ${formatBeta(options.beta)}, ${options.patterns} patterns${options.class === null ? "" : ` (class ${options.class})`}, d = ${dim}, seed ${options.seed}; the last draws are shown`,
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
      adaptation: run.adaptation === undefined ? null : { ...run.adaptation, positions: undefined },
      seed: options.seed,
      exactSeed: jsonInteger(exactSeedOf(seed)),
      ...placeOfRun(engine),
      memory: { sha256: loaded.sha256, numPatterns: loaded.memory.numPatterns, dim, available: loaded.totalAvailable },
      outputs: Object.fromEntries(Object.entries(written).map(([name, { sha256 }]) => [name, sha256])),
      interrupted: run.isInterrupted || exact === null,
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

function patternCount({ numPatterns }: MemoryMatrix, mask: Mask, classLabel: number | undefined): string {
  if (mask === undefined) return `${numPatterns} patterns`;
  return `the ${mask.reduce((sum, each) => sum + each, 0)} of ${numPatterns} patterns that are of class ${classLabel}`;
}
