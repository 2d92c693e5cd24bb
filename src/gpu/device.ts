/** Adapters and devices: what an adapter is called, and a device with the limits that large runs need. */
import { GpuError } from "../core/errors.ts";

export interface AdapterDescription {
  /** The most telling name that the browser or driver gives. */
  readonly name: string;
  readonly vendor: string;
  readonly architecture: string;
  /** Driver and version as reported; empty where the platform hides it. */
  readonly driver: string;
  /** Renders on the CPU: fit for checking results, never for speed. */
  readonly isSoftware: boolean;
}

const softwareNames = /swiftshader|llvmpipe|lavapipe|basic render|software/i;

export function describeAdapter(adapter: GPUAdapter): AdapterDescription {
  return describeInfo(adapter.info);
}

/** The device's adapter renders on the CPU; where a platform does not tell, it is taken not to. */
export function isSoftwareDevice(device: GPUDevice): boolean {
  const info = device.adapterInfo as GPUAdapterInfo | undefined;
  return info !== undefined && describeInfo(info).isSoftware;
}

/** The adapter and its driver, as far as the platform tells. */
export function deviceName(device: GPUDevice): string {
  const info = device.adapterInfo as GPUAdapterInfo | undefined;
  if (info === undefined) return "unnamed adapter";
  const { name, driver } = describeInfo(info);
  return name === driver ? name : `${name} ${driver}`.trim();
}

function describeInfo({
  vendor,
  architecture,
  device,
  description,
  isFallbackAdapter,
}: GPUAdapterInfo): AdapterDescription {
  const name = description || device || [vendor, architecture].filter(Boolean).join(" ") || "unnamed adapter";
  return {
    name: /driver/i.test(description) && vendor !== "" ? [vendor, architecture].filter(Boolean).join(" ") : name,
    vendor,
    architecture,
    driver: description,
    isSoftware: isFallbackAdapter || softwareNames.test(`${name} ${architecture} ${description}`),
  };
}

/**
 * A device with the adapter's own limits of buffers and of workgroups' memory and invocations, which larger memories and
 * workgroups of more chains need; everything else stays at WebGPU's defaults, within which every kernel runs.
 * @param adapter what `requestAdapter` gave, null included
 * @throws GpuError when there is no adapter, or it gives no device
 */
export async function requestDevice(adapter: GPUAdapter | null, label = "stochastic-attention"): Promise<GPUDevice> {
  if (adapter === null)
    throw new GpuError("adapter", label, "there is no adapter: WebGPU is off here, or no driver was found");
  const {
    maxBufferSize,
    maxStorageBufferBindingSize,
    maxComputeWorkgroupStorageSize,
    maxComputeInvocationsPerWorkgroup,
  } = adapter.limits;
  const requiredLimits = {
    maxBufferSize,
    maxStorageBufferBindingSize,
    maxComputeWorkgroupStorageSize,
    maxComputeInvocationsPerWorkgroup,
  };
  try {
    return await adapter.requestDevice({ label, requiredLimits });
  } catch (cause) {
    throw new GpuError("device", label, `the adapter ${describeAdapter(adapter).name} gave no device`, { cause });
  }
}
