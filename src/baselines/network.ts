/**
 * Multilayer perceptrons and their training, on jax-js: the gradients, the compiled kernels and the arrays are the
 * library's; here are the layers, Adam and the loop. The library is an optional dependency and is loaded when a network is
 * asked for. Weights and noise are our own, so that a seed means the same start everywhere; what is made of it agrees byte for
 * byte on one machine, while another may round the library's sums otherwise.
 *
 * jax-js counts references: a function uses up its arguments, and `.ref` keeps one for later.
 */
import type * as Jax from "@jax-js/jax";
import { ArgumentError } from "../core/errors.ts";
import { uniform } from "../core/normal.ts";
import { createPace } from "../core/pace.ts";
import { purposes, type PhiloxKey } from "../core/philox.ts";
import type { Progress } from "../core/types.ts";
import { streams, type TrainingOptions } from "./baseline.ts";

export type Library = typeof Jax;
export type Tensor = Jax.Array;

/** Weights [numInputs, numOutputs] and biases [numOutputs] of every layer in turn. */
export type Layers = Tensor[];

/**
 * The library, on the CPU.
 * @throws ArgumentError if it is not installed
 */
export async function loadLibrary(): Promise<Library> {
  try {
    const library = await import("@jax-js/jax");
    await library.init("wasm");
    library.defaultDevice("wasm");
    return library;
  } catch (error) {
    throw new ArgumentError(
      "@jax-js/jax",
      `must be installed for baselines that are trained, but cannot be loaded (${(error as Error).message.split("\n", 1)[0]})`,
      "npm install @jax-js/jax",
    );
  }
}

/** An array of the library with the values of `data`, which it copies, [...shape]. */
export function tensor({ numpy }: Library, data: Float32Array, shape: readonly number[]): Tensor {
  return numpy.array(new Float32Array(data), { shape: [...shape] });
}

/**
 * Layers of these widths, input first, with Glorot's uniform weights and zero biases.
 * @param network tells several networks of one key apart
 */
export function createLayers(library: Library, widths: readonly number[], key: PhiloxKey, network: number): Layers {
  return widths.slice(1).flatMap((numOutputs, layer) => {
    const numInputs = widths[layer]!;
    const bound = Math.sqrt(6 / (numInputs + numOutputs));
    const step = 64 * network + layer;
    const weights = Float32Array.from(
      { length: numInputs * numOutputs },
      (_, block) => bound * (2 * uniform(step, streams.start, purposes.baseline, key, block) - 1),
    );
    return [tensor(library, weights, [numInputs, numOutputs]), library.numpy.zeros([numOutputs])];
  });
}

/** Rectified after every layer but the last. Uses up `layers` and `input` [numRows, first width]. */
export function feedForward({ numpy, nn }: Library, layers: readonly Tensor[], input: Tensor): Tensor {
  let rows = input;
  for (let layer = 0; layer < layers.length; layer += 2) {
    rows = numpy.add(numpy.matmul(rows, layers[layer]!), layers[layer + 1]!);
    if (layer + 2 < layers.length) rows = nn.relu(rows);
  }
  return rows;
}

export interface Training {
  readonly layers: Layers;
  /** A scalar. Uses up its arguments; called once, to be compiled. */
  readonly loss: (layers: Layers, inputs: Tensor[]) => Tensor;
  readonly numEpochs: number;
  readonly batchesPerEpoch: number;
  /** What the loss needs for one step, always of the same shapes. Counts from 0. */
  readonly inputs: (epoch: number, batch: number) => Tensor[];
  readonly options: TrainingOptions & {
    readonly signal?: AbortSignal | undefined;
    readonly onProgress?: ((progress: Progress) => void) | undefined;
  };
}

const decay = { mean: 0.9, square: 0.999 } as const;
const smallestRoot = 1e-8;

/**
 * Adam (Kingma and Ba) on the loss. Uses up `layers`.
 * @returns the trained layers
 */
export async function train(library: Library, training: Training): Promise<Layers> {
  const { numpy, jit, valueAndGrad, tree } = library;
  const { numEpochs, batchesPerEpoch, options } = training;
  const { learningRate = 1e-3, signal, onProgress, onEpoch } = options;

  /** [layers, means of gradients, means of their squares] → the same, and the loss. */
  const step = jit((state: Tensor[][], inputs: Tensor[], scales: Tensor[]): [Tensor[][], Tensor] => {
    const [layers, means, squares] = state as [Layers, Tensor[], Tensor[]];
    const [meanScale, rootScale] = scales as [Tensor, Tensor];
    const [loss, gradients] = valueAndGrad(training.loss)(
      layers.map((each) => each.ref),
      inputs,
    ) as unknown as [Tensor, Tensor[]];
    const nextMeans = means.map((mean, i) => numpy.add(mean.mul(decay.mean), gradients[i]!.ref.mul(1 - decay.mean)));
    const nextSquares = squares.map((square, i) =>
      numpy.add(square.mul(decay.square), numpy.square(gradients[i]!).mul(1 - decay.square)),
    );
    const nextLayers = layers.map((layer, i) => {
      const root = numpy.sqrt(numpy.multiply(nextSquares[i]!.ref, rootScale.ref)).add(smallestRoot);
      return numpy.subtract(layer, numpy.divide(numpy.multiply(nextMeans[i]!.ref, meanScale.ref), root));
    });
    meanScale.dispose();
    rootScale.dispose();
    return [[nextLayers, nextMeans, nextSquares], loss];
  });

  const zeros = (): Tensor[] => training.layers.map((layer) => numpy.zeros(layer.shape));
  let state = [training.layers, zeros(), zeros()];
  const pace = createPace({ ...(signal && { signal }), ...(onProgress && { onProgress }) }, numEpochs);
  try {
    for (let epoch = 0; epoch < numEpochs; epoch++) {
      let epochLoss = 0;
      for (let batch = 0; batch < batchesPerEpoch; batch++) {
        const t = epoch * batchesPerEpoch + batch + 1;
        const scales = [learningRate / (1 - decay.mean ** t), 1 / (1 - decay.square ** t)];
        const [next, loss] = step(
          state,
          training.inputs(epoch, batch),
          scales.map((scale) => numpy.array(scale)),
        );
        state = next;
        // Reading it lets the step be done before the next one is queued.
        epochLoss += (await loss.data())[0]! / batchesPerEpoch;
        if (pace.isDue(batch + 1 === batchesPerEpoch ? 1 : 0)) await pace.giveWay();
      }
      onEpoch?.(epoch, epochLoss);
    }
    pace.finish();
  } catch (error) {
    // A step that failed has used its state up.
    if (signal?.aborted) tree.dispose(state);
    throw error;
  } finally {
    step.dispose();
  }
  tree.dispose(state.slice(1));
  return state[0]!;
}
