/** The command `reproduce`: what it refuses, what it writes, and how it goes on. */
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createFakeContext, runCommand } from "./fake-context.ts";
import { run } from "../../../harness/cli/program.ts";
import { resultFormat, resultKey, type StoredResult } from "../../../harness/reproduction/store.ts";
import { experiments } from "../../../src/index.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "reproduce-"));
  vi.stubEnv("STOCHASTIC_ATTENTION_DATA", "");
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

const out = (): string => join(folder, "out");
const quick = (...args: string[]): string[] => [
  "reproduce",
  ...args,
  "--quick",
  "--out",
  out(),
  "--engine",
  "reference",
];

describe("refusals", () => {
  it.each([
    [["reproduce", "digit-9", "--out", "x"], "name: must be one of temperature-spectrum"],
    [["reproduce", "convergence"], "--out: must be given, got nothing"],
    [
      ["reproduce", "all", "--out", "x"],
      "--data: must name the folder with the public data sets, got nothing (give --data, or set STOCHASTIC_ATTENTION_DATA)",
    ],
    [
      ["reproduce", "digit-3", "--out", "x"],
      "--data: must be a folder with mnist/train-images-idx3-ubyte.gz for digit-3, got nothing",
    ],
    [["reproduce", "convergence", "--out", "x", "--seed", "-1"], "--seed: must be a whole number from 0 to 2^64 - 1"],
    [
      ["reproduce", "convergence", "--out", "x", "--quick", "--publish", "docs"],
      '--publish: must not be given with --quick, got "docs"',
    ],
  ])("%j", async (argv, sentence) => {
    const { code, stderr } = await runCommand(argv);
    expect(stderr).toContain(sentence);
    expect(code).toBe(2);
    expect(existsSync("x")).toBe(false);
  });

  it("of a data folder that does not exist, wherever its name is from", async () => {
    const nowhere = join(folder, "nowhere");
    const sentence = `stochastic-attention: --data: must be a folder that exists, got ${JSON.stringify(nowhere)}`;
    for (const name of ["all", "convergence"])
      expect(await runCommand(quick(name, "--data", nowhere))).toEqual({
        code: 2,
        stdout: "",
        stderr: `${sentence} (docs/reproducing.md says what belongs there)\n`,
      });
    vi.stubEnv("STOCHASTIC_ATTENTION_DATA", nowhere);
    const { code, stderr } = await runCommand(quick("all"));
    expect(code).toBe(2);
    expect(stderr).toBe(
      `${sentence} (STOCHASTIC_ATTENTION_DATA names it; docs/reproducing.md says what belongs there)\n`,
    );
    expect(existsSync(out())).toBe(false);
  });
});

