/**
 * The part v of a collapsed chain that lies outside the span of the rows, where T = 0 (spec section 4). Twin of
 * shaders/common/complement.wgsl for what happens in a step, and of shaders/complement-*.wgsl and expand.wgsl for what
 * happens at a read-out.
 *
 * - For every kernel but `mala` the accept decision does not see v. Each accepted step maps v to decay·v + noise·w, so
 *   between two read-outs only the product of the decays and the variance gathered have to be carried.
 * - `mala` needs ‖v‖². With e the direction of v at the last read-out, v = p e + q n with n a unit vector across e that
 *   is uniform by symmetry and is not resolved before the next read-out: p and q² follow a chain of their own.
 */
import { addExpansions, project, projectAll, type Collapse } from "./collapse.ts";
import type { LangevinCoefficients } from "./langevin.ts";
import { fillNormals, normalsAt, uniform } from "./normal.ts";
import { purposes, type PhiloxKey } from "./philox.ts";

/**
 * Two numbers a chain, since the last read-out: for `mala` p and q², otherwise the decay and the variance of the law
 * N(decay·v, variance·(I − QQᵀ)).
 */
export interface ComplementState {
  first: number;
  second: number;
}

/** The state right after a read-out left v with this norm. */
export function settled(isRadial: boolean, length: number): ComplementState {
  return isRadial ? { first: length, second: 0 } : { first: 1, second: 0 };
}

/** One accepted step of a kernel whose decision does not see v. */
export function advanceLaw(state: ComplementState, { decay, noise }: LangevinCoefficients): void {
  state.first *= decay;
  state.second = decay * decay * state.second + noise * noise;
}

export interface RadialProposal extends ComplementState {
  /** ‖v'‖² − ‖v‖², by terms of the size of the change, not as a difference of squares. */
  readonly change: number;
}

/** Proposal of p and q² for one step of `mala`. */
export function proposeRadius(
  state: ComplementState,
  { decay, noise }: LangevinCoefficients,
  complementDim: number,
  step: number,
  chain: number,
  key: PhiloxKey,
): RadialProposal {
  const [along, across] = normalsAt(step, 0, chain, purposes.radius, key);
  const p = decay * state.first + noise * along!;
  const alongChange = (p - state.first) * (p + state.first);
  if (complementDim < 2) return { first: p, second: 0, change: alongChange };
  const q = Math.sqrt(state.second);
  const chiSquare = chiSquareDraw(complementDim - 2, step, chain, key);
  const acrossChange =
    (decay * decay - 1) * state.second +
    2 * decay * noise * q * across! +
    noise * noise * (across! * across! + chiSquare);
  // Not q² + change, which would lose a small q to the rounding of a large one.
  const second = (decay * q + noise * across!) ** 2 + noise * noise * chiSquare;
  return { first: p, second, change: alongChange + acrossChange };
}

/** A χ² draw, exact for any whole number of degrees of freedom: Marsaglia and Tsang's gamma with shape n/2 ≥ 1. */
export function chiSquareDraw(degrees: number, step: number, chain: number, key: PhiloxKey): number {
  if (degrees === 0) return 0;
  if (degrees === 1) return normalsAt(step, 0, chain, purposes.chiSquare, key)[0]! ** 2;
  const d = degrees / 2 - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (let attempt = 0; ; attempt++) {
    const x = normalsAt(step, attempt, chain, purposes.chiSquare, key)[0]!;
    const u = uniform(step, chain, purposes.chiSquareAccept, key, attempt);
    const root = 1 + c * x;
    if (root <= 0) continue;
    const v = root ** 3;
    if (Math.log(u) < (x * x) / 2 + d - d * v + d * Math.log(v)) return 2 * d * v;
  }
}

/** A chain as it was last read out: v is what `position` has beside Q·coordinates. */
export interface Readout {
  /** ξ, [dim] */
  readonly position: Float64Array;
  /** u = Qᵀξ, [rank] */
  readonly coordinates: Float64Array;
  /** ‖v‖ */
  readonly outsideNorm: number;
}

