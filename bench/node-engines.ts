/** The contestants of a Node process: the reference on one thread and on all, WebGPU through Dawn, and the peers at hand. */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import {
  createGpuSampler,
  createReferenceSampler,
  describeAdapter,
  requestDevice,
  type AdapterDescription,
  type HopfieldTarget,
  type Sampler,
} from "../src/index.ts";
import { openNodeWebGpu } from "../harness/environment/node-webgpu.ts";
import { createNodePool, numCores } from "../harness/environment/reference-workers.ts";
import type { Contestant } from "./measure/contestants/contestant.ts";
import { jaxJsContestants, type JaxJs } from "./measure/contestants/jax-js.ts";
import { ownContestants, tuningFor } from "./measure/contestants/own.ts";
import { tensorFlowContestants, type TensorFlow } from "./measure/contestants/tfjs.ts";
import type { EssEngine } from "./measure/ess.ts";
import { stampPasses, withTimestamps } from "./measure/gpu-clock.ts";
import { measureGpuPeaks, measureThreadPeak, type GpuPeaks } from "./measure/peaks.ts";
import { startPythonPeers } from "./python-peers.ts";

export interface NodeBench {
  readonly adapter: AdapterDescription | null;
  readonly contestants: readonly Contestant[];
  readonly essEngines: readonly EssEngine[];
  readonly peaks: Readonly<Record<string, number>>;
  readonly gpuPeaks: GpuPeaks | null;
  readonly versions: Readonly<Record<string, string>>;
  readonly missing: readonly string[];
  close(): Promise<void>;
}

/** @param pythons to look for peers in */
export async function openNodeBench(pythons: readonly string[], hasGpu: boolean): Promise<NodeBench> {
  const missing: string[] = [];
  const pool = createNodePool(numCores, 0);
  const one = { id: "reference-1", label: "this library, reference, 1 thread", peak: "thread" };
  const all = { id: "reference-all", label: `this library, reference, ${numCores} threads`, peak: "threads" };
  const contestants: Contestant[] = [
    ...ownContestants({
      ...one,
      arithmetic: "float64",
      isYardstick: true,
      createSampler: (target) => Promise.resolve(createReferenceSampler(target)),
    }),
    ...ownContestants({
      ...all,
      arithmetic: "float64",
      createSampler: (target) => Promise.resolve(pool.createSampler(target)),
    }),
  ];
  const essEngines: EssEngine[] = [
    { label: all.label, createSampler: (target) => Promise.resolve(pool.createSampler(target)) },
  ];
  const thread = await measureThreadPeak();
  const peaks: Record<string, number> = { thread, threads: thread * numCores };

  const webGpu = hasGpu ? await openWebGpu() : { reason: "left out" };
  let gpuPeaks: GpuPeaks | null = null;
  if ("reason" in webGpu) missing.push(`WebGPU in Node: ${webGpu.reason}`);
  else {
    const { device } = webGpu;
    gpuPeaks = await measureGpuPeaks(device);
    peaks["webgpu"] = gpuPeaks.flopsPerSecond;
    const takeGpuSeconds = stampPasses(device);
    const createSampler = (target: HopfieldTarget, isTimed: boolean): Promise<Sampler> =>
      createGpuSampler(device, target, tuningFor(webGpu.description, isTimed));
    const label = "this library, WebGPU";
    contestants.push(
      ...ownContestants({
        id: "webgpu",
        label,
        arithmetic: "float32",
        peak: "webgpu",
        createSampler,
        ...(takeGpuSeconds && { takeGpuSeconds }),
      }),
    );
    essEngines.push({ label, createSampler: (target) => createSampler(target, true) });
  }

  const python = await startPythonPeers(pythons);
  contestants.push(...python.contestants);
  missing.push(...python.missing);
  Object.assign(peaks, python.peaks);

  const packages = new URL("node_modules/", import.meta.url);
  if (existsSync(packages)) {
    const require = createRequire(new URL("package.json", import.meta.url));
    const devices = "reason" in webGpu ? (["wasm"] as const) : (["wasm", "webgpu"] as const);
    if (!("reason" in webGpu)) lendGpu(webGpu.gpu);
    const load = <T>(...names: readonly string[]): Promise<T> =>
      Promise.resolve(names.map((name) => require(name) as unknown).at(0) as T);
    contestants.push(
      ...jaxJsContestants(() => load<JaxJs>("@jax-js/jax"), devices),
      ...tensorFlowContestants(
        () =>
          load<TensorFlow>("@tensorflow/tfjs-core", ...devices.map((device) => `@tensorflow/tfjs-backend-${device}`)),
        devices,
      ),
    );
  } else missing.push("jax-js and TensorFlow.js: run `npm run bench:setup` to install them");

  return {
    adapter: "reason" in webGpu ? null : webGpu.description,
    contestants,
    essEngines,
    peaks,
    gpuPeaks,
    versions: python.versions,
    missing,
    async close() {
      await Promise.all([pool.close(), python.close()]);
      if (!("reason" in webGpu)) webGpu.device.destroy();
    },
  };
}

interface OpenWebGpu {
  readonly gpu: GPU;
  readonly device: GPUDevice;
  readonly description: AdapterDescription;
}

async function openWebGpu(): Promise<OpenWebGpu | { readonly reason: string }> {
  const opened = await openNodeWebGpu();
  if ("reason" in opened) return opened;
  const [adapter] = opened.adapters;
  const device = await requestDevice(withTimestamps(adapter));
  return { gpu: opened.gpu, device, description: describeAdapter(adapter) };
}

/** Libraries for pages look for WebGPU where pages have it. */
function lendGpu(gpu: GPU): void {
  Object.defineProperty(globalThis, "navigator", {
    configurable: true,
    value: { gpu, userAgent: `Node.js/${process.versions.node}`, hardwareConcurrency: numCores },
  });
}
