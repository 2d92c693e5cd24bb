/** The pieces of the command line that a whole run cannot reach every corner of. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { createMemoryMatrix, type DrawChunk, type Draws } from "../../../src/index.ts";
import { openEngine, openSampler } from "../../../harness/cli/engines.ts";
import { trackFinishedDraws } from "../../../harness/cli/finished-draws.ts";
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatFixed,
  formatQuantity,
  formatTable,
} from "../../../harness/cli/format.ts";
import { onOutputError } from "../../../harness/cli/context.ts";
import { createOutputSet } from "../../../harness/cli/output-set.ts";
import { createProgressLine } from "../../../harness/cli/progress-line.ts";
import { createFakeContext } from "./fake-context.ts";

describe("trackFinishedDraws", () => {
  /** 3 chains × 4 draws of dimension 1; position = 10 · chain + draw. */
  const draws: Draws = {
    numChains: 3,
    numDraws: 4,
    dim: 1,
    positions: Float32Array.from([0, 1, 2, 3, 10, 11, 12, 13, 20, 21, 22, 23]),
    retrievals: Float32Array.from({ length: 12 }, (_, i) => -i),
    energy: Float64Array.from({ length: 12 }, (_, i) => i),
    attentionEntropy: new Float64Array(12),
    maxCosine: new Float64Array(12),
    acceptanceRate: Float64Array.from([0.1, 0.2, 0.3]),
    meanLogRatio: Float64Array.from([1, 2, 3]),
    numNonFinite: 7,
  };
  const chunk = (firstChain: number, numChains: number, draw: number): DrawChunk => ({
    draws,
    firstChain,
    numChains,
    draw,
  });

  it("has none before the first chunk", () => {
    expect(trackFinishedDraws(3).rectangle()).toBeUndefined();
  });

  it("cuts all chains to the draws that all have", () => {
    const finished = trackFinishedDraws(3);
    finished.add(chunk(0, 3, 0));
    finished.add(chunk(0, 3, 1));
    const kept = finished.rectangle()!;
    expect([kept.numChains, kept.numDraws]).toEqual([3, 2]);
    expect([...kept.positions]).toEqual([0, 1, 10, 11, 20, 21]);
    expect([...kept.energy]).toEqual([0, 1, 4, 5, 8, 9]);
    expect([...kept.acceptanceRate]).toEqual([0.1, 0.2, 0.3]);
    expect(kept.numNonFinite).toBe(7);
  });

  it("prefers the larger rectangle where chains are done in turn", () => {
    const finished = trackFinishedDraws(3);
    for (let draw = 0; draw < 4; draw++) finished.add(chunk(0, 2, draw));
    finished.add(chunk(2, 1, 0));
    const kept = finished.rectangle()!;
    expect([kept.numChains, kept.numDraws]).toEqual([2, 4]);
    expect([...kept.positions]).toEqual([0, 1, 2, 3, 10, 11, 12, 13]);
    expect([...kept.meanLogRatio]).toEqual([1, 2]);
  });

  it("copies averages, which go on changing", () => {
    const finished = trackFinishedDraws(3);
    const live = { ...draws, acceptanceRate: Float64Array.from([0.5, 0.5, 0.5]) };
    finished.add({ ...chunk(0, 3, 0), draws: live });
    live.acceptanceRate.fill(0.9);
    expect([...finished.rectangle()!.acceptanceRate]).toEqual([0.5, 0.5, 0.5]);
  });
});

