/** The command `sequence`: outputs that go on from one another, in the units of the patterns (paper, Algorithm 3). */
import type { Command } from "commander";
import {
  ArgumentError,
  autocorrelation,
  autocorrelationBand,
  kernelNames,
  requireChoice,
  requirePositive,
  requireStepSize,
  projectSequence,
  sampleSequence,
  startNames,
  type HopfieldTarget,
  type KernelName,
  type SequenceResult,
  type StartName,
} from "../../src/index.ts";
import { readArrayFile } from "../files/array-file.ts";
import { requireOutputDirectory, writeFileAtomic, writeJsonAtomic } from "../files/atomic-write.ts";
import { formatCsv } from "../files/csv.ts";
import type { LoadedMemory } from "../files/memory-source.ts";
import { writeNpyFile } from "../files/npy-file.ts";
import { requireFiniteDraws } from "../report/soundness.ts";
import { note, programName, type CommandContext } from "./context.ts";
import { engineNames, openEngine, type Engine, type EngineName } from "./engines.ts";
import { trackFinishedDraws } from "./finished-draws.ts";
import { formatBeta, formatCount, formatFixed } from "./format.ts";
import { watchSignals } from "./interruption.ts";
import {
  addMemoryOptions,
  loadPatterns,
  requireMemorySettings,
  type MemoryFlags,
  type MemorySettings,
} from "./memory-settings.ts";
import { createOutputSet, runFile } from "./output-set.ts";
import { parseCount, parseNumber, parseSeed, requireGiven } from "./parse-options.ts";
import { createProgressLine } from "./progress-line.ts";
import { engineName, jsonInteger, placeOfRun } from "./run-record.ts";
import { readSchedule } from "./schedule-options.ts";

/** Published, but for the length, which was that of the data. */
const defaults = {
  beta: "12",
  inner: "200",
  length: "200",
  kernel: "mala",
  stepSize: "0.01",
  chains: "1",
  burnIn: "0",
  start: "pattern",
  seed: "1",
  engine: "auto",
} as const;

/** Independent draws make no sequence. */
const sequentialKernels = kernelNames.filter((name) => name !== "exact");
const maxLag = 50;

/** What commander hands over: text, as typed or by default. */
interface SequenceFlags extends MemoryFlags {
  readonly out?: string;
  readonly raw?: string;
  readonly beta: string;
  readonly betaPath?: string;
  readonly inner: string;
  readonly length: string;
  readonly kernel: string;
  readonly stepSize: string;
  readonly chains: string;
  readonly burnIn: string;
  readonly start: string;
  readonly seed: string;
  readonly engine: string;
}

interface SequenceSettings extends MemorySettings {
  readonly out: string;
  readonly raw: string | undefined;
  readonly beta: number;
  /** β of every output; undefined for one β. */
  readonly betaPath: readonly number[] | undefined;
  readonly inner: number;
  readonly length: number;
  readonly kernel: KernelName;
  readonly stepSize: number;
  readonly numChains: number;
  readonly numBurnIn: number;
  readonly start: StartName;
  readonly seed: bigint;
  readonly engine: EngineName;
}

export function defineSequence(program: Command, context: CommandContext, setCode: (code: number) => void): void {
  addMemoryOptions(
    program
      .command("sequence")
      .description(
        "sample a sequence in the units of the patterns, each output from where the last one ended; writes sequence.npy, " +
          "autocorrelation.csv and run.json",
      ),
    "sample of this class alone: it selects before --patterns and --select, which then take of it",
  )
    .option("--out <folder>", "where the results go (required)")
    .option("--raw <file>", "the patterns in raw units, a row each (.npy, .npz, IDX or CSV), with --select first")
    .option("--beta <number>", "inverse temperature", defaults.beta)
    .option("--beta-path <file>", "CSV of numOutputs,beta: β along the sequence, in place of --beta and --length")
    .option("--inner <count>", "steps from one output to the next", defaults.inner)
    .option("--length <count>", "outputs", defaults.length)
    .option("--kernel <name>", `transition: ${sequentialKernels.join(", ")}`, defaults.kernel)
    .option("--step-size <number>", "in (0, 1]", defaults.stepSize)
    .option("--chains <count>", "independent sequences", defaults.chains)
    .option("--burn-in <count>", "steps before those of the first output", defaults.burnIn)
    .option("--start <rule>", `where sequences start: ${startNames.join(", ")}`, defaults.start)
    .option("--seed <seed>", "whole number below 2^64", defaults.seed)
    .option("--engine <name>", `what runs it: ${engineNames.join(", ")}`, defaults.engine)
    .option("--debug", "print a stack trace with an error")
    .addHelpText(
      "after",
      `
Examples:
  ${programName} sequence --memory returns.npy --beta 12 --inner 200 --length 500 --out out/days
  ${programName} sequence --memory centred.npy --raw returns.npy --select first --out out/days`,
    )
    .action(async (flags: SequenceFlags, command: Command) => {
      requireOnePath(flags, (name) => command.getOptionValueSource(name) !== "default");
      setCode(await sequence(flags, context));
    });
}