describe("a run", () => {
  it("writes the report and the result, and a second one neither runs nor changes anything", async () => {
    const first = await runCommand(quick("convergence"));
    expect(first.code).toBe(0);
    expect(first.stdout).toContain("1 experiments, 6 figures: 4 of 4 as the exact law");
    const result = readFileSync(join(out(), "results", "convergence.json"), "utf8");
    const made = statSync(join(out(), "results", "convergence.json")).mtimeMs;
    expect(JSON.parse(result)).toMatchObject({
      inputs: { seed: "1", isQuick: true, data: { spheres: { "made by seed": "1" } } },
    });
    expect(readFileSync(join(out(), "report.html"), "utf8")).toContain("<svg ");
    expect(readFileSync(join(out(), "report.md"), "utf8")).toContain("](figures/convergence.svg)");
    expect(existsSync(join(out(), "figures", "convergence.svg"))).toBe(true);

    const second = await runCommand(quick("convergence"));
    expect(second.stderr).toContain("convergence: there already (--force runs it again)");
    expect(statSync(join(out(), "results", "convergence.json")).mtimeMs).toBe(made);

    const forced = await runCommand(quick("convergence", "--force"));
    expect(forced.code).toBe(0);
    expect(readFileSync(join(out(), "results", "convergence.json"), "utf8")).toBe(result);
  });

  it("gives the same bytes in another folder, on another number of threads", async () => {
    const results: string[] = [];
    for (const threads of ["1", "3"]) {
      const place = join(folder, `threads-${threads}`);
      const argv = ["reproduce", "convergence", "--quick", "--engine", "reference", "--out", place];
      expect((await runCommand([...argv, "--threads", threads])).code).toBe(0);
      results.push(readFileSync(join(place, "results", "convergence.json"), "utf8"));
    }
    expect(results[1]).toBe(results[0]);
  });

  it("that is interrupted keeps its finished parts and goes on from there", async () => {
    const context = createFakeContext({
      isTTY: true,
      // The long chain is the second part: the first one is kept by then.
      onStderr: (text, { signals }) => {
        if (text.includes("long chain")) signals.emit("SIGINT");
      },
    });
    const code = await run(quick("convergence"), context);
    expect(code).toBe(130);
    const kept =
      "finished parts (one setting's chains, or one trained model) are kept, the running one is lost, and the same command goes on from there";
    expect(context.output.stderr).toContain(`SIGINT: stopping, ${kept} (once more to leave at once)`);
    expect((await runCommand(["reproduce", "--help"])).stdout).toContain(`With Ctrl-C ${kept}.\n`);
    expect(context.output.stderr).toContain("interrupted: 0 of 1 experiments are done");
    expect(context.output.stdout).not.toContain("Written");
    expect(existsSync(join(out(), "results", "convergence.json"))).toBe(false);
    expect(existsSync(join(out(), "parts", "convergence"))).toBe(true);

    const rest = await runCommand(quick("convergence"));
    expect(rest.code).toBe(0);
    const whole = readFileSync(join(out(), "results", "convergence.json"), "utf8");
    await runCommand(quick("convergence", "--force"));
    expect(readFileSync(join(out(), "results", "convergence.json"), "utf8")).toBe(whole);
  });

  it("that is interrupted counts what was asked for, not what was there before", async () => {
    await runCommand(quick("temperature-spectrum"));
    const context = createFakeContext({
      isTTY: true,
      onStderr: (text, { signals }) => {
        if (text.includes("long chain")) signals.emit("SIGINT");
      },
    });
    expect(await run(quick("convergence"), context)).toBe(130);
    expect(context.output.stderr).toContain("interrupted: 0 of 1 experiments are done");
    expect(context.output.stdout).toContain("1 experiments, ");
  });

  it("reports what is there of the same settings, and counts what is not", async () => {
    const resultPath = join(out(), "results", "digit-3.json");
    await runCommand(quick("temperature-spectrum"));
    // As another run with its data has left it.
    const { revision } = experiments.find(({ name }) => name === "digit-3")!;
    const path = join(out(), "results", "temperature-spectrum.json");
    const { inputs: own } = JSON.parse(readFileSync(path, "utf8")) as StoredResult;
    const inputs = { ...own, experiment: "digit-3", revision, data: { digits: { file: "hash" } } };
    const empty = { format: resultFormat, rows: [], figures: [], pictures: [], notes: [] };
    writeFileSync(resultPath, JSON.stringify({ ...empty, inputs, key: resultKey(inputs) }));

    const { stdout, stderr } = await runCommand(quick("convergence"));
    expect(stdout).toContain("3 experiments, ");
    expect(stderr).toContain("1 result in the report had data that is not here now to compare with\n");
    expect(stderr).not.toContain("left out of the report");
    const report = readFileSync(join(out(), "report.md"), "utf8");
    for (const name of ["temperature-spectrum", "convergence", "digit-3"]) expect(report).toContain(`(${name})`);

    const other = await runCommand(quick("convergence", "--seed", "2"));
    expect(other.stdout).toContain("1 experiments, ");
    expect(other.stderr).toContain("2 results in the folder left out of the report: of other settings, data or code\n");
  });

  it("of everything leaves out what has no data, aloud", async () => {
    const empty = mkdtempSync(join(folder, "data-"));
    const { code, stderr, stdout } = await runCommand(quick("all", "--data", empty));
    expect(code).toBe(0);
    expect(stderr).toContain(`digit-3 is left out: there is no mnist/train-images-idx3-ubyte.gz in ${empty}`);
    expect(stdout).toContain("3 experiments");
    expect(readFileSync(join(out(), "report.md"), "utf8")).toContain("not run: no simpsons");
  });
});
