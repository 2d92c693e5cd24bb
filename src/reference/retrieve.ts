/** Twin of shaders/retrieve.wgsl: T(ξ) = Σ_h ω_h Σ_k a_k row_k, the attention output; Σ_k a_k m_k for one head. */
import type { ReferenceMemory } from "./logits.ts";

/**
 * Of the weights of a softmax, which sum to 1, the sum of any 2¹⁷ below this is less than float64 resolves of that sum.
 * At the temperatures of samples nearly all are.
 */
const negligibleWeight = 2 ** -70;

/**
 * @param attention a, [numRows]; rows of negligible weight cost nothing
 * @param out T, [dim]
 */
export function retrieve({ rows, dim, heads }: ReferenceMemory, attention: Float64Array, out: Float64Array): void {
  out.fill(0);
  const kept: number[] = [];
  for (const { first, count, power } of heads) {
    kept.length = 0;
    for (let k = first; k < first + count; k++) if (!(attention[k]! < negligibleWeight)) kept.push(k);
    // Four rows a pass, so that T is loaded and stored once for four. Past the end the last row is taken again, weightless.
    const last = kept.length - 1;
    for (let at = 0; at <= last; at += 4) {
      const k0 = kept[at]!;
      const k1 = kept[Math.min(at + 1, last)]!;
      const k2 = kept[Math.min(at + 2, last)]!;
      const k3 = kept[Math.min(at + 3, last)]!;
      const row0 = rows[k0]!;
      const row1 = rows[k1]!;
      const row2 = rows[k2]!;
      const row3 = rows[k3]!;
      const weight0 = power * attention[k0]!;
      const weight1 = at + 1 <= last ? power * attention[k1]! : 0;
      const weight2 = at + 2 <= last ? power * attention[k2]! : 0;
      const weight3 = at + 3 <= last ? power * attention[k3]! : 0;
      for (let i = 0; i < dim; i++)
        out[i] = out[i]! + weight0 * row0[i]! + weight1 * row1[i]! + weight2 * row2[i]! + weight3 * row3[i]!;
    }
  }
}