/** @throws ArgumentError if an option that a β path replaces stands beside it */
function requireOnePath({ betaPath }: SequenceFlags, isGiven: (name: string) => boolean): void {
  if (betaPath === undefined) return;
  for (const name of ["beta", "length"])
    if (isGiven(name))
      throw new ArgumentError(`--${name}`, "must not stand beside --beta-path, which says it for every output");
}

/** @throws ArgumentError for a file that is no path of β */
async function readBetaPath(path: string): Promise<readonly number[]> {
  const levels = await readSchedule(path, "--beta-path");
  if (levels.some(({ stepSize }) => stepSize !== undefined))
    throw new ArgumentError(
      "--beta-path",
      "must have lines of numOutputs,beta, got a third column",
      "one --step-size holds for the whole sequence",
    );
  return levels.flatMap(({ numSteps, beta }) => Array.from({ length: numSteps }, () => beta));
}

/** @throws ArgumentError naming the first option that breaks its rule */
async function requireSequenceSettings(flags: SequenceFlags): Promise<SequenceSettings> {
  const betaPath = flags.betaPath === undefined ? undefined : await readBetaPath(flags.betaPath);
  const settings: SequenceSettings = {
    ...requireMemorySettings(flags),
    out: requireGiven("--out", flags.out, "a folder for the results, for example --out out/run"),
    raw: flags.raw,
    beta: betaPath?.[0] ?? requirePositive("--beta", parseNumber(flags.beta)),
    betaPath,
    inner: parseCount("--inner", flags.inner, 1),
    length: betaPath?.length ?? parseCount("--length", flags.length, 1),
    kernel: requireChoice("--kernel", flags.kernel, sequentialKernels),
    stepSize: requireStepSize("--step-size", parseNumber(flags.stepSize)),
    numChains: parseCount("--chains", flags.chains, 1),
    numBurnIn: parseCount("--burn-in", flags.burnIn, 0),
    start: requireChoice("--start", flags.start, startNames),
    seed: parseSeed("--seed", flags.seed),
    engine: requireChoice("--engine", flags.engine, engineNames),
  };
  if (settings.raw !== undefined && (settings.select !== "first" || settings.classLabel !== undefined))
    throw new ArgumentError(
      "--raw",
      "must go with --select first and without --class",
      "rows are matched by their place",
    );
  return settings;
}

/** @returns the exit code */
async function sequence(flags: SequenceFlags, context: CommandContext): Promise<number> {
  const started = performance.now();
  const settings = await requireSequenceSettings(flags);
  const loaded = await loadPatterns(settings, "select");
  const rawPatterns = await loadRawPatterns(settings, loaded);
  const target: HopfieldTarget = { memory: loaded.memory, beta: settings.beta };
  const folder = await requireOutputDirectory("--out", settings.out);
  const engine = await openEngine(settings.engine, context);
  const line = createProgressLine(context, "sampling");
  // Before there is anything to keep, a signal just ends the process.
  const interruption = watchSignals(context);
  try {
    const result = await runSequence({ settings, target, rawPatterns, engine }, interruption.signal, line);
    line.stop();
    if (result === undefined) {
      note(context, "interrupted before the first output was complete: nothing was written");
      return interruption.exitCode ?? 1;
    }
    const { numChains, numDraws } = result.draws;
    const isInterrupted = numChains * numDraws < settings.numChains * settings.length;
    requireFiniteDraws("samples", target, result.draws);
    const correlations = correlationsOf(result);
    await writeOutputs(folder, { settings, loaded, result, correlations, engine, started, isInterrupted });
    context.stdout.write(describeResult(settings, loaded, result, correlations, engine));
    if (isInterrupted)
      note(context, `interrupted: kept the ${numDraws} of ${settings.length} outputs that were complete`);
    return isInterrupted ? (interruption.exitCode ?? 1) : 0;
  } finally {
    line.stop();
    engine.close();
    interruption.stop();
  }
}

