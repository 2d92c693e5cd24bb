/** Twin of shaders/component.wgsl: ξ' = m_k + β^(−1/2) ε, a draw from one component of the mixture. */

/**
 * @param pattern m_k, [dim]
 * @param normals ε, [dim]
 * @param out ξ', [dim]
 */
export function component(pattern: Float64Array, beta: number, normals: Float64Array, out: Float64Array): void {
  const scale = 1 / Math.sqrt(beta);
  for (let i = 0; i < out.length; i++) out[i] = pattern[i]! + scale * normals[i]!;
}
