/** WGSL text before any device sees it: includes, places, reflected layouts, struct bytes. */
import { describe, expect, test } from "vitest";
import { reflectShader } from "../../src/gpu/reflection.ts";
import { readVectors, writeStruct } from "../../src/gpu/struct-layout.ts";
import { expandSource, stageNames } from "../../src/gpu/wgsl-source.ts";

describe("includes", () => {
  const files = new Map([
    ["main.wgsl", '// #include "a.wgsl"\n// #include "b.wgsl"\nmain line'],
    ["a.wgsl", '// #include "b.wgsl"\na line'],
    ["b.wgsl", "b line\nb second"],
    ["lost.wgsl", 'line\n// #include "gone.wgsl"'],
  ]);

  test("are expanded once each, depth first, and lines know their place", () => {
    const source = expandSource("main.wgsl", files);
    expect(source.text.split("\n")).toEqual(["b line", "b second", "a line", "main line"]);
    expect([1, 2, 3, 4].map((line) => source.locate(line))).toEqual([
      "b.wgsl:1",
      "b.wgsl:2",
      "a.wgsl:2",
      "main.wgsl:3",
    ]);
  });

  test("a missing file names the line that asked for it", () => {
    expect(() => expandSource("lost.wgsl", files)).toThrow("lost.wgsl:2: there is no shaders/gone.wgsl");
  });
});

describe.each(stageNames)("%s", (name) => {
  const source = expandSource(`${name}.wgsl`);
  const shader = reflectShader(source.text);

  test("has an entry point named like the file, and a header of formula, grain and buffers", () => {
    const entry = /@compute @workgroup_size\([^)]*\)\nfn (\w+)/.exec(source.text)?.[1];
    const header = source.text.split("\n").filter((line) => line.startsWith("// "));
    expect(entry).toBe(name.replaceAll("-", "_"));
    expect(header.some((line) => line.startsWith(`// ${name}: `))).toBe(true);
    expect(source.text).toMatch(/\/\/ One (invocation|workgroup): /);
    expect(source.text).toMatch(/\/\/ In: [^]*\/\/ Out: [^]*\/\/ Twin: /);
  });

  test("keeps to the eight storage buffers of every WebGPU device", () => {
    const storage = [...shader.bindings.values()].filter(({ type }) => type !== "uniform");
    expect(storage.length).toBeGreaterThan(0);
    expect(storage.length).toBeLessThanOrEqual(8);
    expect(shader.bindings.get("params")).toEqual({ index: 0, type: "uniform" });
  });
});

describe("struct bytes", () => {
  const { structs } = reflectShader(`
    struct Settings { count: u32, scale: f32, last: u32 }
    struct Pair { whole: vec4u, real: vec4f, alone: f32 }
    @group(0) @binding(0) var<uniform> settings: Settings;
    @group(0) @binding(1) var<storage, read_write> pairs: array<Pair>;
    @compute @workgroup_size(1) fn main() { pairs[0].alone = settings.scale; }`);

  test("are written at the shader's offsets", () => {
    const bytes = writeStruct(structs.get("Settings")!, { scale: 0.5, count: 7, last: 0xffffffff });
    expect([...new Uint32Array(bytes)]).toEqual([7, 0x3f000000, 0xffffffff]);
  });

  test("a missing or unknown field throws", () => {
    const settings = structs.get("Settings")!;
    expect(() => writeStruct(settings, { count: 1, scale: 1 })).toThrow(
      "Settings.last: the shader has this field, and no value came",
    );
    expect(() => writeStruct(settings, { count: 1, scale: 1, last: 1, more: 1 })).toThrow(
      "Settings.more: the shader has no such field (it has count, scale, last)",
    );
  });

  test("are read with the stride of an array element", () => {
    const pair = structs.get("Pair")!;
    expect(pair.stride).toBe(48);
    const words = new Uint32Array(24).map((_, i) => i);
    new Float32Array(words.buffer).set([1.5, 2.5, 3.5, 4.5], 12 + 4);
    expect([...readVectors(pair, "whole", words.buffer, 2)]).toEqual([0, 1, 2, 3, 12, 13, 14, 15]);
    expect([...readVectors(pair, "real", words.buffer, 2).subarray(4)]).toEqual([1.5, 2.5, 3.5, 4.5]);
  });
});
