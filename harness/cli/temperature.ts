/** The command `temperature`: a memory in; the temperatures that matter to it, with reasons, as a table, a plot and CSV. */
import { basename, join } from "node:path";
import type { Command } from "commander";
import {
  noveltyFloor,
  publishedPoints,
  temperatureCurves,
  type MemoryMatrix,
  type TemperatureCurves,
  type TemperatureReport,
} from "../../src/index.ts";
import { makeFolders, requireOutputDirectory, writeFileAtomic, writeJsonAtomic } from "../files/atomic-write.ts";
import { formatCsv } from "../files/csv.ts";
import type { LoadedMemory } from "../files/memory-source.ts";
import { renderPlot, type PlotMark } from "../pictures/plot.ts";
import { programName, type CommandContext } from "./context.ts";
import { formatBeta, formatFixed, formatTable } from "./format.ts";
import {
  addMemoryOptions,
  loadPatterns,
  requireMemorySettings,
  type MemoryFlags,
  type MemorySettings,
} from "./memory-settings.ts";
import { parseSeed } from "./parse-options.ts";
import { purposeNames } from "./sample-settings.ts";
import { reasons, recommend } from "./temperature-reasons.ts";
import { packageVersion } from "./versions.ts";

const defaultSeed = "1";
const pointsPerDecade = 16;
/** How far below generation and above retrieval the curves go, at least, before the next power of ten. */
const curveMargin = { below: 30, above: 1.2 } as const;
/** Digits of a β in the table and the plot. */
const numDigits = 3;

/** What commander hands over: text, as typed or by default. */
interface TemperatureFlags extends MemoryFlags {
  readonly seed: string;
  readonly out?: string;
  readonly json?: boolean;
}

export function defineTemperature(program: Command, context: CommandContext, setCode: (code: number) => void): void {
  addMemoryOptions(
    program
      .command("temperature")
      .description("find the temperatures at which a memory copies, blends and generates, and recommend one for each"),
    "look at this class alone: it selects before --patterns and --select, which then take of it",
  )
    .option("--seed <seed>", "of the exact draws that the novelty of T(ξ) is averaged over", defaultSeed)
    .option("--out <folder>", "write temperature.svg, temperature.csv and temperature.json there")
    .option("--json", "print sqrtDim, gridRule, roots and recommended as JSON")
    .option("--debug", "print a stack trace with an error")
    .addHelpText(
      "after",
      `
Examples:
  ${programName} temperature --memory builtin:faces
  ${programName} temperature --memory images-idx3-ubyte.gz --labels labels-idx1-ubyte.gz --class 3 --select first
  ${programName} sample --memory builtin:faces --beta auto:blending --out out/blends`,
    )
    .action(async (flags: TemperatureFlags) => setCode(await temperature(flags, context)));
}

/** @returns the exit code */
async function temperature(flags: TemperatureFlags, context: CommandContext): Promise<number> {
  const settings = requireMemorySettings(flags);
  const seed = parseSeed("--seed", flags.seed);
  const loaded = await loadPatterns(settings, "select");
  const folder = flags.out === undefined ? undefined : await requireOutputDirectory("--out", flags.out);
  const report = recommend("--memory", loaded.memory, seed);
  if (folder !== undefined) await writeOutputs(folder, settings, loaded, report, seed);
  context.stdout.write(flags.json === true ? toJson(report) : describeReport(settings, loaded, report, seed));
  if (flags.out !== undefined && flags.json !== true)
    context.stdout.write(`\nWritten to ${flags.out}: temperature.svg, temperature.csv, temperature.json\n`);
  return 0;
}

function toJson({ sqrtDim, gridRule, roots, recommended }: TemperatureReport): string {
  return `${JSON.stringify({ sqrtDim, gridRule, roots, recommended }, null, 2)}\n`;
}

/** The temperatures that have a name of their own, ascending. */
function namedTemperatures({ sqrtDim, gridRule, roots, copies, published }: TemperatureReport): PlotMark[] {
  const named = [
    { x: sqrtDim, label: "√d" },
    { x: gridRule, label: "published grid rule" },
    ...roots.map((x) => ({ x, label: "entropy inflection" })),
    { x: copies, label: "T(ξ) copies from here" },
    { x: published.generation, label: `SNR ${publishedPoints.generation}` },
    { x: published.retrieval, label: `SNR ${publishedPoints.retrieval}` },
  ];
  return named.sort((a, b) => a.x - b.x);
}

function describeReport(
  settings: MemorySettings,
  { memory, totalAvailable }: LoadedMemory,
  report: TemperatureReport,
  seed: bigint,
): string {
  const named = namedTemperatures(report);
  const { recommended } = report;
  const ofClass = settings.classLabel === undefined ? "" : ` of class ${settings.classLabel}`;
  const why = reasons(report);
  return (
    `${memory.numPatterns} of ${totalAvailable} patterns${ofClass}, d = ${memory.dim}\n\n` +
    temperatureTable(
      memory,
      named.map(({ x, label }) => [label, x]),
      seed,
    ) +
    "\nRecommended\n" +
    temperatureTable(
      memory,
      purposeNames.toReversed().map((name) => [`  ${name}`, recommended[name]]),
      seed,
    ) +
    `\n${purposeNames
      .toReversed()
      .map((name) => `${name} at β = ${formatBeta(recommended[name])}: ${why[name]}.\n`)
      .join("")}`
  );
}

