/**
 * WebGPU in Node, through the optional package `webgpu` (Dawn). Absent, or without a driver, it is a sentence, never a
 * crash; what to install is for vulkan.ts to say. Browsers have `navigator.gpu` and do not need this file.
 */
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { describeAdapter } from "../../src/index.ts";
import { firstLine } from "../files/system-error.ts";
import { probeAdapters } from "./adapter-probe.ts";

/** WebGPU with at least one adapter. */
export interface NodeWebGpu {
  readonly gpu: GPU;
  /** Hardware first. An adapter gives one device: for another, call `listAdapters` again. */
  readonly adapters: readonly [GPUAdapter, ...GPUAdapter[]];
}

export interface NoWebGpu {
  /** What is missing, in one sentence. */
  readonly reason: string;
  /** What to run, where that does not depend on the machine. */
  readonly fix?: string;
  /** What Dawn has against the adapters that are there, one sentence each. */
  readonly refusals?: readonly string[];
}

/** Dawn's instance, one a process. Were it collected while a device lives, the process would abort. */
let instance: Promise<GPU> | undefined;

/** Opens WebGPU in this process and lists its adapters. */
export async function openNodeWebGpu(): Promise<NodeWebGpu | NoWebGpu> {
  // Without it the Vulkan drivers of Linux complain on stderr, though nothing is drawn to a screen.
  if (process.platform === "linux") process.env["XDG_RUNTIME_DIR"] ??= tmpdir();
  let gpu: GPU;
  try {
    if (instance === undefined) {
      const { hasAdapter, refusals } = await probeAdapters(createRequire(import.meta.url).resolve("webgpu"));
      if (!hasAdapter) return { reason: noAdapterReason(refusals), refusals };
    }
    instance ??= createInstance();
    gpu = await instance;
  } catch (error) {
    return {
      reason: `WebGPU in Node needs the optional package webgpu, which does not load (${firstLine(error)})`,
      fix: "run `npm install webgpu`",
    };
  }
  const [first, ...rest] = await listAdapters(gpu);
  return first === undefined ? { reason: noAdapterReason([]) } : { gpu, adapters: [first, ...rest] };
}

/** The adapters that can be asked for, each once, hardware before software. */
async function listAdapters(gpu: GPU): Promise<GPUAdapter[]> {
  const requests: GPURequestAdapterOptions[] = [
    { powerPreference: "high-performance" },
    { powerPreference: "low-power" },
    { forceFallbackAdapter: true },
  ];
  const found = await Promise.all(requests.map((request) => gpu.requestAdapter(request)));
  const distinct = new Map<string, GPUAdapter>();
  for (const adapter of found) {
    if (adapter === null) continue;
    const { vendor, architecture, device, description } = adapter.info;
    const identity = JSON.stringify([vendor, architecture, device, description]);
    if (!distinct.has(identity)) distinct.set(identity, adapter);
  }
  const adapters = [...distinct.values()];
  const isSoftware = (adapter: GPUAdapter): boolean => describeAdapter(adapter).isSoftware;
  return [...adapters.filter((adapter) => !isSoftware(adapter)), ...adapters.filter(isSoftware)];
}

async function createInstance(): Promise<GPU> {
  const { create, globals } = await import("webgpu");
  Object.assign(globalThis, globals);
  // Dawn rounds time stamps to 65.5 µs unless told not to.
  return create(["disable-dawn-features=timestamp_quantization"]);
}

function noAdapterReason(refusals: readonly string[]): string {
  return refusals.length === 0
    ? "no WebGPU adapter was found"
    : `WebGPU refuses what adapters there are (${refusals.join("; ")})`;
}
