/** Every mistake at the command line is one sentence on stderr and exit code 2, and leaves nothing behind. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createMemoryMatrix, encodeNpy } from "../../../src/index.ts";
import { runCommand } from "./fake-context.ts";

let folder: string;
let memory: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "cli-errors-"));
  memory = join(folder, "memory.npy");
  const { values } = createMemoryMatrix([1, 0, 0, 0, 1, 0, 0, 0, 1], { numPatterns: 3, dim: 3 });
  writeFileSync(memory, encodeNpy(values, [3, 3]));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The line that `sample` answers with, given a good memory and output folder and these arguments. */
async function complaint(...args: string[]): Promise<string> {
  const out = join(folder, "never");
  const { code, stdout, stderr } = await runCommand(["sample", "--memory", memory, "--out", out, ...args]);
  expect({ code, stdout, isWritten: existsSync(out) }).toEqual({ code: 2, stdout: "", isWritten: false });
  return stderr;
}

describe("options of sample", () => {
  it.each([
    ["--beta 0", "--beta: must be a finite number above 0, got 0"],
    ["--beta=-3", "--beta: must be a finite number above 0, got -3"],
    ["--beta NaN", '--beta: must be a finite number above 0, got "NaN"'],
    ["--beta Infinity", '--beta: must be a finite number above 0, got "Infinity"'],
    ["--beta 1e999", "--beta: must be a finite number above 0, got Infinity"],
    ["--beta warm", '--beta: must be a finite number above 0, got "warm"'],
    ["--beta 0x10", '--beta: must be a finite number above 0, got "0x10"'],
    ["--snr 0", "--snr: must be a finite number above 0, got 0"],
    ["--snr 0.1 --beta 5", "--snr: must not be given together with --beta, got 0.1 and 5 (leave one out)"],
    ["--collapse maybe", '--collapse: must be one of auto, on, off, got "maybe"'],
    ["--circulation round", '--circulation: must be a finite number, got "round"'],
    ["--circulation 1 --kernel mala", "--circulation: must be 0 for mala, got 1 (use --kernel ou or ou-mala)"],
    [
      "--step-size 0",
      "--step-size: must lie in (0, 1], got 0 (1 replaces the whole state in one step; the published value is 0.01)",
    ],
    [
      "--step-size 1.01",
      "--step-size: must lie in (0, 1], got 1.01 (1 replaces the whole state in one step; the published value is 0.01)",
    ],
    [
      "--step-size NaN",
      '--step-size: must lie in (0, 1], got "NaN" (1 replaces the whole state in one step; the published value is 0.01)',
    ],
    ["--patterns 0", "--patterns: must be a whole number of at least 1, got 0"],
    ["--patterns 10.5", '--patterns: must be a whole number of at least 1, got "10.5"'],
    ["--patterns 4", null],
    ["--chains -1", "--chains: must be a whole number of at least 1, got -1"],
    ["--chains 1e3", '--chains: must be a whole number of at least 1, got "1e3"'],
    ["--burn-in -1", "--burn-in: must be a whole number of at least 0, got -1"],
    ["--draws 0", "--draws: must be a whole number of at least 1, got 0"],
    ["--thinning 0", "--thinning: must be a whole number of at least 1, got 0"],
    ["--threads 0", "--threads: must be a whole number of at least 1, got 0"],
    ["--threads all", '--threads: must be a whole number of at least 1, got "all"'],
    ["--image-size 0", "--image-size: must be a whole number of at least 1, got 0"],
    ["--seed -1", '--seed: must be a whole number from 0 to 2^64 - 1, got "-1"'],
    ["--seed 1.5", '--seed: must be a whole number from 0 to 2^64 - 1, got "1.5"'],
    ["--seed 18446744073709551616", '--seed: must be a whole number from 0 to 2^64 - 1, got "18446744073709551616"'],
    ["--pattern-seed x", '--pattern-seed: must be a whole number from 0 to 2^64 - 1, got "x"'],
    ["--select best", '--select: must be one of random, first, got "best"'],
    ["--kernel hmc", '--kernel: must be one of ula, mala, ou, ou-mala, gibbs, exact, got "hmc"'],
    ["--start cold", '--start: must be one of pattern, exact, mean, got "cold"'],
    ["--engine cuda", '--engine: must be one of auto, webgpu, reference, got "cuda"'],
    ["--normalize max", '--normalize: must be one of unit, none, got "max"'],
    [
      "--draws 4294967295",
      "--thinning: burn-in + draws × thinning must be below 2^32 steps, got 42949672970 (thin less, or keep fewer draws)",
    ],
    [
      "--chains 100000 --draws 10000",
      "--draws: chains × draws × d must be at most 2^31, got 100000 × 10000 × 3 " +
        "(keep fewer --draws, or run fewer --chains with another --seed each)",
    ],
    [
      "--engine webgpu",
      "--engine: webgpu must have an adapter, got none: no WebGPU adapter in this test " +
        "(stochastic-attention doctor says what to do; --engine reference needs none)",
    ],
    ["--bta 3", "unknown option '--bta' (did you mean --beta?)"],
    ["--beta", "option '--beta <number>' argument missing"],
    ["extra", "too many arguments for 'sample'. Expected 0 arguments but got 1."],
  ])("%s", async (args, sentence) => {
    const expected = sentence ?? `--patterns: must be at most the 3 patterns of ${JSON.stringify(memory)}, got 4`;
    expect(await complaint(...args.split(" "))).toBe(`stochastic-attention: ${expected}\n`);
  });

  it("requires a memory and an output folder", async () => {
    expect((await runCommand(["sample", "--out", "x"])).stderr).toBe(
      "stochastic-attention: --memory: must be given, got nothing (a folder of images, a .npy, .npz, IDX or CSV file or builtin:faces)\n",
    );
    expect((await runCommand(["sample", "--memory", memory])).stderr).toBe(
      "stochastic-attention: --out: must be given, got nothing (a folder for the results, for example --out out/run)\n",
    );
  });

  it("finds out before sampling that the output folder is a file", async () => {
    const { code, stderr } = await runCommand(["sample", "--memory", memory, "--out", memory]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^stochastic-attention: --out: must be a folder, got .*where a file is in the way.*\n$/);
  });

  it("passes on what is wrong with the memory", async () => {
    const { code, stderr } = await runCommand(["sample", "--memory", join(folder, "none"), "--out", folder]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^stochastic-attention: --memory: .*which does not exist\n$/);
  });
});