/** A row for each β: its figures at stored patterns, over exact draws, and of the noise. */
function temperatureTable(memory: MemoryMatrix, named: readonly (readonly [string, number])[], seed: bigint): string {
  const betas = named.map(([, beta]) => beta);
  const { concentration, drawEntropy, denoisedNovelty } = temperatureCurves(memory, betas, { seed });
  return formatTable([
    ["", "β", "concentration", "patterns in T(ξ)", "novelty of T(ξ)", "noise floor of ξ"],
    ...named.map(([label, beta], i) => [
      label,
      shortBeta(beta),
      formatFixed(concentration[i]!),
      Math.exp(drawEntropy[i]!).toFixed(1),
      formatFixed(denoisedNovelty[i]!),
      formatFixed(noveltyFloor({ memory, beta })),
    ]),
  ]);
}

function shortBeta(beta: number): string {
  return formatBeta(Number(beta.toPrecision(numDigits)));
}

/** Whether two β are one but for rounding to that many digits, which is off by at most half a unit of the last. */
function isSame(a: number, b: number): boolean {
  return Math.abs(Math.log(a / b)) <= 0.51 * 10 ** (1 - numDigits);
}

async function writeOutputs(
  folder: string,
  settings: MemorySettings,
  { memory, totalAvailable, sha256 }: LoadedMemory,
  report: TemperatureReport,
  seed: bigint,
): Promise<void> {
  const curves = temperatureCurves(memory, curveBetas(report), { seed });
  const { betas, ...columns } = curves;
  const table = formatCsv({ beta: betas, ...columns });
  const plot = plotCurves(settings, memory, report, curves);
  await makeFolders(folder);
  await writeFileAtomic(join(folder, "temperature.csv"), table);
  await writeFileAtomic(join(folder, "temperature.svg"), plot);
  await writeJsonAtomic(join(folder, "temperature.json"), {
    command: "temperature",
    options: {
      memory: settings.memory,
      labels: settings.labels ?? null,
      class: settings.classLabel ?? null,
      patterns: memory.numPatterns,
      select: settings.select,
      patternSeed: String(settings.patternSeed),
      imageSize: settings.imageSize ?? null,
      normalize: settings.normalize,
      seed: String(seed),
    },
    version: packageVersion,
    memory: { sha256, numPatterns: memory.numPatterns, dim: memory.dim, available: totalAvailable },
    ...report,
  });
}

/** Log-spaced, from power of ten to power of ten, around everything that has a name. */
function curveBetas(report: TemperatureReport): number[] {
  const marks = namedTemperatures(report).map(({ x }) => x);
  const { generation, retrieval } = report.recommended;
  const first = Math.floor(Math.log10(Math.min(...marks, generation / curveMargin.below)));
  const last = Math.ceil(Math.log10(Math.max(...marks, retrieval * curveMargin.above)));
  const numSteps = (last - first) * pointsPerDecade;
  return Array.from({ length: numSteps + 1 }, (_, i) => 10 ** (first + i / pointsPerDecade));
}

function plotCurves(
  settings: MemorySettings,
  memory: MemoryMatrix,
  report: TemperatureReport,
  { betas, entropy, concentration, drawEntropy, denoisedNovelty }: TemperatureCurves,
): string {
  const { numPatterns, dim } = memory;
  const ofClass = settings.classLabel === undefined ? "" : `, class ${settings.classLabel}`;
  const maxEntropy = Math.log(numPatterns);
  const named = namedTemperatures(report);
  const strong = purposeNames.map((name): PlotMark => {
    const x = report.recommended[name];
    const same = named.filter((mark) => isSame(mark.x, x)).map(({ label }) => ` = ${label}`);
    return { x, label: `${name} ${shortBeta(x)}${same.join("")}`, isStrong: true };
  });
  const others = named.filter((mark) => !strong.some(({ x }) => isSame(mark.x, x)));
  const marks = [...strong, ...others.map(({ x, label }) => ({ x, label: `${label}: ${shortBeta(x)}` }))];
  return renderPlot(
    [
      {
        heading: `Attention entropy H, nats; log K = ${formatFixed(maxEntropy)}`,
        domain: [0, maxEntropy],
        series: [
          { label: "at stored patterns", x: betas, y: entropy },
          { label: "over exact draws ξ", x: betas, y: drawEntropy },
        ],
      },
      {
        heading: "Concentration C = 1 − H/log K",
        domain: [0, 1],
        series: [
          { label: "at stored patterns", x: betas, y: concentration },
          { label: "over exact draws ξ", x: betas, y: drawEntropy.map((value) => 1 - value / maxEntropy) },
        ],
      },
      {
        heading: "Novelty of the denoised readout T(ξ) over exact draws",
        domain: [0, 1.05 * Math.max(1e-6, ...denoisedNovelty)],
        series: [{ label: "novelty of T(ξ)", x: betas, y: denoisedNovelty }],
      },
    ],
    {
      title: `Temperatures of ${basename(settings.memory)}${ofClass}`,
      subtitle:
        `${numPatterns} patterns, d = ${dim}. Stored patterns: mean over the first ${Math.min(20, numPatterns)}. ` +
        `Solid lines: recommended.`,
      xLabel: "inverse temperature β",
      xScale: "log",
      marks,
    },
  );
}
