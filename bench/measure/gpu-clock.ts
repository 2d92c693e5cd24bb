/**
 * The GPU's own clock around every compute pass of a device, without the sampler knowing: the device's encoders put a time
 * stamp at both ends of each pass. Sums of passes leave out what lies between them, which the wall clock has.
 */
import type { TakeGpuSeconds } from "./contestants/own.ts";

/** Passes between two readings; beyond it a reading is refused, not cut short. */
const maxPasses = 2048;

/** An adapter whose devices have time stamps, if it can. */
export function withTimestamps(adapter: GPUAdapter): GPUAdapter {
  if (!adapter.features.has("timestamp-query")) return adapter;
  return new Proxy(adapter, {
    get(target, name): unknown {
      if (name === "requestDevice")
        return (descriptor: GPUDeviceDescriptor = {}) =>
          target.requestDevice({
            ...descriptor,
            requiredFeatures: [...(descriptor.requiredFeatures ?? []), "timestamp-query"],
          });
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}

/** Stamps every compute pass of the device from now on; undefined if it has no clock. */
export function stampPasses(device: GPUDevice): TakeGpuSeconds | undefined {
  if (!device.features.has("timestamp-query")) return undefined;
  const querySet = device.createQuerySet({ label: "bench passes", type: "timestamp", count: 2 * maxPasses });
  const resolved = device.createBuffer({
    label: "bench passes",
    size: 16 * maxPasses,
    usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC,
  });
  const readable = device.createBuffer({
    label: "bench passes, readable",
    size: 16 * maxPasses,
    usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ,
  });
  let numPasses = 0;
  const createCommandEncoder = device.createCommandEncoder.bind(device);
  device.createCommandEncoder = (descriptor) => {
    const encoder = createCommandEncoder(descriptor);
    const beginComputePass = encoder.beginComputePass.bind(encoder);
    encoder.beginComputePass = (pass = {}) => {
      const at = numPasses++;
      if (at >= maxPasses) return beginComputePass(pass);
      const timestampWrites = { querySet, beginningOfPassWriteIndex: 2 * at, endOfPassWriteIndex: 2 * at + 1 };
      return beginComputePass({ ...pass, timestampWrites });
    };
    return encoder;
  };

  return async () => {
    const count = numPasses;
    numPasses = 0;
    if (count === 0 || count > maxPasses) return null;
    const encoder = createCommandEncoder({ label: "bench passes" });
    encoder.resolveQuerySet(querySet, 0, 2 * count, resolved, 0);
    encoder.copyBufferToBuffer(resolved, 0, readable, 0, 16 * count);
    device.queue.submit([encoder.finish()]);
    await readable.mapAsync(GPUMapMode.READ, 0, 16 * count);
    const stamps = new BigUint64Array(readable.getMappedRange(0, 16 * count).slice(0));
    readable.unmap();
    let nanoseconds = 0;
    for (let pass = 0; pass < count; pass++) {
      const duration = Number(stamps[2 * pass + 1]! - stamps[2 * pass]!);
      // A clock that runs backwards, or not at all, is none.
      if (!(duration >= 0 && duration < 1e11)) return null;
      nanoseconds += duration;
    }
    return nanoseconds > 0 ? nanoseconds / 1e9 : null;
  };
}
