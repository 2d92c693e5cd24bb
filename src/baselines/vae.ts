/**
 * A variational autoencoder of the patterns (spec section 6.6; Kingma and Welling), trained first on reconstruction alone
 * and then with a Kullback–Leibler term that rises to its small weight, against posterior collapse. Samples are decoded
 * from the prior. The decoder's output has unit length, in the loss as in samples: that is what the published figures were made
 * with.
 */
import { requireCount, requireFinite, requirePositive } from "../core/checks.ts";
import { ArgumentError } from "../core/errors.ts";
import { permutation } from "../core/normal.ts";
import { purposes } from "../core/philox.ts";
import { fillNoise, requireBaseline, streams, unitRows, type Baseline, type TrainingOptions } from "./baseline.ts";
import { createLayers, feedForward, loadLibrary, tensor, train, type Layers, type Tensor } from "./network.ts";

export interface VaeOptions extends TrainingOptions {
  /** Latent coordinates; 8 by default. */
  readonly latentDim?: number;
  /** Of the encoder's hidden layers, and in reverse of the decoder's; [256, 128] by default. */
  readonly hiddenWidths?: readonly number[];
  /** Epochs without the Kullback–Leibler term; 2000 by default. */
  readonly numReconstructionEpochs?: number;
  /** Epochs over which its weight then rises linearly from 0; 2000 by default. */
  readonly numAnnealingEpochs?: number;
  /** Its weight at the end; 1e-4 by default. */
  readonly divergenceWeight?: number;
  /** Patterns per step, a new order every epoch; all by default. What does not fill a batch waits for another epoch. */
  readonly batchSize?: number;
}

/** Keeps the length of an output of zeros from dividing by zero. */
const smallestNorm = 1e-8;

export const vae: Baseline<VaeOptions> = async (memory, options) => {
  const key = requireBaseline(memory, options);
  const { values, numPatterns, dim } = memory;
  const latentDim = requireCount("latentDim", options.latentDim ?? 8, 1);
  const hiddenWidths = options.hiddenWidths ?? [256, 128];
  for (const [i, width] of hiddenWidths.entries()) requireCount(`hiddenWidths[${i}]`, width, 1);
  const numReconstructionEpochs = requireCount("numReconstructionEpochs", options.numReconstructionEpochs ?? 2000);
  const numAnnealingEpochs = requireCount("numAnnealingEpochs", options.numAnnealingEpochs ?? 2000);
  const divergenceWeight = requireFinite("divergenceWeight", options.divergenceWeight ?? 1e-4);
  if (options.learningRate !== undefined) requirePositive("learningRate", options.learningRate);
  const batchSize = requireCount("batchSize", options.batchSize ?? numPatterns, 1);
  if (batchSize > numPatterns)
    throw new ArgumentError("batchSize", `must be at most the ${numPatterns} patterns, got ${batchSize}`);

  const library = await loadLibrary();
  const { numpy, nn } = library;
  // Networks in a row: the encoder up to its last hidden layer, its heads for μ and log σ², the decoder.
  const lastHidden = hiddenWidths.at(-1) ?? dim;
  const head = [lastHidden, latentDim];
  const widths = [[dim, ...hiddenWidths], head, head, [latentDim, ...hiddenWidths.toReversed(), dim]];
  const parts = (layers: Layers): Layers[] => {
    let end = 0;
    return widths.map((each) => layers.slice(end, (end += 2 * (each.length - 1))));
  };
  const decode = (decoder: readonly Tensor[], latent: Tensor): Tensor => {
    const output = feedForward(library, decoder, latent);
    const norm = numpy.sqrt(numpy.sum(numpy.square(output.ref), 1, { keepdims: true })).add(smallestNorm);
    return numpy.divide(output, norm);
  };
  /** Mean over rows of the sum over columns. */
  const meanOfSums = (terms: Tensor): Tensor => numpy.mean(numpy.sum(terms, 1));
  const loss = (layers: Layers, inputs: Tensor[]): Tensor => {
    const [patterns, noise, weight] = inputs as [Tensor, Tensor, Tensor];
    const [encoder, meanHead, varianceHead, decoder] = parts(layers) as [Layers, Layers, Layers, Layers];
    const hidden = nn.relu(feedForward(library, encoder, patterns.ref));
    const mean = feedForward(library, meanHead, hidden.ref);
    const logVariance = feedForward(library, varianceHead, hidden);
    const latent = numpy.add(mean.ref, numpy.multiply(numpy.exp(logVariance.ref.mul(0.5)), noise));
    const error = numpy.subtract(patterns, decode(decoder, latent));
    // −½ Σ (1 + log σ² − μ² − σ²)
    const entropy = numpy.subtract(logVariance.ref.add(1), numpy.exp(logVariance));
    const divergence = meanOfSums(numpy.subtract(entropy, numpy.square(mean))).mul(-0.5);
    return numpy.add(meanOfSums(numpy.square(error)), numpy.multiply(divergence, weight));
  };

  const numEpochs = numReconstructionEpochs + numAnnealingEpochs;
  const noise = new Float64Array(batchSize * latentDim);
  const whole = tensor(library, values, [numPatterns, dim]);
  let order: Uint32Array | undefined;
  const batchesPerEpoch = Math.floor(numPatterns / batchSize);
  const layers = await train(library, {
    layers: widths.flatMap((each, network) => createLayers(library, each, key, network)),
    loss,
    numEpochs,
    batchesPerEpoch,
    options,
    inputs: (epoch, batch) => {
      if (batchSize < numPatterns && batch === 0) order = permutation(numPatterns, key, epoch + 1, purposes.baseline);
      const patterns = order === undefined ? whole.ref : gather(order.subarray(batch * batchSize));
      fillNoise(epoch * batchesPerEpoch + batch, key, noise, streams.training);
      const risen = Math.max(0, epoch + 1 - numReconstructionEpochs) / numAnnealingEpochs;
      const weight = epoch < numReconstructionEpochs ? 0 : divergenceWeight * risen;
      return [patterns, tensor(library, Float32Array.from(noise), [batchSize, latentDim]), numpy.array(weight)];
    },
  }).finally(() => {
    whole.dispose();
  });

  function gather(indices: Uint32Array): Tensor {
    const rows = new Float32Array(batchSize * dim);
    for (let row = 0; row < batchSize; row++) {
      const k = indices[row]!;
      rows.set(values.subarray(k * dim, (k + 1) * dim), row * dim);
    }
    return tensor(library, rows, [batchSize, dim]);
  }

  const decoder = parts(layers).at(-1)!;
  library.tree.dispose(layers.slice(0, -decoder.length));
  const prior = Float32Array.from(fillNoise(0, key, new Float64Array(options.numSamples * latentDim)));
  const samples = decode(decoder, tensor(library, prior, [options.numSamples, latentDim]));
  return unitRows((await samples.data()) as Float32Array, dim);
};
