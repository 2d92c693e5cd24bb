/** Which stored patterns each pixel of T(ξ) is made of: what a picture of the sources of a new image needs. */
import { stackTarget } from "../core/attention-stack.ts";
import { ArgumentError } from "../core/errors.ts";
import type { HopfieldTarget } from "../core/types.ts";
import { createReferenceMemory } from "./attention.ts";
import { attentionWeights } from "./energy.ts";
import { createPatchAttention } from "./patches.ts";

export interface PixelSources {
  /** The pattern of the memory with the largest share of each pixel, the first of equals, [height, width]. */
  readonly patterns: Int32Array;
  /** Its share, in (0, 1], [height, width]. */
  readonly shares: Float32Array;
}

/**
 * T(ξ) is Σ_k share_k m_k at every pixel, with shares that sum to 1: a pattern's share is ω times the sum of its attention
 * weights over the windows that hold the pixel; for `window: "full"` its attention weight. Where patterns agree, as on a
 * black border, even the largest share is small.
 * @param position ξ, [dim]
 * @throws ArgumentError for a malformed target, one without patches, or a position of another length
 */
export function pixelSources(target: HopfieldTarget, position: ArrayLike<number>): PixelSources {
  const stack = stackTarget(target);
  if (target.patches === undefined)
    throw new ArgumentError("target.patches", "must say where the pixels lie, got undefined");
  if (position.length !== stack.dim)
    throw new ArgumentError("position", `length must be dim = ${stack.dim}, got ${position.length}`);
  const { height, width, channels = 1 } = target.patches;
  const patterns = new Int32Array(height * width);
  const shares = new Float32Array(height * width);
  const compete = (k: number, shareOf: (pixel: number) => number): void => {
    for (let pixel = 0; pixel < shares.length; pixel++) {
      const share = Math.fround(shareOf(pixel));
      if (share <= shares[pixel]!) continue;
      patterns[pixel] = stack.patternOf[k]!;
      shares[pixel] = share;
    }
  };
  if (stack.patches) {
    const attention = createPatchAttention(createReferenceMemory(stack), stack.patches);
    const state = attention.createState();
    state.position.set(position);
    attention.attend(target.beta, state);
    const { power } = stack.patches;
    for (let k = 0; k < stack.numRows; k++) {
      const sums = attention.spreadWindows(state.attention, k);
      compete(k, (pixel) => power * sums[pixel * channels]!);
    }
  } else for (const [k, weight] of attentionWeights(target, position).entries()) compete(k, () => weight);
  return { patterns, shares };
}