interface SequenceWork {
  readonly settings: SequenceSettings;
  readonly target: HopfieldTarget;
  readonly rawPatterns: Float32Array;
  readonly engine: Engine;
}

/** @returns the finished outputs of all chains if it was interrupted; undefined if there are none */
async function runSequence(
  { settings, target, rawPatterns, engine }: SequenceWork,
  signal: AbortSignal,
  line: ReturnType<typeof createProgressLine>,
): Promise<SequenceResult | undefined> {
  const { kernel, stepSize, seed, numChains, numBurnIn, start, betaPath } = settings;
  const finished = trackFinishedDraws(numChains);
  try {
    return await sampleSequence(
      (each) => engine.createSampler(each),
      target,
      {
        kernel,
        stepSize,
        seed,
        numChains,
        numBurnIn,
        start,
        numOutputs: settings.length,
        stepsPerOutput: settings.inner,
        rawPatterns,
        ...(betaPath && { betaPath }),
      },
      { signal, onProgress: (progress) => line.update(progress), onDraws: (chunk) => finished.add(chunk) },
    );
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) throw error;
    const draws = finished.rectangle();
    return draws && projectSequence(target, draws, { rawPatterns, ...(betaPath && { betaPath }) });
  }
}

/** The rows of `--raw`, or the patterns as they were before they were scaled, [numPatterns, any]. */
async function loadRawPatterns({ raw }: SequenceSettings, { memory, rawScale }: LoadedMemory): Promise<Float32Array> {
  const { values, numPatterns, dim } = memory;
  if (raw === undefined) return values.map((value, at) => value * rawScale[Math.floor(at / dim)]!);
  const { data, shape } = await readArrayFile("--raw", raw);
  const numRows = shape[0] ?? 0;
  if (numRows < numPatterns || data.length === 0)
    throw new ArgumentError("--raw", `must have a row for each of the ${numPatterns} patterns taken, got ${numRows}`);
  const rows = Float32Array.from(data.subarray(0, (data.length / numRows) * numPatterns), Number);
  const bad = rows.findIndex((value) => !Number.isFinite(value));
  if (bad < 0) return rows;
  const width = data.length / numRows;
  throw new ArgumentError(
    "--raw",
    `values must be finite in float32, got ${rows[bad]} at coordinate ${bad % width} of row ${Math.floor(bad / width)}`,
    "drop or fill missing values first",
  );
}

/** Mean autocorrelation of the series and of its squares, over chains and components. */
interface Correlations {
  readonly values: readonly number[];
  readonly squares: readonly number[];
}

function correlationsOf({ series, rawDim, draws: { numChains, numDraws } }: SequenceResult): Correlations {
  const lags = Math.min(maxLag, numDraws - 1);
  const sums = { values: new Float64Array(lags + 1), squares: new Float64Array(lags + 1) };
  let numVarying = 0;
  for (let chain = 0; chain < numChains; chain++)
    for (let j = 0; j < rawDim; j++) {
      const values = Float64Array.from({ length: numDraws }, (_, t) => series[(chain * numDraws + t) * rawDim + j]!);
      const both = [
        autocorrelation(values, lags),
        autocorrelation(
          values.map((x) => x * x),
          lags,
        ),
      ] as const;
      // A component that never changes, as a blank margin of images, correlates with nothing.
      if (both.some((each) => Number.isNaN(each[0]!))) continue;
      numVarying++;
      for (let lag = 0; lag <= lags; lag++) {
        sums.values[lag]! += both[0][lag]!;
        sums.squares[lag]! += both[1][lag]!;
      }
    }
  const average = (sum: Float64Array): number[] => Array.from(sum, (value) => value / numVarying);
  return { values: average(sums.values), squares: average(sums.squares) };
}

