/** What is asked of an adapter. */
import { expect, test } from "vitest";
import { requestDevice } from "../../src/index.ts";

test("a device has its adapter's limits of buffers and of workgroups, and defaults beside them", async () => {
  const offered = {
    maxBufferSize: 2 ** 40,
    maxStorageBufferBindingSize: 2 ** 32,
    maxComputeWorkgroupStorageSize: 49_152,
    maxComputeInvocationsPerWorkgroup: 1024,
  };
  const asked: GPUDeviceDescriptor[] = [];
  const adapter = {
    limits: { ...offered, maxBindGroups: 8 },
    requestDevice: (descriptor: GPUDeviceDescriptor) => Promise.resolve(asked.push(descriptor)),
  };
  await requestDevice(adapter as unknown as GPUAdapter, "a run");
  expect(asked).toEqual([{ label: "a run", requiredLimits: offered }]);
});
