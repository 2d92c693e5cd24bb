/**
 * Where the windows of a patch energy lie (spec section 5). The image is padded so that every pixel lies in equally many
 * windows; along each axis window t covers the pixels [t·stride − padding, t·stride − padding + window), of which those
 * outside the image are zero in every pattern and in every state.
 */
import { describe, requireCount } from "./checks.ts";
import { ArgumentError } from "./errors.ts";
import type { Patches } from "./types.ts";

/** One axis of the grid. */
export interface PatchAxis {
  /** Pixels of the image. */
  readonly length: number;
  /** Pixels of a window. */
  readonly window: number;
  readonly stride: number;
  /** Pixels by which the first window begins before the image. */
  readonly padding: number;
  /** Windows along this axis. */
  readonly numWindows: number;
}

/** A pixel has `channels` values next to each other: the coordinate of (y, x, c) is (y · width + x) · channels + c. */
export interface PatchGrid {
  readonly channels: number;
  readonly vertical: PatchAxis;
  readonly horizontal: PatchAxis;
  /** Windows of the grid; window (ty, tx) has the number ty · horizontal.numWindows + tx. */
  readonly numWindows: number;
  /** ω, one over the number of windows that each pixel lies in. */
  readonly power: number;
}

/**
 * @returns the grid, or undefined for `window: "full"`: one unpadded window is a head like any other
 * @throws ArgumentError unless image, window and stride fit each other and `dim`
 */
export function patchGrid(patches: Patches, dim: number): PatchGrid | undefined {
  const height = requireCount("target.patches.height", patches.height, 1);
  const width = requireCount("target.patches.width", patches.width, 1);
  const channels = requireCount("target.patches.channels", patches.channels ?? 1, 1);
  if (channels > maxChannels)
    throw new ArgumentError("target.patches.channels", `must be at most ${maxChannels}, got ${channels}`);
  if (height * width * channels !== dim)
    throw new ArgumentError(
      "target.patches",
      `height × width × channels must be dim = ${dim}, got ${height} × ${width} × ${channels}`,
    );
  if (patches.window === "full") return undefined;
  const window = requireCount("target.patches.window", patches.window, 1, 'or "full" for the whole image');
  const stride = requireCount("target.patches.stride", patches.stride ?? 1, 1);
  if (window > Math.max(height, width))
    throw new ArgumentError(
      "target.patches.window",
      `must be at most the longer side of the image, ${Math.max(height, width)}, got ${window}`,
      'or "full" for the whole image',
    );
  if (window % stride !== 0)
    throw new ArgumentError(
      "target.patches.stride",
      `must divide the window, ${window}, so that every pixel lies in equally many windows, got ${describe(stride)}`,
    );
  return createGrid(channels, createAxis(height, window, stride), createAxis(width, window, stride));
}

const maxChannels = 4;

/** An axis of one pixel (a signal is an image of height 1) has a window of one pixel, whatever the other axis has. */
function createAxis(length: number, requestedWindow: number, requestedStride: number): PatchAxis {
  if (length === 1) return { length, window: 1, stride: 1, padding: 0, numWindows: 1 };
  const window = Math.min(requestedWindow, length);
  const stride = window === requestedWindow ? requestedStride : 1;
  const padding = window - stride;
  return { length, window, stride, padding, numWindows: Math.floor((length - 1 + padding) / stride) + 1 };
}

function createGrid(channels: number, vertical: PatchAxis, horizontal: PatchAxis): PatchGrid {
  const windowsPerPixel = ({ window, stride }: PatchAxis): number => window / stride;
  return {
    channels,
    vertical,
    horizontal,
    numWindows: vertical.numWindows * horizontal.numWindows,
    power: 1 / (windowsPerPixel(vertical) * windowsPerPixel(horizontal)),
  };
}
