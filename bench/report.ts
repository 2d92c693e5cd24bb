/** Tables and plots of one machine's measurements, made from its record alone, so that they can be made again. */
import { renderPlot, type PlotSeries } from "../harness/pictures/plot.ts";
import { renderBars } from "./bars.ts";
import type { BenchRecord, EssRecord, JobRecord, Row } from "./measure/record.ts";
import type { Spread } from "./measure/statistics.ts";

/** What the machine is called in headings: software rendering is never left out. */
export function placeName({ adapter, machine }: BenchRecord): string {
  const cpu = `${machine.cpu}, ${machine.numCores} cores`;
  if (adapter === null) return `${cpu}, no WebGPU`;
  return `${adapter.name}${adapter.isSoftware ? " (software rendering)" : ""}; ${cpu}`;
}

/** A name for files: letters, digits and dashes. */
export function slugOf(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "");
}

/** Three digits, in thousands or millions where there are so many. */
export function formatRate(value: number): string {
  if (value >= 1e6) return `${(value / 1e6).toPrecision(3)} M`;
  if (value >= 1e3) return `${(value / 1e3).toPrecision(3)} k`;
  return value.toPrecision(3);
}

const formatSpread = ({ median, lower, upper }: Spread): string =>
  `${formatRate(median)} (${formatRate(lower)} – ${formatRate(upper)})`;

const formatError = (error: number | null): string => (error === null ? "yardstick" : error.toExponential(1));

function markdownTable(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(heads), line(heads.map(() => "---")), ...rows.map(line)].join("\n");
}

/** A contestant as tables name it. */
function nameOf({ label, space, arithmetic, place }: Row): string {
  return `${label}, ${space}, ${arithmetic}${place === "chrome" ? ", in Chrome" : ""}`;
}

const keyOf = ({ contestant, place }: Row): string => `${contestant} ${place}`;

const sizeOf = ({ dim, numPatterns, numChains }: JobRecord): string => `${dim}, ${numPatterns}, ${numChains}`;

/** One table of a kernel: a contestant a row, a size a column. */
function sizesTable(jobs: readonly JobRecord[], nameOfJob = sizeOf): string {
  const rows = new Map(jobs.flatMap((job) => job.rows.map((row) => [keyOf(row), row] as const)));
  const cell = (key: string, job: JobRecord): string => {
    const row = job.rows.find((candidate) => keyOf(candidate) === key);
    if (row === undefined) return "";
    return row.chainStepsPerSecond === null ? "–" : formatRate(row.chainStepsPerSecond.median);
  };
  return markdownTable(
    ["", ...jobs.map(nameOfJob)],
    [...rows].map(([key, row]) => [nameOf(row), ...jobs.map((job) => cell(key, job))]),
  );
}

function detailsTable(jobs: readonly JobRecord[]): string {
  return markdownTable(
    ["job", "contestant", "chain-steps/s", "by the GPU's clock", "error", "rounds", "thinning", "GFLOP/s", "% of peak"],
    jobs.flatMap((job) =>
      job.rows.map((row) => [
        job.id,
        nameOf(row),
        ...(row.chainStepsPerSecond === null
          ? [`not measured: ${row.skipped ?? "no reason given"}`, "", "", "", "", "", ""]
          : [
              formatSpread(row.chainStepsPerSecond),
              row.gpuChainStepsPerSecond === null ? "–" : formatRate(row.gpuChainStepsPerSecond.median),
              formatError(row.error),
              String(row.numRounds),
              String(row.thinning),
              row.gflops === null ? "–" : row.gflops.toPrecision(3),
              row.shareOfPeak === null ? "–" : `${(100 * row.shareOfPeak).toPrecision(3)} %`,
            ]),
      ]),
    ),
  );
}

/** Two contestants' medians in one job. */
export interface Ratio {
  readonly job: string;
  readonly what: string;
  readonly value: number;
}

