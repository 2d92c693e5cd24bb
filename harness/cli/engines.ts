/**
 * Chooses what runs the sampler. `auto` never takes a software adapter: it is slower than the reference and would be a
 * silent surprise. Whatever is not the obvious choice is said aloud.
 */
import {
  ArgumentError,
  GpuError,
  createGpuSampler,
  describeAdapter,
  requestDevice,
  type AdapterDescription,
  type GpuTuning,
  type HopfieldTarget,
  type Sampler,
} from "../../src/index.ts";
import { createNodePool, numCores } from "../environment/reference-workers.ts";
import { note, programName, type CommandContext } from "./context.ts";

export const engineNames = ["auto", "webgpu", "reference"] as const;
export type EngineName = (typeof engineNames)[number];

/** Of the option --threads. */
export const threadsHelp = "threads of the reference, which change no sample (default: all cores)";

export interface Engine {
  readonly name: Exclude<EngineName, "auto">;
  /** Null for the reference, which uses none. */
  readonly adapter: AdapterDescription | null;
  /** What the reference may use; null on a GPU. */
  readonly numThreads: number | null;
  createSampler(target: HopfieldTarget): Promise<Sampler>;
  close(): void;
}

/**
 * @param numThreads of the reference, where that is what runs
 * @param tuning of a GPU
 * @throws ArgumentError if `webgpu` is asked for and there is no adapter
 */
export async function openEngine(
  name: EngineName,
  context: CommandContext,
  numThreads: number = numCores,
  tuning: GpuTuning = {},
): Promise<Engine> {
  if (name === "reference") return referenceEngine(numThreads);
  const webGpu = await context.openWebGpu();
  if ("reason" in webGpu) {
    if (name === "auto") return referenceEngine(numThreads);
    throw new ArgumentError(
      "--engine",
      `webgpu must have an adapter, got none: ${webGpu.reason}`,
      `${webGpu.fix ?? `${programName} doctor says what to do`}; --engine reference needs none`,
    );
  }
  const adapter = webGpu.adapters.find((candidate) => !describeAdapter(candidate).isSoftware) ?? webGpu.adapters[0];
  const { name: adapterName, isSoftware } = describeAdapter(adapter);
  if (isSoftware && name === "auto") {
    note(context, `the only WebGPU adapter is software (${adapterName}): using the reference on the CPU instead`);
    return referenceEngine(numThreads);
  }
  if (isSoftware) note(context, `${adapterName} is a software adapter: right results, no GPU speed`);
  try {
    return await openGpuEngine(adapter, tuning);
  } catch (error) {
    if (name !== "auto" || !(error instanceof GpuError)) throw error;
    note(context, `${error.message}: using the reference on the CPU instead`);
    return referenceEngine(numThreads);
  }
}

/** An engine at work. */
export interface OpenSampler {
  readonly engine: Engine;
  readonly sampler: Sampler;
}

/**
 * The engine with a sampler of `target`. With `auto`, what the GPU cannot hold, memory or number, goes to the reference, aloud.
 * @throws ArgumentError for a target that breaks a rule, or if `webgpu` is asked for and there is no adapter
 */
export async function openSampler(
  name: EngineName,
  target: HopfieldTarget,
  context: CommandContext,
  numThreads: number = numCores,
  tuning: GpuTuning = {},
): Promise<OpenSampler> {
  const engine = await openEngine(name, context, numThreads, tuning);
  try {
    return { engine, sampler: await engine.createSampler(target) };
  } catch (error) {
    engine.close();
    const isDevices = error instanceof GpuError || error instanceof ArgumentError;
    if (name !== "auto" || engine.name === "reference" || !isDevices) throw error;
    const fallback = referenceEngine(numThreads);
    const sampler = await fallback.createSampler(target);
    const reason = error instanceof ArgumentError ? error.rule : error.message;
    note(context, `${reason}: using the reference on the CPU instead`);
    return { engine: fallback, sampler };
  }
}

function referenceEngine(numThreads: number): Engine {
  const pool = createNodePool(numThreads);
  return {
    name: "reference",
    adapter: null,
    numThreads,
    createSampler: (target) => Promise.resolve(pool.createSampler(target)),
    close: () => void pool.close(),
  };
}

/** The engine on one adapter, which this uses up: an adapter gives one device. */
export async function openGpuEngine(adapter: GPUAdapter, tuning: GpuTuning = {}): Promise<Engine> {
  const device = await requestDevice(adapter);
  return {
    name: "webgpu",
    adapter: describeAdapter(adapter),
    numThreads: null,
    createSampler: (target) => createGpuSampler(device, target, tuning),
    close: () => device.destroy(),
  };
}
