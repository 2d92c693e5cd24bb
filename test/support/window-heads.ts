/** Patch energies in the form that costs more and says more: every window of the grid as a head of its own. */
import { patchGrid, type PatchAxis, type PatchGrid } from "../../src/core/patch-grid.ts";
import type { Head, HopfieldTarget, Patches } from "../../src/index.ts";

/** Whether window t of an axis covers a pixel. */
function covers({ window, stride, padding }: PatchAxis, t: number, pixel: number): boolean {
  const first = t * stride - padding;
  return pixel >= first && pixel < first + window;
}

function headsOf({ vertical, horizontal, channels, power }: PatchGrid): readonly Head[] {
  const heads: Head[] = [];
  for (let ty = 0; ty < vertical.numWindows; ty++)
    for (let tx = 0; tx < horizontal.numWindows; tx++) {
      const weights = new Float32Array(vertical.length * horizontal.length * channels);
      for (let y = 0; y < vertical.length; y++)
        for (let x = 0; x < horizontal.length; x++)
          if (covers(vertical, ty, y) && covers(horizontal, tx, x))
            weights.fill(1, (y * horizontal.length + x) * channels, (y * horizontal.length + x + 1) * channels);
      heads.push({ power, weights });
    }
  return heads;
}

/** The same law with heads in place of patches. */
export function asHeads({ patches, ...target }: HopfieldTarget & { readonly patches: Patches }): HopfieldTarget {
  return { ...target, heads: headsOf(patchGrid(patches, target.memory.dim)!) };
}
