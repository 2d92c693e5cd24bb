/** The benchmark's part in a page, called through harness/page/suite.html: WebGPU as browsers have it, and its peers there. */
import { createGpuSampler, describeAdapter, requestDevice } from "../../src/index.ts";
import type { Job } from "./cases.ts";
import { jaxJsContestants, type JaxJs } from "./contestants/jax-js.ts";
import { ownContestants, tuningFor, type TakeGpuSeconds } from "./contestants/own.ts";
import { tensorFlowContestants, type TensorFlow } from "./contestants/tfjs.ts";
import { stampPasses, withTimestamps } from "./gpu-clock.ts";
import { measureGpuPeaks, type GpuPeaks } from "./peaks.ts";
import { race, type RaceOptions } from "./race.ts";
import type { JobRecord } from "./record.ts";

interface OpenDevice {
  readonly adapter: GPUAdapter;
  readonly device: GPUDevice;
  readonly takeGpuSeconds: TakeGpuSeconds | undefined;
}

let opened: Promise<OpenDevice> | undefined;

function openDevice(): Promise<OpenDevice> {
  return (opened ??= (async () => {
    const adapter = await navigator.gpu.requestAdapter({ powerPreference: "high-performance" });
    const device = await requestDevice(adapter && withTimestamps(adapter));
    return { adapter: adapter!, device, takeGpuSeconds: stampPasses(device) };
  })());
}

export async function describePage(): Promise<{ readonly name: string; readonly isSoftware: boolean }> {
  const { name, isSoftware } = describeAdapter((await openDevice()).adapter);
  return { name, isSoftware };
}

export async function peaksInPage(): Promise<GpuPeaks> {
  return measureGpuPeaks((await openDevice()).device);
}

/**
 * @param wanted contestants whose id fits this regular expression
 * @param hasPeers whether bench/node_modules is there
 */
export async function raceInPage(
  job: Job,
  options: Omit<RaceOptions, "signal" | "onNote">,
  wanted: string,
  hasPeers: boolean,
): Promise<JobRecord> {
  const { adapter, device, takeGpuSeconds } = await openDevice();
  const description = describeAdapter(adapter);
  const own = ownContestants({
    id: "webgpu",
    label: "this library, WebGPU",
    arithmetic: "float32",
    peak: "webgpu",
    createSampler: (target, isTimed) => createGpuSampler(device, target, tuningFor(description, isTimed)),
    ...(takeGpuSeconds && { takeGpuSeconds }),
  });
  const peers = hasPeers
    ? [...jaxJsContestants(loadJaxJs, ["webgpu"]), ...tensorFlowContestants(loadTensorFlow, ["webgpu"])]
    : [];
  const pattern = new RegExp(wanted);
  return race(
    job,
    [...own, ...peers].filter(({ id }) => pattern.test(id)),
    options,
  );
}

const packages = "/bench/node_modules";

async function loadJaxJs(): Promise<JaxJs> {
  return (await import(/* @vite-ignore */ `${packages}/@jax-js/jax/dist/index.js`)) as JaxJs;
}

let tensorFlow: Promise<TensorFlow> | undefined;

/** TensorFlow.js's modules import each other by names that only a bundler resolves: its scripts for pages do not. */
function loadTensorFlow(): Promise<TensorFlow> {
  return (tensorFlow ??= (async () => {
    for (const file of ["tfjs-core/dist/tf-core.js", "tfjs-backend-webgpu/dist/tf-backend-webgpu.js"])
      await loadScript(`${packages}/@tensorflow/${file}`);
    return (globalThis as unknown as { readonly tf: TensorFlow }).tf;
  })());
}

function loadScript(address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = address;
    script.addEventListener("load", () => resolve());
    script.addEventListener("error", () => reject(new Error(`${address} did not load`)));
    document.head.append(script);
  });
}
