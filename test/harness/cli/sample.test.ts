/** Whole runs of `sample` on the reference engine: files, their shapes and hashes, repeatability, interruption. */
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createMemoryMatrix, encodeNpy, parseNpy } from "../../../src/index.ts";
import { run } from "../../../harness/cli/program.ts";
import { createFakeContext, runCommand, type FakeContext } from "./fake-context.ts";

const outputs = ["denoised.npy", "metrics.json", "run.json", "samples.npy", "samples.png"];
let folder: string;
let memory: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "cli-sample-"));
  memory = join(folder, "memory.npy");
  // Four 3 × 3 patterns with one bright pixel each.
  const values = Float32Array.from({ length: 36 }, (_, i) => (i % 9 === 2 * Math.floor(i / 9) ? 1 : 0.05));
  writeFileSync(memory, encodeNpy(createMemoryMatrix(values, { numPatterns: 4, dim: 9 }).values, [4, 9]));
});
afterAll(() => rmSync(folder, { recursive: true }));

const command = (out: string, ...args: string[]): string[] => [
  "sample",
  "--memory",
  memory,
  "--out",
  join(folder, out),
  "--beta",
  "200",
  "--engine",
  "reference",
  ...args,
];
const bytes = (out: string, name: string): Buffer => readFileSync(join(folder, out, name));
const json = (out: string, name: string): Record<string, unknown> =>
  JSON.parse(bytes(out, name).toString()) as Record<string, unknown>;

const figures = {
  novelty: {
    mean: expect.any(Number) as number,
    se: expect.any(Number) as number,
    floor: expect.closeTo(1 - 1 / Math.sqrt(1 + 9 / 200), 6) as number,
    denoised: expect.any(Number) as number,
    denoisedSe: expect.any(Number) as number,
  },
  diversity: { pooled: expect.any(Number) as number, withinChain: expect.any(Number) as number },
  energy: { mean: expect.any(Number) as number, se: expect.any(Number) as number },
  maxCosine: expect.any(Number) as number,
  attentionEntropy: expect.any(Number) as number,
  attentionEntropySe: expect.any(Number) as number,
  acceptanceRate: expect.any(Number) as number,
  nonFinite: 0,
};

