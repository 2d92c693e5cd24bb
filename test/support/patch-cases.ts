/** Patch energies that tests share: of every shape, and one whose law can be drawn. */
import type { PatchAxis, PatchGrid } from "../../src/core/patch-grid.ts";
import { createUnscaledMemoryMatrix, type HopfieldTarget, type Patches } from "../../src/index.ts";
import { exactDraws } from "./invariance.ts";
import { correlatedMemory, gateTarget } from "./memories.ts";

interface PatchTarget extends HopfieldTarget {
  readonly patches: Patches;
}

interface PatchCase extends PatchTarget {
  readonly name: string;
}

export function patchCase(name: string, patches: Patches, numPatterns = 9, beta = 40): PatchCase {
  const dim = patches.height * patches.width * (patches.channels ?? 1);
  return { name, patches, beta, memory: correlatedMemory(numPatterns, dim, 2) };
}

/** One unpadded window over the whole image: what the patch kernels are compared with the modern Hopfield energy on. */
export function wholeImageGrid(height: number, width: number, channels: number): PatchGrid {
  const whole = (length: number): PatchAxis => ({ length, window: length, stride: length, padding: 0, numWindows: 1 });
  return { channels, vertical: whole(height), horizontal: whole(width), numWindows: 1, power: 1 };
}

/** Overlapping and disjoint windows, strides, rectangles, channels, signals, borders, a mask. */
export const patchCases: readonly PatchCase[] = [
  patchCase("windows of one pixel", { height: 5, width: 6, window: 1 }),
  patchCase("windows of three pixels", { height: 7, width: 6, window: 3 }),
  patchCase("windows of seven pixels", { height: 9, width: 11, window: 7 }),
  patchCase("windows as large as the image", { height: 8, width: 8, window: 8 }),
  patchCase("windows longer than the image is high", { height: 4, width: 10, window: 6 }),
  patchCase("stride 2", { height: 9, width: 7, window: 4, stride: 2 }),
  patchCase("stride 3 that divides nothing but the window", { height: 8, width: 10, window: 6, stride: 3 }),
  patchCase("disjoint windows", { height: 8, width: 12, window: 4, stride: 4 }),
  patchCase("two channels", { height: 6, width: 5, channels: 2, window: 3 }),
  patchCase("three channels", { height: 5, width: 7, channels: 3, window: 4, stride: 2 }),
  patchCase("four channels", { height: 4, width: 4, channels: 4, window: 3 }),
  patchCase("a signal", { height: 1, width: 40, window: 9 }),
  patchCase("a signal with a stride", { height: 1, width: 41, window: 8, stride: 4 }),
  patchCase("an upright signal of two channels", { height: 23, width: 1, channels: 2, window: 5 }),
  patchCase("one pattern", { height: 6, width: 6, window: 3 }, 1),
  {
    ...patchCase("a mask", { height: 6, width: 6, window: 4 }, 12),
    mask: Uint8Array.from({ length: 12 }, (_, k) => k % 3),
  },
];

/**
 * Windows side by side on the target of the gate, and draws of its law, [numDraws, dim]: a product over windows, each a
 * mixture of the patterns' parts with equal weights.
 */
export async function disjointPatches(numDraws: number): Promise<{ target: PatchTarget; draws: Float32Array }> {
  const { memory, beta } = gateTarget();
  const { numPatterns, dim, values } = memory;
  const [height, width, window] = [2, 6, 2];
  const draws = new Float32Array(numDraws * dim);
  for (let x = 0; x < width; x += window) {
    const pixels = [x, x + 1, width + x, width + x + 1];
    const part = Array.from({ length: numPatterns }, (_, k) => pixels.map((pixel) => values[k * dim + pixel]!)).flat();
    const positions = await exactDraws(
      {
        memory: createUnscaledMemoryMatrix(Float32Array.from(part), { numPatterns, dim: pixels.length }),
        beta,
        heads: [{ power: 1, logWeights: new Float64Array(numPatterns) }],
      },
      numDraws,
      700 + x,
    );
    for (let n = 0; n < numDraws; n++)
      for (const [i, pixel] of pixels.entries()) draws[n * dim + pixel] = positions[n * pixels.length + i]!;
  }
  return { target: { memory, beta, patches: { height, width, window, stride: window } }, draws };
}
