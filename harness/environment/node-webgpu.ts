/**
 * WebGPU in Node, through the optional package `webgpu` (Dawn). Absent, or without a driver, it is a sentence that says
 * what to install, never a crash. Browsers have `navigator.gpu` and do not need this file.
 */
import { tmpdir } from "node:os";
import { describeAdapter } from "../../src/index.ts";

/** WebGPU with at least one adapter. */
export interface NodeWebGpu {
  readonly gpu: GPU;
  /** Hardware first. An adapter gives one device: for another, call `listAdapters` again. */
  readonly adapters: readonly [GPUAdapter, ...GPUAdapter[]];
}

export interface NoWebGpu {
  /** One sentence: what is missing and what to install. */
  readonly reason: string;
}

/** Dawn's instance, one a process. Were it collected while a device lives, the process would abort. */
let instance: Promise<GPU> | undefined;

/** Opens WebGPU in this process and lists its adapters. */
export async function openNodeWebGpu(): Promise<NodeWebGpu | NoWebGpu> {
  let gpu: GPU;
  try {
    instance ??= createInstance();
    gpu = await instance;
  } catch (error) {
    return {
      reason: `WebGPU in Node needs the optional package webgpu: run \`npm install webgpu\` (${firstLine(error)})`,
    };
  }
  const [first, ...rest] = await listAdapters(gpu);
  return first === undefined ? { reason: noAdapterReason(process.platform) } : { gpu, adapters: [first, ...rest] };
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
  // Without it the Vulkan drivers of Linux complain on stderr, though nothing is drawn to a screen.
  if (process.platform === "linux") process.env["XDG_RUNTIME_DIR"] ??= tmpdir();
  const { create, globals } = await import("webgpu");
  Object.assign(globalThis, globals);
  // Dawn rounds time stamps to 65.5 µs unless told not to.
  return create(["disable-dawn-features=timestamp_quantization"]);
}

function noAdapterReason(platform: NodeJS.Platform): string {
  return platform === "linux"
    ? "No WebGPU adapter: install your GPU's Vulkan driver and the loader (Debian: `apt-get install libvulkan1`), " +
        "or use a software driver (`apt-get install chromium` has one; set VK_ICD_FILENAMES to its vk_swiftshader_icd.json)"
    : "No WebGPU adapter: update the graphics driver";
}

function firstLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error).split("\n", 1)[0] ?? "";
}
