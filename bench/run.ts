/** The benchmark itself, in a process whose environment main.ts has chosen. */
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, readdir } from "node:fs/promises";
import { cpus } from "node:os";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { CommanderError } from "commander";
import { ArgumentError } from "../src/index.ts";
import { installedVersion, packageVersion, platformName } from "../harness/cli/versions.ts";
import { numCores } from "../harness/environment/reference-workers.ts";
import { writeFileAtomic, writeJsonAtomic } from "../harness/files/atomic-write.ts";
import { loadMemory } from "../harness/files/memory-source.ts";
import { jobs as allJobs, type Job } from "./measure/cases.ts";
import { openChrome, type ChromeBench } from "./chrome.ts";
import { jobTarget } from "./measure/contestants/own.ts";
import { measureEss, type EssJob } from "./measure/ess.ts";
import { openNodeBench, type NodeBench } from "./node-engines.ts";
import { defineOptions, requireBenchSettings, type BenchFlags, type BenchSettings } from "./options.ts";
import { race, type RaceOptions } from "./measure/race.ts";
import {
  parseEssRecord,
  parseJobRecord,
  parseRecord,
  recordFormat,
  type BenchRecord,
  type EssRecord,
  type JobRecord,
} from "./measure/record.ts";
import { renderEssBlock, renderReadmeBlock, withBlock } from "./made-blocks.ts";
import { placeName, renderMarkdown, renderPictures, slugOf } from "./report.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
/** Who takes part in Chrome, where the peers are installed. */
const inChromeIds = ["webgpu", "jax-js-webgpu", "tfjs-webgpu"].flatMap((id) => [`${id}-direct`, `${id}-collapsed`]);
const say = (sentence: string): void => void process.stderr.write(`bench: ${sentence}\n`);

process.exitCode = await main(process.argv.slice(2));
// Dawn's threads outlive a destroyed device.
process.exit();

async function main(argv: readonly string[]): Promise<number> {
  const interruption = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const)
    process.on(name, () => {
      if (interruption.signal.aborted) process.exit(130);
      say("stopping after this block; once more to leave at once");
      interruption.abort(new Error("interrupted"));
    });
  try {
    const program = defineOptions().exitOverride();
    program.parse(argv, { from: "user" });
    const settings = requireBenchSettings(program.opts<BenchFlags>(), process.env);
    if (settings.isReport) await reportAll(settings.out);
    else await measure(settings, `npm run bench -- ${argv.map(quoted).join(" ")}`.trim(), interruption.signal);
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof ArgumentError) {
      say(error.message);
      return 2;
    }
    if (!interruption.signal.aborted) throw error;
    say("interrupted: finished jobs are kept, the same command goes on from there");
    return 130;
  }
}

