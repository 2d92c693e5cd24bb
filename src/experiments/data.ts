/** The data that experiments ask for, by kind, and how memories are taken from it. */
import type { Alignment } from "../data/alignment.ts";
import type { ReturnsMemory } from "../data/returns.ts";
import { createMemoryMatrix } from "../core/memory-matrix.ts";
import { fillNormals } from "../core/normal.ts";
import { purposes } from "../core/philox.ts";
import { ArgumentError } from "../core/errors.ts";
import type { MemoryMatrix } from "../core/types.ts";

/** Grey images of one size. */
export interface ImageSet {
  /** 0 black, [numImages, height × width]; in any units. */
  readonly pixels: Uint8Array | Float32Array;
  readonly height: number;
  readonly width: number;
  /** A class per image, [numImages]. */
  readonly labels?: Int32Array;
}

/** Random unit patterns, as the paper published them or as a seed makes them. */
export interface SphereSets {
  /** d = 64, K = 16. */
  readonly spectrum: readonly MemoryMatrix[];
  /** d = 8, K = 4. */
  readonly convergence: readonly MemoryMatrix[];
  /** d = 64 and growing K, several of each. */
  readonly load: readonly (readonly MemoryMatrix[])[];
}

export interface ExperimentData {
  readonly spheres: SphereSets;
  /** Handwritten digits, with labels 0 to 9; held-out ones apart. */
  readonly digits: { readonly train: ImageSet; readonly heldOut: ImageSet };
  readonly cartoons: ImageSet;
  /** Several pictures of each of several people. */
  readonly portraits: ImageSet;
  readonly returns: ReturnsMemory;
  /** A family's alignment, and its profile for hmmsearch where there is one. */
  readonly proteins: { readonly alignment: Alignment; readonly hmm?: string };
}

/** Indices of the images of one class, in order. */
export function ofClass({ labels }: ImageSet, label: number): number[] {
  return Array.from(labels ?? [], (_, i) => i).filter((i) => labels![i] === label);
}

/** The images at `indices` as a memory of unit patterns, with their labels. */
export function imageMemory(images: ImageSet, indices: readonly number[]): MemoryMatrix {
  const dim = images.height * images.width;
  const values = new Float32Array(indices.length * dim);
  for (const [row, index] of indices.entries())
    values.set(images.pixels.subarray(index * dim, (index + 1) * dim), row * dim);
  const { labels } = images;
  return createMemoryMatrix(values, {
    numPatterns: indices.length,
    dim,
    ...(labels && { labels: Int32Array.from(indices, (index) => labels[index]!) }),
  });
}

/**
 * The first images of one class.
 * @throws ArgumentError if there are fewer
 */
export function classMemory(images: ImageSet, label: number, numPatterns: number): MemoryMatrix {
  const indices = ofClass(images, label);
  if (indices.length < numPatterns)
    throw new ArgumentError(
      "images",
      `must hold at least ${numPatterns} of class ${label}, got ${indices.length}`,
      "is this the whole data set?",
    );
  return imageMemory(images, indices.slice(0, numPatterns));
}

/** Independent uniform directions, set by the seed and the stream alone. */
export function sphereMemory(numPatterns: number, dim: number, seed: number, stream: number): MemoryMatrix {
  const normals = fillNormals(stream, 0, purposes.data, [seed, 0], new Float64Array(numPatterns * dim));
  return createMemoryMatrix(normals, { numPatterns, dim });
}