/** Collapsed over direct on the same engine, and this library over each peer in the same space, job by job. */
export function ratios(jobs: readonly JobRecord[]): readonly Ratio[] {
  return jobs.flatMap((job) => {
    const measured = job.rows.filter(({ chainStepsPerSecond }) => chainStepsPerSecond !== null);
    const rateOf = ({ chainStepsPerSecond }: Row): number => chainStepsPerSecond!.median;
    const own = measured.filter(({ contestant }) => /^(webgpu|reference)/.test(contestant));
    const collapse = own
      .filter(({ space }) => space === "collapsed")
      .flatMap((row) => {
        const direct = own.find(
          ({ label, place, space }) => label === row.label && place === row.place && space === "direct",
        );
        return direct
          ? [{ job: job.id, what: `${row.label}: collapsed ÷ direct`, value: rateOf(row) / rateOf(direct) }]
          : [];
      });
    const peers = measured.filter((row) => !own.includes(row));
    const againstPeers = peers.flatMap((peer) =>
      own
        .filter(
          ({ contestant, place, space }) =>
            place === peer.place &&
            (space === peer.space || (space === "collapsed" && peer.space === "direct")) &&
            // On the CPU against what runs there, on the GPU against what runs there.
            contestant.startsWith("webgpu") === /webgpu|torch|jax-(default|fp32)/.test(peer.contestant),
        )
        .map((row) => ({
          job: job.id,
          what: `${row.label}, ${row.space} ÷ ${nameOf(peer)}`,
          value: rateOf(row) / rateOf(peer),
        })),
    );
    return [...collapse, ...againstPeers];
  });
}

function ratiosTable(jobs: readonly JobRecord[]): string {
  return markdownTable(
    ["job", "ratio of medians", ""],
    ratios(jobs).map(({ job, what, value }) => [job, what, `${value.toPrecision(3)} ×`]),
  );
}

function essTable({ rows }: EssRecord): string {
  const orDash = (value: number | null, format: (x: number) => string): string =>
    value === null ? "–" : format(value);
  return markdownTable(
    [
      "kernel",
      "engine",
      "step size",
      "thinning",
      "acceptance",
      "ESS/s around a pattern",
      "ESS/s of the whole",
      "R-hat of the whole",
    ],
    rows.map((row) => [
      row.kernel,
      row.engine,
      orDash(row.stepSize, (x) => x.toPrecision(3)),
      String(row.thinning),
      orDash(row.acceptanceRate, (x) => x.toFixed(3)),
      row.skipped ?? orDash(row.essPerSecondInBasin, formatRate),
      orDash(row.essPerSecond, formatRate),
      orDash(row.splitRhat, (x) => x.toFixed(2)),
    ]),
  );
}

/** The whole page in Markdown. */
export function renderMarkdown(record: BenchRecord, pictures: readonly string[]): string {
  const { jobs, ess, adapter, peaks, launch, versions, missing } = record;
  const kernelsOf = (group: string): readonly string[] => [
    ...new Set(jobs.filter((job) => job.group === group).map(({ kernel }) => kernel)),
  ];
  const ofKernel = (group: string, kernel: string): readonly JobRecord[] =>
    jobs.filter((job) => job.group === group && job.kernel === kernel);
  const microseconds = (seconds: number): string => `${(1e6 * seconds).toPrecision(3)} µs`;
  const parts: string[] = [
    `# Benchmark: ${placeName(record)}`,
    `Made by \`npm run bench -- --report\` from the JSON file of the same name; measured with \`${record.command}\` at commit ` +
      `${record.commit}.`,
  ];
  if (adapter?.isSoftware === true)
    parts.push(
      `**${adapter.name} renders in software.** Its figures show that the kernels work and how they compare on one and the ` +
        "same adapter. They say nothing about a GPU.",
    );
  if (record.isQuick) parts.push("**A quick run**: too few rounds for figures to be cited.");
  parts.push(
    "A chain-step is one step of one chain. All figures are medians of rounds in which the contestants of a job take turns; " +
      "only ratios inside a job are comparable. Rates of this library include a read-out of every chain after each stretch of " +
      "`thinning` steps, up to its arrival on the CPU. Peers run the published ULA step with their own random numbers; where " +
      "they are collapsed they run it on the patterns' coordinates, and draw nothing outside their span. Sizes are d, K, C: " +
      "dimensions, patterns, chains.",
  );
  for (const picture of pictures) parts.push(`![${picture}](${picture})`);
  for (const kernel of kernelsOf("sizes"))
    parts.push(`## Chain-steps per second, ${kernel}`, sizesTable(ofKernel("sizes", kernel)));
  for (const kernel of kernelsOf("patches"))
    parts.push(
      `## Patches, chain-steps per second, ${kernel}`,
      sizesTable(ofKernel("patches", kernel), ({ title, numChains }) => `${title}, ${numChains} chains`),
    );
  for (const kernel of kernelsOf("dimension"))
    parts.push(`## Cost against d, chain-steps per second, ${kernel}`, sizesTable(ofKernel("dimension", kernel)));
  if (jobs.length > 0) parts.push("## Ratios", ratiosTable(jobs.filter(({ group }) => group === "sizes")));
  for (const part of ess)
    parts.push(
      `## Effective samples per second: ${part.title}, d = ${part.dim}, K = ${part.numPatterns}, β = ${part.beta}`,
      "ESS/s around a pattern: along a fixed direction of ξ − T(ξ). ESS/s of the whole: along the same direction of ξ, which " +
        "also varies by the pattern that a chain is at. An R-hat far above 1 says that chains stayed at theirs: what counts " +
        "as effective there is the number of chains and no more.",
      essTable(part),
    );
  parts.push("## Details", detailsTable(jobs), "## Machine");
  parts.push(
    [
      `- ${placeName(record)}, ${record.machine.platform}${adapter === null || adapter.driver === "" ? "" : `; driver: ${adapter.driver}`}`,
      `- versions: ${Object.entries(versions)
        .map(([name, version]) => `${name} ${version}`)
        .join(", ")}`,
      `- measured peaks: ${Object.entries(peaks)
        .map(([name, flops]) => `${name} ${(flops / 1e9).toPrecision(3)} GFLOP/s`)
        .join(", ")}`,
      ...(launch === null
        ? []
        : [
            `- a dispatch costs ${microseconds(launch.secondsPerDispatch)}, a round trip ${microseconds(launch.secondsPerRoundTrip)}`,
          ]),
      ...missing.map((what) => `- not there: ${what}`),
    ].join("\n"),
  );
  return `${parts.join("\n\n")}\n`;
}

