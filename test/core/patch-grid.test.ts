/** Where windows lie: every pixel in equally many of them, whatever the shape; and a sentence for shapes that are none. */
import { describe, expect, test } from "vitest";
import { patchGrid, type PatchAxis } from "../../src/core/patch-grid.ts";
import { createReferenceSampler, type Patches } from "../../src/index.ts";
import { randomMemory } from "../support/memories.ts";
import { patchCases } from "../support/patch-cases.ts";

/** How many windows of an axis hold each pixel. */
function holders({ length, window, stride, padding, numWindows }: PatchAxis): number[] {
  const counts = Array.from({ length }, () => 0);
  for (let t = 0; t < numWindows; t++)
    for (let x = 0; x < length; x++) {
      const first = t * stride - padding;
      if (x >= first && x < first + window) counts[x]!++;
    }
  return counts;
}

const manyShapes: readonly Patches[] = [
  ...patchCases.map(({ patches }) => patches),
  ...[1, 2, 3, 5, 8, 13].flatMap((length) =>
    [1, 2, 3, 4, 6, 12].flatMap((window) =>
      [1, 2, 3, 4, 6, 12]
        .filter((stride) => window % stride === 0)
        .map((stride) => ({ height: length, width: 13, window, stride })),
    ),
  ),
];

describe("the grid", () => {
  test.each(manyShapes)(
    "$height × $width, window $window, stride $stride: ω is one over the windows of a pixel",
    (patches) => {
      const { height, width, channels = 1, window, stride = 1 } = patches;
      const grid = patchGrid(patches, height * width * channels)!;
      const { vertical, horizontal } = grid;
      const perPixel = [vertical, horizontal].map((axis) => {
        const counts = new Set(holders(axis));
        expect(counts.size).toBe(1);
        return [...counts][0]!;
      });
      expect(grid.power).toBeCloseTo(1 / (perPixel[0]! * perPixel[1]!), 15);
      expect(grid.numWindows).toBe(vertical.numWindows * horizontal.numWindows);
      // The longer side has the windows that were asked for; every window holds a pixel.
      const longer = width > height ? horizontal : vertical;
      expect([longer.window, longer.stride]).toEqual([window, stride]);
      for (const { length, window: own, stride: step, padding, numWindows } of [vertical, horizontal]) {
        expect(own - padding).toBeGreaterThan(0);
        expect((numWindows - 1) * step - padding).toBeLessThan(length);
      }
    },
  );

  test("a signal has windows along its length only", () => {
    const row = patchGrid({ height: 1, width: 20, window: 5 }, 20)!;
    expect(row.vertical).toEqual({ length: 1, window: 1, stride: 1, padding: 0, numWindows: 1 });
    expect(row.horizontal).toEqual({ length: 20, window: 5, stride: 1, padding: 4, numWindows: 24 });
    const column = patchGrid({ height: 20, width: 1, window: 5 }, 20)!;
    expect([column.vertical, column.horizontal]).toEqual([row.horizontal, row.vertical]);
  });

  test("an axis shorter than the window has windows of its own length", () => {
    const { vertical, power } = patchGrid({ height: 4, width: 10, window: 6, stride: 2 }, 40)!;
    expect(vertical).toEqual({ length: 4, window: 4, stride: 1, padding: 3, numWindows: 7 });
    expect(power).toBeCloseTo(1 / (4 * 3), 15);
  });

  test("one window over the whole image needs none", () => {
    expect(patchGrid({ height: 3, width: 5, window: "full" }, 15)).toBeUndefined();
  });
});

describe("every fault gets its sentence", () => {
  const memory = randomMemory(3, 24);
  test.each<[Patches, string]>([
    [{ height: 4, width: 5, window: 2 }, "target.patches: height × width × channels must be dim = 24, got 4 × 5 × 1"],
    [{ height: 0, width: 5, window: 2 }, "target.patches.height: must be a whole number of at least 1, got 0"],
    [{ height: 4, width: 2.5, window: 2 }, "target.patches.width: must be a whole number of at least 1, got 2.5"],
    [{ height: 2, width: 2, channels: 6, window: 2 }, "target.patches.channels: must be at most 4, got 6"],
    [
      { height: 4, width: 6, window: 7 },
      'target.patches.window: must be at most the longer side of the image, 6, got 7 (or "full" for the whole image)',
    ],
    [
      { height: 4, width: 6, window: 0 },
      'target.patches.window: must be a whole number of at least 1, got 0 (or "full" for the whole image)',
    ],
    [
      { height: 4, width: 6, window: 4, stride: 3 },
      "target.patches.stride: must divide the window, 4, so that every pixel lies in equally many windows, got 3",
    ],
  ])("%j", (patches, message) => {
    expect(() => createReferenceSampler({ memory, beta: 1, patches })).toThrow(message);
  });

  test("heads beside patches", () => {
    const patches = { height: 4, width: 6, window: 2 };
    expect(() => createReferenceSampler({ memory, beta: 1, patches, heads: [{ power: 1 }] })).toThrow(
      "target.heads: must not stand beside target.patches, which are heads themselves, got both",
    );
  });

  test("what needs a law in closed form", async () => {
    const sampler = createReferenceSampler({ memory, beta: 1, patches: { height: 4, width: 6, window: 2 } });
    const base = { stepSize: 0.5, seed: 1, numChains: 1, numBurnIn: 0, numDraws: 1, thinning: 1 } as const;
    const reason = "(they draw from one mixture, and there is none for several windows)";
    await expect(sampler.run({ ...base, kernel: "gibbs", start: "pattern" })).rejects.toThrow(reason);
    await expect(sampler.run({ ...base, kernel: "exact", start: "pattern" })).rejects.toThrow(reason);
    await expect(sampler.run({ ...base, kernel: "ou", start: "exact" })).rejects.toThrow(reason);
    await expect(sampler.run({ ...base, kernel: "ou", start: "mean", collapse: "on" })).rejects.toThrow(
      'collapse: must be "auto" or "off" for patches, got "on" (each window spans directions of its own',
    );
  });
});
