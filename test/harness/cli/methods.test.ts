/** The methods on the command line: heads, annealing, schedules and adaptation of `sample`, tempering, sequences. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseSchedule } from "../../../harness/cli/schedule-options.ts";
import { encodeNpy, parseNpy } from "../../../src/index.ts";
import { randomMemory } from "../../support/memories.ts";
import { runCommand } from "./fake-context.ts";

let folder: string;
let memory: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "cli-methods-"));
  memory = join(folder, "memory.npy");
  writeFileSync(memory, encodeNpy(randomMemory(6, 9).values, [6, 9]));
});
afterAll(() => rmSync(folder, { recursive: true }));

const command = (name: string, out: string, ...args: string[]): string[] => [
  name,
  "--memory",
  memory,
  "--out",
  join(folder, out),
  "--chains",
  "8",
  "--engine",
  "reference",
  ...args,
];
const json = (out: string, name: string): Record<string, unknown> =>
  JSON.parse(readFileSync(join(folder, out, name)).toString()) as Record<string, unknown>;
const array = (out: string, name: string) => parseNpy(readFileSync(join(folder, out, name)), name);

describe("sample", () => {
  it("--heads samples principal heads and holds them against their own exact law", async () => {
    const { code, stdout } = await runCommand(command("sample", "heads", "--heads", "pca:2", "--beta", "50"));
    expect(code).toBe(0);
    expect(stdout).toContain("novelty of ξ");
    expect(json("heads", "run.json")).toMatchObject({ options: { heads: "pca:2", beta: 50, schedule: null } });
    expect(json("heads", "metrics.json")).toMatchObject({ exact: { numChains: 8 } });
    expect(array("heads", "samples.npy").shape).toEqual([8, 5, 9]);
  });

  it("--heads classes: samples a product of classes, between its factors, and says that nothing is there to compare", async () => {
    const labels = join(folder, "labels.npy");
    writeFileSync(labels, encodeNpy(Int32Array.of(1, 1, 1, 2, 2, 2), [6]));
    const args = ["--labels", labels, "--heads", "classes:1,2", "--beta", "50"];
    const { code, stderr } = await runCommand(command("sample", "product", ...args));
    expect(code).toBe(0);
    expect(stderr).toContain("a product of classes has no closed form: nothing to compare with");
    expect(json("product", "run.json")).toMatchObject({ options: { heads: "classes:1,2" } });
    expect(json("product", "metrics.json")).toMatchObject({ exact: null, nonFinite: 0 });
    // Half of one pattern and half of another: T(ξ) is far from every single one.
    expect((json("product", "metrics.json") as { novelty: { denoised: number } }).novelty.denoised).toBeGreaterThan(
      0.1,
    );
    for (const [extra, sentence] of [
      [
        ["--start", "exact"],
        "--start: must be pattern with --heads classes:, got exact (a product of classes has no closed form)",
      ],
      [
        ["--kernel", "gibbs"],
        "--kernel: must be a Langevin kernel with --heads classes:, got gibbs (a product of classes has no closed form)",
      ],
      [["--powers", "0.7,0.4"], "--powers: must sum to 1, got 1.1"],
      [["--powers", "1"], "--powers: must be one for each of 2 classes, got 1"],
      [["--class", "1"], "--class: must not be given together with --heads classes: (leave one out)"],
      [
        ["--heads", "classes:1,3"],
        "--heads: must be one of the classes of the 6 patterns taken of 6, which are 1 to 2, got 3",
      ],
    ] as const) {
      const refused = await runCommand(command("sample", "refused", ...args, ...extra));
      expect(refused.stderr).toContain(`stochastic-attention: ${sentence}\n`);
      expect(refused.code).toBe(2);
    }
  });

  it("--anneal ends at its last β, before burn-in, and records its levels", async () => {
    const { code, stdout } = await runCommand(
      command("sample", "anneal", "--anneal", "2:200:3", "--steps-per-level", "5"),
    );
    expect(code).toBe(0);
    expect(stdout).toContain("β = 200");
    const record = json("anneal", "run.json") as { options: { schedule: { beta: number; numSteps: number }[] } };
    expect(record.options.schedule.map(({ numSteps }) => numSteps)).toEqual([5, 5, 5]);
    expect(record.options.schedule.map(({ beta }) => beta)).toEqual([2, expect.closeTo(20, 10), 200]);
    expect(record).toMatchObject({ options: { beta: 200, burnIn: 20 }, chainSteps: 8 * (15 + 20 + 50) });
  });

  it("--schedule takes its levels from a file", async () => {
    const path = join(folder, "levels.csv");
    writeFileSync(path, "numSteps,beta,stepSize\n3,2,1\n4,30\n");
    const { code } = await runCommand(command("sample", "file", "--schedule", path));
    expect(code).toBe(0);
    expect(json("file", "run.json")).toMatchObject({
      options: {
        beta: 30,
        schedule: [
          { numSteps: 3, beta: 2, stepSize: 1 },
          { numSteps: 4, beta: 30 },
        ],
      },
      chainSteps: 8 * (7 + 20 + 50),
    });
  });

  it("--adapt freezes a step size and records how it came about", async () => {
    const { code, stderr } = await runCommand(
      command("sample", "adapt", "--adapt", "--kernel", "mala", "--beta", "200"),
    );
    expect(code).toBe(0);
    expect(stderr).toMatch(/--adapt: step size 0\.\d+, frozen after 30 windows/);
    const record = json("adapt", "run.json") as {
      options: { stepSize: number };
      adaptation: { stepSize: number; windows: unknown[] };
    };
    expect(record.adaptation.windows).toHaveLength(30);
    expect(record.options.stepSize).toBe(record.adaptation.stepSize);
    const { acceptanceRate } = json("adapt", "metrics.json") as { acceptanceRate: number };
    expect(Math.abs(acceptanceRate - 0.574)).toBeLessThan(0.15);
  });
});

describe("temper", () => {
  it("writes samples, log Z beside its exact value, and the ladder", async () => {
    const { code, stdout } = await runCommand(
      command("temper", "temper", "--beta", "30", "--ladder", "5,15,30", "--burn-in", "20", "--thinning", "20"),
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/log Z +-?\d+\.\d+ ± \d+\.\d+ +exact -?\d+\.\d+/);
    expect(readdirSync(join(folder, "temper")).sort()).toEqual([
      "denoised.npy",
      "metrics.json",
      "run.json",
      "samples.npy",
    ]);
    const { tempering } = json("temper", "metrics.json") as {
      tempering: { ladder: number[]; logPartition: { mean: number; se: number; exact: number } };
    };
    expect(tempering.ladder).toEqual([0, 5, 15, 30]);
    const { mean, se, exact } = tempering.logPartition;
    expect(Math.abs(mean - exact)).toBeLessThan(5 * se);
    expect(json("temper", "run.json")).toMatchObject({ command: "temper", options: { ladder: [5, 15, 30] } });
    expect(array("temper", "samples.npy").shape).toEqual([8, 5, 9]);
  });

  it("spaces a ladder by itself", async () => {
    const { code } = await runCommand(command("temper", "auto", "--beta", "30", "--draws", "1", "--burn-in", "2"));
    expect(code).toBe(0);
    expect(json("auto", "run.json")).toMatchObject({ options: { ladder: "auto", beta: 30 } });
  });
});

describe("sequence", () => {
  it("writes a series in the units of the patterns, with its autocorrelation", async () => {
    const { code, stdout } = await runCommand(
      command("sequence", "sequence", "--beta", "12", "--inner", "5", "--length", "40", "--chains", "2"),
    );
    expect(code).toBe(0);
    expect(stdout).toContain("acceptance");
    expect(array("sequence", "sequence.npy").shape).toEqual([2, 40, 9]);
    expect(json("sequence", "run.json")).toMatchObject({
      command: "sequence",
      options: { beta: 12, inner: 5, length: 40, kernel: "mala" },
    });
    const lines = readFileSync(join(folder, "sequence", "autocorrelation.csv"))
      .toString()
      .trim()
      .split("\n");
    expect(lines[0]).toBe("lag,values,squares");
    expect(lines[1]).toBe("0,1,1");
  });

  it("takes the units of the source if there are no raw patterns", async () => {
    const path = join(folder, "large.npy");
    writeFileSync(path, encodeNpy(Float32Array.of(300, 400, 600, 800, 30, 40), [3, 2]));
    const args = ["sequence", "--memory", path, "--out", join(folder, "units"), "--engine", "reference"];
    const { code } = await runCommand([
      ...args,
      "--select",
      "first",
      "--inner",
      "2",
      "--length",
      "3",
      "--beta",
      "1e-6",
    ]);
    expect(code).toBe(0);
    // At tiny β every output is the mean of the patterns as they were.
    for (const [at, value] of array("units", "sequence.npy").data.entries())
      expect(value).toBeCloseTo([310, 1240 / 3][at % 2]!, 0);
  });

  it("takes raw patterns and a path of β from files", async () => {
    const raw = join(folder, "raw.npy");
    writeFileSync(raw, encodeNpy(Float32Array.of(1, 2, 3, 4, 5, 6), [6, 1]));
    const path = join(folder, "path.csv");
    writeFileSync(path, "3,2\n2,50\n");
    const args = ["--raw", raw, "--select", "first", "--beta-path", path, "--inner", "4"];
    const { code } = await runCommand(command("sequence", "raw", ...args));
    expect(code).toBe(0);
    const { shape, data } = array("raw", "sequence.npy");
    expect(shape).toEqual([8, 5, 1]);
    expect(Array.from(data).every((value) => value >= 1 && value <= 6)).toBe(true);
  });
});

describe("an interrupted sequence", () => {
  it("keeps the outputs that are complete", async () => {
    // The first lines may come before every thread has an output complete: a tenth of the way all have.
    const { code, stderr } = await runCommand(command("sequence", "cut", "--length", "200000", "--inner", "2"), {
      isTTY: true,
      onStderr: (text, context) => {
        if (/sampling.* [1-9]\d%/.test(text)) context.signals.emit("SIGINT");
      },
    });
    expect(code).toBe(130);
    const { numOutputs, interrupted } = json("cut", "run.json") as { numOutputs: number; interrupted: boolean };
    expect(interrupted).toBe(true);
    expect(numOutputs).toBeGreaterThan(0);
    expect(numOutputs).toBeLessThan(200_000);
    expect(stderr).toContain(`kept the ${numOutputs} of 200000 outputs that were complete`);
    const { shape, data } = array("cut", "sequence.npy");
    expect(shape).toEqual([8, numOutputs, 9]);

    await runCommand(command("sequence", "whole", "--length", "1", "--inner", "2"));
    expect(data.slice(0, 9)).toEqual(array("whole", "sequence.npy").data.slice(0, 9));
  });
});

describe("interrupted tempering", () => {
  it("keeps the draws that are complete", async () => {
    let numLines = 0;
    const args = ["--beta", "20", "--ladder", "5,20", "--burn-in", "0", "--draws", "100000", "--thinning", "1"];
    const { code, stderr } = await runCommand(command("temper", "cut-temper", ...args), {
      isTTY: true,
      onStderr: (text, context) => {
        if (text.includes("tempering") && ++numLines === 4) context.signals.emit("SIGINT");
      },
    });
    expect(code).toBe(130);
    const run = json("cut-temper", "run.json") as { numDraws: number; interrupted: boolean };
    expect(run.interrupted).toBe(true);
    expect(run.numDraws).toBeGreaterThan(0);
    expect(run.numDraws).toBeLessThan(100_000);
    expect(stderr).toContain(`kept the ${run.numDraws} of 100000 draws that were complete`);
    expect(array("cut-temper", "samples.npy").shape[1]).toBe(run.numDraws);
  });
});

it("sequence refuses raw values that are missing", async () => {
  const holes = join(folder, "holes.npy");
  writeFileSync(holes, encodeNpy(Float32Array.of(1, 2, Number.NaN, 4, 5, 6), [6, 1]));
  const { code, stderr } = await runCommand(command("sequence", "holes", "--raw", holes, "--select", "first"));
  expect(code).toBe(2);
  expect(stderr).toContain("--raw: values must be finite in float32, got NaN at coordinate 0 of row 2");
});

it.each([
  ["1,5\n", ["--length", "3"], "--length: must not stand beside --beta-path, which says it for every output"],
  ["1,5\n", ["--beta", "3"], "--beta: must not stand beside --beta-path, which says it for every output"],
  ["1,5,0.1\n", [], "--beta-path: must have lines of numOutputs,beta, got a third column"],
])("sequence takes a path of β %j with %j for a mistake", async (text, args, sentence) => {
  const path = join(folder, "faulty-path.csv");
  writeFileSync(path, text);
  const base = ["sequence", "--memory", join(folder, "large.npy"), "--out", join(folder, "faulty")];
  const { code, stderr } = await runCommand([...base, "--engine", "reference", "--beta-path", path, ...args]);
  expect(code).toBe(2);
  expect(stderr).toContain(sentence);
});

it("temper says when its temperatures have nothing in common", async () => {
  const { code, stdout, stderr } = await runCommand(
    command("temper", "gap", "--beta", "100000", "--ladder", "100000", "--draws", "4", "--burn-in", "2"),
  );
  expect(code).toBe(0);
  expect(stdout).toContain("unknown: neighbours do not overlap");
  expect(stderr).toContain("log Z is unknown: neighbouring temperatures have too few draws in common");
});

describe("mistakes get their sentence and leave nothing behind", () => {
  it.each<[string, string[], string]>([
    ["sample", ["--heads", "pca:6"], "--heads: must be at most the 5 directions in which the 6 patterns differ, got 6"],
    ["sample", ["--heads", "4"], '--heads: must be pca:COUNT or classes:A,B, for example pca:4, got "4"'],
    ["sample", ["--anneal", "5:50"], '--anneal: must be FIRST:LAST:LEVELS, for example 5:50000:25, got "5:50"'],
    ["sample", ["--anneal", "0:5:3"], "--anneal: must be a finite number above 0, got 0"],
    [
      "sample",
      ["--anneal", "5:50:3", "--beta", "9"],
      "--anneal: must not be given together with --beta (leave one out)",
    ],
    [
      "sample",
      ["--schedule", "nowhere.csv"],
      '--schedule: must be a file that can be read, got "nowhere.csv" (ENOENT)',
    ],
    [
      "sample",
      ["--adapt", "--kernel", "ou"],
      "--adapt: must go with a kernel that can reject, mala or ou-mala, got ou",
    ],
    ["sample", ["--adapt", "--heads", "pca:2"], "--adapt: must not be given together with --heads (leave one out)"],
    [
      "temper",
      ["--beta", "30", "--ladder", "15,5,30"],
      "--ladder: must increase, got 5 after 15 (sort it, and name each inverse temperature once)",
    ],
    ["temper", ["--kernel", "ula"], '--kernel: must be one of mala, ou-mala, gibbs, exact, got "ula"'],
    ["temper", ["--beta", "30", "--ladder", "5,20"], "--ladder: must end at the target's β = 30, got 20"],
    [
      "temper",
      ["--beta", "30", "--ladder", "warm"],
      '--ladder: must be auto or increasing numbers, as 5,20,100, got "warm"',
    ],
    ["temper", ["--beta", "-1"], "--beta: must be a finite number above 0, got -1"],
    ["sequence", ["--inner", "0"], "--inner: must be a whole number of at least 1, got 0"],
    ["sequence", ["--length", "x"], '--length: must be a whole number of at least 1, got "x"'],
    ["sequence", ["--kernel", "exact"], '--kernel: must be one of ula, mala, ou, ou-mala, gibbs, got "exact"'],
  ])("%s %j", async (name, args, message) => {
    const { code, stdout, stderr } = await runCommand(command(name, "never", ...args));
    expect(stderr).toBe(`stochastic-attention: ${message}\n`);
    expect({ code, stdout, isWritten: existsSync(join(folder, "never")) }).toEqual({
      code: 2,
      stdout: "",
      isWritten: false,
    });
  });

  it.each([
    ["", "--schedule: must have at least one level, got an empty file"],
    ["numSteps,beta\n", "--schedule: must have at least one level, got an empty file"],
    ["5", '--schedule line 1: must be numSteps,beta or numSteps,beta,stepSize, got "5"'],
    ["5,2\n0,3", "--schedule line 2, numSteps: must be a whole number of at least 1, got 0"],
    ["5,warm", '--schedule line 1, beta: must be a finite number above 0, got "warm"'],
    ["5,2,3", "--schedule line 1, stepSize: must lie in (0, 1], got 3"],
  ])("schedule %j", (text, message) => {
    expect(() => parseSchedule(text, "--schedule")).toThrow(message);
  });
});
