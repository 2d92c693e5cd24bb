/** Twin of shaders/logits.wgsl: z = β(row·ξ + offset) + logWeight; for the modern Hopfield energy z_k = β m_k·ξ. */
import type { StackHead } from "../core/attention-stack.ts";

/** An attention stack as the reference works on it: float64, an array a row. */
export interface ReferenceMemory {
  readonly rows: readonly Float64Array[];
  /** The rows again, as `tileRows` has them. */
  readonly tiles: Float64Array;
  readonly dim: number;
  /** [numRows] */
  readonly offsets: Float64Array;
  /** [numRows] */
  readonly logWeights: Float64Array;
  readonly heads: readonly StackHead[];
}

/**
 * @param position ξ, [dim]
 * @param out z, [numRows]
 */
export function logits(memory: ReferenceMemory, position: Float64Array, beta: number, out: Float64Array): void {
  const { rows, tiles, dim, offsets, logWeights } = memory;
  const numRows = rows.length;
  for (let k = 0; k < numRows; k += 4) {
    let sum0 = 0;
    let sum1 = 0;
    let sum2 = 0;
    let sum3 = 0;
    let at = k * dim;
    for (let i = 0; i < dim; i++) {
      const x = position[i]!;
      sum0 += tiles[at]! * x;
      sum1 += tiles[at + 1]! * x;
      sum2 += tiles[at + 2]! * x;
      sum3 += tiles[at + 3]! * x;
      at += 4;
    }
    out[k] = sum0;
    if (k + 1 < numRows) out[k + 1] = sum1;
    if (k + 2 < numRows) out[k + 2] = sum2;
    if (k + 3 < numRows) out[k + 3] = sum3;
  }
  for (let k = 0; k < numRows; k++) out[k] = beta * (out[k]! + offsets[k]!) + logWeights[k]!;
}
