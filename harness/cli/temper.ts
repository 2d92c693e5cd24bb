/** The command `temper`: parallel tempering over a ladder of β, with log Z beside its exact value. */
import type { Command } from "commander";
import {
  ArgumentError,
  classMask,
  describe,
  lawfulKernels,
  logPartition,
  nearestPatterns,
  parallelTempering,
  requireChoice,
  requireLadder,
  requirePositive,
  requireStepSize,
  summarizeDraws,
  type HopfieldTarget,
  type Metrics,
  type TemperingOptions,
  type TemperingResult,
} from "../../src/index.ts";
import { requireOutputDirectory, writeJsonAtomic } from "../files/atomic-write.ts";
import { requireClass } from "../files/labels.ts";
import type { LoadedMemory } from "../files/memory-source.ts";
import { writeNpyFile } from "../files/npy-file.ts";
import { requireFiniteDraws } from "../report/soundness.ts";
import { note, programName, type CommandContext } from "./context.ts";
import { engineNames, openEngine, threadsHelp, type Engine, type EngineName } from "./engines.ts";
import { formatBeta, formatCount, formatFixed, formatTable } from "./format.ts";
import {
  addMemoryOptions,
  loadPatterns,
  requireMemorySettings,
  type MemoryFlags,
  type MemorySettings,
} from "./memory-settings.ts";
import { watchSignals } from "./interruption.ts";
import { createOutputSet, runFile } from "./output-set.ts";
import { parseCount, parseNumber, parseSeed, parseThreads, requireGiven } from "./parse-options.ts";
import { createProgressLine } from "./progress-line.ts";
import { engineName, jsonInteger, placeOfRun } from "./run-record.ts";

const defaults = {
  beta: "200",
  ladder: "auto",
  kernel: "ou-mala",
  stepSize: "1",
  stepsPerRound: "2",
  chains: "64",
  burnIn: "200",
  draws: "5",
  thinning: "30",
  seed: "1",
  engine: "auto",
} as const;

/** What commander hands over: text, as typed or by default. */
interface TemperFlags extends MemoryFlags {
  readonly out?: string;
  readonly beta: string;
  readonly ladder: string;
  readonly kernel: string;
  readonly stepSize: string;
  readonly stepsPerRound: string;
  readonly chains: string;
  readonly burnIn: string;
  readonly draws: string;
  readonly thinning: string;
  readonly seed: string;
  readonly engine: string;
  readonly threads?: string;
}

interface TemperSettings extends MemorySettings {
  readonly out: string;
  readonly beta: number;
  readonly tempering: TemperingOptions;
  readonly engine: EngineName;
  readonly numThreads: number;
}

export function defineTemper(program: Command, context: CommandContext, setCode: (code: number) => void): void {
  addMemoryOptions(
    program
      .command("temper")
      .description(
        "sample by parallel tempering, which moves between far patterns; writes samples.npy, denoised.npy, metrics.json " +
          "with log Z, and run.json",
      ),
    "sample this class alone: the other patterns taken are masked",
  )
    .option("--out <folder>", "where the results go (required)")
    .option("--beta <number>", "inverse temperature of the samples", defaults.beta)
    .option(
      "--ladder <betas>",
      "auto, or increasing β that end at --beta, as 5,20,100; β = 0 is added",
      defaults.ladder,
    )
    .option("--kernel <name>", `transition that keeps the law: ${lawfulKernels.join(", ")}`, defaults.kernel)
    .option("--step-size <number>", "in (0, 1]", defaults.stepSize)
    .option("--steps-per-round <count>", "steps at every temperature between swaps", defaults.stepsPerRound)
    .option("--chains <count>", "independent ladders", defaults.chains)
    .option("--burn-in <count>", "rounds before the first kept stretch", defaults.burnIn)
    .option("--draws <count>", "kept draws of each chain", defaults.draws)
    .option("--thinning <count>", "rounds per kept draw", defaults.thinning)
    .option("--seed <seed>", "whole number below 2^64", defaults.seed)
    .option("--engine <name>", `what runs it: ${engineNames.join(", ")}`, defaults.engine)
    .option("--threads <count>", threadsHelp)
    .option("--debug", "print a stack trace with an error")
    .addHelpText(
      "after",
      `
Examples:
  ${programName} temper --memory builtin:faces --image-size 16 --patterns 20 --beta 200 --out out/tempered
  ${programName} temper --memory patterns.npy --beta 50 --ladder 2,5,10,20,35,50 --out out/ladder`,
    )
    .action(async (flags: TemperFlags) => setCode(await temper(flags, context)));
}

