/**
 * Gaussian mixtures with diagonal covariances, fitted by expectation–maximisation from a k-means++ start, in float64. With
 * few points a component can shrink onto one of them, where the likelihood has no bound: variances have a floor, at which
 * a clamped maximisation step is still exact, so the likelihood never falls.
 */
import { chooseComponent, logSumExp } from "../core/mixture.ts";
import { fillNormals, uniform } from "../core/normal.ts";
import { purposes, type PhiloxKey } from "../core/philox.ts";
import { streams } from "./baseline.ts";

export interface GaussianMixture {
  /** π, [numComponents] */
  readonly weights: Float64Array;
  /** [numComponents, dim] */
  readonly means: readonly Float64Array[];
  /** Of each coordinate, [numComponents, dim]. */
  readonly variances: readonly Float64Array[];
  /** log p of all points together, before every maximisation step and at the end. */
  readonly logLikelihoods: readonly number[];
}

export interface MixtureFitOptions {
  readonly numComponents: number;
  readonly key: PhiloxKey;
  /** Ends once the log-likelihood rises by a smaller share of itself; 1e-8 by default. */
  readonly tolerance?: number;
  /** 500 by default. */
  readonly maxIterations?: number;
  readonly signal?: AbortSignal | undefined;
}

/** As published, and as other libraries have it. */
const smallestVariance = 1e-6;

/** @param points [numPoints, dim], at least as many as components */
export function fitGaussianMixture(points: readonly Float64Array[], options: MixtureFitOptions): GaussianMixture {
  const { numComponents, key, tolerance = 1e-8, maxIterations = 500, signal } = options;
  const numPoints = points.length;
  const pooled = momentsOf(points, new Float64Array(numPoints).fill(1)).variance;
  let mixture: Omit<GaussianMixture, "logLikelihoods"> = {
    weights: new Float64Array(numComponents).fill(1 / numComponents),
    means: plusPlusStart(points, numComponents, key),
    variances: Array.from({ length: numComponents }, () => pooled),
  };
  const logLikelihoods: number[] = [];
  for (let iteration = 0; ; iteration++) {
    signal?.throwIfAborted();
    // Responsibilities, [numComponents, numPoints].
    const shares = Array.from({ length: numComponents }, () => new Float64Array(numPoints));
    let logLikelihood = 0;
    for (const [n, point] of points.entries()) {
      const terms = shares.map((_, c) => logDensity(mixture, c, point));
      const total = logSumExp(terms);
      logLikelihood += total;
      for (const [c, share] of shares.entries()) share[n] = Math.exp(terms[c]! - total);
    }
    const previous = logLikelihoods.at(-1);
    logLikelihoods.push(logLikelihood);
    const hasConverged = previous !== undefined && Math.abs(logLikelihood - previous) < tolerance * Math.abs(previous);
    if (hasConverged || iteration === maxIterations) return { ...mixture, logLikelihoods };
    const moments = shares.map((share) => momentsOf(points, share));
    mixture = {
      weights: Float64Array.from(moments, ({ mass }) => mass / numPoints),
      // A component without a share of any point stays where it was.
      means: moments.map(({ mass, mean }, c) => (mass > 0 ? mean : mixture.means[c]!)),
      variances: moments.map(({ mass, variance }, c) => (mass > 0 ? variance : mixture.variances[c]!)),
    };
  }
}

/** A point of the mixture, [dim]; it depends on its number and the key alone. */
export function sampleGaussianMixture(mixture: GaussianMixture, sample: number, key: PhiloxKey): Float64Array {
  const c = chooseComponent(mixture.weights, uniform(sample, streams.choice, purposes.baseline, key));
  const mean = mixture.means[c]!;
  const noise = fillNormals(sample, streams.noise, purposes.baseline, key, new Float64Array(mean.length));
  return noise.map((value, i) => mean[i]! + Math.sqrt(mixture.variances[c]![i]!) * value);
}

/** log(π_c N(point; mean_c, diag variance_c)) */
function logDensity(mixture: Omit<GaussianMixture, "logLikelihoods">, c: number, point: Float64Array): number {
  const mean = mixture.means[c]!;
  const variance = mixture.variances[c]!;
  let sum = 0;
  for (let i = 0; i < point.length; i++)
    sum += (point[i]! - mean[i]!) ** 2 / variance[i]! + Math.log(2 * Math.PI * variance[i]!);
  return Math.log(mixture.weights[c]!) - sum / 2;
}

/** Mass, mean and floored variance of weighted points. */
function momentsOf(
  points: readonly Float64Array[],
  weights: Float64Array,
): { readonly mass: number; readonly mean: Float64Array; readonly variance: Float64Array } {
  const dim = points[0]!.length;
  const mass = weights.reduce((sum, weight) => sum + weight, 0);
  const mean = new Float64Array(dim);
  for (const [n, point] of points.entries()) for (let i = 0; i < dim; i++) mean[i]! += (weights[n]! / mass) * point[i]!;
  const variance = new Float64Array(dim);
  for (const [n, point] of points.entries())
    for (let i = 0; i < dim; i++) variance[i]! += (weights[n]! / mass) * (point[i]! - mean[i]!) ** 2;
  return { mass, mean, variance: variance.map((value) => Math.max(value, smallestVariance)) };
}

/** Points far from those before them, each with a chance that grows with its squared distance (Arthur and Vassilvitskii). */
function plusPlusStart(points: readonly Float64Array[], numComponents: number, key: PhiloxKey): Float64Array[] {
  const numPoints = points.length;
  const distances = new Float64Array(numPoints).fill(Infinity);
  const chosen: Float64Array[] = [];
  for (let c = 0; c < numComponents; c++) {
    const coin = uniform(c, streams.start, purposes.baseline, key);
    const total = distances.reduce((sum, distance) => sum + distance, 0);
    // The first, and any once all points are chosen, is one of all.
    const chances =
      c === 0 || total === 0 ? distances.map(() => 1 / numPoints) : distances.map((distance) => distance / total);
    const centre = points[chooseComponent(chances, coin)]!;
    chosen.push(centre);
    for (const [n, point] of points.entries())
      distances[n] = Math.min(
        distances[n]!,
        point.reduce((sum, value, i) => sum + (value - centre[i]!) ** 2, 0),
      );
  }
  return chosen;
}
