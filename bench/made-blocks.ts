/**
 * The benchmark's parts of other pages, between two comments, for every measured adapter: the sizes in the README, effective
 * samples in docs/choosing.md. Made from the records alone, like their pages, so that no figure is typed.
 */
import type { BenchRecord, EssRow, JobRecord, Row } from "./measure/record.ts";
import { formatRate, placeName } from "./report.ts";

const begin = "<!-- made by `npm run bench -- --report` -->";
const end = "<!-- end of what is made -->";

/** Rows of the table, by the ids of contestants; those that nobody measured are left out. */
const shown = [
  ["reference-all-direct", "reference, all cores, direct"],
  ["reference-all-collapsed", "reference, all cores, collapsed"],
  ["webgpu-direct", "WebGPU, direct"],
  ["webgpu-collapsed", "WebGPU, collapsed"],
  ["numpy-direct", "NumPy, direct"],
  ["numpy-collapsed", "NumPy, collapsed"],
  ["torch-graphs-fp32-direct", "PyTorch, CUDA graphs, fp32, direct"],
  ["jax-fp32-direct", "JAX, fp32, direct"],
  ["jax-js-webgpu-direct", "jax-js, WebGPU, direct"],
  ["jax-js-webgpu-collapsed", "jax-js, WebGPU, collapsed"],
  ["tfjs-webgpu-direct", "TensorFlow.js, WebGPU, direct"],
  ["tfjs-webgpu-collapsed", "TensorFlow.js, WebGPU, collapsed"],
] as const;

interface KeptRecord {
  /** The name of the record's files in bench/results. */
  readonly slug: string;
  readonly record: BenchRecord;
}

/** Formatting is for what is typed. */
function blockOf(parts: readonly string[]): string {
  return [begin, "<!-- prettier-ignore-start -->", ...parts, "<!-- prettier-ignore-end -->", end].join("\n\n");
}

export function renderReadmeBlock(records: readonly KeptRecord[]): string {
  return blockOf(records.flatMap(({ slug, record }) => summaryOf(slug, record)));
}

/** Effective samples a second by kernel and engine. */
export function renderEssBlock(records: readonly KeptRecord[]): string {
  return blockOf(records.flatMap(({ slug, record }) => essSummaryOf(slug, record)));
}

function essSummaryOf(slug: string, record: BenchRecord): readonly string[] {
  if (record.ess.length === 0) return [];
  const nameOf = ({ kernel, engine }: EssRow): string => `${kernel}, ${engine.replace("this library, ", "")}`;
  const names = [...new Set(record.ess.flatMap(({ rows }) => rows.map(nameOf)))];
  const show = (row: EssRow | undefined): readonly string[] => {
    const figures = [row?.essPerSecondInBasin, row?.essPerSecond].map((value) => (value ? formatRate(value) : "–"));
    return [...figures, row?.splitRhat?.toFixed(2) ?? "–"];
  };
  const heads = record.ess.map(({ title, dim }) => `${title}, d = ${dim}: around a pattern`);
  return [
    `Effective samples a second of a fixed direction, [${placeName(record)}](../bench/results/${slug}.md):`,
    [
      line(["kernel, engine", ...heads.flatMap((head) => [head, "of the whole", "R-hat of it"])]),
      line(["---", ...heads.flatMap(() => ["---:", "---:", "---:"])]),
      ...names.map((name) =>
        line([name, ...record.ess.flatMap(({ rows }) => show(rows.find((row) => nameOf(row) === name)))]),
      ),
    ].join("\n"),
  ];
}

const line = (parts: readonly string[]): string => `| ${parts.join(" | ")} |`;

function summaryOf(slug: string, record: BenchRecord): readonly string[] {
  const jobs = record.jobs.filter(({ group, kernel }) => group === "sizes" && kernel === "ula");
  const rowOf = (job: JobRecord, id: string): Row | undefined =>
    job.rows.find(({ contestant, place }) => contestant === id && place === "node");
  const cells = shown
    .filter(([id]) => jobs.some((job) => rowOf(job, id) !== undefined))
    .map(([id, label]) => [
      label,
      ...jobs.map((job) => {
        const rate = rowOf(job, id)?.chainStepsPerSecond;
        return rate ? formatRate(rate.median) : "–";
      }),
    ]);
  const sizes = jobs.map(({ dim, numPatterns, numChains }) => `${dim}, ${numPatterns}, ${numChains}`);
  return [
    `Chain-steps per second of the published step (ula), ${placeName(record)}; sizes are d, K, C ` +
      `([all kernels and ratios${record.ess.length > 0 ? ", effective samples" : ""}](bench/results/${slug}.md)):`,
    [line(["", ...sizes]), line(["---", ...sizes.map(() => "---:")]), ...cells.map(line)].join("\n"),
    `![Cost of a step against the dimension](bench/results/${slug}-dimension.svg)`,
  ];
}

/**
 * A page with the block in the place of the one that it has.
 * @param name of the page, for the error
 * @throws Error for a page without the two comments
 */
export function withBlock(name: string, page: string, block: string): string {
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from < 0 || to < from) throw new Error(`${name}: there must be ${begin} and, after it, ${end}`);
  return page.slice(0, from) + block + page.slice(to + end.length);
}