/** The pictures by the ends of their files' names; those without data are left out. */
export function renderPictures(record: BenchRecord): Readonly<Record<string, string>> {
  const pictures: Record<string, string> = {};
  const subtitle = `${placeName(record)}${record.isQuick ? "; a quick run" : ""}`;
  const widest = record.jobs.find(({ group, kernel }) => group === "sizes" && kernel === "ula");
  const measured = widest?.rows.filter(({ chainStepsPerSecond }) => chainStepsPerSecond !== null) ?? [];
  if (widest !== undefined && measured.length > 0)
    pictures["engines"] = renderBars(
      measured.map((row) => ({ label: nameOf(row), value: row.chainStepsPerSecond!.median })),
      {
        title: `Chain-steps per second, ${widest.kernel}: d = ${widest.dim}, K = ${widest.numPatterns}, ${widest.numChains} chains`,
        subtitle,
        format: formatRate,
      },
    );
  const byDimension = record.jobs.filter(({ group }) => group === "dimension").toSorted((a, b) => a.dim - b.dim);
  // One thread has the curve of all, and legends have little room.
  const contestants = [...new Set(byDimension.flatMap(({ rows }) => rows.map(({ contestant }) => contestant)))].filter(
    (contestant) => !contestant.startsWith("reference-1-"),
  );
  const series = contestants.flatMap((contestant): PlotSeries[] => {
    const points = byDimension.flatMap(({ dim, rows }) => {
      const row = rows.find((candidate) => candidate.contestant === contestant);
      return row?.chainStepsPerSecond ? [{ dim, row, cost: 1e6 / row.chainStepsPerSecond.median }] : [];
    });
    if (points.length < 2) return [];
    const { label, space } = points[0]!.row;
    return [
      {
        label: `${label.replace(/^this library, |, (OpenBLAS|\d+ threads)$/g, "")}, ${space}`,
        x: points.map(({ dim }) => dim),
        y: points.map(({ cost }) => cost),
      },
    ];
  });
  if (series.length > 0)
    pictures["dimension"] = renderPlot(
      // A panel holds as many curves as can be told apart; engines of one kind stay together.
      [true, false].flatMap((isGpu) => {
        const part = series.filter(({ label }) => label.includes("WebGPU") === isGpu).slice(0, 6);
        return part.length === 0
          ? []
          : [{ heading: `µs per chain-step, ${isGpu ? "WebGPU" : "CPU"}`, series: part, scale: "log" as const }];
      }),
      {
        title: "Cost of a step against the dimension, 100 patterns",
        subtitle,
        xLabel: "d",
        xScale: "log",
        panelHeight: 260,
      },
    );
  return pictures;
}