describe("a finished run", () => {
  it("writes five files that agree with each other", async () => {
    const { code, stdout, stderr } = await runCommand(command("whole", "--chains", "16", "--draws", "3"));
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(readdirSync(join(folder, "whole")).sort()).toEqual(outputs);

    const record = json("whole", "run.json");
    const hashes = Object.fromEntries(
      outputs
        .filter((name) => name !== "run.json")
        .map((name) => [name, createHash("sha256").update(bytes("whole", name)).digest("hex")]),
    );
    expect(record).toMatchObject({
      command: "sample",
      options: {
        memory,
        patterns: 4,
        select: "random",
        patternSeed: 0,
        imageSize: null,
        normalize: "unit",
        beta: 200,
        snr: expect.closeTo(Math.sqrt((0.5 * 200) / 18), 12) as number,
        kernel: "ou-mala",
        stepSize: 0.5,
        chains: 16,
        burnIn: 20,
        draws: 3,
        thinning: 10,
        start: "pattern",
        seed: 1,
        engine: "reference",
        out: join(folder, "whole"),
      },
      seed: 1,
      engine: "reference",
      adapter: null,
      outputs: hashes,
      interrupted: false,
      numChains: 16,
      numDraws: 3,
      chainSteps: 16 * 50,
      memory: { sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string, numPatterns: 4, dim: 9, available: 4 },
    });
    expect(record["wallSeconds"]).toBeGreaterThan(0);
    expect(record["chainStepsPerSecond"]).toBeGreaterThan(0);
    expect(json("whole", "metrics.json")).toEqual({
      ...figures,
      exact: { ...figures, acceptanceRate: 1, numChains: 16, numDraws: 3 },
    });

    for (const name of ["samples.npy", "denoised.npy"]) {
      const array = parseNpy(bytes("whole", name), name);
      expect(array.shape).toEqual([16, 3, 9]);
      expect(array.data).toBeInstanceOf(Float32Array);
    }
    expect(bytes("whole", "samples.png").subarray(1, 4).toString()).toBe("PNG");
    expect(stdout).toMatch(/novelty of ξ +0\.\d{4} ± 0\.\d{4} +0\.0218 +0\.\d{4} ± 0\.\d{4}\n/);
    expect(stdout).toContain("retrieves copies of stored patterns");
  });

  it("repeats to the byte, and fewer chains are the first of more", async () => {
    await runCommand(command("first", "--chains", "16"));
    await runCommand(command("again", "--chains", "16"));
    await runCommand(command("half", "--chains", "8"));
    await runCommand(command("other", "--chains", "16", "--seed", "2"));
    expect(bytes("again", "samples.npy").equals(bytes("first", "samples.npy"))).toBe(true);
    expect(bytes("other", "samples.npy").equals(bytes("first", "samples.npy"))).toBe(false);
    const all = parseNpy(bytes("first", "samples.npy"), "first").data;
    expect(parseNpy(bytes("half", "samples.npy"), "half").data).toEqual(all.slice(0, all.length / 2));
  });

  it("replaces an earlier run as a whole", async () => {
    await runCommand(command("twice", "--chains", "4"));
    await runCommand(command("twice", "--chains", "5"));
    expect(readdirSync(join(folder, "twice")).sort()).toEqual(outputs);
    expect(parseNpy(bytes("twice", "samples.npy"), "twice").shape).toEqual([5, 5, 9]);
  });

  it("has no within-chain diversity for one draw a chain and no standard error for one chain", async () => {
    const { stdout } = await runCommand(command("single", "--chains", "1", "--draws", "1"));
    expect(json("single", "metrics.json")).toMatchObject({
      novelty: { se: null },
      diversity: { pooled: null, withinChain: null },
    });
    expect(stdout).toMatch(/diversity of ξ, pooled +– +–\n/);
  });

  it("turns a signal-to-noise ratio into β and says so", async () => {
    const args = command("snr", "--snr", "2", "--chains", "2").filter((arg) => arg !== "--beta" && arg !== "200");
    const { stderr } = await runCommand(args);
    expect(stderr).toBe(
      "stochastic-attention: --snr 2 at step size 0.5 and d = 9 is β = 144; " +
        "published ratios go with step size 0.01, where it is 7200\n",
    );
    expect(json("snr", "run.json")["options"]).toMatchObject({ beta: 144, snr: 2 });
  });

  it("keeps seeds beyond 2^53 exactly", async () => {
    await runCommand(command("wide", "--seed", "18446744073709551615", "--chains", "2"));
    expect(json("wide", "run.json")).toMatchObject({ seed: "18446744073709551615", exactSeed: 0 });
  });

  it("warns of unequal norms that are kept", async () => {
    const path = join(folder, "unequal.npy");
    writeFileSync(path, encodeNpy(Float32Array.from([1, 0, 0, 2]), [2, 2]));
    const args = ["sample", "--memory", path, "--out", join(folder, "unequal"), "--beta", "10", "--normalize", "none"];
    const { code, stderr } = await runCommand([...args, "--engine", "reference"]);
    expect(code).toBe(0);
    // e^(10 · (4 − 1)/2) = 3.3e6
    expect(stderr).toBe(
      "stochastic-attention: patterns have unequal norms, and weights go as exp(β‖m‖²/2): the longest pattern weighs " +
        "3.3e+6 times the shortest (scaled to unit norm all weigh the same)\n",
    );
  });

  it.each([
    [["--plan"], "--plan is ignored"],
    [["--search"], "--search is ignored"],
    [["--search", "--plan"], "--plan and --search are ignored"],
  ])("says in one note that the reference has no use for %j", async (options, said) => {
    const { code, stderr } = await runCommand(command("planless", "--chains", "2", "--draws", "1", ...options));
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: `stochastic-attention: ${said}: the reference has no plans\n`,
    });
  });

  it("leaves out what a kernel does not have", async () => {
    const { stdout, stderr } = await runCommand(
      command("gibbs", "--kernel", "gibbs", "--step-size", "0.1", "--chains", "1", "--draws", "1"),
    );
    expect(stderr).toBe("stochastic-attention: --step-size is ignored: gibbs has no steps of a size\n");
    expect(stdout).toMatch(/^1 chain × 1 draw of gibbs from 4 patterns/);
    expect(stdout).toMatch(/acceptance rate +– +–\n/);
    expect(json("gibbs", "metrics.json")).toMatchObject({ acceptanceRate: 1 });
    const adjusted = await runCommand(command("adjusted", "--kernel", "mala", "--step-size", "0.1", "--chains", "2"));
    expect(adjusted.stderr).toBe("");
    expect(adjusted.stdout).toMatch(/acceptance rate +[01]\.\d{4} +–\n/);
  });

  it("refuses temperatures whose noise no float32 holds, and leaves nothing", async () => {
    const refused = async (...args: string[]) => {
      const given = command("refused", ...args).filter((arg) => arg !== "--beta" && arg !== "200");
      const { code, stdout, stderr } = await runCommand(given);
      expect({ code, stdout, isThere: existsSync(join(folder, "refused")) }).toEqual({
        code: 2,
        stdout: "",
        isThere: false,
      });
      return stderr;
    };
    expect(await refused("--beta=1e-308")).toMatch(/--beta: must make a β above 0 .* got β = 1e-308\n$/);
    expect(await refused("--snr", "1e-300")).toMatch(/--snr: must make a β above 0 .* got β = 0\n$/);
    expect(await refused("--snr", "1e300")).toMatch(/--snr: must make a β above 0 .* got β = Infinity\n$/);
  });

  it("ends without results if they are not finite", async () => {
    const path = join(folder, "vast.npy");
    writeFileSync(path, encodeNpy(Float32Array.of(3e38, 0, 0, 3e38), [2, 2]));
    const args = ["sample", "--memory", path, "--out", join(folder, "vast", "run"), "--normalize", "none"];
    const { code, stdout, stderr } = await runCommand([...args, "--beta", "1e-75", "--engine", "reference"]);
    expect({ code, stdout, isThere: existsSync(join(folder, "vast")) }).toEqual({
      code: 1,
      stdout: "",
      isThere: false,
    });
    expect(stderr).toMatch(/ coordinates of the samples are not finite: /);
  });

  it("shows progress on a terminal", async () => {
    const { stderr } = await runCommand(command("terminal", "--chains", "64", "--draws", "200"), { isTTY: true });
    expect(stderr).toMatch(/sampling \[[=-]+\] \d+%/);
  });
});