describe("openEngine", () => {
  /** A GPU that has nothing but software, or nothing that gives a device. */
  const adapter = (isFallbackAdapter: boolean): GPUAdapter =>
    ({
      info: { vendor: "acme", architecture: "one", device: "", description: "Acme One", isFallbackAdapter },
      limits: { maxBufferSize: 1, maxStorageBufferBindingSize: 1 },
      features: new Set(),
      requestDevice: () => Promise.reject(new Error("lost")),
    }) as unknown as GPUAdapter;
  const machine = (...adapters: [GPUAdapter, ...GPUAdapter[]]) =>
    createFakeContext({ openWebGpu: () => Promise.resolve({ gpu: {} as GPU, adapters }) });

  it("takes the reference where there is no WebGPU", async () => {
    const context = createFakeContext();
    expect(await openEngine("auto", context)).toMatchObject({ name: "reference", adapter: null });
    expect(context.output.stderr).toBe("");
  });

  it("never takes a software adapter by itself", async () => {
    const context = machine(adapter(true));
    expect(await openEngine("auto", context)).toMatchObject({ name: "reference", adapter: null });
    expect(context.output.stderr).toBe(
      "stochastic-attention: the only WebGPU adapter is software (Acme One): using the reference on the CPU instead\n",
    );
  });

  it("names a software adapter that was asked for", async () => {
    const context = machine(adapter(true));
    await expect(openEngine("webgpu", context)).rejects.toThrow("gave no device");
    expect(context.output.stderr).toBe(
      "stochastic-attention: Acme One is a software adapter: right results, no GPU speed\n",
    );
  });

  it("falls back aloud if a hardware adapter gives no device, unless it was asked for", async () => {
    const context = machine(adapter(true), adapter(false));
    expect(await openEngine("auto", context)).toMatchObject({ name: "reference" });
    expect(context.output.stderr).toMatch(/gave no device .*: using the reference on the CPU instead\n$/);
    await expect(openEngine("webgpu", context)).rejects.toThrow("gave no device");
  });
});

describe("openSampler", () => {
  const memory = createMemoryMatrix(new Float32Array(64).fill(1), { numPatterns: 4, dim: 16 });
  /** A GPU without room for any buffer. */
  const tinyGpu = () => {
    const limits = { maxBufferSize: 8, maxStorageBufferBindingSize: 8 };
    const device = {
      limits,
      lost: new Promise(() => {}),
      queue: { writeBuffer() {} },
      createBuffer: () => ({ destroy() {} }),
      pushErrorScope() {},
      popErrorScope: () => Promise.resolve({ message: "no room for 8 bytes" }),
      destroy: vi.fn<() => void>(),
    };
    const adapter = {
      info: { vendor: "acme", architecture: "", device: "", description: "Acme Tiny", isFallbackAdapter: false },
      limits,
      requestDevice: () => Promise.resolve(device),
    } as unknown as GPUAdapter;
    const openWebGpu = () => Promise.resolve({ gpu: {} as GPU, adapters: [adapter] as const });
    return { device, context: createFakeContext({ openWebGpu }) };
  };

  it("gives a memory that the GPU cannot hold to the reference, aloud, and closes the device", async () => {
    vi.stubGlobal("GPUBufferUsage", { STORAGE: 128, COPY_DST: 8, COPY_SRC: 4, UNIFORM: 64 });
    const { device, context } = tinyGpu();
    const { engine } = await openSampler("auto", { memory, beta: 10 }, context);
    expect(engine).toMatchObject({ name: "reference", adapter: null });
    expect(context.output.stderr).toMatch(/8 bytes.*: using the reference on the CPU instead\n$/);
    expect(device.destroy).toHaveBeenCalledOnce();
    await expect(openSampler("webgpu", { memory, beta: 10 }, tinyGpu().context)).rejects.toThrow("8 bytes");
    vi.unstubAllGlobals();
  });

  it("does the same with a β that float32 cannot hold, naming no internals", async () => {
    const { context } = tinyGpu();
    const { engine } = await openSampler("auto", { memory, beta: 1e39 }, context);
    expect(engine.name).toBe("reference");
    expect(context.output.stderr).toMatch(/^stochastic-attention: β, .*got β = 1e\+39.*: using the reference/);
  });

  it("lets both engines' refusals through", async () => {
    const { context } = tinyGpu();
    await expect(openSampler("auto", { memory, beta: -1 }, context)).rejects.toThrow("must be a finite number above 0");
    expect(context.output.stderr).toBe("");
  });
});