/** Splits a start, [dim], into its coordinates in the span and the rest. */
export function startReadout({ basis, complementDim }: Collapse, start: ArrayLike<number>): Readout {
  const position = Float64Array.from(start);
  const coordinates = project(basis, position);
  return { position, coordinates, outsideNorm: complementDim === 0 ? 0 : outsideNorm(position, coordinates) };
}

/** A chain that is to be read out. */
export interface Unread {
  /** As it was last read out. */
  readonly last: Readout;
  /** u, [rank] */
  readonly coordinates: Float64Array;
  /** What lies outside the span, since then. */
  readonly state: ComplementState;
  /** As the generator counts chains. */
  readonly chain: number;
}

/**
 * Reads chains out: draws v and assembles ξ = Q u + v. In both kinds of state v = a·(last v) + b·(ε − QQᵀε), so that
 * one projection of the fresh noise and one expansion do; some chains together, since Q is large.
 * @param step the step after which is read, which numbers the noise
 */
export function readOut(
  collapse: Collapse,
  chains: readonly Unread[],
  isRadial: boolean,
  step: number,
  key: PhiloxKey,
): Readout[] {
  const { complementDim } = collapse;
  if (complementDim === 0) {
    const positions = chains.map(({ last }) => new Float64Array(last.position.length));
    addExpansions(
      collapse,
      chains.map(({ coordinates }) => coordinates),
      positions,
    );
    return chains.map(({ coordinates }, n) => ({ position: positions[n]!, coordinates, outsideNorm: 0 }));
  }
  const noises = chains.map(({ last, chain }) =>
    fillNormals(step, chain, purposes.complement, key, new Float64Array(last.position.length)),
  );
  const noisesInside = projectAll(collapse, noises);
  const inside: Float64Array[] = [];
  for (const [n, { last, coordinates, state }] of chains.entries()) {
    // Becomes the position, in place.
    const noise = noises[n]!;
    const noiseInside = noisesInside[n]!;
    const [a, b] = isRadial
      ? radialWeights(last, noise, noiseInside, complementDim, state)
      : [state.first, Math.sqrt(state.second)];
    inside.push(coordinates.map((u, j) => u - a * last.coordinates[j]! - b * noiseInside[j]!));
    for (let i = 0; i < noise.length; i++) noise[i] = a * last.position[i]! + b * noise[i]!;
  }
  addExpansions(collapse, inside, noises);
  return chains.map(({ coordinates }, n) => {
    const position = noises[n]!;
    return { position, coordinates, outsideNorm: outsideNorm(position, coordinates) };
  });
}

/** Below this part of ‖ξ‖ the rest outside the span is rounding and has no direction to speak of. */
const smallestOutside = 1e-7;

function outsideNorm(position: Float64Array, coordinates: Float64Array): number {
  const squared = norm(position) ** 2 - norm(coordinates) ** 2;
  const value = Math.sqrt(Math.max(0, squared));
  return value > smallestOutside * norm(position) ? value : 0;
}

/**
 * v = p e + q n with e = last/‖last‖ and n the direction of w − (w·e)e for w = ε − QQᵀε, as weights of last and of w.
 * Both lie outside the span, so inner products are those in all coordinates less those in the span. A chain that was
 * inside the span has no direction e: by symmetry all of v is then uniform, as w is.
 */
function radialWeights(
  last: Readout,
  noise: Float64Array,
  noiseInside: Float64Array,
  complementDim: number,
  { first: p, second }: ComplementState,
): readonly [number, number] {
  const length = last.outsideNorm;
  const squared = norm(noise) ** 2 - norm(noiseInside) ** 2;
  if (length === 0) return [0, Math.sqrt((p * p + second) / squared)];
  if (complementDim === 1) return [p / length, 0];
  const inner = (x: Float64Array, y: Float64Array): number => x.reduce((sum, value, i) => sum + value * y[i]!, 0);
  const overlap = (inner(noise, last.position) - inner(noiseInside, last.coordinates)) / length;
  const across = Math.sqrt(squared - overlap * overlap);
  const b = Math.sqrt(second) / across;
  return [(p - b * overlap) / length, b];
}

/** Euclidean norm. */
export function norm(vector: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < vector.length; i++) sum += vector[i]! * vector[i]!;
  return Math.sqrt(sum);
}
