/** jax-js (https://jax-js.com) as a peer: the published ULA step as one jitted function of its own operations. */
import type { Job } from "../cases.ts";
import { largestError, type Contestant, type OpenContestant } from "./contestant.ts";
import { noiseFreeStep, peerProblem, type PeerProblem } from "./noise-free.ts";

/** What is used of the package, which is installed with the benchmark alone. An array is used up unless `ref` is passed. */
export interface JaxJs {
  init(...devices: string[]): Promise<readonly string[]>;
  defaultDevice(device: string): string;
  blockUntilReady(value: JaxArray): Promise<unknown>;
  jit(f: (...values: JaxArray[]) => JaxArray): (...values: JaxArray[]) => JaxArray;
  readonly numpy: {
    array(values: Float32Array, options: { readonly shape: readonly number[] }): JaxArray;
    matmul(a: JaxArray, b: JaxArray): JaxArray;
    transpose(a: JaxArray): JaxArray;
  };
  readonly nn: { softmax(a: JaxArray, axis: number): JaxArray };
  readonly random: {
    key(seed: number): JaxArray;
    split(key: JaxArray, count: number): Iterable<JaxArray>;
    normal(key: JaxArray, shape: readonly number[]): JaxArray;
  };
}

interface JaxArray {
  readonly ref: JaxArray;
  mul(factor: number): JaxArray;
  add(other: JaxArray): JaxArray;
  data(): Promise<Float32Array>;
  dispose(): void;
}

export function jaxJsContestants(
  load: () => Promise<JaxJs>,
  devices: readonly ("wasm" | "webgpu")[],
): readonly Contestant[] {
  return devices.flatMap((device) =>
    (["direct", "collapsed"] as const).map((space) => ({
      id: `jax-js-${device}-${space}`,
      label: `jax-js, ${device}`,
      space,
      arithmetic: "float32" as const,
      peak: device === "webgpu" ? "webgpu" : null,
      leastSteps: () => 1,
      verifies: "a step without noise" as const,
      covers: (job: Job) => job.kernel === "ula" && job.group === "sizes" && job.spaces.includes(space),
      open: async (job: Job) => openJaxJs(await load(), device, peerProblem(job, space)),
    })),
  );
}

async function openJaxJs(jax: JaxJs, device: string, problem: PeerProblem): Promise<OpenContestant> {
  const { numpy, nn, random } = jax;
  const { memory, start, numChains, beta, stepSize } = problem;
  const shape = [numChains, memory.dim];
  if (!(await jax.init(device)).includes(device)) throw new Error(`jax-js has no device ${device} here`);
  jax.defaultDevice(device);
  const rows = numpy.array(memory.values.slice(), { shape: [memory.numPatterns, memory.dim] });
  const drift = (position: JaxArray, patterns: JaxArray): JaxArray => {
    const logits = numpy.matmul(position.ref, numpy.transpose(patterns.ref)).mul(beta);
    const retrieved = numpy.matmul(nn.softmax(logits, -1), patterns);
    return position.mul(1 - stepSize).add(retrieved.mul(stepSize));
  };
  const noiseFree = jax.jit(drift);
  const scale = Math.sqrt((2 * stepSize) / beta);
  const step = jax.jit((position, patterns, key) =>
    drift(position, patterns).add(random.normal(key, shape).mul(scale)),
  );
  let position = numpy.array(start.slice(), { shape });
  let key = random.key(1);

  return {
    async verify() {
      const wanted = noiseFreeStep(problem);
      const got = await noiseFree(position.ref, rows.ref).data();
      return largestError(got.subarray(0, wanted.length), wanted);
    },
    async block(steps) {
      jax.defaultDevice(device);
      const started = performance.now();
      for (let n = 0; n < steps; n++) {
        const [next, mine] = random.split(key, 2);
        key = next!;
        position = step(position, rows.ref, mine!);
      }
      await position.ref.data();
      return { chainSteps: steps * numChains, seconds: (performance.now() - started) / 1000, gpuSeconds: null };
    },
    close() {
      position.dispose();
      rows.dispose();
      return Promise.resolve();
    },
  };
}
