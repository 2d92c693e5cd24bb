/** The main job in headless Chrome: 256 chains on 100 faces of 4096 pixels, against the reference and the exact law. */
import { describe, expect } from "vitest";
import type { SampleOptions } from "../../src/index.ts";
import { browserTest } from "../support/browser.ts";
import { tolerances } from "../support/tolerances.ts";

const beta = 10_000;

const job: SampleOptions = {
  kernel: "ou-mala",
  stepSize: 0.5,
  seed: 1,
  numChains: 256,
  numBurnIn: 20,
  numDraws: 5,
  thinning: 10,
  start: "pattern",
};

describe("the face job in Chrome", () => {
  browserTest.for([
    { kernel: "ou-mala", stepSize: 0.5, rejects: false },
    // Accepts 2Φ(−√(α³d/8)) ≈ 0.80 of its proposals here, so that decisions have something to disagree about.
    { kernel: "mala", stepSize: 0.05, rejects: true },
  ] as const)("$kernel follows the float64 reference draw by draw", async ({ kernel, stepSize, rejects }, { web }) => {
    const firstSteps = { ...job, kernel, stepSize, numBurnIn: 0, numDraws: 4, thinning: 1 };
    const parity = await web.call("compareWithReference", beta, firstSteps, 16);
    // Values are about 0.016, and four steps round each of them a few times.
    const allowed = tolerances.float32State.allowed(0);
    for (const error of [...parity.positionError, ...parity.retrievalError]) expect(error).toBeLessThan(allowed);
    expect(parity.positionError).toHaveLength(4);
    expect(parity.acceptanceRate).toEqual(parity.referenceAcceptanceRate);
    expect(parity.acceptanceRate.some((rate) => rate < 1)).toBe(rejects);
  });

  browserTest("has the figures of the exact law", async ({ web }) => {
    const result = await web.call("runFaceJob", beta, job);
    const exact = await web.call("runExactFaceJob", beta, { ...job, seed: 2 });
    expect([result.dim, result.numPatterns]).toEqual([4096, 100]);
    expect(result.numNonFiniteValues).toBe(0);
    const { metrics } = result;
    expect(metrics.nonFinite).toBe(0);
    expect(metrics.acceptanceRate).toBeGreaterThan(0.98);
    expect(metrics.novelty.floor).toBe(result.floor);
    for (const figure of ["novelty", "energy"] as const) {
      const sigma = Math.hypot(metrics[figure].se!, exact[figure].se!);
      expect(Math.abs(metrics[figure].mean - exact[figure].mean) / sigma).toBeLessThan(5);
    }
  });

  browserTest("64 chains are the first 64 of 256, to the last bit", async ({ web }) => {
    expect(await web.call("countDifferingValues", beta, { ...job, numBurnIn: 0, numDraws: 2, thinning: 1 }, 64)).toBe(
      0,
    );
  });
});
