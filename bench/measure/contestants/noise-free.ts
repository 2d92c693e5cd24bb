/**
 * How peers are checked: they have other random numbers, so one ULA step without noise from given positions is compared
 * with the reference's T(ξ). What they step from is the same for all.
 */
import {
  createUnscaledMemoryMatrix,
  fillNormals,
  purposes,
  retrieval,
  type HopfieldTarget,
  type MemoryMatrix,
} from "../../../src/index.ts";
import { jobMemory, lastOnly, type Job, type SpaceName } from "../cases.ts";

/** Positions whose step is compared. */
const numCompared = 4;

export interface PeerProblem {
  /** Rows to attend to, [numRows, width]: the patterns, or their coordinates in their span. */
  readonly memory: MemoryMatrix;
  /** ξ, [numChains, width] */
  readonly start: Float32Array;
  readonly numChains: number;
  readonly beta: number;
  readonly stepSize: number;
}

/**
 * A job as a peer gets it. Collapsed peers run the same step on the coordinates of the patterns in their span; they have
 * no read-out, which is in their favour.
 */
export function peerProblem(job: Job, space: SpaceName): PeerProblem {
  const memory = space === "collapsed" ? spanRows(job) : jobMemory(job);
  const { numChains, beta, stepSize } = job;
  const { dim, numPatterns, values } = memory;
  const noise = fillNormals(0, 0, purposes.startNoise, [1, 0], new Float64Array(numChains * dim));
  const start = Float32Array.from(noise, (x, i) => {
    const pattern = Math.floor(i / dim) % numPatterns;
    return values[pattern * dim + (i % dim)]! + x / Math.sqrt(beta);
  });
  return { memory, start, numChains, beta, stepSize };
}

/** (1 − α)ξ + α T(ξ) of the first positions, [numCompared, width]. */
export function noiseFreeStep({ memory, start, numChains, beta, stepSize }: PeerProblem): Float64Array {
  const target: HopfieldTarget = { memory, beta };
  const { dim } = memory;
  const out = new Float64Array(Math.min(numCompared, numChains) * dim);
  for (let chain = 0; chain * dim < out.length; chain++) {
    const position = start.subarray(chain * dim, (chain + 1) * dim);
    const attended = retrieval(target, position);
    for (let i = 0; i < dim; i++) out[chain * dim + i] = (1 - stepSize) * position[i]! + stepSize * attended[i]!;
  }
  return out;
}

/** The patterns' coordinates in an orthonormal basis of their span, by Gram and Schmidt, twice for rounding: [K, K]. */
function spanCoordinates({ values, numPatterns, dim }: MemoryMatrix): MemoryMatrix {
  const basis: Float64Array[] = [];
  const row = (k: number): Float64Array => Float64Array.from(values.subarray(k * dim, (k + 1) * dim));
  const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0);
  for (let k = 0; k < numPatterns; k++) {
    const direction = row(k);
    for (let pass = 0; pass < 2; pass++)
      for (const other of basis) {
        const overlap = dot(direction, other);
        for (let i = 0; i < dim; i++) direction[i]! -= overlap * other[i]!;
      }
    const length = Math.sqrt(dot(direction, direction));
    if (length > 1e-6) basis.push(direction.map((x) => x / length));
  }
  const coordinates = Array.from({ length: numPatterns }, (_, k) => basis.map((direction) => dot(row(k), direction)));
  return createUnscaledMemoryMatrix(coordinates.flat(), { numPatterns, dim: basis.length });
}

const spanRows = lastOnly((job) => spanCoordinates(jobMemory(job)));
