/** The command `reproduce`: runs experiments on the public data sets, keeps their results, and writes the report. */
import { mkdir, readFile, stat } from "node:fs/promises";
import { resolve, join } from "node:path";
import { cpus } from "node:os";
import type { Command } from "commander";
import {
  ArgumentError,
  describe,
  experiments,
  requireChoice,
  type Experiment,
  type ExperimentData,
} from "../../src/index.ts";
import { requireOutputDirectory, writeFileAtomic } from "../files/atomic-write.ts";
import { renderSheet } from "../pictures/grid.ts";
import { loadData, missingFiles, type DataKind } from "../reproduction/data-files.ts";
import { toHtml, toMarkdown } from "../reproduction/document.ts";
import { figureSvg } from "../reproduction/figure-svg.ts";
import { runProgram } from "../reproduction/programs.ts";
import { publish } from "../reproduction/publish.ts";
import { reportBlocks, reportTitle, type Reported } from "../reproduction/report.ts";
import {
  openStore,
  resultFormat,
  resultKey,
  type ResultInputs,
  type ResultStore,
  type StoredResult,
} from "../reproduction/store.ts";
import { note, programName, type CommandContext } from "./context.ts";
import { engineNames, openEngine, threadsHelp, type Engine } from "./engines.ts";
import { formatCount, formatDuration } from "./format.ts";
import { watchSignals } from "./interruption.ts";
import { parseSeed, parseThreads, requireGiven } from "./parse-options.ts";
import { createProgressLine } from "./progress-line.ts";
import { engineName } from "./run-record.ts";
import { packageVersion, platformName } from "./versions.ts";

const dataVariable = "STOCHASTIC_ATTENTION_DATA";
const everything = "all";
/** What a signal leaves behind, as a clause. */
const interrupted =
  "finished parts (one setting's chains, or one trained model) are kept, the running one is lost, and the same command goes on from there";
const defaults = { seed: "1", engine: "auto" } as const;

/** What commander hands over: text, as typed or by default. */
interface ReproduceFlags {
  readonly data?: string;
  readonly out?: string;
  readonly quick?: boolean;
  readonly seed: string;
  readonly force?: boolean;
  readonly engine: string;
  readonly threads?: string;
  readonly publish?: string;
}

interface ReproduceSettings {
  readonly chosen: readonly Experiment[];
  /** Experiments without their data are left out rather than refused. */
  readonly isAll: boolean;
  readonly data: string | undefined;
  readonly seed: bigint;
  readonly isQuick: boolean;
  readonly isForced: boolean;
  readonly publish: string | undefined;
}

export function defineReproduce(program: Command, context: CommandContext, setCode: (code: number) => void): void {
  program
    .command("reproduce")
    .argument("<names...>", `experiments, or ${everything}`)
    .description(
      "run the published experiments beside the exact law; writes report.html, report.md and the results as JSON",
    )
    .option("--data <folder>", `the public data sets (default: ${dataVariable})`)
    .option("--out <folder>", "where results and the report go; what is there already is not run again (required)")
    .option("--quick", "seconds for each: short chains on few patterns, held against the law alone")
    .option("--seed <seed>", "whole number below 2^64", defaults.seed)
    .option("--force", "run again what is there")
    .option("--engine <name>", `what runs the chains: ${engineNames.join(", ")}`, defaults.engine)
    .option("--threads <count>", threadsHelp)
    .option("--publish <folder>", "also put the report as README.md with its results, figures and pictures there")
    .option("--debug", "print a stack trace with an error")
    .addHelpText(
      "after",
      `
Experiments:
${experiments.map(({ name, title, source }) => `  ${name.padEnd(22)}${title} (${source})`).join("\n")}

With Ctrl-C ${interrupted}.

Examples:
  ${programName} reproduce ${everything} --data data --out out/reproduction
  ${programName} reproduce digit-3 step-size --data data --out out/reproduction
  ${programName} reproduce ${everything} --quick --data data --out out/quick`,
    )
    .action(async (names: readonly string[], flags: ReproduceFlags) => setCode(await reproduce(names, flags, context)));
}

