/** Adaptation against the closed form of the acceptance inside a basin, from starts on both sides of the answer. */
import { describe, expect, test } from "vitest";
import {
  adaptStepSize,
  basinAcceptanceRate,
  basinStepSize,
  createReferenceSampler,
  type AdaptationOptions,
} from "../../src/index.ts";
import { randomMemory } from "../support/memories.ts";

const options: AdaptationOptions = { kernel: "mala", seed: 1, numChains: 32, start: "exact" };

test("the first step is where the closed form accepts 0.574", () => {
  for (const dim of [50, 784, 4096]) expect(basinAcceptanceRate(dim, basinStepSize(dim))).toBeCloseTo(0.574, 3);
  expect(basinStepSize(1)).toBe(1);
});

describe("at d = 100, β = 200", () => {
  const target = { memory: randomMemory(4, 100), beta: 200 };

  test.each([undefined, 0.001, 1])(
    "from %s mala comes to its target acceptance, and a run keeps it",
    async (stepSize) => {
      await using sampler = createReferenceSampler(target);
      const adapted = await adaptStepSize(sampler, { ...options, ...(stepSize !== undefined && { stepSize }) });
      expect(Math.abs(adapted.stepSize / basinStepSize(100) - 1)).toBeLessThan(0.08);
      const { acceptanceRate } = await sampler.run({
        ...options,
        seed: 2,
        stepSize: adapted.stepSize,
        numBurnIn: 0,
        numDraws: 1,
        thinning: 100,
        start: adapted.positions,
      });
      const mean = acceptanceRate.reduce((sum, rate) => sum + rate, 0) / 32;
      expect(Math.abs(mean - 0.574)).toBeLessThan(0.04);
      expect(adapted.windows).toHaveLength(30);
      expect(adapted.windows[0]!.stepSize).toBeCloseTo(stepSize ?? basinStepSize(100), 12);
    },
  );

  test("another target acceptance makes another step", async () => {
    await using sampler = createReferenceSampler(target);
    const { stepSize } = await adaptStepSize(sampler, { ...options, targetAcceptance: 0.9 });
    expect(Math.abs(basinAcceptanceRate(100, stepSize) - 0.9)).toBeLessThan(0.02);
  });

  test("ou-mala, which accepts nearly everything, gets the whole step", async () => {
    await using sampler = createReferenceSampler(target);
    const { stepSize } = await adaptStepSize(sampler, { ...options, kernel: "ou-mala" });
    expect(stepSize).toBeGreaterThan(0.9);
    expect(stepSize).toBeLessThanOrEqual(1);
  });

  test("windows continue each other with new noise, and the same seed gives the same answer", async () => {
    await using sampler = createReferenceSampler(target);
    const short = { ...options, numWindows: 3, stepsPerWindow: 5 };
    const first = await adaptStepSize(sampler, short);
    expect(await adaptStepSize(sampler, short)).toEqual(first);
    const one = await adaptStepSize(sampler, { ...short, numWindows: 1 });
    const two = await adaptStepSize(sampler, { ...short, numWindows: 1, start: one.positions });
    expect(one.windows[0]).toEqual(first.windows[0]);
    expect(two.positions).not.toEqual((await adaptStepSize(sampler, { ...short, numWindows: 2 })).positions);
  });
});

test.each<[Partial<AdaptationOptions>, string]>([
  [
    { kernel: "ou" },
    'kernel: must be mala or ou-mala to have an acceptance to adapt to, got "ou" (other kernels never reject; choose their step size by hand)',
  ],
  [{ kernel: "gibbs" }, 'kernel: must be mala or ou-mala to have an acceptance to adapt to, got "gibbs"'],
  [{ targetAcceptance: 1 }, "targetAcceptance: must lie between 0 and 1, got 1"],
  [{ numWindows: 0 }, "numWindows: must be a whole number of at least 1, got 0"],
  [{ stepSize: 0 }, "stepSize: must lie in (0, 1], got 0"],
])("%j gets its sentence", async (fault, message) => {
  await using sampler = createReferenceSampler({ memory: randomMemory(3, 4), beta: 5 });
  await expect(adaptStepSize(sampler, { ...options, ...fault })).rejects.toThrow(message);
});
