/** Philox in WGSL: bit-equal to TypeScript and to the published answers; normals equal to float64 within rounding. */
import { describe, expect } from "vitest";
import { expandSource, shaderFiles } from "../../src/gpu/wgsl-source.ts";
import { fillNormals, philox, purposes } from "../../src/index.ts";
import { philoxKnownAnswers } from "../support/philox-answers.ts";
import { gpuTest } from "../support/node-gpu.ts";
import { expectClose, tolerances } from "../support/tolerances.ts";

/** Runs a shader over `count` invocations, each with a vec4 of input per buffer and a few of output. */
async function evaluate(
  device: GPUDevice,
  body: string,
  input: Uint32Array<ArrayBuffer>,
  vectorsPerItem: number,
  count: number,
): Promise<ArrayBuffer> {
  const text = `// #include "common/params.wgsl"
// #include "common/normal.wgsl"
@group(0) @binding(1) var<storage, read> inputs: array<vec4u>;
@group(0) @binding(2) var<storage, read_write> outputs: array<vec4u>;
@compute @workgroup_size(1)
fn evaluate(@builtin(workgroup_id) group: vec3u) {
  let i = group.x;
  let unused = params.dim;
${body}
}
`;
  const { text: code } = expandSource("test.wgsl", new Map(shaderFiles).set("test.wgsl", text));
  const module = device.createShaderModule({ label: "test", code });
  const pipeline = device.createComputePipeline({ label: "test", layout: "auto", compute: { module } });
  const size = vectorsPerItem * count * 16;
  const make = (bytes: number, usage: GPUBufferUsageFlags): GPUBuffer =>
    device.createBuffer({ label: "test", size: bytes, usage });
  const params = make(256, GPUBufferUsage.UNIFORM);
  const inputs = make(input.byteLength, GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST);
  const outputs = make(size, GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC);
  const staging = make(size, GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST);
  try {
    device.queue.writeBuffer(inputs, 0, input);
    const bindGroup = device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: [params, inputs, outputs].map((buffer, binding) => ({ binding, resource: { buffer } })),
    });
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, bindGroup);
    pass.dispatchWorkgroups(count);
    pass.end();
    encoder.copyBufferToBuffer(outputs, 0, staging, 0, size);
    device.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    return staging.getMappedRange().slice(0);
  } finally {
    for (const buffer of [params, inputs, outputs, staging]) buffer.destroy();
  }
}

/** Words of a counter and key, chains in four lanes: the lanes' chains are chain, chain + 1, … */
const philoxBody = `  let counter = inputs[2u * i];
  let key = inputs[2u * i + 1u];
  let chains = vec4u(counter.z) + vec4u(0u, 1u, 2u, 3u);
  let words = philox(counter.x, counter.y, chains, counter.w, key.x, key.y);
  outputs[4u * i] = words.word0;
  outputs[4u * i + 1u] = words.word1;
  outputs[4u * i + 2u] = words.word2;
  outputs[4u * i + 3u] = words.word3;`;

describe("philox", () => {
  gpuTest("gives the published answers", async ({ device }) => {
    const input = Uint32Array.from(philoxKnownAnswers.values.flatMap(({ counter, key }) => [...counter, ...key, 0, 0]));
    const count = philoxKnownAnswers.values.length;
    const output = new Uint32Array(await evaluate(device, philoxBody, input, 4, count));
    for (const [i, { words }] of philoxKnownAnswers.values.entries())
      expect([0, 1, 2, 3].map((word) => output[16 * i + 4 * word])).toEqual(words);
  });

  gpuTest("equals TypeScript bit for bit in every lane", async ({ device }) => {
    const count = 500;
    const input = new Uint32Array(8 * count);
    // Counters of every magnitude, from a generator that is not Philox.
    for (let i = 0; i < input.length; i++) input[i] = Math.imul(i + 1, 0x9e3779b1) >>> (i % 29);
    const output = new Uint32Array(await evaluate(device, philoxBody, input, 4, count));
    const expected = new Uint32Array(16 * count);
    const words = new Uint32Array(4);
    for (let i = 0; i < count; i++)
      for (let lane = 0; lane < 4; lane++) {
        const [step, block, chain, purpose, low, high] = input.subarray(8 * i, 8 * i + 6) as unknown as number[];
        philox(step!, block!, (chain! + lane) >>> 0, purpose!, [low!, high!], words);
        for (let word = 0; word < 4; word++) expected[16 * i + 4 * word + lane] = words[word]!;
      }
    expect(output).toEqual(expected);
  });
});

gpuTest("normals equal their float64 twins", async ({ device }) => {
  const numBlocks = 4000;
  const body = `  let words = philox(9u, i, vec4u(0u, 1u, 2u, 3u), purpose_noise, 5u, 6u);
  let first = box_muller(words.word0, words.word1);
  let second = box_muller(words.word2, words.word3);
  outputs[4u * i] = bitcast<vec4u>(first[0]);
  outputs[4u * i + 1u] = bitcast<vec4u>(first[1]);
  outputs[4u * i + 2u] = bitcast<vec4u>(second[0]);
  outputs[4u * i + 3u] = bitcast<vec4u>(second[1]);
  outputs[4u * i] = outputs[4u * i] + inputs[0];`;
  const output = new Float32Array(await evaluate(device, body, new Uint32Array(4), 4, numBlocks));
  for (let chain = 0; chain < 4; chain++) {
    const expected = fillNormals(9, chain, purposes.noise, [5, 6], new Float64Array(4 * numBlocks));
    const actual = expected.map((_, element) => output[4 * element + chain]!);
    expectClose(actual, expected, tolerances.float32Normal, { axes: ["element"], sizes: [4 * numBlocks] });
  }
});

gpuTest("the extreme words give the extreme uniforms and finite normals", async ({ device }) => {
  const body = `  let extremes = vec4u(0u, 1u, 0xffffffffu, 0x80000000u);
  outputs[4u * i] = bitcast<vec4u>(uniform_from_word(extremes));
  let pair = box_muller(extremes, extremes + inputs[0]);
  outputs[4u * i + 1u] = bitcast<vec4u>(pair[0]);
  outputs[4u * i + 2u] = bitcast<vec4u>(pair[1]);
  outputs[4u * i + 3u] = bitcast<vec4u>(accurate_log(uniform_from_word(extremes)));`;
  const output = new Float32Array(await evaluate(device, body, new Uint32Array(4), 4, 1));
  expect([...output.subarray(0, 4)]).toEqual([2 ** -32, 2 ** -32, 1 - 2 ** -24, 0.5]);
  expect(output.every(Number.isFinite)).toBe(true);
  const radius = Math.hypot(output[4]!, output[8]!);
  expect(radius).toBeCloseTo(Math.sqrt(64 * Math.LN2), 4);
  expectClose(output.subarray(12), [2 ** -32, 2 ** -32, 1 - 2 ** -24, 0.5].map(Math.log), {
    name: "two units in the last place",
    allowed: (expected) => Math.abs(expected) * 2 ** -22,
  });
});
