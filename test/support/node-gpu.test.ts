/** The fixture itself: a test that leaves a complaint behind has to fail, and the next one has to get a sound device. */
import { describe, expect } from "vitest";
import { gpuTest } from "./node-gpu.ts";

describe("gpuTest", () => {
  gpuTest.fails("a validation error fails the test", ({ device }) => {
    device.createBuffer({ label: "no usage", size: 4, usage: 0 });
  });

  gpuTest.fails("an error outside the scopes fails the test", async ({ device }) => {
    const popped = [await device.popErrorScope(), await device.popErrorScope(), await device.popErrorScope()];
    device.createBuffer({ label: "no usage", size: 4, usage: 0 });
    await device.queue.onSubmittedWorkDone();
    for (const filter of ["validation", "out-of-memory", "internal"] as const) device.pushErrorScope(filter);
    expect(popped).toEqual([null, null, null]);
  });

  gpuTest.fails("losing the device fails the test", async ({ device }) => {
    device.destroy();
    await device.lost;
  });

  gpuTest("and the next test gets one that works", async ({ device }) => {
    const buffer = device.createBuffer({ size: 16, usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ });
    device.queue.writeBuffer(buffer, 0, new Uint32Array([1, 2, 3, 4]));
    await buffer.mapAsync(GPUMapMode.READ);
    expect([...new Uint32Array(buffer.getMappedRange())]).toEqual([1, 2, 3, 4]);
    buffer.destroy();
  });
});
