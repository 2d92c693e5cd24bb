import { describe, expect, it } from "vitest";
import { betaFromSignalToNoise, signalToNoiseFromBeta } from "../../src/index.ts";

describe("signal-to-noise rule", () => {
  it("gives the published operating points", () => {
    // β = 2000 and 200 at d = 784, α = 0.01 are the published SNR 0.113 and 0.036; β = 10⁴ at d = 4096 is 0.110.
    expect(signalToNoiseFromBeta(2000, 784, 0.01)).toBeCloseTo(0.113, 3);
    expect(signalToNoiseFromBeta(200, 784, 0.01)).toBeCloseTo(0.036, 3);
    expect(signalToNoiseFromBeta(10_000, 4096, 0.01)).toBeCloseTo(0.11, 3);
  });

  it("reads the same both ways", () => {
    expect(betaFromSignalToNoise(0.5, 8, 0.25)).toBe(16);
    expect(signalToNoiseFromBeta(16, 8, 0.25)).toBe(0.5);
  });

  it.each([
    [() => betaFromSignalToNoise(0, 8, 0.1), "signalToNoise: must be a finite number above 0, got 0"],
    [() => betaFromSignalToNoise(0.1, 0, 0.1), "dim: must be a whole number of at least 1, got 0"],
    [() => signalToNoiseFromBeta(-1, 8, 0.1), "beta: must be a finite number above 0, got -1"],
    [() => signalToNoiseFromBeta(1, 8, 2), "stepSize: must lie in (0, 1], got 2"],
  ])("refuses what has no meaning", (call, message) => {
    expect(call).toThrow(message);
  });
});
