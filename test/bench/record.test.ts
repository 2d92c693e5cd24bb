/** Results as they are kept, read back and shown. */
import { describe, expect, test } from "vitest";
import { parseJobRecord, parseRecord, type BenchRecord, type JobRecord, type Row } from "../../bench/measure/record.ts";
import { formatRate, placeName, ratios, renderMarkdown, renderPictures, slugOf } from "../../bench/report.ts";

const row = (contestant: string, space: string, median: number | null): Row => ({
  contestant: `${contestant}-${space}`,
  label: contestant.startsWith("webgpu") ? "this library, WebGPU" : contestant,
  place: "node",
  space,
  arithmetic: "float32",
  skipped: median === null ? "one step takes all day" : null,
  verified: "draws",
  error: median === null ? null : 2e-7,
  numRounds: median === null ? null : 20,
  thinning: median === null ? null : 100,
  chainStepsPerSecond: median === null ? null : { median, lower: 0.9 * median, upper: 1.2 * median },
  gpuChainStepsPerSecond: null,
  gflops: null,
  shareOfPeak: median === null ? null : 0.25,
});

const job = (dim: number, group: string, rows: readonly Row[]): JobRecord => ({
  id: `${dim}-100-64-ula`,
  title: "faces",
  group,
  dim,
  numPatterns: 100,
  numChains: 64,
  beta: 1e4,
  kernel: "ula",
  stepSize: 0.01,
  leastBytesPerStep: 1e6,
  rows,
});

const rows = [row("webgpu", "direct", 1000), row("webgpu", "collapsed", 30_000), row("jax-js-webgpu", "direct", 500)];
const record: BenchRecord = {
  format: 1,
  adapter: { name: "Example GPU", driver: "example 1.0", isSoftware: true },
  machine: { cpu: "Example CPU", numCores: 2, platform: "linux" },
  versions: { node: "20" },
  commit: "0123456789ab",
  command: "npm run bench",
  isQuick: false,
  peaks: { webgpu: 1e12 },
  launch: { secondsPerDispatch: 1e-6, secondsPerRoundTrip: 1e-4 },
  missing: ["JAX: no module"],
  jobs: [
    job(4096, "sizes", [...rows, row("tfjs-webgpu", "direct", null)]),
    job(1024, "dimension", rows),
    job(4096, "dimension", rows),
  ],
  ess: [
    {
      id: "ess-784",
      title: "digits",
      dim: 784,
      numPatterns: 100,
      beta: 2000,
      rows: [
        {
          kernel: "ula",
          engine: "this library, WebGPU",
          stepSize: 0.01,
          thinning: 100,
          numChains: 64,
          numDraws: 64,
          acceptanceRate: 1,
          secondsPerRun: 2,
          essPerSecond: 32,
          splitRhat: 2.1,
          essPerSecondInBasin: 900,
          skipped: null,
        },
      ],
    },
  ],
};

describe("reading", () => {
  test("gives back what was written", () => {
    expect(parseRecord(JSON.stringify(record), "a.json")).toEqual(record);
    expect(parseJobRecord(JSON.stringify(record.jobs[0]), "b.json")).toEqual(record.jobs[0]);
  });

  const changed = (change: (copy: Record<string, never>) => void): string => {
    const copy = structuredClone(record) as unknown as Record<string, never>;
    change(copy);
    return JSON.stringify(copy);
  };
  test.each([
    ["text that is no JSON", "{", "a.json: must be JSON, got something else (was it cut short?)"],
    ["another format", changed((copy) => Object.assign(copy, { format: 2 })), "a.json.format: must be 1, got 2"],
    ["a list in place of an object", "[]", "a.json: must be an object, got an array of 0"],
    [
      "a missing field",
      changed((copy) => delete (copy as Record<string, unknown>)["commit"]),
      "a.json.commit: must be text, got undefined",
    ],
    [
      "a field that nobody knows",
      changed((copy) => Object.assign(copy, { speed: "fast" })),
      'a.json.speed: must be absent, got "fast"',
    ],
    [
      "a figure that is none",
      JSON.stringify(record).replace('"median":1000', '"median":null'),
      "a.json.jobs[0].rows[0].chainStepsPerSecond.median: must be a finite number, got null",
    ],
  ])("refuses %s with its place", (_, json, message) => {
    expect(() => parseRecord(json, "a.json")).toThrow(message);
  });
});

describe("the report", () => {
  const markdown = renderMarkdown(record, ["example-engines.svg"]);

  test("names software rendering in its heading and says what it means", () => {
    expect(placeName(record)).toBe("Example GPU (software rendering); Example CPU, 2 cores");
    expect(markdown.split("\n")[0]).toContain("(software rendering)");
    expect(markdown).toContain("They say nothing about a GPU.");
    const onHardware = { ...record, adapter: { ...record.adapter!, isSoftware: false } };
    expect(renderMarkdown(onHardware, [])).not.toContain("software");
  });

  test("has every contestant, those that were not measured with their reason", () => {
    expect(markdown).toContain("| this library, WebGPU, collapsed, float32 | 30.0 k |");
    expect(markdown).toContain("30.0 k (27.0 k – 36.0 k)");
    expect(markdown).toContain("not measured: one step takes all day");
    expect(markdown).toContain("not there: JAX: no module");
    expect(markdown).toContain("| ula | this library, WebGPU | 0.0100 | 100 | 1.000 | 900 | 32.0 | 2.10 |");
  });

  test("compares what is comparable", () => {
    expect(ratios([record.jobs[0]!]).map(({ what, value }) => [what, value])).toEqual([
      ["this library, WebGPU: collapsed ÷ direct", 30],
      ["this library, WebGPU, direct ÷ jax-js-webgpu, direct, float32", 2],
      ["this library, WebGPU, collapsed ÷ jax-js-webgpu, direct, float32", 60],
    ]);
  });

  test("has a picture of the engines and one of the cost against d, and none without data", () => {
    const pictures = renderPictures(record);
    expect(Object.keys(pictures)).toEqual(["engines", "dimension"]);
    for (const svg of Object.values(pictures)) expect(svg).toMatch(/^<svg[^>]*>[\s\S]*<\/svg>\n$/);
    expect(renderPictures({ ...record, jobs: [] })).toEqual({});
  });

  test("writes rates in three digits, and names fit for files", () => {
    expect([999, 1234, 5_678_000, 0.5].map(formatRate)).toEqual(["999", "1.23 k", "5.68 M", "0.500"]);
    expect(slugOf("NVIDIA H200 (rev. 1)")).toBe("nvidia-h200-rev-1");
  });
});