/** @throws ArgumentError naming the first option that breaks its rule */
async function requireSettings(names: readonly string[], flags: ReproduceFlags): Promise<ReproduceSettings> {
  const known = experiments.map(({ name }) => name);
  const isAll = names.includes(everything);
  const chosen = isAll ? known : names.map((name) => requireChoice("name", name, known));
  const data = flags.data ?? process.env[dataVariable];
  const settings = {
    chosen: experiments.filter(({ name }) => chosen.includes(name)),
    isAll,
    data: data === undefined || data === "" ? undefined : resolve(data),
    seed: parseSeed("--seed", flags.seed),
    isQuick: flags.quick === true,
    isForced: flags.force === true,
    publish: flags.publish === undefined ? undefined : resolve(flags.publish),
  };
  if (isAll && settings.data === undefined)
    throw new ArgumentError(
      "--data",
      "must name the folder with the public data sets, got nothing",
      `give --data, or set ${dataVariable}`,
    );
  if (settings.isQuick && settings.publish !== undefined)
    throw new ArgumentError(
      "--publish",
      `must not be given with --quick, got ${describe(flags.publish)}`,
      "a quick run reproduces nothing",
    );
  return settings;
}

/** @returns the exit code */
async function reproduce(names: readonly string[], flags: ReproduceFlags, context: CommandContext): Promise<number> {
  const settings = await requireSettings(names, flags);
  const out = requireGiven("--out", flags.out, "a folder for the results, for example --out out/reproduction");
  const engineChoice = requireChoice("--engine", flags.engine, engineNames);
  const numThreads = parseThreads(flags.threads);
  if (settings.data !== undefined) await requireDataFolder(settings.data, flags.data === undefined);
  const absences = await findAbsences(settings, context);
  const store = openStore(await requireOutputDirectory("--out", out));
  if (settings.publish !== undefined) await requireOutputDirectory("--publish", settings.publish);
  const engine = await openEngine(engineChoice, context, numThreads);
  const interruption = watchSignals(context, interrupted);
  const data = createDataCache(settings.data);
  try {
    for (const experiment of settings.chosen) {
      if (absences.has(experiment.name)) continue;
      if (interruption.signal.aborted) break;
      const isDone = await runExperiment(experiment, {
        settings,
        store,
        engine,
        data,
        context,
        signal: interruption.signal,
      });
      if (!isDone) break;
    }
    // An interruption must not cut the report of what is done.
    const { reported, numOthers, numUnchecked } = await collect({ settings, store, engine, data, absences });
    if (numUnchecked > 0)
      note(
        context,
        `${formatCount(numUnchecked, "result")} in the report had data that is not here now to compare with`,
      );
    if (numOthers > 0)
      note(
        context,
        `${formatCount(numOthers, "result")} in the folder left out of the report: of other settings, data or code`,
      );
    await writeReport(store, reported, settings, engine);
    const done = reported.filter(({ result }) => result !== undefined);
    context.stdout.write(describeDone(done, settings, out));
    if (interruption.exitCode !== undefined) {
      const numDone = done.filter(({ experiment }) => settings.chosen.includes(experiment)).length;
      note(context, `interrupted: ${numDone} of ${settings.chosen.length} experiments are done`);
      return interruption.exitCode;
    }
    if (settings.publish !== undefined) await publish(store, reported, settings.publish, engineName(engine));
    return 0;
  } finally {
    interruption.stop();
    engine.close();
  }
}

/**
 * Files may be missing, and what needs them is left out; of a folder that is not there nothing could be meant.
 * @throws ArgumentError naming it
 */
async function requireDataFolder(folder: string, isFromVariable: boolean): Promise<void> {
  const found = await stat(folder).catch(() => undefined);
  if (found?.isDirectory() === true) return;
  throw new ArgumentError(
    "--data",
    `must be a folder that exists, got ${JSON.stringify(folder)}`,
    `${isFromVariable ? `${dataVariable} names it; ` : ""}docs/reproducing.md says what belongs there`,
  );
}

