/** What has to be said before any figure is. */
import { describe, expect, it } from "vitest";
import {
  createMemoryMatrix,
  createReferenceSampler,
  createUnscaledMemoryMatrix,
  fillNormals,
  purposes,
  type Draws,
} from "../../../src/index.ts";
import { requireFiniteDraws, weightWarning } from "../../../harness/report/soundness.ts";

const axes = createMemoryMatrix([1, 0, 0, 0, 1, 0], { numPatterns: 2, dim: 3 });

function drawAt(beta: number): Promise<Draws> {
  const chains = { numChains: 4, numBurnIn: 0, numDraws: 2, thinning: 1 } as const;
  return createReferenceSampler({ memory: axes, beta }).run({
    ...chains,
    kernel: "exact",
    stepSize: 1,
    seed: 1,
    start: "exact",
  });
}

describe("requireFiniteDraws", () => {
  it("passes draws that float32 holds", async () => {
    const target = { memory: axes, beta: 1e-40 };
    expect(requireFiniteDraws("samples", target, await drawAt(1e-40))).toBeUndefined();
  });

  it("says in one sentence what is beyond it", async () => {
    const draws = await drawAt(1e-308);
    expect(() => requireFiniteDraws("samples", { memory: axes, beta: 1e-308 }, draws)).toThrow(
      "24 of 24 coordinates of the samples are not finite: β = 1e-308 or the patterns' scale goes beyond what float32 " +
        "can hold",
    );
  });

  it.each(["positions", "retrievals", "energy", "attentionEntropy", "maxCosine"] as const)(
    "looks at %s",
    async (name) => {
      const draws = await drawAt(10);
      draws[name][1] = NaN;
      expect(() => requireFiniteDraws("samples", { memory: axes, beta: 10 }, draws)).toThrow(
        /^1 of \d+ [a-z ]+ of the/,
      );
    },
  );
});

describe("weightWarning", () => {
  const values = new Float64Array(20 * 1000);
  fillNormals(0, 0, purposes.data, [1, 0], values);
  const unit = createMemoryMatrix(values, { numPatterns: 20, dim: 1000 });

  it("says nothing of equal weights", () => {
    expect(weightWarning({ memory: unit, beta: 1e4 })).toBeUndefined();
  });

  it("says when rounding decides between equal norms", () => {
    expect(weightWarning({ memory: unit, beta: 1e10 })).toMatch(
      /^at β = 10000000000 float32's rounding of equal norms decides .* some patterns weigh .* times others/,
    );
  });

  it("says by how much the longest of unequal patterns wins", () => {
    const memory = createUnscaledMemoryMatrix([1, 0, 0, 2], { numPatterns: 2, dim: 2 });
    // e^(10 · (4 − 1)/2) = 3.3e6
    expect(weightWarning({ memory, beta: 10 })).toMatch(/the longest pattern weighs 3\.3e\+6 times the shortest/);
    expect(weightWarning({ memory, beta: 1000 })).toMatch(/more than 1e300/);
    expect(weightWarning({ memory, beta: 10, mask: Uint8Array.of(1, 0) })).toBeUndefined();
  });
});