describe("the program", () => {
  it("suggests the nearest command", async () => {
    expect(await runCommand(["sampel"])).toEqual({
      code: 2,
      stdout: "",
      stderr: "stochastic-attention: unknown command 'sampel' (did you mean sample?)\n",
    });
  });

  it("shows its help when asked for nothing, as a mistake, and when asked for help, as an answer", async () => {
    const nothing = await runCommand([]);
    expect({ code: nothing.code, stdout: nothing.stdout }).toEqual({ code: 2, stdout: "" });
    expect(nothing.stderr).toMatch(/^Usage: stochastic-attention /);
    const help = await runCommand(["sample", "--help"]);
    expect({ code: help.code, stderr: help.stderr }).toEqual({ code: 0, stderr: "" });
    expect(help.stdout).toContain("--thinning <count>");
  });

  it("prints its version", async () => {
    const { code, stdout } = await runCommand(["--version"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it("answers our own failures with one line and exit code 1, and a stack only on --debug", async () => {
    const openWebGpu = (): Promise<never> => Promise.reject(new Error("the driver fell over\nin two lines"));
    const args = ["sample", "--memory", memory, "--out", join(folder, "failed")];
    expect(await runCommand(args, { openWebGpu })).toEqual({
      code: 1,
      stdout: "",
      stderr: "stochastic-attention: the driver fell over in two lines\n",
    });
    for (const argv of [
      [...args, "--debug"],
      ["--debug", ...args],
    ]) {
      const { stderr } = await runCommand(argv, { openWebGpu });
      expect(stderr).toMatch(/^stochastic-attention: the driver fell over in two lines\nError: .*\n {4}at /s);
    }
  });
});
