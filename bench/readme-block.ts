/**
 * The benchmark's part of the README: the sizes in one table for every measured adapter, between two comments. Made from the
 * records alone, like their pages, so that no figure is typed.
 */
import type { BenchRecord, JobRecord, Row } from "./measure/record.ts";
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

/** @param slug the name of the record's files in bench/results */
export function renderReadmeBlock(records: readonly { readonly slug: string; readonly record: BenchRecord }[]): string {
  const parts = records.flatMap(({ slug, record }) => summaryOf(slug, record));
  // Formatting is for what is typed.
  return [begin, "<!-- prettier-ignore-start -->", ...parts, "<!-- prettier-ignore-end -->", end].join("\n\n");
}

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
  const line = (parts: readonly string[]): string => `| ${parts.join(" | ")} |`;
  const sizes = jobs.map(({ dim, numPatterns, numChains }) => `${dim}, ${numPatterns}, ${numChains}`);
  return [
    `Chain-steps per second of the published step (ula), ${placeName(record)}; sizes are d, K, C ` +
      `([all kernels and ratios${record.ess.length > 0 ? ", effective samples" : ""}](bench/results/${slug}.md)):`,
    [line(["", ...sizes]), line(["---", ...sizes.map(() => "---:")]), ...cells.map(line)].join("\n"),
    `![Cost of a step against the dimension](bench/results/${slug}-dimension.svg)`,
  ];
}

/**
 * The README with the block in the place of the one that it has.
 * @throws Error for a README without the two comments
 */
export function withReadmeBlock(readme: string, block: string): string {
  const from = readme.indexOf(begin);
  const to = readme.indexOf(end);
  if (from < 0 || to < from) throw new Error(`README.md: there must be ${begin} and, after it, ${end}`);
  return readme.slice(0, from) + block + readme.slice(to + end.length);
}
