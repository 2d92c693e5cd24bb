/** Twin of shaders/logits.wgsl: z_k = β m_k·ξ. Four patterns a pass, so that the position is loaded once for four. */

/** The memory as the reference works on it: float64, a pattern a row. */
export interface ReferenceMemory {
  readonly rows: readonly Float64Array[];
  readonly dim: number;
}

/**
 * @param position ξ, [dim]
 * @param out z, [numPatterns]
 */
export function logits(memory: ReferenceMemory, position: Float64Array, beta: number, out: Float64Array): void {
  const { rows, dim } = memory;
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
    out[k] = beta * sum0;
    if (k + 1 <= last) out[k + 1] = beta * sum1;
    if (k + 2 <= last) out[k + 2] = beta * sum2;
    if (k + 3 <= last) out[k + 3] = beta * sum3;
  }
}
