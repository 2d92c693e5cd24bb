/** Memories that tests share: small ones with an exact law in easy reach, and ones made to be difficult. */
import {
  createMemoryMatrix,
  createUnscaledMemoryMatrix,
  fillNormals,
  purposes,
  type Head,
  type HopfieldTarget,
  type MemoryMatrix,
} from "../../src/index.ts";
import { exactDraws } from "./invariance.ts";

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

/** Heads with overlapping random windows, powers and log-weights of their own, and Σ ω D = I. */
function overlappingHeads(numPatterns: number, dim: number): readonly Head[] {
  const powers = [1, 0.5, 2];
  const draw = fillNormals(0, 2, purposes.data, [5, 0], new Float64Array(3 * dim + 3 * numPatterns));
  const raw = powers.map((_, h) =>
    Float64Array.from({ length: dim }, (__, i) => Math.max(0, draw[h * dim + i]!) + 1e-3),
  );
  return powers.map((power, h) => ({
    power,
    weights: Float32Array.from(raw[h]!, (weight, i) => weight / powers.reduce((sum, p, g) => sum + p * raw[g]![i]!, 0)),
    logWeights: draw.subarray(3 * dim + h * numPatterns, 3 * dim + (h + 1) * numPatterns),
  }));
}

/** Two heads on disjoint halves of the coordinates: the law is a product of two mixtures, so exact draws exist. */
function disjointHeads(dim: number): readonly Head[] {
  const half = Math.floor(dim / 2);
  return [0, 1].map((h) => ({
    power: 1,
    weights: Float32Array.from({ length: dim }, (_, i) => Number(i < half === (h === 0))),
  }));
}

/** Two projections on complementary directions, each a turned half of every pair of coordinates. */
export function projectedHeads(dim: number): readonly Head[] {
  const [cosine, sine] = [Math.cos(0.7), Math.sin(0.7)];
  return [
    [cosine, sine],
    [-sine, cosine],
  ].map(([a, b]) => {
    const directions = new Float32Array((dim / 2) * dim);
    for (let j = 0; j < dim / 2; j++) directions.set([a!, b!], j * dim + 2 * j);
    return { power: 1, directions };
  });
}

/**
 * A target with two disjoint heads and exact draws of it, [numDraws, dim]: each half is a draw of its own mixture, whose
 * patterns are the halves with equal weights.
 */
export async function productTarget(numDraws: number): Promise<{ target: HopfieldTarget; draws: Float32Array }> {
  const { memory, beta } = gateTarget();
  const { numPatterns, dim, values } = memory;
  const half = dim / 2;
  const draws = new Float32Array(numDraws * dim);
  for (const h of [0, 1]) {
    const rows = new Float32Array(numPatterns * half).map(
      (_, i) => values[Math.floor(i / half) * dim + h * half + (i % half)]!,
    );
    const part = createUnscaledMemoryMatrix(rows, { numPatterns, dim: half });
    const head = { power: 1, logWeights: new Float64Array(numPatterns) };
    const positions = await exactDraws({ memory: part, beta, heads: [head] }, numDraws, 900 + h);
    for (let n = 0; n < numDraws; n++) draws.set(positions.subarray(n * half, (n + 1) * half), n * dim + h * half);
  }
  return { target: { memory, beta, heads: disjointHeads(dim) }, draws };
}

/** A named target that a careless kernel gets wrong. */
export interface DifficultCase extends HopfieldTarget {
  readonly name: string;
  readonly numChains: number;
}

/**
 * Near-duplicates, single patterns and chains, unequal norms, β from 0.1 to 1e6, sizes that divide nothing. Many are of one
 * size, up to padding, so that they share compiled stages, which is what their tests spend most of their time on.
 */
export function difficultCases(): readonly DifficultCase[] {
  const twins = randomMemory(9, 45, 2).values.slice();
  for (let i = 0; i < 45; i++) twins[45 + i] = twins[i]! * (1 + 1e-3 * ((i % 3) - 1));
  const uneven = randomMemory(9, 47, 3).values.map((value, i) => value * (0.2 + 0.18 * Math.floor(i / 47)));
  return [
    {
      name: "near-duplicate patterns",
      memory: createMemoryMatrix(twins, { numPatterns: 9, dim: 45 }),
      beta: 50,
      numChains: 7,
    },
    { name: "one pattern", memory: randomMemory(1, 43), beta: 3, numChains: 6 },
    { name: "one chain", memory: randomMemory(11, 45), beta: 10, numChains: 1 },
    { name: "one coordinate", memory: createMemoryMatrix([1, -2], { numPatterns: 2, dim: 1 }), beta: 2, numChains: 7 },
    {
      name: "unequal norms",
      memory: createUnscaledMemoryMatrix(uneven, { numPatterns: 9, dim: 47 }),
      beta: 4,
      numChains: 5,
    },
    { name: "β = 0.1", memory: randomMemory(40, 13), beta: 0.1, numChains: 10 },
    { name: "β = 1e6", memory: randomMemory(5, 300), beta: 1e6, numChains: 3 },
    {
      name: "a zero pattern",
      memory: createUnscaledMemoryMatrix([1, 0, 0, 0, 0, 0], { numPatterns: 2, dim: 3 }),
      beta: 3,
      numChains: 6,
    },
    {
      name: "a mask",
      memory: randomMemory(15, 42),
      mask: Uint8Array.from({ length: 15 }, (_, k) => k % 3),
      beta: 8,
      numChains: 6,
    },
    { name: "overlapping heads", memory: randomMemory(7, 30), heads: overlappingHeads(7, 30), beta: 12, numChains: 6 },
    { name: "projections", memory: randomMemory(6, 14), heads: projectedHeads(14), beta: 7, numChains: 5 },
    {
      name: "heads with memories of their own",
      memory: randomMemory(3, 11),
      heads: [
        { power: 0.5, memory: randomMemory(4, 11, 8) },
        {
          power: 0.5,
          memory: randomMemory(40, 11, 9),
          logWeights: Array.from({ length: 40 }, (_, k) => (k < 3 ? -Infinity : k / 20)),
        },
      ],
      beta: 5,
      numChains: 5,
    },
    {
      name: "many patterns in few coordinates",
      memory: correlatedMemory(300, 20, 0.5),
      beta: 40,
      numChains: 8,
    },
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
