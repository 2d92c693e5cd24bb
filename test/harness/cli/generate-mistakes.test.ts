/** What `generate` refuses: a sentence each, exit code 2, and nothing written. */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { encodeNpy } from "../../../src/index.ts";
import { runCommand } from "./fake-context.ts";
import { generateFolder, noise, numPatterns, small } from "./generate-fixture.ts";

const { folder, memory, commandOn, command } = generateFolder();

describe("mistakes get their sentence and leave nothing behind", () => {
  it.each<[string[], string]>([
    [["--window", "0"], '--window: must be a whole number of at least 1, or full, got "0"'],
    [["--window", "7.5"], '--window: must be a whole number of at least 1, or full, got "7.5"'],
    [
      ["--window", "7"],
      '--window: must be at most the longer side of the image, 6, got 7 (or "full" for the whole image)',
    ],
    [
      ["--window", "4", "--stride", "3"],
      "--stride: must divide the window, 4, so that every pixel lies in equally many windows, got 3",
    ],
    [["--window-path", "5,7"], "--window-path: must be at most the longer side of the image, 6, got 7"],
    [["--sweep-window", "3,5,7"], "--sweep-window: must be at most the longer side of the image, 6, got 7"],
    [
      ["--sweep-window", Array.from({ length: 51 }, () => "3").join()],
      "--sweep-window: must be at most 50 windows, got 51 (a few show the trade-off)",
    ],
    [["--window-path", "5,x"], '--window-path: must be a whole number of at least 1, or full, got "x"'],
    [
      ["--window-path", "5,3", "--window", "3"],
      "--window-path: must not be given together with --window (leave one out)",
    ],
    [
      ["--window-path", "5,3,3", "--anneal", "1:9:2"],
      "--window-path: must have at most as many windows as there are levels, 2, got 3 (more levels with --anneal)",
    ],
    [
      ["--sweep-window", "3", "--window", "3"],
      "--sweep-window: must not be given together with --window (leave one out)",
    ],
    [["--anneal", "5:50"], '--anneal: must be FIRST:LAST:LEVELS, for example 5:50000:25, got "5:50"'],
    [["--steps", "0"], "--steps: must be a whole number of at least 1, got 0"],
    [["--step-size", "2"], "--step-size: must lie in (0, 1], got 2"],
    [["--kernel", "gibbs"], '--kernel: must be one of ula, mala, ou, ou-mala, got "gibbs"'],
    [["--shift", "-1"], "--shift: must be a whole number of at least 0, got -1"],
    [["--shift", "6"], "--shift: must be smaller than the image, which has 6 × 6 pixels, got 6"],
    [["--shape", "5x7"], "--shape: must be the shape that the patterns of MEMORY have, 6x6, got 5x7"],
    [["--shape", "1x36"], "--shape: must be the shape that the patterns of MEMORY have, 6x6, got 1x36"],
    [["--patterns-per-sample", "13"], "--patterns-per-sample: must be at most the 12 patterns, got 13"],
    [
      ["--patterns-per-sample", "1"],
      "--patterns-per-sample: must be at least 2 without --shift, got 1 (a sample made from one pattern is that pattern)",
    ],
    [
      ["--patterns", "1", "--window", "3", "--anneal", "1:9:2"],
      "--memory: must have at least 2 patterns left to recombine, got 1 of 12 (take more with --patterns)",
    ],
    [
      ["--patterns", "3", "--hold-out", "0.7"],
      "--memory: must have at least 2 patterns left to recombine, got 1 of 12 (take more with --patterns, or keep fewer out with --hold-out)",
    ],
    [
      ["--labels", "LABELS", "--class", "1"],
      "--memory: must have at least 2 patterns left to recombine, got 1 of 1 of class 1 (choose another --class)",
    ],
    [
      ["--patterns", "1", "--shift", "1"],
      "--memory: must hold patterns that differ, got a single one (nothing to choose by: give --window and --anneal)",
    ],
    [
      ["--patterns", "1", "--shift", "1", "--window", "3"],
      "--memory: must hold patterns that differ, got a single one (nothing to choose by: give --anneal)",
    ],
    [["--count", "0"], "--count: must be a whole number of at least 1, got 0"],
    [["--count", "99999999999"], "--count: 99999999999 samples of 36 values must fit this machine's"],
    [["--chunk", "0"], "--chunk: must be a whole number of at least 1, got 0"],
    [["--hold-out", "1"], '--hold-out: must lie between 0 and 1, got "1" (0.2 keeps a fifth out)'],
    [["--hold-out", "0.01"], "--hold-out: must leave at least one of 12 patterns on either side, got 0.01"],
    [
      ["--hold-out", "0.2", "--held-out", "x"],
      "--hold-out: must not be given together with --held-out (leave one out)",
    ],
    [
      ["--held-out", "nowhere"],
      '--held-out: must be a folder of images, a .npy, .npz, IDX or CSV file or builtin:faces, got "nowhere", which does not exist',
    ],
    [["--held-out-labels", "x"], "--held-out-labels: must go with --held-out (name the patterns that they belong to)"],
    [
      ["--shape", "6"],
      '--shape: must be HEIGHTxWIDTH or HEIGHTxWIDTHxCHANNELS with 1 to 4 channels, got "6" (for example 28x28, 32x32x3, or 1x200 for signals)',
    ],
  ])("%j", async (args, message) => {
    // Of class 1 is one pattern.
    const labels = join(folder, "one.npy");
    writeFileSync(
      labels,
      encodeNpy(
        Int32Array.from({ length: numPatterns }, (_, k) => Number(k === 4)),
        [numPatterns],
      ),
    );
    const typed = args.map((arg) => (arg === "LABELS" ? labels : arg));
    const { code, stdout, stderr } = await runCommand(commandOn(memory, "never", ...typed));
    // Alone: what is chosen by the memory is told where a run follows.
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    const said = stderr.replace(/^stochastic-attention: /, "");
    const expected = message.replace("MEMORY", memory);
    expect(said.slice(0, expected.length)).toBe(expected);
    expect({ code, stdout, isWritten: existsSync(join(folder, "never")) }).toEqual({
      code: 2,
      stdout: "",
      isWritten: false,
    });
  });

  it("without an adapter to run on, which is found out before anything is said of the memory", async () => {
    const { code, stderr } = await runCommand(commandOn(memory, "never", "--engine", "webgpu"));
    expect({ code, isWritten: existsSync(join(folder, "never")) }).toEqual({ code: 2, isWritten: false });
    expect(stderr).toBe(
      "stochastic-attention: --engine: webgpu must have an adapter, got none: no WebGPU adapter in this test " +
        "(stochastic-attention doctor says what to do; --engine reference needs none)\n",
    );
  });

  it("an output folder that is a file, which is found out before the memory is read", async () => {
    const { code, stderr } = await runCommand(commandOn(join(folder, "nowhere"), "memory.npy"));
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: `stochastic-attention: --out: must be a folder, got "${memory}", where a file is in the way (choose another)\n`,
    });
  });

  it.each([
    [[5, 5], "must hold patterns of the memory's shape, 6x6, got 5x5"],
    [[4, 9], "must hold patterns of the memory's shape, 6x6, got 4x9"],
    [
      [30],
      "must have the memory's shape, 6x6: height × width × channels must be the 30 values of a row, got 6 × 6 × 1",
    ],
  ])("held-out patterns of another shape: %j", async (shape, sentence) => {
    const other = join(folder, "other.npy");
    writeFileSync(other, encodeNpy(noise(2 * shape.reduce((a, b) => a * b), 3), [2, ...shape]));
    const { code, stderr } = await runCommand(command("never", "--held-out", other));
    expect({ code, stderr }).toEqual({ code: 2, stderr: `stochastic-attention: --held-out: ${sentence}\n` });
  });

  it("more shifted copies than there is room for, also where a sample has few patterns", async () => {
    const wide = join(folder, "wide.npy");
    writeFileSync(wide, encodeNpy(noise(9 * 3000, 5), [9, 3000]));
    const shift = ["--shape", "1x3000", "--shift", "2999", "--patterns-per-sample", "1"];
    const { code, stderr } = await runCommand(commandOn(wide, "never", ...small, ...shift, "--count", "1"));
    expect(code).toBe(2);
    expect(stderr).toBe(
      "stochastic-attention: --shift: must give at most 2^27 = 134217728 values, got 9 patterns × 5999 shifts × " +
        "3000 values = 161973000 (shift by less, or take fewer patterns)\n",
    );
  });

  it("rows of another length than --shape says", async () => {
    const rows = join(folder, "short.npy");
    writeFileSync(rows, encodeNpy(noise(2 * 25, 3), [2, 25]));
    const { code, stderr } = await runCommand(commandOn(rows, "never", "--shape", "5x6"));
    expect(code).toBe(2);
    expect(stderr).toBe(
      "stochastic-attention: --shape: height × width × channels must be the 25 values of a row, got 5 × 6 × 1\n",
    );
  });
});
