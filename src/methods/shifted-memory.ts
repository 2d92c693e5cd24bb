/**
 * Every pattern together with its copies that are moved by a few pixels: patches may then come from a little beside where
 * they lie, which lets images be bent as well as recombined, and forgives memories that are not quite aligned.
 */
import { requireCount } from "../core/checks.ts";
import { ArgumentError } from "../core/errors.ts";
import { createUnscaledMemoryMatrix } from "../core/memory-matrix.ts";
import type { MemoryMatrix, Patches } from "../core/types.ts";

/** What the patterns are images of: a signal has height 1. */
export type ImageExtent = Omit<Patches, "window" | "stride">;

export interface ShiftedMemory {
  /** Copy j of pattern k is row k · numCopies + j; what moves in at an edge is 0. Without labels. */
  readonly memory: MemoryMatrix;
  /** Copies of a pattern, itself included: (2s + 1)² for images, 2s + 1 for signals. */
  readonly numCopies: number;
}

/** Values of a shifted memory: 512 MiB in float32, and twice that where the reference copies them. */
const maxValues = 2 ** 27;

/**
 * @param maxShift pixels along each axis; an axis of one pixel is left alone
 * @returns the memory itself, one copy a pattern, for a shift of 0
 * @throws ArgumentError for a shift as long as an axis, for one that gives more than 2^27 values, or for an extent that is
 * not the patterns'
 */
export function shiftedMemory(memory: MemoryMatrix, image: ImageExtent, maxShift: number): ShiftedMemory {
  const { height, width, channels = 1 } = image;
  const { numPatterns, dim, values } = memory;
  if (requireCount("maxShift", maxShift) === 0) return { memory, numCopies: 1 };
  if (height * width * channels !== dim)
    throw new ArgumentError(
      "image",
      `height × width × channels must be dim = ${dim}, got ${height} × ${width} × ${channels}`,
    );
  const shiftsAlong = (length: number): number[] => {
    if (length === 1) return [0];
    if (maxShift >= length)
      throw new ArgumentError(
        "maxShift",
        `must be smaller than the image, which has ${height} × ${width} pixels, got ${maxShift}`,
      );
    return Array.from({ length: 2 * maxShift + 1 }, (_, i) => i - maxShift);
  };
  const across = shiftsAlong(width);
  const downward = shiftsAlong(height);
  const numCopies = downward.length * across.length;
  const numValues = numPatterns * numCopies * dim;
  if (numValues > maxValues)
    throw new ArgumentError(
      "maxShift",
      `must give at most 2^27 = ${maxValues} values, got ${numPatterns} patterns × ${numCopies} shifts × ${dim} values = ${numValues}`,
      "shift by less, or take fewer patterns",
    );
  const shifts = downward.flatMap((down) => across.map((right) => ({ down, right })));
  const rows = new Float32Array(numValues);
  const rowLength = width * channels;
  for (let k = 0; k < numPatterns; k++)
    for (const [j, { down, right }] of shifts.entries()) {
      const to = (k * shifts.length + j) * dim;
      for (let y = Math.max(0, down); y < Math.min(height, height + down); y++) {
        const from = k * dim + (y - down) * rowLength;
        const [first, last] = [Math.max(0, -right) * channels, Math.min(width, width - right) * channels];
        rows.set(values.subarray(from + first, from + last), to + y * rowLength + Math.max(0, right) * channels);
      }
    }
  return { memory: createUnscaledMemoryMatrix(rows, { numPatterns: numPatterns * numCopies, dim }), numCopies };
}