describe("an interrupted run", () => {
  /** Sends signals once progress of sampling has been shown often enough for draws to be complete. */
  const onProgress = (...names: NodeJS.Signals[]) => {
    let numLines = 0;
    return (text: string, context: FakeContext): void => {
      if (text.includes("sampling") && ++numLines === 4) for (const name of names) context.signals.emit(name);
    };
  };

  it("keeps the rectangle of finished draws", async () => {
    const args = command("cut", "--chains", "4", "--draws", "100000", "--thinning", "1");
    const { code, stderr } = await runCommand(args, { isTTY: true, onStderr: onProgress("SIGINT") });
    expect(code).toBe(130);
    expect(stderr).toContain("SIGINT: stopping, finished draws will be written (once more to leave at once)");
    expect(readdirSync(join(folder, "cut")).sort()).toEqual(outputs);
    const record = json("cut", "run.json") as { interrupted: boolean; numChains: number; numDraws: number };
    expect(record).toMatchObject({ interrupted: true, numChains: 4, options: { draws: 100_000 } });
    expect(record.numDraws).toBeGreaterThan(0);
    expect(record.numDraws).toBeLessThan(100_000);
    const samples = parseNpy(bytes("cut", "samples.npy"), "samples.npy");
    expect(samples.shape).toEqual([4, record.numDraws, 9]);
    expect(stderr).toContain(`kept the ${record.numDraws} of 100000 draws that 4 of 4 chains had finished`);

    // The same draws as an uninterrupted run's.
    await runCommand(command("uncut", "--chains", "4", "--draws", "2", "--thinning", "1"));
    const whole = parseNpy(bytes("uncut", "samples.npy"), "samples.npy").data;
    expect(samples.data.slice(0, 18)).toEqual(whole.slice(0, 18));
  });

  it("writes nothing if no draw is complete", async () => {
    const args = command("none", "--burn-in", "1000000000", "--chains", "4");
    const { code, stdout, stderr } = await runCommand(args, { isTTY: true, onStderr: onProgress("SIGTERM") });
    expect({ code, stdout, isThere: existsSync(join(folder, "none")) }).toEqual({
      code: 143,
      stdout: "",
      isThere: false,
    });
    expect(stderr).toContain("interrupted before the first draw was complete: nothing was written");
  });

  it("keeps all draws, without the comparison, if it is that which is cut", async () => {
    const onComparison = (text: string, context: FakeContext): void => {
      if (text.includes("exact law [")) context.signals.emit("SIGINT");
    };
    const args = command("uncompared", "--chains", "256", "--draws", "100", "--thinning", "1");
    const { code, stdout, stderr } = await runCommand(args, { isTTY: true, onStderr: onComparison });
    expect(code).toBe(130);
    expect(json("uncompared", "metrics.json")).toMatchObject({ exact: null });
    expect(json("uncompared", "run.json")).toMatchObject({ interrupted: true, numChains: 256, numDraws: 100 });
    expect(stdout).toMatch(/energy of ξ +\S+ ± \S+ +–\n/);
    expect(stderr).toContain("all draws were kept, the comparison with the exact law was not");
  });

  it("is none if the signal comes when all is drawn", async () => {
    const context = createFakeContext();
    const watched: FakeContext = {
      ...context,
      signals: Object.assign(context.signals, {
        // The last that is asked of the signals before they are given back: writing has begun.
        off: (name: string, handler: () => void) => {
          if (name === "SIGINT") handler();
          return context.signals.removeListener(name, handler);
        },
      }),
    };
    expect(await run(command("late", "--chains", "4"), watched)).toBe(0);
    expect(json("late", "run.json")).toMatchObject({ interrupted: false });
  });

  it("leaves signals to the system until there is something to keep", async () => {
    let numListeners = -1;
    const context = createFakeContext({
      openWebGpu: () => {
        numListeners = context.signals.listenerCount("SIGTERM");
        return Promise.resolve({ reason: "none" });
      },
    });
    const args = command("early", "--chains", "4").map((arg) => (arg === "reference" ? "auto" : arg));
    expect(await run(args, context)).toBe(0);
    expect(numListeners).toBe(0);
  });

  it("leaves at once on a second signal", async () => {
    const context = createFakeContext({ isTTY: true, onStderr: onProgress("SIGINT", "SIGTERM") });
    await run(command("second", "--burn-in", "1000000000", "--chains", "4"), context);
    expect(context.exits).toEqual([143]);
    expect(context.signals.eventNames()).toEqual([]);
  });
});
