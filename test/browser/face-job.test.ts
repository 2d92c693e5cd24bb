/** The main job in headless Chrome: 256 chains on 100 faces of 4096 pixels, against the reference and the exact law. */
import { describe, expect } from "vitest";
import type { SampleOptions } from "../../src/index.ts";
import { browserTest } from "../support/browser.ts";

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
  browserTest("follows the float64 reference draw by draw, decisions included", async ({ web }) => {
    const firstSteps = { ...job, numBurnIn: 0, numDraws: 4, thinning: 1 };
    const parity = await web.call("compareWithReference", beta, firstSteps, 16);
    // Values are about 0.016, and rounding in float32 grows by no more than a few units in the last place a step.
    for (const error of [...parity.positionError, ...parity.retrievalError]) expect(error).toBeLessThan(1e-4);
    expect(parity.positionError).toHaveLength(4);
    expect(parity.acceptanceRate).toEqual(parity.referenceAcceptanceRate);
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
