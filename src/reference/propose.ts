/** Twin of shaders/propose.wgsl: ξ' = decay·ξ + drift·T(ξ) + noise·ε, or T + decay·R(ξ − T) + noise·ε. */
import type { LangevinCoefficients } from "../core/langevin.ts";

/**
 * @param position ξ, [dim]
 * @param retrieval T(ξ), [dim]
 * @param normals ε, [dim]
 * @param out ξ', [dim]; may be `position` itself
 * @param direction which way a circulating chain turns: 1 or −1
 */
export function propose(
  coefficients: LangevinCoefficients,
  position: Float64Array,
  retrieval: Float64Array,
  normals: Float64Array,
  out: Float64Array,
  direction = 1,
): void {
  const { decay, drift, noise, cosine } = coefficients;
  const sine = direction * coefficients.sine;
  if (sine !== 0) {
    // A last coordinate without a partner does not turn.
    const last = position.length - 1;
    for (let i = 0; i <= last; i += 2) {
      const isPair = i < last;
      const g0 = position[i]! - retrieval[i]!;
      const g1 = isPair ? position[i + 1]! - retrieval[i + 1]! : 0;
      out[i] = retrieval[i]! + decay * (isPair ? cosine * g0 - sine * g1 : g0) + noise * normals[i]!;
      if (isPair) out[i + 1] = retrieval[i + 1]! + decay * (sine * g0 + cosine * g1) + noise * normals[i + 1]!;
    }
    return;
  }
  for (let i = 0; i < position.length; i++) out[i] = decay * position[i]! + drift * retrieval[i]! + noise * normals[i]!;
}