/** As a shell takes it for one word. */
function quoted(word: string): string {
  return /^[\w./:=,-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

async function measure(settings: BenchSettings, command: string, signal: AbortSignal): Promise<void> {
  const started = performance.now();
  const chosen = allJobs.filter(({ id }) => settings.only.test(id));
  if (settings.python !== undefined && spawnSync(settings.python, ["--version"]).error)
    throw new ArgumentError("--python", `must be a Python that runs, got ${JSON.stringify(settings.python)}`);
  const pythons = settings.python === undefined ? ["python3", "python", "/usr/bin/python3"] : [settings.python];
  const node = await openNodeBench(pythons, settings.places.includes("node"));
  const chrome = settings.places.includes("chrome") ? await openChrome() : { reason: "left out" };
  try {
    const missing = [...node.missing, ...("reason" in chrome ? [`WebGPU in Chrome: ${chrome.reason}`] : [])];
    for (const what of missing) say(`not there: ${what}`);
    const adapter = node.adapter ?? ("reason" in chrome ? null : { ...chrome.adapter, driver: "" });
    const machine = { cpu: cpus()[0]?.model.trim() ?? "unknown CPU", numCores, platform: platformName() };
    const versions = {
      "stochastic-attention": packageVersion,
      node: process.versions.node,
      webgpu: installedVersion("webgpu") ?? "absent",
      ...("reason" in chrome ? {} : { chrome: chrome.version }),
      ...node.versions,
    };
    const commit = commitName();
    const { isQuick, numRounds, places, contestants, python, budget, data } = settings;
    const stands = { isQuick, numRounds, places, contestants: contestants.source, python, budget, data };
    const fingerprint = { commit, ...stands, adapter, machine, versions, missing };
    const ids = [...node.contestants.map(({ id }) => id), ...("reason" in chrome ? [] : inChromeIds)];
    if (!ids.some((id) => contestants.test(id)))
      throw new ArgumentError(
        "--contestants",
        `must fit at least one of ${[...new Set(ids)].join(", ")}, got ${contestants.source}`,
      );
    const slug = slugOf(adapter?.name ?? machine.cpu) + (settings.isQuick ? "-quick" : "");
    const workFolder = join(root, "out", "bench", slug);
    await mkdir(workFolder, { recursive: true });
    const ess = (await essJobs(settings)).filter(({ id }) => settings.only.test(id));
    if (chosen.length + ess.length === 0)
      throw new ArgumentError(
        "--only",
        `must fit at least one job, got ${settings.only.source}`,
        `jobs are ${allJobs.map(({ id }) => id).join(", ")}, ess-784, ess-4096`,
      );

    const numShares = chosen.length + 3 * ess.length;
    let numLeft = numShares;
    // What a job needs beyond its share is not taken from those after it; what it leaves, they have.
    const secondsPerJob = (): number =>
      Math.max(settings.budget / numShares, (settings.budget - (performance.now() - started) / 1000) / numLeft);
    const jobRecords: JobRecord[] = [];
    for (const job of chosen) {
      const run = (): Promise<JobRecord> => runJob(job, node, chrome, settings, secondsPerJob(), signal);
      jobRecords.push(await once(workFolder, job.id, fingerprint, settings.isFresh, parseJobRecord, run));
      numLeft--;
    }
    const essRecords: EssRecord[] = [];
    const size = settings.isQuick ? { numRounds: 1, numChains: 16 } : { numRounds: 3, numChains: 64 };
    // A job of effective samples counts as three; five kernels on every engine.
    const secondsPerRow = (): number => (2 * secondsPerJob()) / (5 * node.essEngines.length);
    for (const job of ess) {
      const run = (): Promise<EssRecord> =>
        measureEss(job, node.essEngines, { ...size, secondsPerRow: secondsPerRow(), signal, onNote: say });
      essRecords.push(await once(workFolder, job.id, fingerprint, settings.isFresh, parseEssRecord, run));
      numLeft -= 3;
    }

    const record: BenchRecord = {
      format: recordFormat,
      adapter: adapter && { name: adapter.name, driver: adapter.driver, isSoftware: adapter.isSoftware },
      machine,
      versions,
      commit,
      command,
      isQuick: settings.isQuick,
      peaks: { ...node.peaks, ...("reason" in chrome ? {} : { "webgpu-chrome": chrome.peaks.flopsPerSecond }) },
      launch: launchOf(node, chrome),
      missing,
      jobs: jobRecords,
      ess: essRecords,
    };
    await mkdir(settings.out, { recursive: true });
    await writeJsonAtomic(join(settings.out, `${slug}.json`), record);
    await report(settings.out, slug, record);
    say(`${placeName(record)}: written to ${join(settings.out, slug)}.json and .md`);
  } finally {
    await node.close();
    if (!("reason" in chrome)) await chrome.close();
  }
}

function launchOf(node: NodeBench, chrome: ChromeBench | { readonly reason: string }): BenchRecord["launch"] {
  const peaks = node.gpuPeaks ?? ("reason" in chrome ? null : chrome.peaks);
  return peaks && { secondsPerDispatch: peaks.secondsPerDispatch, secondsPerRoundTrip: peaks.secondsPerRoundTrip };
}

/** A job in Node and, if it is for browsers, in Chrome: a race of its own there. */
async function runJob(
  job: Job,
  node: NodeBench,
  chrome: ChromeBench | { readonly reason: string },
  settings: BenchSettings,
  seconds: number,
  signal: AbortSignal,
): Promise<JobRecord> {
  const isInChrome = !("reason" in chrome) && job.isInBrowser === true && job.kernel === "ula";
  const isWanted = ({ id }: { readonly id: string }): boolean => settings.contestants.test(id);
  const inNodeWanted = node.contestants.filter(isWanted);
  const numInChrome = isInChrome ? inChromeIds.filter((id) => isWanted({ id })).length : 0;
  const numContestants = inNodeWanted.filter((contestant) => contestant.covers(job)).length + numInChrome;
  // Opening, verifying and warming up take about twice as long as the rounds.
  const secondsPerContestant = (0.35 * seconds) / numContestants;
  const options: RaceOptions = {
    numRounds: settings.numRounds,
    blockSeconds: Math.min(0.1, Math.max(0.005, secondsPerContestant / (1.6 * settings.numRounds))),
    secondsPerContestant,
    peaks: node.peaks,
    place: "node",
  };
  const inNode = await race(job, inNodeWanted, { ...options, signal, onNote: say });
  if (!isInChrome) return inNode;
  say(`${job.id}: in Chrome`);
  const peaks = { webgpu: chrome.peaks.flopsPerSecond };
  const inChrome = await chrome.race(job, { ...options, peaks, place: "chrome" }, settings.contestants.source);
  return { ...inNode, rows: [...inNode.rows, ...inChrome.rows] };
}

/**
 * The result of a finished job, or of running it now, kept at once.
 * @param fingerprint everything that a run of this command stands on: finished jobs of another are not taken for its own
 */
async function once<T>(
  folder: string,
  id: string,
  fingerprint: object,
  isFresh: boolean,
  parse: (json: string, name: string) => T,
  run: () => Promise<T>,
): Promise<T> {
  const hash = createHash("sha256").update(JSON.stringify(fingerprint)).digest("hex").slice(0, 12);
  const path = join(folder, `${id}-${hash}.json`);
  if (!isFresh && existsSync(path)) {
    const kept = JSON.parse(await readFile(path, "utf8")) as { fingerprint: unknown; result: unknown };
    if (JSON.stringify(kept.fingerprint) === JSON.stringify(fingerprint)) {
      say(`${id}: measured before`);
      return parse(JSON.stringify(kept.result), path);
    }
  }
  const result = await run();
  await writeJsonAtomic(path, { fingerprint, result });
  return result;
}

/** Digits and faces at the published temperatures: real ones if they are there. */
async function essJobs({ data }: BenchSettings): Promise<readonly EssJob[]> {
  const digits = data === undefined ? undefined : join(data, "mnist", "train-images-idx3-ubyte.gz");
  const faces = data === undefined ? undefined : join(data, "simpsons_1_200_gray64.npy");
  const common = { select: "first", patternSeed: 0, numPatterns: 100 } as const;
  const builtin = (id: string): EssJob["target"] =>
    jobTarget(allJobs.find((job) => job.id.startsWith(id) && job.group === "sizes")!);
  return [
    {
      id: "ess-784",
      ...(digits !== undefined && existsSync(digits)
        ? {
            title: "MNIST threes",
            target: {
              beta: 2000,
              memory: (
                await loadMemory({
                  ...common,
                  source: digits,
                  labels: join(data!, "mnist", "train-labels-idx1-ubyte.gz"),
                  classLabel: 3,
                })
              ).memory,
            },
          }
        : { title: "built-in faces, 28 × 28", target: builtin("784-100-30") }),
    },
    {
      id: "ess-4096",
      ...(faces !== undefined && existsSync(faces)
        ? { title: "Simpsons", target: { beta: 1e4, memory: (await loadMemory({ ...common, source: faces })).memory } }
        : { title: "built-in faces, 64 × 64", target: builtin("4096-100-256") }),
    },
  ];
}

function commitName(): string {
  try {
    const git = (...args: readonly string[]): string =>
      execFileSync("git", args, { cwd: root, encoding: "utf8" }).trim();
    const isDirty = git("status", "--porcelain", "--untracked-files=no") !== "";
    return `${git("rev-parse", "--short=12", "HEAD")}${isDirty ? " with changes" : ""}`;
  } catch {
    return "unknown";
  }
}

async function report(folder: string, slug: string, record: BenchRecord): Promise<void> {
  const pictures = renderPictures(record);
  for (const [name, svg] of Object.entries(pictures)) await writeFileAtomic(join(folder, `${slug}-${name}.svg`), svg);
  const names = Object.keys(pictures).map((name) => `${slug}-${name}.svg`);
  await writeFileAtomic(join(folder, `${slug}.md`), renderMarkdown(record, names));
}

/** @throws ArgumentError for a folder without records, or a record that is none */
async function reportAll(folder: string): Promise<void> {
  const names = existsSync(folder) ? (await readdir(folder)).filter((name) => name.endsWith(".json")) : [];
  if (names.length === 0) throw new ArgumentError("--out", `must hold results, got none in ${JSON.stringify(folder)}`);
  const kept: { readonly slug: string; readonly record: BenchRecord }[] = [];
  for (const name of names.toSorted()) {
    const path = join(folder, name);
    const slug = name.replace(/\.json$/, "");
    const record = parseRecord(await readFile(path, "utf8"), path);
    await report(folder, slug, record);
    say(`made again: ${path.replace(/json$/, "md")}`);
    if (!record.isQuick) kept.push({ slug, record });
  }
  // Other pages show what is kept in the repository, and nothing else.
  if (relative(root, resolve(folder)) !== join("bench", "results")) return;
  const blocks = { "README.md": renderReadmeBlock(kept), "docs/choosing.md": renderEssBlock(kept) };
  for (const [name, block] of Object.entries(blocks)) {
    const path = join(root, name);
    await writeFileAtomic(path, withBlock(name, await readFile(path, "utf8"), block));
    say(`made again: the benchmark's part of ${name}`);
  }
}