/** @throws ArgumentError naming the first option that breaks its rule */
function requireTemperSettings(flags: TemperFlags): TemperSettings {
  const beta = requirePositive("--beta", parseNumber(flags.beta));
  return {
    ...requireMemorySettings(flags),
    out: requireGiven("--out", flags.out, "a folder for the results, for example --out out/run"),
    beta,
    tempering: {
      ladder: parseLadder(flags.ladder, beta),
      kernel: requireChoice("--kernel", flags.kernel, lawfulKernels),
      stepSize: requireStepSize("--step-size", parseNumber(flags.stepSize)),
      stepsPerRound: parseCount("--steps-per-round", flags.stepsPerRound, 1),
      numChains: parseCount("--chains", flags.chains, 1),
      numBurnIn: parseCount("--burn-in", flags.burnIn, 0),
      numDraws: parseCount("--draws", flags.draws, 1),
      thinning: parseCount("--thinning", flags.thinning, 1),
      seed: parseSeed("--seed", flags.seed),
    },
    engine: requireChoice("--engine", flags.engine, engineNames),
    numThreads: parseThreads(flags.threads),
  };
}

function parseLadder(text: string, beta: number): "auto" | readonly number[] {
  if (text === "auto") return text;
  const betas = text.split(",").map((part) => parseNumber(part.trim()));
  const isNumeric = (values: readonly (number | string)[]): values is readonly number[] =>
    values.every((value) => typeof value === "number");
  if (!isNumeric(betas))
    throw new ArgumentError("--ladder", `must be auto or increasing numbers, as 5,20,100, got ${describe(text)}`);
  requireLadder("--ladder", betas, beta);
  return betas;
}

/** @returns the exit code */
async function temper(flags: TemperFlags, context: CommandContext): Promise<number> {
  const started = performance.now();
  const settings = requireTemperSettings(flags);
  const loaded = await loadPatterns(settings, "keep");
  const target = targetOf(settings, loaded);
  const folder = await requireOutputDirectory("--out", settings.out);
  const engine = await openEngine(settings.engine, context, settings.numThreads);
  const line = createProgressLine(context, "tempering");
  // Before there is anything to keep, a signal just ends the process.
  const interruption = watchSignals(context);
  try {
    const result = await runTempering({ settings, target, engine }, interruption.signal, line);
    line.stop();
    if (result === undefined) {
      note(context, "interrupted before the first draws were complete: nothing was written");
      return interruption.exitCode ?? 1;
    }
    const isInterrupted = result.draws.numDraws < settings.tempering.numDraws;
    requireFiniteDraws("samples", target, result.draws);
    const metrics = summarizeDraws(target, result.draws);
    const occupancy = occupancyOf(target, result);
    await writeOutputs(folder, {
      settings,
      loaded,
      target,
      result,
      metrics,
      occupancy,
      engine,
      started,
      isInterrupted,
    });
    if (numArrivals(result) < result.draws.numChains)
      note(
        context,
        `only ${numArrivals(result)} states came up from β = 0 to ${formatCount(result.draws.numChains, "ladder")}: raise --thinning and ` +
          "--burn-in until there is more than one each, or log Z and the patterns visited are those of the start",
      );
    context.stdout.write(describeResult(settings, target, result, metrics, occupancy, engine));
    const doubt = doubtOf(target, result);
    if (doubt !== undefined) note(context, doubt);
    if (!isInterrupted) return 0;
    const { numDraws } = result.draws;
    note(context, `interrupted: kept the ${numDraws} of ${settings.tempering.numDraws} draws that were complete`);
    return interruption.exitCode ?? 1;
  } finally {
    line.stop();
    engine.close();
    interruption.stop();
  }
}

interface TemperWork {
  readonly settings: TemperSettings;
  readonly target: HopfieldTarget;
  readonly engine: Engine;
}

/** @returns undefined if it was interrupted before a draw was complete */
async function runTempering(
  { settings, target, engine }: TemperWork,
  stop: AbortSignal,
  line: ReturnType<typeof createProgressLine>,
): Promise<TemperingResult | undefined> {
  try {
    return await parallelTempering((each) => engine.createSampler(each), target, settings.tempering, {
      stop,
      onProgress: (progress) => line.update(progress),
    });
  } catch (error) {
    if (!stop.aborted || error !== stop.reason) throw error;
    return undefined;
  }
}

/** Standard errors from the exact value beyond which chance does not explain log Z. */
const farErrors = 4;

/** What speaks against the estimate of log Z, if anything does. */
function doubtOf(target: HopfieldTarget, { logPartition: { mean, se } }: TemperingResult): string | undefined {
  if (se === Infinity)
    return "log Z is unknown: neighbouring temperatures have too few draws in common; put more between them with --ladder";
  const errors = se === null ? 0 : Math.abs(mean - logPartition(target)) / se;
  if (errors <= farErrors) return undefined;
  return (
    `log Z is ${errors.toFixed(1)} standard errors from its exact value: raise --burn-in and --thinning, or start more ` +
    "ladders with --chains"
  );
}

function targetOf({ beta, classLabel }: TemperSettings, { memory }: LoadedMemory): HopfieldTarget {
  if (classLabel === undefined) return { memory, beta };
  requireClass(classLabel, memory.labels, `the ${memory.numPatterns} patterns taken`, "take more with --patterns");
  return { memory, beta, mask: classMask(memory, classLabel) };
}

