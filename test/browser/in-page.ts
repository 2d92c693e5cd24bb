/** What the browser tests run in the page: ordinary code, called by name through harness/page/suite.ts. */
import {
  createGpuSampler,
  createReferenceSampler,
  describeAdapter,
  noveltyFloor,
  requestDevice,
  summarizeDraws,
  type AdapterDescription,
  type HopfieldTarget,
  type KernelName,
  type Metrics,
  type SampleOptions,
} from "../../src/index.ts";
import { createFaceMemory } from "../../harness/page/face-memory.ts";
import { gateDefaults, gateStepSize, invarianceScores, type Score } from "../support/invariance.ts";
import { gateTarget } from "../support/memories.ts";

export async function describeEngine(): Promise<AdapterDescription> {
  return describeAdapter(await requireAdapter());
}

export interface FaceJobResult {
  readonly metrics: Metrics;
  readonly floor: number;
  readonly dim: number;
  readonly numPatterns: number;
  /** Of the draws, positions and retrievals alike. */
  readonly numNonFiniteValues: number;
}

/** Samples the built-in faces on the GPU. */
export async function runFaceJob(beta: number, options: SampleOptions): Promise<FaceJobResult> {
  const target = createFaceTarget(beta);
  const draws = await onDevice(async (device) => {
    await using sampler = await createGpuSampler(device, target);
    return await sampler.run(options);
  });
  const isBad = (value: number): boolean => !Number.isFinite(value);
  return {
    metrics: summarizeDraws(target, draws),
    floor: noveltyFloor(target),
    dim: target.memory.dim,
    numPatterns: target.memory.numPatterns,
    numNonFiniteValues: draws.positions.filter(isBad).length + draws.retrievals.filter(isBad).length,
  };
}

/** The same faces from the exact law, by the float64 reference. */
export async function runExactFaceJob(beta: number, options: SampleOptions): Promise<Metrics> {
  const target = createFaceTarget(beta);
  await using sampler = createReferenceSampler(target);
  return summarizeDraws(target, await sampler.run({ ...options, kernel: "exact" }));
}

export interface Parity {
  /** Largest |GPU − reference| over the compared chains, a number a draw, [numDraws]. */
  readonly positionError: readonly number[];
  readonly retrievalError: readonly number[];
  /** Per chain, [numCompared]. */
  readonly acceptanceRate: readonly number[];
  readonly referenceAcceptanceRate: readonly number[];
}

/**
 * The same faces, options and seed on the GPU and in float64; the reference runs the first `numCompared` chains only,
 * which do not depend on how many others there are.
 */
export async function compareWithReference(beta: number, options: SampleOptions, numCompared: number): Promise<Parity> {
  const target = createFaceTarget(beta);
  const { dim } = target.memory;
  const draws = await onDevice(async (device) => {
    await using sampler = await createGpuSampler(device, target);
    return await sampler.run(options);
  });
  await using reference = createReferenceSampler(target);
  const expected = await reference.run({ ...options, numChains: numCompared });

  const worst = (actual: Float32Array, wanted: Float32Array): number[] =>
    Array.from({ length: options.numDraws }, (_, draw) => {
      let error = 0;
      for (let chain = 0; chain < numCompared; chain++) {
        const offset = (chain * options.numDraws + draw) * dim;
        for (let i = offset; i < offset + dim; i++) {
          const difference = Math.abs(actual[i]! - wanted[i]!);
          // Written so that NaN counts as the worst there is.
          if (!(difference <= error)) error = Number.isNaN(difference) ? Number.MAX_VALUE : difference;
        }
      }
      return error;
    });
  return {
    positionError: worst(draws.positions, expected.positions),
    retrievalError: worst(draws.retrievals, expected.retrievals),
    acceptanceRate: Array.from(draws.acceptanceRate.subarray(0, numCompared)),
    referenceAcceptanceRate: Array.from(expected.acceptanceRate),
  };
}

/** How many values of `numFewer` chains differ from those of the same chains among `options.numChains`. */
export async function countDifferingValues(beta: number, options: SampleOptions, numFewer: number): Promise<number> {
  return onDevice(async (device) => {
    await using sampler = await createGpuSampler(device, createFaceTarget(beta));
    const many = await sampler.run(options);
    const few = await sampler.run({ ...options, numChains: numFewer });
    return few.positions.filter((value, i) => value !== many.positions[i]).length;
  });
}

/** The invariance gate on the browser's own WebGPU. */
export async function runInvarianceGate(kernel: KernelName): Promise<readonly Score[]> {
  return onDevice(async (device) => {
    // What a GPU would run: the default of a software adapter is tried in the other runs.
    await using sampler = await createGpuSampler(device, gateTarget(), { madeFor: "hardware" });
    return await invarianceScores(sampler, { ...gateDefaults, kernel, stepSize: gateStepSize(kernel) });
  });
}

/** Breaks a rule of WebGPU on purpose, outside every error scope. */
export async function breakValidation(): Promise<string> {
  const device = await requestDevice(await requireAdapter());
  const reported = new Promise<string>((resolve) => {
    device.addEventListener("uncapturederror", ({ error }) => resolve(error.message));
  });
  device.createBuffer({ label: "no usage", size: 4, usage: 0 });
  // Chrome hands calls over to its GPU process only when asked for something.
  await device.queue.onSubmittedWorkDone();
  const message = await reported;
  device.destroy();
  return message;
}

function createFaceTarget(beta: number): HopfieldTarget {
  return { memory: createFaceMemory().memory, beta };
}

async function requireAdapter(): Promise<GPUAdapter> {
  const adapter = await navigator.gpu.requestAdapter();
  if (adapter === null) throw new Error("the browser has no WebGPU adapter");
  return adapter;
}

/** A device for one piece of work; whatever it reports outside the work's own scopes fails it. */
async function onDevice<T>(work: (device: GPUDevice) => Promise<T>): Promise<T> {
  const device = await requestDevice(await requireAdapter());
  const complaints: string[] = [];
  device.addEventListener("uncapturederror", ({ error }) => complaints.push(error.message));
  const result = await work(device);
  await device.queue.onSubmittedWorkDone();
  device.destroy();
  if (complaints.length > 0) throw new Error(`WebGPU complained: ${complaints.join("; ")}`);
  return result;
}
