/**
 * `gpuTest`: a test that gets a GPUDevice in Node, one for all tests of a file. Whatever the device has to complain
 * about fails the test that caused it: validation, memory, internal errors, errors outside any scope, and loss.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, test } from "vitest";
import { openNodeWebGpu } from "../../harness/environment/node-webgpu.ts";
import { requestDevice } from "../../src/index.ts";

const filters: readonly GPUErrorFilter[] = ["validation", "out-of-memory", "internal"];
/** A lost device answers no scope; a software adapter may be busy for a while before it does. */
const scopeTimeoutMs = 60_000;

interface PooledDevice {
  readonly device: GPUDevice;
  readonly uncaptured: string[];
  lost?: GPUDeviceLostInfo;
}

let pooled: PooledDevice | undefined;

/** Gives `{ device }`. Without an adapter the test fails, unless ALLOW_NO_GPU=1: then it is skipped and counted. */
export const gpuTest = test.extend<{ device: GPUDevice }>({
  device: async ({ skip }, use) => {
    const opened = await openNodeWebGpu();
    if ("reason" in opened) {
      if (process.env["ALLOW_NO_GPU"] === "1") skip(opened.reason);
      throw new Error(`${opened.reason}. Set ALLOW_NO_GPU=1 to skip the tests that need WebGPU`);
    }
    pooled ??= await createPooledDevice(opened.adapters[0]);
    const current = pooled;
    for (const filter of filters) current.device.pushErrorScope(filter);
    await use(current.device);
    await requireNoErrors(current);
  },
});

afterAll(() => {
  pooled?.device.destroy();
  pooled = undefined;
});

async function createPooledDevice(adapter: GPUAdapter): Promise<PooledDevice> {
  const device = await requestDevice(adapter);
  const created: PooledDevice = { device, uncaptured: [] };
  device.addEventListener("uncapturederror", ({ error }) => created.uncaptured.push(error.message));
  void device.lost.then((info) => (created.lost = info));
  return created;
}

/** Pops every scope and throws all complaints at once. A lost device is left to the next test to replace. */
async function requireNoErrors(current: PooledDevice): Promise<void> {
  const popped = Promise.all(filters.map(() => current.device.popErrorScope()));
  const result = await Promise.race([popped.catch(() => undefined), delay(scopeTimeoutMs), current.device.lost]);
  const complaints = [
    ...(Array.isArray(result) ? result.flatMap((error) => (error === null ? [] : [error.message])) : []),
    ...current.uncaptured.splice(0),
  ];
  if (current.lost !== undefined)
    complaints.push(`the device was lost (${current.lost.reason}): ${current.lost.message}`);
  else if (!Array.isArray(result)) complaints.push(`the device answered no error scope for ${scopeTimeoutMs / 1000} s`);
  if (!Array.isArray(result)) pooled = undefined;
  if (complaints.length > 0) throw new Error(complaints.join("\n"));
}

function delay(milliseconds: number): Promise<undefined> {
  return sleep(milliseconds, undefined, { ref: false });
}
