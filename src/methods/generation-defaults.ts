/**
 * Window and range of β for a memory that nothing is known of, by a rule that needs one number of it: D, the median
 * squared distance of two patterns.
 *
 *   from = 6 / D         logits of two typical patterns, −(β/2)‖ξ − m‖² over the whole image, differ by about 3: within a
 *                        window, which sees a part of that, the softmax over the patterns is nearly uniform
 *   to   = 36 dim / D    the noise 1/√β is a sixth of √(D / dim), by which two patterns differ at a typical coordinate
 *
 * A window is two fifths of the shorter side (of the longer one for signals), odd, or with a stride the multiple of it that
 * is nearest: large enough to hold a feature with its surroundings, small enough for several to fit side by side.
 */
import { requireCount } from "../core/checks.ts";
import { ArgumentError } from "../core/errors.ts";
import type { MemoryMatrix } from "../core/types.ts";
import type { ImageExtent } from "./shifted-memory.ts";

export interface GenerationDefaults {
  readonly window: number;
  readonly from: number;
  readonly to: number;
  /** D */
  readonly squaredDistance: number;
}

const startContrast = 6;
const noiseShare = 1 / 6;
const windowShare = 0.4;
/** Patterns whose pairs are looked at: enough for a median. */
const maxProbes = 100;

/** @throws ArgumentError for a memory of fewer than two patterns, or of equal ones: there is no distance to go by */
export function generationDefaults(memory: MemoryMatrix, image: ImageExtent, stride = 1): GenerationDefaults {
  requireCount("stride", stride, 1);
  const squaredDistance = memory.numPatterns < 2 ? 0 : medianSquaredDistance(memory);
  if (squaredDistance === 0)
    throw new ArgumentError(
      "memory",
      `must hold patterns that differ, got ${memory.numPatterns < 2 ? "a single one" : "mostly equal ones"}`,
      "give β and the window",
    );
  const { height, width } = image;
  const side = Math.min(height, width) === 1 ? Math.max(height, width) : Math.min(height, width);
  return {
    window:
      stride === 1
        ? 2 * Math.floor((windowShare * side) / 2) + 1
        : stride * Math.max(1, Math.round((windowShare * side) / stride)),
    from: startContrast / squaredDistance,
    to: memory.dim / (noiseShare ** 2 * squaredDistance),
    squaredDistance,
  };
}

/** Median of ‖m_j − m_k‖² over pairs of the first patterns. */
function medianSquaredDistance({ values, numPatterns, dim }: MemoryMatrix): number {
  const numProbes = Math.min(numPatterns, maxProbes);
  const distances: number[] = [];
  for (let k = 1; k < numProbes; k++)
    for (let j = 0; j < k; j++) {
      let sum = 0;
      for (let i = 0; i < dim; i++) sum += (values[k * dim + i]! - values[j * dim + i]!) ** 2;
      distances.push(sum);
    }
  return distances.toSorted((a, b) => a - b)[Math.floor(distances.length / 2)]!;
}
