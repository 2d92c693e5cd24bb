/** The two-sample Kolmogorov–Smirnov test: how far two empirical distributions are apart, and how likely that is. */

/** sup |F_a − F_b| of the empirical distribution functions. */
export function ksDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const x = Float64Array.from(a).sort();
  const y = Float64Array.from(b).sort();
  let distance = 0;
  let i = 0;
  let j = 0;
  while (i < x.length && j < y.length) {
    const value = Math.min(x[i]!, y[j]!);
    while (i < x.length && x[i]! <= value) i++;
    while (j < y.length && y[j]! <= value) j++;
    distance = Math.max(distance, Math.abs(i / x.length - j / y.length));
  }
  return distance;
}

/** Probability that two samples of one law differ at least as much as these (asymptotic, with Stephens's correction). */
export function ksProbability(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return tail(effectiveRoot(a.length, b.length), ksDistance(a, b));
}

/** The distance that two independent samples of one law exceed with probability `level`; sizes may be effective ones. */
export function ksCriticalDistance(sizeA: number, sizeB: number, level: number): number {
  const root = effectiveRoot(sizeA, sizeB);
  let [low, high] = [0, 1];
  for (let i = 0; i < 50; i++) {
    const middle = (low + high) / 2;
    if (tail(root, middle) > level) low = middle;
    else high = middle;
  }
  return high;
}

function effectiveRoot(sizeA: number, sizeB: number): number {
  return Math.sqrt((sizeA * sizeB) / (sizeA + sizeB));
}

function tail(root: number, distance: number): number {
  const lambda = (root + 0.12 + 0.11 / root) * distance;
  // The series does not settle there, and the probability is 1 but for 1e-12.
  if (lambda < 0.2) return 1;
  let sum = 0;
  for (let k = 1; k < 100; k++) sum += (k % 2 === 1 ? 2 : -2) * Math.exp(-2 * k * k * lambda * lambda);
  return Math.min(1, Math.max(0, sum));
}