describe("createOutputSet", () => {
  it("shows files only when published, and none when discarded", async () => {
    const folder = mkdtempSync(join(tmpdir(), "output-set-"));
    try {
      const dropped = await createOutputSet(folder);
      writeFileSync(dropped.stagedPath("a"), "1");
      expect(existsSync(join(folder, "a"))).toBe(false);
      dropped.discard();
      expect(readdirSync(folder)).toEqual([]);

      const kept = await createOutputSet(folder);
      for (const name of ["run.json", "a"]) writeFileSync(kept.stagedPath(name), name);
      await kept.publish(["run.json", "a"]);
      expect(readdirSync(folder).sort()).toEqual(["a", "run.json"]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("makes the output folder and its parents, and takes them back with a discarded set", async () => {
    const folder = mkdtempSync(join(tmpdir(), "output-set-"));
    try {
      const outputs = await createOutputSet(join(folder, "a", "b"));
      expect(readdirSync(folder)).toEqual(["a"]);
      outputs.discard();
      expect(readdirSync(folder)).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("takes away what the earlier run says that it wrote, and nothing else", async () => {
    const parent = mkdtempSync(join(tmpdir(), "output-set-"));
    const folder = join(parent, "out");
    try {
      mkdirSync(join(folder, "images"), { recursive: true });
      for (const name of ["../outside", "mine", "images/1", "images/2", "images/mine", "b"])
        writeFileSync(join(folder, name), name);
      const names = ["images/1", "images/2", "b", "gone", "../outside", join(parent, "outside")];
      const record = { outputs: Object.fromEntries(names.map((name) => [name, ""])) };
      writeFileSync(join(folder, "run.json"), JSON.stringify(record));

      const outputs = await createOutputSet(folder);
      for (const name of ["images/1", "run.json"]) writeFileSync(outputs.stagedPath(name), "new");
      await outputs.publish(["images/1", "run.json"]);
      expect(readdirSync(folder).toSorted()).toEqual(["images", "mine", "run.json"]);
      expect(readdirSync(join(folder, "images")).toSorted()).toEqual(["1", "mine"]);
      expect(existsSync(join(parent, "outside"))).toBe(true);
    } finally {
      rmSync(parent, { recursive: true });
    }
  });

  it("takes the old run.json away before it replaces anything", async () => {
    const folder = mkdtempSync(join(tmpdir(), "output-set-"));
    try {
      writeFileSync(join(folder, "run.json"), "old");
      const outputs = await createOutputSet(folder);
      writeFileSync(outputs.stagedPath("run.json"), "new");
      await expect(outputs.publish(["missing", "run.json"])).rejects.toThrow("ENOENT");
      expect(existsSync(join(folder, "run.json"))).toBe(false);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("createProgressLine", () => {
  /** What is shown of a run that is a quarter done. */
  const shown = (columns: number): string => {
    const context = createFakeContext({ isTTY: true, columns });
    let seconds = 0;
    const line = createProgressLine(context, "sampling", "chain-steps", () => 1000 * seconds);
    seconds = 5;
    line.update({ done: 25, total: 100 });
    line.stop();
    return /sampling .*? left of this part/.exec(context.output.stderr)![0];
  };

  it("fits the terminal, with a shorter bar or none", () => {
    for (const columns of [200, 80, 72]) {
      expect(shown(columns)).toMatch(/^sampling \[=+-+\] 25% \| .* left of this part$/);
      expect(shown(columns).length).toBeLessThan(columns);
    }
    expect(shown(50)).toMatch(/^sampling 25% \|/);
  });

  it("gives no rate and no time left before a second has passed", () => {
    const shownAt = (seconds: number): string => {
      const context = createFakeContext({ isTTY: true });
      let now = 0;
      const line = createProgressLine(context, "sampling", "chain-steps", () => now);
      now = 1000 * seconds;
      line.update({ done: 50, total: 100 });
      line.stop();
      return context.output.stderr;
    };
    expect(shownAt(0.001)).toContain("] 50%");
    expect(shownAt(0.9)).not.toMatch(/chain-steps|left|\|/);
    expect(shownAt(1)).toContain("] 50% | 50 chain-steps/s | 1.0 s left of this part");
  });

  describe("where there is no terminal", () => {
    /** What is said of a run whose line is told, at each of these times in seconds, how much of 1000 is done. */
    const said = (times: readonly (readonly [seconds: number, done: number])[]): string => {
      const context = createFakeContext();
      let seconds = 0;
      const line = createProgressLine(context, "sampling", "chain-steps", () => 1000 * seconds);
      for (const [at, done] of times) {
        seconds = at;
        line.update({ done, total: 1000 });
      }
      line.stop();
      return context.output.stderr;
    };

    it("is silent on short runs, and at the beginning and end of long ones", () => {
      expect(
        said([
          [0, 0],
          [1, 100],
          [9.9, 990],
          [10, 1000],
        ]),
      ).toBe("");
      expect(said([[20, 0]])).toBe("");
    });

    it("is a sentence every ten seconds at most", () => {
      expect(
        said([
          [9, 45],
          [10, 50],
          [15, 75],
          [19.9, 99],
          [25, 125],
          [34, 170],
          [120, 600],
        ]),
      ).toBe(
        "stochastic-attention: sampling: 5%, 5 chain-steps/s, 3 min 10 s left of this part\n" +
          "stochastic-attention: sampling: 12%, 5 chain-steps/s, 2 min 55 s left of this part\n" +
          "stochastic-attention: sampling: 60%, 5 chain-steps/s, 1 min 20 s left of this part\n",
      );
    });

    it("is the share alone where the line has just begun", () => {
      const context = createFakeContext();
      let now = 0;
      createProgressLine(context, "window 7", "chain-steps", () => now).stop();
      now = 10_000;
      const line = createProgressLine(context, "window 11", "chain-steps", () => now);
      now += 1;
      line.update({ done: 50, total: 100 });
      expect(context.output.stderr).toBe("stochastic-attention: window 11: 50%\n");
    });

    it("counts the time of all lines of a command, however short each is", () => {
      const context = createFakeContext();
      let seconds = 0;
      const windows = ["window 7", "window 11", "window 15", "window 19"];
      for (const window of windows) {
        const line = createProgressLine(context, window, "chain-steps", () => 1000 * seconds);
        seconds += 6;
        line.update({ done: 50, total: 100 });
        line.stop();
      }
      expect(context.output.stderr).toBe(
        "stochastic-attention: window 11: 50%, 8.33 chain-steps/s, 6.0 s left of this part\n" +
          "stochastic-attention: window 19: 50%, 8.33 chain-steps/s, 6.0 s left of this part\n",
      );
    });
  });
});

describe("onOutputError", () => {
  const refused = (code: string) => {
    const context = createFakeContext();
    onOutputError(Object.assign(new Error("write"), { code }), context);
    return { exits: context.exits, stderr: context.output.stderr };
  };

  it("ends the process with one sentence where results have nowhere to go", () => {
    expect(refused("ENOSPC")).toEqual({
      exits: [1],
      stderr: "stochastic-attention: standard output cannot be written to (ENOSPC)\n",
    });
  });

  it("takes a reader who has left for a reader who has seen enough", () => {
    expect(refused("EPIPE")).toEqual({ exits: [], stderr: "" });
  });
});

describe("format", () => {
  it.each([
    [formatFixed(-0.00001), "0.0000"],
    [formatFixed(-0.12345), "-0.1235"],
    [formatFixed(999_999), "999999.0000"],
    [formatFixed(-123_456_789), "-1.235e+8"],
    [formatCount(1, "chain"), "1 chain"],
    [formatCount(256, "draw"), "256 draws"],
    [formatQuantity(0), "0"],
    [formatQuantity(12.345), "12.3"],
    [formatQuantity(1_234_567), "1.23M"],
    [formatDuration(4.21), "4.2 s"],
    [formatDuration(59.6), "1 min 0 s"],
    [formatDuration(7325), "2 h 2 min"],
    [formatBytes(512), "512 B"],
    [formatBytes(2 ** 31), "2.0 GiB"],
    [
      formatTable([
        ["a", "1"],
        ["bcd", "22"],
      ]),
      "a      1\nbcd   22\n",
    ],
  ])("%j", (text, expected) => {
    expect(text).toBe(expected);
  });
});
