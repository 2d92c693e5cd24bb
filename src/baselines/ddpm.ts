/**
 * A denoising diffusion model of the patterns (spec section 6.6; Ho, Jain and Abbeel): a perceptron that predicts the noise
 * in a pattern from the noisy pattern and an embedding of how noisy it is, and the reverse process that starts at noise
 * alone. Samples have unit length.
 */
import { requireCount, requirePositive } from "../core/checks.ts";
import { uniform } from "../core/normal.ts";
import { purposes } from "../core/philox.ts";
import { createPace } from "../core/pace.ts";
import { fillNoise, requireBaseline, streams, unitRows, type Baseline, type TrainingOptions } from "./baseline.ts";
import { createLayers, feedForward, loadLibrary, tensor, train, type Tensor } from "./network.ts";

export interface DdpmOptions extends TrainingOptions {
  /** Passes over all patterns at once; 5000 by default. */
  readonly numEpochs?: number;
  /** T; 200 by default. */
  readonly numLevels?: number;
  /** [512, 256, 512] by default. */
  readonly hiddenWidths?: readonly number[];
}

/** Variances that the first and the last level of noise add. */
const addedVariance = { first: 1e-4, last: 0.02 } as const;
const embeddingDim = 64;
/** The longest wavelength of the embedding, over 2π. */
const longestWave = 10_000;

export const ddpm: Baseline<DdpmOptions> = async (memory, options) => {
  const key = requireBaseline(memory, options);
  const { values, numPatterns, dim } = memory;
  const numEpochs = requireCount("numEpochs", options.numEpochs ?? 5000);
  const numLevels = requireCount("numLevels", options.numLevels ?? 200, 1);
  const hiddenWidths = options.hiddenWidths ?? [512, 256, 512];
  for (const [i, width] of hiddenWidths.entries()) requireCount(`hiddenWidths[${i}]`, width, 1);
  if (options.learningRate !== undefined) requirePositive("learningRate", options.learningRate);

  const levels = noiseLevels(numLevels);
  const library = await loadLibrary();
  const { numpy } = library;
  const width = dim + embeddingDim;
  const noise = new Float64Array(numPatterns * dim);
  const layers = await train(library, {
    layers: createLayers(library, [width, ...hiddenWidths, dim], key, 0),
    loss: (each, inputs) => {
      const [noisy, target] = inputs as [Tensor, Tensor];
      return numpy.mean(numpy.square(numpy.subtract(feedForward(library, each, noisy), target)));
    },
    numEpochs,
    batchesPerEpoch: 1,
    options,
    inputs: (epoch) => {
      fillNoise(epoch, key, noise, streams.training);
      const noisy = new Float32Array(numPatterns * width);
      for (let k = 0; k < numPatterns; k++) {
        const coin = uniform(epoch, streams.level, purposes.baseline, key, k);
        const { kept, embedding } = levels[Math.min(numLevels - 1, Math.floor(coin * numLevels))]!;
        const signal = Math.sqrt(kept);
        const spread = Math.sqrt(1 - kept);
        for (let i = 0; i < dim; i++)
          noisy[k * width + i] = signal * values[k * dim + i]! + spread * noise[k * dim + i]!;
        noisy.set(embedding, k * width + dim);
      }
      return [
        tensor(library, noisy, [numPatterns, width]),
        tensor(library, Float32Array.from(noise), [numPatterns, dim]),
      ];
    },
  });

  const { numSamples } = options;
  const predict = library.jit((each: Tensor[], input: Tensor) => feedForward(library, each, input));
  let position = fillNoise(numLevels, key, new Float64Array(numSamples * dim));
  const pace = createPace(options.signal ? { signal: options.signal } : {}, numLevels);
  try {
    for (let t = numLevels - 1; t >= 0; t--) {
      const { added, kept, embedding } = levels[t]!;
      const input = new Float32Array(numSamples * width);
      for (let n = 0; n < numSamples; n++) {
        input.set(position.subarray(n * dim, (n + 1) * dim), n * width);
        input.set(embedding, n * width + dim);
      }
      const prediction = predict(
        layers.map((layer) => layer.ref),
        tensor(library, input, [numSamples, width]),
      );
      const predicted = await prediction.data();
      const share = added / Math.sqrt(1 - kept);
      position = position.map((value, at) => (value - share * predicted[at]!) / Math.sqrt(1 - added));
      if (t > 0) {
        const fresh = fillNoise(t, key, new Float64Array(numSamples * dim));
        position = position.map((value, at) => value + Math.sqrt(added) * fresh[at]!);
      }
      if (pace.isDue(1)) await pace.giveWay();
    }
  } finally {
    library.tree.dispose(layers);
    predict.dispose();
  }
  return unitRows(Float32Array.from(position), dim);
};

interface NoiseLevel {
  /** Variance that this level adds. */
  readonly added: number;
  /** ᾱ, the share of the pattern's own variance that is left after it. */
  readonly kept: number;
  /** Sines, then cosines, of the level's number at geometrically spaced frequencies, [embeddingDim]. */
  readonly embedding: Float32Array;
}

function noiseLevels(numLevels: number): readonly NoiseLevel[] {
  const { first, last } = addedVariance;
  const half = embeddingDim / 2;
  let kept = 1;
  return Array.from({ length: numLevels }, (_, i) => {
    const added = numLevels === 1 ? first : first + ((last - first) * i) / (numLevels - 1);
    kept *= 1 - added;
    const embedding = Float32Array.from({ length: embeddingDim }, (__, j) => {
      const angle = (i + 1) * longestWave ** (-(j % half) / half);
      return j < half ? Math.sin(angle) : Math.cos(angle);
    });
    return { added, kept, embedding };
  });
}