function describeResult(
  settings: SequenceSettings,
  { memory }: LoadedMemory,
  { draws }: SequenceResult,
  { values, squares }: Correlations,
  engine: Engine,
): string {
  const acceptance = draws.acceptanceRate.reduce((sum, rate) => sum + rate, 0) / draws.numChains;
  const first = (each: readonly number[]): string => (each.length > 1 ? formatFixed(each[1]!) : "–");
  return (
    `${formatCount(draws.numChains, "sequence")} of ${formatCount(draws.numDraws, "output")}, ${settings.inner} steps of ` +
    `${settings.kernel} apart, from ${memory.numPatterns} patterns, d = ${memory.dim}, ` +
    `β = ${settings.betaPath === undefined ? formatBeta(settings.beta) : "a path"}, ${engineName(engine)}\n` +
    `acceptance rate ${formatFixed(acceptance)}; autocorrelation at lag 1: ${first(values)} of values, ${first(squares)} of ` +
    `squares; independent values stay within ±${formatFixed(autocorrelationBand(draws.numDraws))} (99 %, one series)\n` +
    `Written to ${settings.out}: sequence.npy, autocorrelation.csv, run.json\n`
  );
}

interface SequenceRecord {
  readonly settings: SequenceSettings;
  readonly loaded: LoadedMemory;
  readonly result: SequenceResult;
  readonly correlations: Correlations;
  readonly engine: Engine;
  readonly started: number;
  readonly isInterrupted: boolean;
}

async function writeOutputs(folder: string, record: SequenceRecord): Promise<void> {
  const { settings, loaded, result, correlations, engine, started, isInterrupted } = record;
  const { draws, series, rawDim } = result;
  const { memory: source, labels = null, classLabel = null, imageSize = null, raw = null, betaPath = null } = settings;
  const outputs = await createOutputSet(folder);
  try {
    const lag = Array.from(correlations.values, (_, i) => i);
    const written = {
      "sequence.npy": await writeNpyFile(outputs.stagedPath("sequence.npy"), series, [
        draws.numChains,
        draws.numDraws,
        rawDim,
      ]),
      "autocorrelation.csv": await writeFileAtomic(
        outputs.stagedPath("autocorrelation.csv"),
        formatCsv({ lag, values: correlations.values, squares: correlations.squares }),
      ),
    };
    await writeJsonAtomic(outputs.stagedPath(runFile), {
      command: "sequence",
      options: {
        memory: source,
        labels,
        class: classLabel,
        patterns: loaded.memory.numPatterns,
        select: settings.select,
        patternSeed: jsonInteger(settings.patternSeed),
        imageSize,
        normalize: settings.normalize,
        raw,
        beta: settings.beta,
        betaPath,
        inner: settings.inner,
        length: settings.length,
        kernel: settings.kernel,
        stepSize: settings.stepSize,
        chains: settings.numChains,
        burnIn: settings.numBurnIn,
        start: settings.start,
        seed: jsonInteger(settings.seed),
        engine: settings.engine,
        out: settings.out,
      },
      acceptanceRate: Array.from(draws.acceptanceRate),
      ...placeOfRun(engine),
      memory: {
        sha256: loaded.sha256,
        numPatterns: loaded.memory.numPatterns,
        dim: loaded.memory.dim,
        available: loaded.totalAvailable,
      },
      outputs: Object.fromEntries(Object.entries(written).map(([name, { sha256 }]) => [name, sha256])),
      interrupted: isInterrupted,
      numOutputs: draws.numDraws,
      wallSeconds: (performance.now() - started) / 1000,
    });
    await outputs.publish([...Object.keys(written), runFile]);
  } catch (error) {
    outputs.discard();
    throw error;
  }
}