/** States drawn at β = 0 that came up to the target, over all ladders. */
function numArrivals({ numRestarts }: TemperingResult): number {
  return numRestarts.reduce((sum, n) => sum + n, 0);
}

/** How many draws are nearest to each pattern, [numPatterns]. */
function occupancyOf({ memory }: HopfieldTarget, { draws }: TemperingResult): number[] {
  const counts = Array.from({ length: memory.numPatterns }, () => 0);
  for (const index of nearestPatterns(memory, draws.positions).index) counts[index]!++;
  return counts;
}

function describeResult(
  settings: TemperSettings,
  target: HopfieldTarget,
  result: TemperingResult,
  { novelty }: Metrics,
  occupancy: readonly number[],
  engine: Engine,
): string {
  const { draws, ladder, rejectionRates, communicationBarrier } = result;
  const { mean, se } = result.logPartition;
  const numKept = target.mask?.reduce((sum, each) => sum + each, 0) ?? target.memory.numPatterns;
  return (
    `${formatCount(draws.numChains, "ladder")} of ${ladder.length} temperatures × ${formatCount(draws.numDraws, "draw")} ` +
    `of ${settings.tempering.kernel}, d = ${target.memory.dim}, β = ${formatBeta(target.beta)}, ${engineName(engine)}\n\n` +
    formatTable([
      [
        "log Z",
        se === Infinity
          ? "unknown: neighbours do not overlap"
          : `${formatFixed(mean)}${se === null ? "" : ` ± ${formatFixed(se)}`}`,
        `exact ${formatFixed(logPartition(target))}`,
      ],
      ["communication barrier", formatFixed(communicationBarrier), ""],
      [
        "rejection between neighbours",
        formatFixed(Math.min(...rejectionRates)),
        `to ${formatFixed(Math.max(...rejectionRates))}`,
      ],
      ["independent arrivals from β = 0", String(numArrivals(result)), ""],
      ["patterns visited", String(occupancy.filter((n) => n > 0).length), `of ${numKept}`],
      ["novelty of ξ", formatFixed(novelty.mean), `floor ${formatFixed(novelty.floor)}`],
      ["novelty of T(ξ), denoised", formatFixed(novelty.denoised), ""],
    ]) +
    `\nWritten to ${settings.out}: samples.npy, denoised.npy, metrics.json, run.json\n`
  );
}

interface TemperRecord {
  readonly settings: TemperSettings;
  readonly loaded: LoadedMemory;
  readonly target: HopfieldTarget;
  readonly result: TemperingResult;
  readonly metrics: Metrics;
  readonly occupancy: readonly number[];
  readonly engine: Engine;
  readonly started: number;
  readonly isInterrupted: boolean;
}

async function writeOutputs(folder: string, record: TemperRecord): Promise<void> {
  const { settings, loaded, target, result, metrics, occupancy, engine, started, isInterrupted } = record;
  const { draws, ladder, rejectionRates, communicationBarrier, acceptanceRates, numRestarts } = result;
  const { numChains, numDraws, dim } = draws;
  const {
    memory: source,
    labels = null,
    classLabel = null,
    select,
    patternSeed,
    normalize,
    beta,
    tempering,
  } = settings;
  const { seed, ...options } = tempering;
  const outputs = await createOutputSet(folder);
  try {
    const shape = [numChains, numDraws, dim];
    const written = {
      "samples.npy": await writeNpyFile(outputs.stagedPath("samples.npy"), draws.positions, shape),
      "denoised.npy": await writeNpyFile(outputs.stagedPath("denoised.npy"), draws.retrievals, shape),
      "metrics.json": await writeJsonAtomic(outputs.stagedPath("metrics.json"), {
        ...metrics,
        tempering: {
          ladder: Array.from(ladder),
          rejectionRates: Array.from(rejectionRates),
          communicationBarrier,
          acceptanceRates: Array.from(acceptanceRates),
          logPartition: { ...result.logPartition, exact: logPartition(target) },
          numRestarts: Array.from(numRestarts),
          occupancy,
        },
      }),
    };
    await writeJsonAtomic(outputs.stagedPath(runFile), {
      command: "temper",
      options: {
        memory: source,
        labels,
        class: classLabel,
        patterns: loaded.memory.numPatterns,
        select,
        patternSeed: jsonInteger(patternSeed),
        imageSize: settings.imageSize ?? null,
        normalize,
        beta,
        ...options,
        seed: jsonInteger(BigInt(seed)),
        engine: settings.engine,
        out: settings.out,
      },
      ...placeOfRun(engine),
      memory: { sha256: loaded.sha256, numPatterns: loaded.memory.numPatterns, dim, available: loaded.totalAvailable },
      outputs: Object.fromEntries(Object.entries(written).map(([name, { sha256 }]) => [name, sha256])),
      interrupted: isInterrupted,
      numDraws,
      wallSeconds: (performance.now() - started) / 1000,
    });
    await outputs.publish([...Object.keys(written), runFile]);
  } catch (error) {
    outputs.discard();
    throw error;
  }
}
