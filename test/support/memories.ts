/** Memories that tests share: small ones with an exact law in easy reach, and ones made to be difficult. */
import {
  createMemoryMatrix,
  createUnscaledMemoryMatrix,
  fillNormals,
  purposes,
  type HopfieldTarget,
  type MemoryMatrix,
} from "../../src/index.ts";

/** Unit patterns in random directions, the same on every machine. */
export function randomMemory(numPatterns: number, dim: number, seed = 1): MemoryMatrix {
  const normals = fillNormals(0, 0, purposes.data, [seed, 0], new Float64Array(numPatterns * dim));
  return createMemoryMatrix(normals, { numPatterns, dim });
}

/**
 * Patterns that share a large common part, as raw images do, so that many of them compete at moderate β.
 * @param shared weight of the common direction; pairwise cosines are about shared² / (1 + shared²)
 */
export function correlatedMemory(numPatterns: number, dim: number, shared: number, seed = 1): MemoryMatrix {
  const normals = fillNormals(0, 1, purposes.data, [seed, 0], new Float64Array((numPatterns + 1) * dim));
  const common = normals.subarray(0, dim);
  const values = Float64Array.from(
    { length: numPatterns * dim },
    (_, i) => normals[dim + i]! + shared * common[i % dim]!,
  );
  return createMemoryMatrix(values, { numPatterns, dim });
}

/**
 * The target of the invariance gate: small, skewed by unequal norms (a symmetric law hides sign errors), and with
 * patterns that compete, so that every term of the acceptance ratio counts.
 */
export function gateTarget(): HopfieldTarget {
  const numPatterns = 5;
  const dim = 12;
  const values = randomMemory(numPatterns, dim).values.map((x, i) => x * (2 + 0.06 * Math.floor(i / dim)));
  return { memory: createUnscaledMemoryMatrix(values, { numPatterns, dim }), beta: 1.2 };
}

/** A named memory and temperature that a careless kernel gets wrong. */
export interface DifficultCase {
  readonly name: string;
  readonly memory: MemoryMatrix;
  readonly beta: number;
  readonly numChains: number;
}

/** Near-duplicates, single patterns and chains, unequal norms, β from 0.1 to 1e6, sizes that divide nothing. */
export function difficultCases(): readonly DifficultCase[] {
  const twins = randomMemory(9, 37, 2).values.slice();
  for (let i = 0; i < 37; i++) twins[37 + i] = twins[i]! * (1 + 1e-3 * ((i % 3) - 1));
  const uneven = randomMemory(6, 19, 3).values.map((value, i) => value * (0.2 + 0.3 * Math.floor(i / 19)));
  return [
    {
      name: "near-duplicate patterns",
      memory: createMemoryMatrix(twins, { numPatterns: 9, dim: 37 }),
      beta: 50,
      numChains: 7,
    },
    { name: "one pattern", memory: randomMemory(1, 21), beta: 3, numChains: 6 },
    { name: "one chain", memory: randomMemory(11, 45), beta: 10, numChains: 1 },
    { name: "one coordinate", memory: createMemoryMatrix([1, -2], { numPatterns: 2, dim: 1 }), beta: 2, numChains: 9 },
    {
      name: "unequal norms",
      memory: createUnscaledMemoryMatrix(uneven, { numPatterns: 6, dim: 19 }),
      beta: 4,
      numChains: 5,
    },
    { name: "β = 0.1", memory: randomMemory(40, 13), beta: 0.1, numChains: 10 },
    { name: "β = 1e6", memory: randomMemory(5, 300), beta: 1e6, numChains: 3 },
    {
      name: "more patterns than lanes, tiles and slices divide",
      memory: randomMemory(131, 517),
      beta: 30,
      numChains: 13,
    },
  ];
}

export interface WavesShape {
  readonly numPatterns: number;
  readonly dim: number;
  /** Pattern k belongs to cluster k mod numClusters. */
  readonly numClusters: number;
  /** Weights of the part that all share and of the part that each has for itself; that of its cluster has weight 1. */
  readonly common: number;
  readonly spread: number;
}

/** Waves of incommensurable frequencies: test/golden/inflection.py makes the same, to the last bits of a cosine. */
export function wavesMemory({ numPatterns, dim, numClusters, common, spread }: WavesShape): MemoryMatrix {
  const wave = (a: number, i: number): number => Math.cos((a + 1) * 1.37 * (i + 1) + (a + 1) ** 2);
  const values = Float64Array.from({ length: numPatterns * dim }, (_, at) => {
    const [k, i] = [Math.floor(at / dim), at % dim];
    return common * wave(-3, i) + wave((k % numClusters) + 40, i) + spread * wave(k, i);
  });
  return createMemoryMatrix(values, { numPatterns, dim });
}
