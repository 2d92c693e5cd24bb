/** Twin of shaders/propose.wgsl: ξ' = decay·ξ + drift·T(ξ) + noise·ε. */
import type { LangevinCoefficients } from "../core/langevin.ts";

/**
 * @param position ξ, [dim]
 * @param retrieval T(ξ), [dim]
 * @param normals ε, [dim]
 * @param out ξ', [dim]; may be `position` itself
 */
export function propose(
  coefficients: LangevinCoefficients,
  position: Float64Array,
  retrieval: Float64Array,
  normals: Float64Array,
  out: Float64Array,
): void {
  const { decay, drift, noise } = coefficients;
  for (let i = 0; i < position.length; i++) out[i] = decay * position[i]! + drift * retrieval[i]! + noise * normals[i]!;
}
