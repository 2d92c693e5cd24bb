/**
 * Twin of shaders/logits.wgsl: z = β(row·ξ + offset) + logWeight; for the modern Hopfield energy z_k = β m_k·ξ. Four rows
 * a pass, so that the position is loaded once for four.
 */
import type { StackHead } from "../core/attention-stack.ts";

/** An attention stack as the reference works on it: float64, an array a row. */
export interface ReferenceMemory {
  readonly rows: readonly Float64Array[];
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
  const { rows, dim, offsets, logWeights } = memory;
  const last = rows.length - 1;
  for (let k = 0; k <= last; k += 4) {
    // Past the end the last row is taken again, and what it gives is not written.
    const row0 = rows[k]!;
    const row1 = rows[Math.min(k + 1, last)]!;
    const row2 = rows[Math.min(k + 2, last)]!;
    const row3 = rows[Math.min(k + 3, last)]!;
    let sum0 = 0;
    let sum1 = 0;
    let sum2 = 0;
    let sum3 = 0;
    for (let i = 0; i < dim; i++) {
      const x = position[i]!;
      sum0 += row0[i]! * x;
      sum1 += row1[i]! * x;
      sum2 += row2[i]! * x;
      sum3 += row3[i]! * x;
    }
    out[k] = sum0;
    if (k + 1 <= last) out[k + 1] = sum1;
    if (k + 2 <= last) out[k + 2] = sum2;
    if (k + 3 <= last) out[k + 3] = sum3;
  }
  for (let k = 0; k <= last; k++) out[k] = beta * (out[k]! + offsets[k]!) + logWeights[k]!;
}
