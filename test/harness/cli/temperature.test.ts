/** The command `temperature` on labelled files, what it prints and writes, and `--beta auto:…`, which rests on it. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  createMemoryMatrix,
  encodeNpy,
  inflectionGridRule,
  inflectionRoots,
  recommendTemperatures,
  type MemoryMatrix,
} from "../../../src/index.ts";
import golden from "../../golden/inflection.json" with { type: "json" };
import { wavesMemory } from "../../support/memories.ts";
import { runCommand } from "./fake-context.ts";

/** 36 patterns of 50 numbers in 6 clusters; pattern k is of cluster k mod 6. */
const nested = golden.values.find(({ name }) => name === "nested clusters")!;
const memory = wavesMemory(nested);
let folder: string;
let source: string;
let labels: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "cli-temperature-"));
  source = join(folder, "patterns.npy.gz");
  writeFileSync(source, gzipSync(encodeNpy(memory.values, [memory.numPatterns, memory.dim])));
  labels = join(folder, "labels-idx1-ubyte");
  writeFileSync(
    labels,
    Uint8Array.from([0, 0, 8, 1, 0, 0, 0, 36, ...Array.from({ length: 36 }, (_, k) => k % nested.numClusters)]),
  );
});
afterAll(() => rmSync(folder, { recursive: true }));

const temperature = (...args: string[]) => runCommand(["temperature", "--memory", source, ...args]);
const json = (path: string): Record<string, unknown> =>
  JSON.parse(readFileSync(join(folder, path), "utf8")) as Record<string, unknown>;

/** Patterns by their indices, as the command scales them. */
function part(indices: readonly number[]): MemoryMatrix {
  const { dim } = memory;
  const rows = indices.flatMap((k) => Array.from(memory.values.subarray(k * dim, (k + 1) * dim)));
  return createMemoryMatrix(rows, { numPatterns: indices.length, dim });
}
const clusterOf = (label: number, count = 6): number[] => Array.from({ length: count }, (_, i) => label + 6 * i);

describe("what is printed", () => {
  it("is four fields and nothing else as JSON", async () => {
    const { code, stdout, stderr } = await temperature("--select", "first", "--json");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const report = JSON.parse(stdout) as Record<string, unknown>;
    expect(Object.keys(report)).toEqual(["sqrtDim", "gridRule", "roots", "recommended"]);
    const { sqrtDim, gridRule, roots, recommended } = recommendTemperatures(part([...Array(36).keys()]), { seed: 1 });
    expect(report).toEqual({ sqrtDim, gridRule, roots, recommended: { ...recommended } });
    expect(report["roots"]).toEqual(nested.roots.map((root) => expect.closeTo(root, 3) as number));
  });

  it("is a table of every temperature with a name, and a reason for each recommendation", async () => {
    const { code, stdout } = await temperature("--select", "first");
    expect(code).toBe(0);
    const { generation, blending, retrieval } = recommendTemperatures(memory, { seed: 1 }).recommended;
    expect(stdout).toMatch(
      /^36 of 36 patterns, d = 50\n\n {2,}β +concentration +patterns in T\(ξ\) +novelty of T\(ξ\)/,
    );
    for (const line of [
      /^√d +7\.07 /m,
      /^published grid rule +210 /m,
      /^entropy inflection +2\.52 /m,
      /^entropy inflection +250 /m,
    ])
      expect(stdout).toMatch(line);
    expect(stdout).toContain(
      `\ngeneration at β = ${generation}: the entropy inflection, where attention goes from all patterns to one fastest, ` +
        "the one of 2 that loses most entropy per octave of β.\n" +
        `blending at β = ${blending}: half-way, where the novelty of T(ξ) is half of that at generation.\n` +
        `retrieval at β = ${retrieval}: from here on T(ξ) copies stored patterns (the published signal-to-noise ratio 0.113 is below).\n`,
    );
  });

  it("is of the class alone, selected before the count and the rule", async () => {
    const { stdout } = await temperature(
      "--labels",
      labels,
      "--class",
      "4",
      "--patterns",
      "3",
      "--select",
      "first",
      "--json",
    );
    const three = part(clusterOf(4, 3));
    expect(JSON.parse(stdout)).toMatchObject({ roots: inflectionRoots(three), gridRule: inflectionGridRule(three) });
    const table = await temperature("--labels", labels, "--class", "4", "--patterns", "3");
    expect(table.stdout).toMatch(/^3 of 6 patterns of class 4, d = 50\n/);
  });

  it("depends on the seed only where draws are made", async () => {
    const one = JSON.parse((await temperature("--seed", "1", "--json")).stdout) as Record<string, unknown>;
    const two = JSON.parse((await temperature("--seed", "2", "--json")).stdout) as Record<string, unknown>;
    expect(two["roots"]).toEqual(one["roots"]);
    expect(two["recommended"]).not.toEqual(one["recommended"]);
  });
});

