/** Chooses what the page samples with: WebGPU if the browser gives an adapter, else the float64 reference. */
import {
  createGpuSampler,
  createReferenceSampler,
  describeAdapter,
  requestDevice,
  type HopfieldTarget,
  type Sampler,
} from "../../src/index.ts";

export interface Engine {
  readonly kind: "hardware" | "software" | "none";
  /** One sentence for the reader. */
  readonly description: string;
  createSampler(target: HopfieldTarget): Promise<Sampler>;
}

/** @param onTrouble called with whatever the device complains about outside a sampler's own calls */
export async function openEngine(onTrouble: (message: string) => void): Promise<Engine> {
  // Typed as always there; browsers without WebGPU, and pages that are not secure, lack it.
  const gpu = navigator.gpu as GPU | undefined;
  if (gpu === undefined)
    return referenceEngine("This browser has no WebGPU, or the page is served from neither localhost nor https.");
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
  if (adapter === null) return referenceEngine("This browser has WebGPU but found no adapter (is the GPU blocked?).");

  const { name, isSoftware } = describeAdapter(adapter);
  const device = await requestDevice(adapter);
  device.addEventListener("uncapturederror", ({ error }) => onTrouble(error.message));
  void device.lost.then(({ message }) => onTrouble(`The GPU device was lost: ${message} Reload the page.`));
  return {
    kind: isSoftware ? "software" : "hardware",
    description: isSoftware
      ? `WebGPU on ${name}, a software adapter: right numbers, at the speed of a CPU.`
      : `WebGPU on ${name}.`,
    createSampler: (target) => createGpuSampler(device, target),
  };
}

function referenceEngine(reason: string): Engine {
  return {
    kind: "none",
    description: `${reason} The float64 reference on the CPU takes its place: slower, the same law.`,
    createSampler: (target) => Promise.resolve(createReferenceSampler(target)),
  };
}
