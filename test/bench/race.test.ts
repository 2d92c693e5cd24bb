/** How contestants of a job are timed: turns, budgets, and those that fail. */
import { describe, expect, test } from "vitest";
import { flopsPerChainStep, jobs, leastBytesPerStep, type Job } from "../../bench/measure/cases.ts";
import { largestError, type Block, type Contestant } from "../../bench/measure/contestants/contestant.ts";
import { ownContestants } from "../../bench/measure/contestants/own.ts";
import { race, type RaceOptions } from "../../bench/measure/race.ts";
import { createReferenceSampler } from "../../src/index.ts";

const job = jobs.find(({ id }) => id === "64-16-1024-ula")!;
const options: RaceOptions = {
  numRounds: 6,
  blockSeconds: 0.1,
  secondsPerContestant: 100,
  peaks: { chip: 1e6 },
  place: "node",
};

/** Takes `seconds` a step by its own account. */
function pretender(name: string, seconds: number, order: string[], error: number | null = 0): Contestant {
  return {
    id: name,
    label: name,
    space: "direct",
    arithmetic: "float32",
    peak: "chip",
    leastSteps: () => 1,
    verifies: "draws",
    covers: () => true,
    open: () =>
      Promise.resolve({
        verify: () => Promise.resolve(error),
        block(steps): Promise<Block> {
          order.push(name);
          return Promise.resolve({ chainSteps: steps * job.numChains, seconds: steps * seconds, gpuSeconds: null });
        },
        close: () => Promise.resolve(void order.push(`${name} closed`)),
      }),
  };
}

describe("a race", () => {
  test("verifies, settles on a block, and has all take turns", async () => {
    const order: string[] = [];
    const { rows } = await race(job, [pretender("a", 0.01, order), pretender("b", 0.05, order)], options);
    expect(rows.map(({ numRounds, thinning, error }) => ({ numRounds, thinning, error }))).toEqual([
      { numRounds: 6, thinning: 10, error: 0 },
      { numRounds: 6, thinning: 2, error: 0 },
    ]);
    expect(rows[0]!.chainStepsPerSecond!.median).toBeCloseTo(1024 / 0.01, 6);
    expect(rows[0]!.shareOfPeak).toBeCloseTo((1024 / 0.01) * 4 * 16 * 64 * 1e-6, 6);
    expect(order.slice(-14)).toEqual([
      "a",
      "b",
      "b",
      "a",
      "a",
      "b",
      "b",
      "a",
      "a",
      "b",
      "b",
      "a",
      "a closed",
      "b closed",
    ]);
  });

  test("leaves out the slow, the wrong and those that fail, with the reason", async () => {
    const order: string[] = [];
    const broken: Contestant = {
      ...pretender("broken", 1, order),
      open: () => Promise.reject(new Error("no driver\nat x")),
    };
    const { rows } = await race(
      job,
      [
        pretender("slow", 5000, order),
        pretender("wrong", 0.01, order, 0.5),
        pretender("nan", 0.01, order, NaN),
        broken,
      ],
      options,
    );
    expect(rows.map(({ skipped }) => skipped)).toEqual([
      "a step of all chains took 5.0e+3 s, more than the 1.0e+3 s of this budget",
      "its results are wrong by 0.5",
      "its results are wrong by NaN",
      "no driver",
    ]);
    expect(rows.every(({ chainStepsPerSecond }) => chainStepsPerSecond === null)).toBe(true);
    expect(order).toContain("slow closed");
  });

  test("stops for an abort, and closes what was open", async () => {
    const order: string[] = [];
    const controller = new AbortController();
    const stopping = pretender("b", 0.01, order);
    const aborting: Contestant = {
      ...stopping,
      open: async (opened) => {
        controller.abort(new Error("enough"));
        return stopping.open(opened);
      },
    };
    const running = race(job, [pretender("a", 0.01, order), aborting], { ...options, signal: controller.signal });
    await expect(running).rejects.toThrow("enough");
    expect(order).toContain("a closed");
  });
});

test("a sampler is timed between its draws and agrees with the reference", async () => {
  const small: Job = { ...job, numChains: 8 };
  const contestants = ownContestants({
    id: "again",
    label: "again",
    arithmetic: "float64",
    peak: "chip",
    createSampler: (target) => Promise.resolve(createReferenceSampler(target)),
  });
  const { rows } = await race(small, contestants, { ...options, blockSeconds: 0.001, numRounds: 3 });
  expect(rows.map(({ contestant, error }) => [contestant, error])).toEqual([
    ["again-direct", 0],
    ["again-collapsed", 0],
  ]);
  expect(rows[1]!.thinning).toBeGreaterThanOrEqual(200);
});

test("the largest error is relative, and no NaN passes for a small one", () => {
  expect(largestError([1, 2.5, -4], [1, 2, -4])).toBeCloseTo(0.125, 12);
  expect(largestError([1, NaN, -4], [1, 2, -4])).toBeNaN();
  expect(() => largestError([1], [1, 2])).toThrow("there must be 2 values, got 1");
});

test("jobs have names of their own, and counts that follow from their sizes", () => {
  expect(new Set(jobs.map(({ id }) => id)).size).toBe(jobs.length);
  const face = jobs.find(({ id }) => id === "4096-100-256-ula")!;
  expect([flopsPerChainStep(face, "direct"), flopsPerChainStep(face, "collapsed")]).toEqual([1_638_400, 40_000]);
  expect(leastBytesPerStep(face, "direct")).toBe(4 * 100 * 4096 + 8 * 256 * 4096);
});