describe("what is written", () => {
  it("is a plot, the curves of it, and everything to repeat them", async () => {
    const out = join(folder, "out");
    const { code, stdout } = await temperature("--labels", labels, "--class", "2", "--out", out);
    expect(code).toBe(0);
    expect(stdout).toContain(`Written to ${out}: temperature.svg, temperature.csv, temperature.json\n`);
    expect(readdirSync(out).sort()).toEqual(["temperature.csv", "temperature.json", "temperature.svg"]);

    const [header, ...rows] = readFileSync(join(out, "temperature.csv"), "utf8").trimEnd().split("\n");
    expect(header).toBe("beta,entropy,concentration,drawEntropy,denoisedNovelty");
    const first = rows[0]!.split(",").map(Number);
    const last = rows.at(-1)!.split(",").map(Number);
    // From all six patterns of the class to one.
    expect(first[1]).toBeCloseTo(Math.log(6), 3);
    expect(last.slice(1)).toEqual([
      expect.closeTo(0, 4),
      expect.closeTo(1, 4),
      expect.closeTo(0, 4),
      expect.closeTo(0, 6),
    ]);
    expect(readFileSync(join(out, "temperature.svg"), "utf8")).toMatch(
      /^<svg [^>]*><title>Temperatures of patterns\.npy\.gz, class 2<\/title>/,
    );
    const roots = inflectionRoots(part(clusterOf(2)));
    expect(json("out/temperature.json")).toMatchObject({
      options: { memory: source, labels, class: 2, patterns: 6, select: "random", seed: "1" },
      memory: { numPatterns: 6, dim: 50, available: 6 },
      // Another order of the same six patterns: the sums differ in the last bits.
      roots: roots.map((root) => expect.closeTo(root, 6) as number),
    });
  });

  it("is nothing, not even a folder, if no temperature can be told", async () => {
    const single = join(folder, "single.npy");
    writeFileSync(single, encodeNpy(Float32Array.of(3, 4), [1, 2]));
    const out = join(folder, "never");
    expect(await runCommand(["temperature", "--memory", single, "--out", out])).toEqual({
      code: 2,
      stdout: "",
      stderr:
        "stochastic-attention: --memory: the memory must hold at least two patterns that differ in their overlap with the " +
        "first 1, got 1 that do not (a temperature has nothing to tell apart)\n",
    });
    expect(existsSync(out)).toBe(false);
  });
});

describe("mistakes", () => {
  it.each([
    ["--class x", '--class: must be a whole number, got "x"'],
    ["--seed -1", '--seed: must be a whole number from 0 to 2^64 - 1, got "-1"'],
    ["--patterns 37", 'patterns: must be at most the 36 patterns of "SOURCE", got 37'],
    [
      "--class 1",
      '--class: must go with labels, got 1 for "SOURCE", whose patterns have none (name their file with --labels)',
    ],
    ["--labels LABELS --class 9", '--class: must be one of the classes of "SOURCE", which are 0 to 5, got 9'],
    [
      "--labels SOURCE",
      '--labels: must hold one number per pattern, got an array of shape [36, 50] in "SOURCE" (is it the file of the images?)',
    ],
  ])("%s", async (args, sentence) => {
    const { code, stdout, stderr } = await temperature(
      ...args.replace("LABELS", labels).replace("SOURCE", source).split(" "),
    );
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(`${sentence.replaceAll("SOURCE", source)}\n`);
  });

  it("need a memory", async () => {
    expect((await runCommand(["temperature"])).stderr).toBe(
      "stochastic-attention: --memory: must be given, got nothing (a folder of images, a .npy, .npz, IDX or CSV file or builtin:faces)\n",
    );
  });
});

describe("sample", () => {
  const sample = (out: string, ...args: string[]) =>
    runCommand(
      ["sample", "--memory", source, "--out", join(folder, out), "--engine", "reference", "--chains", "8"].concat(args),
    );

  it.each(["retrieval", "blending", "generation"] as const)("takes β for %s", async (purpose) => {
    const { code, stderr } = await sample(purpose, "--beta", `auto:${purpose}`, "--select", "first");
    expect(code).toBe(0);
    const report = recommendTemperatures(part([...Array(36).keys()]), { seed: 1 });
    const beta = report.recommended[purpose];
    expect(stderr).toMatch(new RegExp(`^stochastic-attention: --beta auto:${purpose} is β = ${beta}: .+\n$`));
    expect(json(`${purpose}/run.json`)).toMatchObject({
      options: { beta, betaRule: `auto:${purpose}` },
      temperature: report,
    });
  });

  it("takes the temperature of the class that it keeps", async () => {
    await sample("kept", "--beta", "auto:blending", "--labels", labels, "--class", "2", "--select", "first");
    const { recommended } = recommendTemperatures(part(clusterOf(2)), { seed: 1 });
    expect(json("kept/run.json")).toMatchObject({ options: { beta: recommended.blending, class: 2, patterns: 36 } });
  });

  it("keeps a class by a mask, and counts the samples of it over the whole selection", async () => {
    const { code, stdout } = await sample("masked", "--beta", "20000", "--labels", labels, "--class", "3");
    expect(code).toBe(0);
    expect(stdout).toContain("from the 6 of 36 patterns that are of class 3, d = 50, β = 20000\n");
    expect(stdout).toMatch(/nearest pattern is of class 3 +1\.0000 ± 0\.0000 +chance 0\.1667 +1\.0000 ± 0\.0000\n/);
    const share = { label: 3, mean: 1, se: 0, chance: 1 / 6 };
    expect(json("masked/metrics.json")).toMatchObject({ classShare: share, exact: { classShare: share } });
    expect(json("masked/run.json")).toMatchObject({ options: { labels, class: 3, betaRule: null }, temperature: null });
  });

  it("says which classes were taken", async () => {
    const few = ["--labels", labels, "--select", "first", "--patterns", "3", "--class", "5"];
    expect((await sample("few", ...few)).stderr).toBe(
      "stochastic-attention: --class: must be one of the classes of the 3 patterns taken of 36, which are 0 to 2, got 5 " +
        "(take more with --patterns)\n",
    );
    expect((await sample("none", "--labels", labels, "--class", "8")).stderr).toBe(
      "stochastic-attention: --class: must be one of the classes of the 36 patterns, which are 0 to 5, got 8\n",
    );
    expect((await sample("auto", "--beta", "auto:")).stderr).toBe(
      "stochastic-attention: --beta: must be a finite number above 0, or one of auto:retrieval, auto:blending, auto:generation, " +
        'got "auto:"\n',
    );
  });
});
