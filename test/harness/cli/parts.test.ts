/** The pieces of the command line that a whole run cannot reach every corner of. */
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createMemoryMatrix, type DrawChunk, type Draws, type Metrics } from "../../../src/index.ts";
import { openEngine } from "../../../harness/cli/engines.ts";
import { trackFinishedDraws } from "../../../harness/cli/finished-draws.ts";
import { formatBytes, formatDuration, formatFixed, formatQuantity, formatTable } from "../../../harness/cli/format.ts";
import { meaning, patternSpacing } from "../../../harness/cli/meaning.ts";
import { createOutputSet } from "../../../harness/cli/output-set.ts";
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

describe("meaning", () => {
  const figures = (novelty: number, denoised: number, floor = 0.158): Metrics => ({
    novelty: { mean: novelty, se: 0.0001, floor, denoised },
    diversity: { pooled: 0.3, withinChain: 0.2 },
    energy: { mean: -0.3, se: 0.0001 },
    maxCosine: 1 - novelty,
    attentionEntropy: 0,
    acceptanceRate: 1,
    nonFinite: 0,
  });
  const sentence = (novelty: number, denoised: number, spacing: number | null = 0.02): string =>
    meaning(figures(novelty, denoised), { exact: figures(novelty, denoised), numChains: 256, patternSpacing: spacing });

  it("calls noise noise and copies copies", () => {
    expect(sentence(0.158, 0)).toBe(
      "Raw novelty 0.1580 is the noise floor 0.1580: thermal noise alone takes ξ that far, and the denoised readout " +
        "T(ξ) retrieves copies of stored patterns (novelty 0.0000).",
    );
  });

  it("tells closeness from blends by the memory's own spacing", () => {
    expect(sentence(0.158, 0.005)).toMatch(
      /T\(ξ\) stays close to single stored patterns \(novelty 0\.0050, where stored patterns keep 0\.0200 from each other\)\.$/,
    );
    expect(sentence(0.25, 0.02)).toBe(
      "Raw novelty 0.2500 is above the noise floor 0.1580, and the denoised readout T(ξ) blends several stored patterns " +
        "(novelty 0.0200, where stored patterns keep 0.0200 from each other), which by itself says nothing of quality.",
    );
    expect(sentence(0.1, 0.02)).toMatch(/^Raw novelty 0\.1000 is below the noise floor 0\.1580, /);
    expect(sentence(0.158, 0.02, null)).toMatch(/T\(ξ\) has novelty 0\.0200\.$/);
  });

  it("puts a departure from the exact law first, if there are chains enough to know", () => {
    const run = figures(0.17, 0);
    const exact = figures(0.158, 0);
    expect(meaning(run, { exact, numChains: 256, patternSpacing: 0.02 })).toBe(
      "These are not draws from the stated law: their novelty is 0.1700 where the exact law has 0.1580 (85 standard " +
        "errors apart), so the chains have not settled or the kernel is biased at this step size.",
    );
    expect(meaning(run, { exact, numChains: 4, patternSpacing: 0.02 })).toMatch(/^Raw novelty/);
    const rounded = figures(0.15809, 0);
    expect(meaning(rounded, { exact, numChains: 256, patternSpacing: 0.02 })).toMatch(/^Raw novelty/);
    const cold = { ...exact, energy: { mean: -0.5, se: 0.0001 } };
    expect(meaning(cold, { exact, numChains: 256, patternSpacing: 0.02 })).toMatch(/their energy is -0\.5000/);
  });
});

describe("patternSpacing", () => {
  it("is the median distance to the nearest other pattern", () => {
    const memory = createMemoryMatrix([1, 0, 0, 1, 0, 0, 0, 1, 0], { numPatterns: 3, dim: 3 });
    expect(patternSpacing(memory)).toBeCloseTo(0, 7);
    const apart = createMemoryMatrix([1, 0, 0, 1, 1, 0, 0, 0, 1], { numPatterns: 3, dim: 3 });
    expect(patternSpacing(apart)).toBeCloseTo(1 - Math.SQRT1_2, 6);
    expect(patternSpacing(createMemoryMatrix([1, 0], { numPatterns: 1, dim: 2 }))).toBeNull();
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

describe("format", () => {
  it.each([
    [formatFixed(-0.00001), "0.0000"],
    [formatFixed(-0.12345), "-0.1235"],
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
