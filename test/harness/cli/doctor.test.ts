/** `doctor` on machines described by hand: it always answers, and says what to do about what is missing. */
import { describe, expect, it } from "vitest";
import { doctor } from "../../../harness/cli/doctor.ts";
import type { Machine } from "../../../harness/environment/machine.ts";
import { createFakeContext } from "./fake-context.ts";

const bare: Machine = {
  platform: "linux",
  env: {},
  homeDirectory: "/home/someone",
  isRoot: false,
  isFile: () => false,
  listFolder: () => [],
  realPath: (path) => path,
  canRun: () => false,
};

describe("doctor", () => {
  it("tries the engines and says what is missing, for people", async () => {
    const context = createFakeContext();
    expect(await doctor({}, context, bare)).toBe(0);
    expect(context.output.stdout).toContain("  reference  works\n");
    expect(context.output.stdout).toContain("  webgpu     does not work: no WebGPU adapter in this test\n");
    expect(context.output.stdout).toContain("  auto       takes reference\n");
    expect(context.output.stdout).toContain("  No browser found, which only the tests need: run `npx ");
  });

  it("says the same as JSON", async () => {
    const context = createFakeContext();
    const machine = {
      ...bare,
      env: { PUPPETEER_EXECUTABLE_PATH: "/opt/browser" },
      isFile: (path: string) => path === "/opt/browser",
    };
    expect(await doctor({ json: true }, context, machine)).toBe(0);
    expect(JSON.parse(context.output.stdout)).toMatchObject({
      engines: {
        reference: { works: true, problem: null },
        webgpu: { works: false, problem: "no WebGPU adapter in this test" },
      },
      auto: "reference",
      adapters: [],
      browser: { path: "/opt/browser", source: "PUPPETEER_EXECUTABLE_PATH" },
      versions: {
        node: process.versions.node,
        wgsl_reflect: expect.stringMatching(/^\d/) as string,
        vite: expect.stringMatching(/^\d/) as string,
      },
      refusals: [],
      advice: [
        "Install the Vulkan loader (Debian: `apt-get install libvulkan1`)",
        "If this machine has a GPU, install its Vulkan driver",
        "For a software adapter, fit for checks, install Chromium, which has one (Debian: `apt-get install chromium`)",
      ],
    });
  });

  it("names adapters that were refused, and repeats nothing", async () => {
    const context = createFakeContext({
      openWebGpu: () => Promise.resolve({ reason: "WebGPU refuses them (too old)", refusals: ["too old"] }),
    });
    await doctor({}, context, bare);
    expect(context.output.stdout).toContain("Adapters\n  found and refused: too old\n");
    expect(context.output.stdout).toContain("  If this machine has a GPU, update its Vulkan driver.\n");
    expect(context.output.stdout.match(/WebGPU refuses them/g)).toHaveLength(1);
  });

  it("says how to get the package where that is missing", async () => {
    const context = createFakeContext({
      openWebGpu: () => Promise.resolve({ reason: "the package is not there", fix: "run `npm install webgpu`" }),
    });
    await doctor({}, context, bare);
    expect(context.output.stdout).toContain("For the GPU, run `npm install webgpu`: the package is not there.\n");
    expect(context.output.stdout).not.toContain("Vulkan");
  });

  it("takes a variable that names no browser as a finding", async () => {
    const context = createFakeContext();
    expect(await doctor({}, context, { ...bare, env: { CHROME_PATH: "/gone" } })).toBe(0);
    expect(context.output.stdout).toContain('CHROME_PATH: must name a browser\'s executable, got "/gone"');
  });

  it("counts an adapter that gives no device as one that does not work", async () => {
    const broken = {
      info: { vendor: "acme", architecture: "one", device: "", description: "Acme One", isFallbackAdapter: false },
      limits: {
        maxBufferSize: 2 ** 30,
        maxStorageBufferBindingSize: 2 ** 27,
        maxComputeWorkgroupStorageSize: 16_384,
        maxComputeInvocationsPerWorkgroup: 256,
      },
      features: new Set(["timestamp-query"]),
      requestDevice: () => Promise.reject(new Error("lost")),
    } as unknown as GPUAdapter;
    const context = createFakeContext({
      openWebGpu: () => Promise.resolve({ gpu: {} as GPU, adapters: [broken] }),
    });
    expect(await doctor({}, context, bare)).toBe(0);
    expect(context.output.stdout).toMatch(/ {2}Acme One, hardware, does not work: .*gave no device/);
    expect(context.output.stdout).toContain(
      "limits    buffer 1.0 GiB, binding 128.0 MiB, workgroup memory 16.0 KiB, 256 threads a workgroup\n" +
        "    features  timestamp-query\n",
    );
    expect(context.output.stdout).toContain("webgpu     does not work: no adapter carries out a small run\n");
  });
});
