/** Twin of shaders/retrieve.wgsl: T(ξ) = Σ_h ω_h Σ_k a_k row_k, the attention output; Σ_k a_k m_k for one head. */
import type { ReferenceMemory } from "./logits.ts";

/**
 * @param attention a, [numRows]; rows whose weight has underflowed to 0 cost nothing
 * @param out T, [dim]
 */
export function retrieve(memory: ReferenceMemory, attention: Float64Array, out: Float64Array): void {
  out.fill(0);
  for (const { first, count, power } of memory.heads)
    for (let k = first; k < first + count; k++) {
      const weight = power * attention[k]!;
      if (weight === 0) continue;
      const row = memory.rows[k]!;
      for (let i = 0; i < memory.dim; i++) out[i] = out[i]! + weight * row[i]!;
    }
}
