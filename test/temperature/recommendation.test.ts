/** What T(ξ) reads out of exact draws, against the sampler itself; and that each recommendation is what its rule says. */
import { describe, expect, it } from "vitest";
import {
  createMemoryMatrix,
  createReferenceSampler,
  createUnscaledMemoryMatrix,
  novelty,
  recommendTemperatures,
  temperatureCurves,
  type MemoryMatrix,
} from "../../src/index.ts";
import { createReadout } from "../../src/temperature/denoised-novelty.ts";
import golden from "../golden/inflection.json" with { type: "json" };
import { correlatedMemory, randomMemory, wavesMemory } from "../support/memories.ts";
import { absRel, estimate, expectClose, expectMean } from "../support/tolerances.ts";

const waves = (name: string): MemoryMatrix => wavesMemory(golden.values.find((values) => values.name === name)!);

describe("the readout", () => {
  const uneven = randomMemory(5, 12).values.map((x, i) => x * (1 + 0.1 * Math.floor(i / 12)));
  it.each<[string, MemoryMatrix, number]>([
    ["fewer patterns than coordinates", correlatedMemory(9, 30, 1.5), 20],
    ["more patterns than coordinates", correlatedMemory(30, 9, 1.5), 20],
    ["patterns in one plane", createMemoryMatrix([1, 0, 0, 0, 1, 1, 0, 0, 1, 3, 0, 0], { numPatterns: 3, dim: 4 }), 4],
    ["unequal norms", createUnscaledMemoryMatrix(uneven, { numPatterns: 5, dim: 12 }), 3],
  ])("has the means of the exact sampler: %s", async (_, memory, beta) => {
    await using sampler = createReferenceSampler({ memory, beta });
    const draws = await sampler.run({
      kernel: "exact",
      stepSize: 1,
      seed: 3,
      numChains: 4000,
      numBurnIn: 0,
      numDraws: 1,
      thinning: 1,
      start: "exact",
    });
    const numDraws = 4000;
    const readout = createReadout(memory, { seed: 4, numDraws })(beta);
    // As many draws on this side: its error is at most theirs.
    const ofSampler = novelty(memory, draws.retrievals);
    expectMean(ofSampler, readout.novelty, 5, 5 * estimate(ofSampler).standardError);
    expectMean(draws.attentionEntropy, readout.entropy, 5, 5 * estimate(draws.attentionEntropy).standardError);
    expect(readout.novelty).toBeGreaterThan(0.001);
  });

  it("goes from the mean of all patterns to a copy of one", () => {
    const memory = correlatedMemory(12, 40, 2);
    const readout = createReadout(memory, { seed: 1 });
    const centre = Float32Array.from({ length: 40 }, (_, i) => {
      let sum = 0;
      for (let k = 0; k < 12; k++) sum += memory.values[k * 40 + i]!;
      return sum;
    });
    const { novelty: atZero, entropy } = readout(1e-9);
    expectClose([atZero, entropy], [novelty(memory, centre)[0]!, Math.log(12)], absRel(1e-4, 0));
    expect(readout(1e6)).toEqual({ novelty: 0, entropy: 0 });
  });

  it("is a function of β and the seed alone", () => {
    const memory = randomMemory(7, 20);
    const readout = createReadout(memory, { seed: 1 });
    const first = readout(5);
    readout(50);
    expect(readout(5)).toEqual(first);
    expect(createReadout(memory, { seed: 1 })(5)).toEqual(first);
    expect(createReadout(memory, { seed: 2 })(5)).not.toEqual(first);
  });
});

