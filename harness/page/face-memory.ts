/** The memory that the page samples: 100 of the built-in faces, and what it takes to show its patterns as pictures. */
import { builtinFaces, createMemoryMatrix, randomOrder, type MemoryMatrix } from "../../src/index.ts";

export interface FaceMemory {
  /** Unit patterns, [numPatterns, size²] */
  readonly memory: MemoryMatrix;
  /** Side length of a picture in pixels. */
  readonly size: number;
  /** A value times this is a share of white: the mean norm that scaling to unit patterns took away. */
  readonly displayScale: number;
}

/** The patterns that the command line takes for `--patterns 100 --pattern-seed 0`. */
export function createFaceMemory(numPatterns = 100): FaceMemory {
  const { pixels, numFaces, size } = builtinFaces();
  const dim = size * size;
  const values = new Float32Array(numPatterns * dim);
  let sumOfNorms = 0;
  randomOrder(numFaces, 0)
    .subarray(0, numPatterns)
    .forEach((face, k) => {
      const pattern = pixels.subarray(face * dim, (face + 1) * dim);
      values.set(pattern, k * dim);
      sumOfNorms += Math.hypot(...pattern);
    });
  return {
    memory: createMemoryMatrix(values, { numPatterns, dim }),
    size,
    displayScale: sumOfNorms / numPatterns / 255,
  };
}