/** Which experiments lack data, with why; named ones are refused. */
async function findAbsences(
  { chosen, isAll, data }: ReproduceSettings,
  context: CommandContext,
): Promise<Map<string, string>> {
  const absences = new Map<string, string>();
  for (const { name, needs } of chosen) {
    const missing = (await Promise.all(needs.map((kind) => missingFiles(data, kind)))).flat();
    if (missing.length === 0) continue;
    const [first] = missing;
    if (!isAll)
      throw new ArgumentError(
        "--data",
        `must be a folder with ${first} for ${name}, got ${data === undefined ? "nothing" : JSON.stringify(data)}`,
        `give --data, or set ${dataVariable}`,
      );
    note(context, `${name} is left out: there is no ${first} in ${data}`);
    absences.set(name, `not run: no ${first}`);
  }
  return absences;
}

interface Work {
  readonly settings: ReproduceSettings;
  readonly store: ResultStore;
  readonly engine: Engine;
  readonly data: DataCache;
}

/** Each kind is read once, when it is first asked for. */
interface DataCache {
  load(kind: DataKind): ReturnType<typeof loadData>;
}

function createDataCache(folder: string | undefined): DataCache {
  const loaded = new Map<DataKind, ReturnType<typeof loadData>>();
  return {
    load(kind) {
      const known = loaded.get(kind) ?? loadData(folder, kind);
      loaded.set(kind, known);
      return known;
    },
  };
}

/** @param known what data that is not here was, where that is told */
async function inputsOf(
  { name, revision, needs }: Experiment,
  { settings, engine, data }: Work,
  known: ResultInputs["data"] = {},
): Promise<ResultInputs> {
  const provenance = await Promise.all(
    needs.map(async (kind) => [kind, known[kind] ?? (await data.load(kind)).provenance] as const),
  );
  return {
    experiment: name,
    revision,
    isQuick: settings.isQuick,
    seed: String(settings.seed),
    engine: engineName(engine),
    version: packageVersion,
    data: Object.fromEntries(provenance),
  };
}

/** @returns false if it was interrupted */
async function runExperiment(
  experiment: Experiment,
  work: Work & { readonly context: CommandContext; readonly signal: AbortSignal },
): Promise<boolean> {
  const { settings, store, engine, data, context, signal } = work;
  const { name, needs } = experiment;
  const inputs = await inputsOf(experiment, work);
  const key = resultKey(inputs);
  if (settings.isForced) await store.forget(name);
  else if ((await store.read(name, key)) !== undefined) {
    note(context, `${name}: there already (--force runs it again)`);
    return true;
  }
  await store.startTime(name, key);
  const started = performance.now();
  let line = createProgressLine(context, name);
  let part = "";
  const values = await Promise.all(needs.map(async (kind) => [kind, (await data.load(kind)).value] as const));
  try {
    const result = await experiment.run(Object.fromEntries(values) as unknown as ExperimentData, {
      createSampler: (target) => engine.createSampler(target),
      seed: settings.seed,
      isQuick: settings.isQuick,
      signal,
      onProgress: (current, progress) => {
        if (current !== part) {
          line.stop();
          part = current;
          line = createProgressLine(context, `${name}, ${part}`);
        }
        line.update(progress);
      },
      keep: store.keeper(name, key),
      runProgram,
    });
    line.stop();
    const pictures = Object.fromEntries(
      await Promise.all(
        result.pictures.map(
          async ({ name: picture, sections, ...options }) => [picture, await renderSheet(sections, options)] as const,
        ),
      ),
    );
    await store.write(
      name,
      {
        format: resultFormat,
        key,
        inputs,
        rows: result.rows,
        figures: result.figures,
        pictures: result.pictures.map(({ name: picture, title, subtitle }) => ({ name: picture, title, subtitle })),
        notes: result.notes,
      },
      pictures,
    );
    const seconds = (performance.now() - started) / 1000;
    await store.addTime(name, seconds);
    note(context, `${name}: ${formatDuration(seconds)}`);
    return true;
  } catch (error) {
    if (!signal.aborted) throw error;
    await store.addTime(name, (performance.now() - started) / 1000);
    return false;
  } finally {
    line.stop();
  }
}

