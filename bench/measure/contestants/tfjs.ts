/** TensorFlow.js as a peer: the published ULA step in its own operations. It draws its normals on the CPU, on every backend. */
import type { Job } from "../cases.ts";
import { largestError, type Contestant, type OpenContestant } from "./contestant.ts";
import { noiseFreeStep, peerProblem, type PeerProblem } from "./noise-free.ts";

/** What is used of the package, which is installed with the benchmark alone. */
export interface TensorFlow {
  setBackend(name: string): Promise<boolean>;
  tidy(f: () => Tensor): Tensor;
  tensor2d(values: Float32Array, shape: readonly [number, number]): Tensor;
  matMul(a: Tensor, b: Tensor, transposeA?: boolean, transposeB?: boolean): Tensor;
  softmax(a: Tensor): Tensor;
  mul(a: Tensor, b: number): Tensor;
  add(a: Tensor, b: Tensor): Tensor;
  randomNormal(shape: readonly number[]): Tensor;
}

interface Tensor {
  data(): Promise<Float32Array>;
  dispose(): void;
}

export function tensorFlowContestants(
  load: () => Promise<TensorFlow>,
  backends: readonly ("wasm" | "webgpu")[],
): readonly Contestant[] {
  return backends.flatMap((backend) =>
    (["direct", "collapsed"] as const).map((space) => ({
      id: `tfjs-${backend}-${space}`,
      label: `TensorFlow.js, ${backend}`,
      space,
      arithmetic: "float32" as const,
      peak: backend === "webgpu" ? "webgpu" : null,
      leastSteps: () => 1,
      verifies: "a step without noise" as const,
      covers: (job: Job) => job.kernel === "ula" && job.group === "sizes" && job.spaces.includes(space),
      open: async (job: Job) => openTensorFlow(await load(), backend, peerProblem(job, space)),
    })),
  );
}

async function openTensorFlow(tf: TensorFlow, backend: string, problem: PeerProblem): Promise<OpenContestant> {
  const { memory, start, numChains, beta, stepSize } = problem;
  const choose = async (): Promise<void> => {
    if (!(await tf.setBackend(backend))) throw new Error(`TensorFlow.js has no backend ${backend} here`);
  };
  await choose();
  const rows = tf.tensor2d(memory.values, [memory.numPatterns, memory.dim]);
  const drift = (from: Tensor): Tensor => {
    const logits = tf.mul(tf.matMul(from, rows, false, true), beta);
    return tf.add(tf.mul(from, 1 - stepSize), tf.mul(tf.matMul(tf.softmax(logits), rows), stepSize));
  };
  const scale = Math.sqrt((2 * stepSize) / beta);
  let position = tf.tensor2d(start, [numChains, memory.dim]);

  return {
    async verify() {
      await choose();
      const wanted = noiseFreeStep(problem);
      const moved = tf.tidy(() => drift(position));
      const got = await moved.data();
      moved.dispose();
      return largestError(got.subarray(0, wanted.length), wanted);
    },
    async block(steps) {
      await choose();
      const started = performance.now();
      for (let n = 0; n < steps; n++) {
        const from = position;
        position = tf.tidy(() => tf.add(drift(from), tf.mul(tf.randomNormal([numChains, memory.dim]), scale)));
        from.dispose();
      }
      await position.data();
      return { chainSteps: steps * numChains, seconds: (performance.now() - started) / 1000, gpuSeconds: null };
    },
    async close() {
      await choose();
      position.dispose();
      rows.dispose();
    },
  };
}
