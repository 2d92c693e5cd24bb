/** Twin of shaders/retrieve.wgsl: T(ξ) = Σ_k a_k m_k, the attention output. */
import type { ReferenceMemory } from "./logits.ts";

/**
 * @param attention a, [numPatterns]; patterns whose weight has underflowed to 0 cost nothing
 * @param out T, [dim]
 */
export function retrieve(memory: ReferenceMemory, attention: Float64Array, out: Float64Array): void {
  out.fill(0);
  for (let k = 0; k < memory.rows.length; k++) {
    const weight = attention[k]!;
    if (weight === 0) continue;
    const row = memory.rows[k]!;
    for (let i = 0; i < memory.dim; i++) out[i] = out[i]! + weight * row[i]!;
  }
}