interface Collected {
  /** All that was asked for, and whatever else of the same settings is there. */
  readonly reported: Reported[];
  /** Results that are there and of other inputs. */
  readonly numOthers: number;
  /** Reported ones whose data is not here, so that their own word for it is taken. */
  readonly numUnchecked: number;
}

async function collect(work: Work & { readonly absences: ReadonlyMap<string, string> }): Promise<Collected> {
  const { settings, store, absences } = work;
  const times = await store.readTimes();
  const reported: Reported[] = [];
  let [numOthers, numUnchecked] = [0, 0];
  for (const experiment of experiments) {
    const { name, needs } = experiment;
    const isChosen = settings.chosen.includes(experiment);
    const found = await store.find(name);
    const isHere = await Promise.all(needs.map(async (kind) => (await missingFiles(settings.data, kind)).length === 0));
    const absent = Object.fromEntries(
      needs.filter((_, i) => !isHere[i]!).map((kind) => [kind, found?.inputs.data[kind] ?? {}]),
    );
    const isOurs = found !== undefined && found.key === resultKey(await inputsOf(experiment, work, absent));
    const result = isOurs ? found : undefined;
    if (found !== undefined && !isOurs) numOthers++;
    if (isOurs && isHere.includes(false)) numUnchecked++;
    if (result === undefined && !isChosen) continue;
    const absence = absences.get(name);
    reported.push({ experiment, result, seconds: times[name], ...(absence !== undefined && { absence }) });
  }
  return { reported, numOthers, numUnchecked };
}

async function writeReport(
  store: ResultStore,
  reported: readonly Reported[],
  { isQuick }: ReproduceSettings,
  engine: Engine,
): Promise<void> {
  if (reported.every(({ result }) => result === undefined)) return;
  const pictures = new Map<string, Buffer>();
  for (const { result } of reported)
    for (const { name } of result?.pictures ?? []) pictures.set(name, await readFile(store.picturePath(name)));
  const blocks = reportBlocks(reported, {
    isQuick,
    picture: (name) => pictures.get(name)!,
    place: [
      `Node ${process.versions.node} on ${platformName()}, ${cpus()[0]?.model.trim() ?? "unknown processor"}, ${cpus().length} cores; ${engineName(engine)}.`,
      `Command: ${programName} reproduce.`,
    ],
  });
  const figures = reported.flatMap(({ result }) => result?.figures ?? []);
  if (figures.length > 0) await mkdir(join(store.folder, "figures"), { recursive: true });
  for (const figure of figures)
    await writeFileAtomic(join(store.folder, "figures", `${figure.name}.svg`), figureSvg(figure));
  await writeFileAtomic(join(store.folder, "report.md"), toMarkdown(blocks));
  await writeFileAtomic(join(store.folder, "report.html"), toHtml(reportTitle, blocks));
}

function describeDone(done: readonly Reported[], { isQuick }: ReproduceSettings, out: string): string {
  const rows = done.flatMap(({ result }) => (result as StoredResult).rows);
  const withPrint = rows.filter(({ verdict }) => verdict.isReproduced !== null);
  const withLaw = rows.filter(({ verdict }) => verdict.agreesWithLaw !== null);
  const reproduced = withPrint.filter(({ verdict }) => verdict.isReproduced === true).length;
  const asLaw = withLaw.filter(({ verdict }) => verdict.agreesWithLaw === true).length;
  return (
    `${done.length} experiments, ${rows.length} figures: ` +
    (isQuick ? "" : `${reproduced} of ${withPrint.length} published ones reproduced, `) +
    `${asLaw} of ${withLaw.length} as the exact law\n` +
    // Without a result there is no report either.
    (done.length === 0 ? "" : `Written to ${out}: report.html, report.md, results, figures, pictures\n`)
  );
}