describe("recommendations", () => {
  const options = { seed: 1 };
  /** Three digits are kept. */
  const rounding = absRel(0, 6e-3);

  it.each([
    ["far apart", waves("far apart")],
    ["a large common part", waves("a large common part")],
    ["nested clusters", waves("nested clusters")],
    ["random", randomMemory(16, 64)],
  ])("follow their rules: %s", (_, memory) => {
    const report = recommendTemperatures(memory, options);
    const { generation, blending, retrieval } = report.recommended;
    expect(generation).toBeLessThan(blending);
    expect(blending).toBeLessThan(report.copies);
    expect(Math.min(...report.roots.map((root) => Math.abs(Math.log(generation / root))))).toBeLessThan(6e-3);

    const readout = createReadout(memory, options);
    const reference = report.roots.reduce((a, b) => Math.max(a, b));
    const atGeneration = readout(reference).novelty;
    // A crossing is known to 1e-3 in β and rounded to three digits; the curve falls up to twentyfold over an octave.
    expectClose([readout(blending).novelty / atGeneration], [0.5], absRel(0.03, 0));
    expect(readout(report.copies).novelty / atGeneration).toBeLessThanOrEqual(0.01);
    expect(readout(report.copies / 1.002).novelty / atGeneration).toBeGreaterThan(0.0099);
    for (const factor of [1.5, 3, 10])
      expect(readout(report.copies * factor).novelty / atGeneration).toBeLessThanOrEqual(0.01);
    // SNR² · 2d/α
    expectClose([report.published.retrieval], [0.113 ** 2 * 2 * memory.dim * 100], absRel(0, 1e-6));
    expectClose([retrieval], [Math.max(report.copies, report.published.retrieval)], rounding);
  });

  it("take, of several inflections, the one where most entropy is lost per octave", () => {
    const { roots, recommended } = recommendTemperatures(waves("nested clusters"), options);
    expect(roots).toHaveLength(2);
    expectClose([recommended.generation], [roots[1]!], rounding);
  });

  it("scale with the patterns", () => {
    const unit = randomMemory(8, 24);
    const long = createUnscaledMemoryMatrix(
      unit.values.map((x) => 4 * x),
      { numPatterns: 8, dim: 24 },
    );
    const ofUnit = recommendTemperatures(unit, options);
    const ofLong = recommendTemperatures(long, options);
    expectClose(
      [ofLong.copies, ofLong.published.retrieval],
      [ofUnit.copies / 16, ofUnit.published.retrieval / 16],
      absRel(0, 2e-3),
    );
    expectClose(ofLong.roots, [ofUnit.roots[0]! / 16], absRel(0, 1e-9));
  });

  it("are had for copies of patterns and for parallel patterns", () => {
    const copies = createMemoryMatrix([1, 0, 1, 0, 0, 1, 0, 1], { numPatterns: 4, dim: 2 });
    const { recommended } = recommendTemperatures(copies, options);
    expect(recommended.generation).toBeLessThan(recommended.blending);
    const parallel = createUnscaledMemoryMatrix([1, 2, 2, 4], { numPatterns: 2, dim: 2 });
    const report = recommendTemperatures(parallel, options);
    expectClose([report.copies], [report.roots[0]!], absRel(0, 1e-9));
  });

  it.each([
    [
      createMemoryMatrix([3, 4], { numPatterns: 1, dim: 2 }),
      "memory: must hold at least two patterns that differ in their overlap with the first 1, got 1 that do not " +
        "(a temperature has nothing to tell apart)",
    ],
    [
      createMemoryMatrix([3, 4, 3, 4], { numPatterns: 2, dim: 2 }),
      "memory: must hold at least two patterns that differ in their overlap with the first 2, got 2 that do not " +
        "(a temperature has nothing to tell apart)",
    ],
    [
      { values: new Float32Array(3), numPatterns: 2, dim: 2 },
      "memory.values: length must be numPatterns × dim = 2 × 2 = 4, got 3 (is the last pattern truncated?)",
    ],
  ])("refuse a memory without a temperature", (memory, message) => {
    expect(() => recommendTemperatures(memory, options)).toThrow(message);
  });

  it("refuse bad options", () => {
    const memory = randomMemory(3, 4);
    expect(() => recommendTemperatures(memory, { seed: -1 })).toThrow(
      "seed: must be a whole number from 0 to 2^64 - 1",
    );
    expect(() => recommendTemperatures(memory, { seed: 1, numDraws: 0 })).toThrow(
      "numDraws: must be a whole number of at least 1, got 0",
    );
  });
});

describe("curves", () => {
  it.each(golden.values)("have NumPy's entropy at stored patterns: $name", ({ entropyAt10, ...shape }) => {
    const { betas, entropy, concentration } = temperatureCurves(wavesMemory(shape), [10], { seed: 1 });
    expect(betas).toEqual([10]);
    expectClose(entropy, [entropyAt10], absRel(1e-9, 0));
    expectClose(concentration, [1 - entropyAt10 / Math.log(shape.numPatterns)], absRel(1e-9, 0));
  });

  it("have the readout's means, and full concentration on a single pattern", () => {
    const memory = randomMemory(7, 20);
    const { denoisedNovelty, drawEntropy } = temperatureCurves(memory, [2, 8], { seed: 5 });
    const readouts = [2, 8].map(createReadout(memory, { seed: 5 }));
    expect(denoisedNovelty).toEqual(readouts.map((each) => each.novelty));
    expect(drawEntropy).toEqual(readouts.map((each) => each.entropy));
    const single = createMemoryMatrix([3, 4], { numPatterns: 1, dim: 2 });
    expect(temperatureCurves(single, [1, 10], { seed: 1 })).toEqual({
      betas: [1, 10],
      entropy: [0, 0],
      concentration: [1, 1],
      drawEntropy: [0, 0],
      denoisedNovelty: [0, 0],
    });
  });
});
