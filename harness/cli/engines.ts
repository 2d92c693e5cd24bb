/**
 * Chooses what runs the sampler. `auto` never takes a software adapter: it is slower than the reference and would be a
 * silent surprise. Whatever is not the obvious choice is said aloud.
 */
import {
  ArgumentError,
  GpuError,
  createGpuSampler,
  createReferenceSampler,
  describeAdapter,
  requestDevice,
  type AdapterDescription,
  type HopfieldTarget,
  type Sampler,
} from "../../src/index.ts";
import { note, programName, type CommandContext } from "./context.ts";

export const engineNames = ["auto", "webgpu", "reference"] as const;
export type EngineName = (typeof engineNames)[number];

export interface Engine {
  readonly name: Exclude<EngineName, "auto">;
  /** Null for the reference, which uses none. */
  readonly adapter: AdapterDescription | null;
  createSampler(target: HopfieldTarget): Promise<Sampler>;
  close(): void;
}

/** @throws ArgumentError if `webgpu` is asked for and there is no adapter */
export async function openEngine(name: EngineName, context: CommandContext): Promise<Engine> {
  if (name === "reference") return referenceEngine();
  const webGpu = await context.openWebGpu();
  if ("reason" in webGpu) {
    if (name === "auto") return referenceEngine();
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
    return referenceEngine();
  }
  if (isSoftware) note(context, `${adapterName} is a software adapter: right results, no GPU speed`);
  try {
    return await openGpuEngine(adapter);
  } catch (error) {
    if (name !== "auto" || !(error instanceof GpuError)) throw error;
    note(context, `${error.message}: using the reference on the CPU instead`);
    return referenceEngine();
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
): Promise<OpenSampler> {
  const engine = await openEngine(name, context);
  try {
    return { engine, sampler: await engine.createSampler(target) };
  } catch (error) {
    engine.close();
    const isDevices = error instanceof GpuError || error instanceof ArgumentError;
    if (name !== "auto" || engine.name === "reference" || !isDevices) throw error;
    const fallback = referenceEngine();
    const sampler = await fallback.createSampler(target);
    const reason = error instanceof ArgumentError ? error.rule : error.message;
    note(context, `${reason}: using the reference on the CPU instead`);
    return { engine: fallback, sampler };
  }
}

function referenceEngine(): Engine {
  return {
    name: "reference",
    adapter: null,
    createSampler: (target) => Promise.resolve(createReferenceSampler(target)),
    close() {},
  };
}

/** The engine on one adapter, which this uses up: an adapter gives one device. */
export async function openGpuEngine(adapter: GPUAdapter): Promise<Engine> {
  const device = await requestDevice(adapter);
  return {
    name: "webgpu",
    adapter: describeAdapter(adapter),
    createSampler: (target) => createGpuSampler(device, target),
    close: () => device.destroy(),
  };
}
