/** What the hardware does at most, measured here and now: the yardsticks of "% of peak", and what a launch costs. */
import fmaPeak from "./fma-peak.wgsl?raw";

const numThreads = 2 ** 16;
const flopsPerLoop = numThreads * 16 * 4 * 2;
const rounds = 5;

/** Best of a few rounds: a peak is what the hardware can do. */
async function fastest(run: () => Promise<number>): Promise<number> {
  let best = Infinity;
  for (let round = 0; round < rounds; round++) best = Math.min(best, await run());
  return best;
}

export interface GpuPeaks {
  /** Float32 multiply-adds, two operations each. */
  readonly flopsPerSecond: number;
  /** Of a dispatch of nothing among many in one pass. */
  readonly secondsPerDispatch: number;
  /** From the submit of one such dispatch to the read-back of a word. */
  readonly secondsPerRoundTrip: number;
}

export async function measureGpuPeaks(device: GPUDevice): Promise<GpuPeaks> {
  const out = device.createBuffer({
    label: "bench peak",
    size: 4 * numThreads,
    usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC,
  });
  const readable = device.createBuffer({
    label: "bench peak, readable",
    size: 4,
    usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
  });
  const module = device.createShaderModule({ label: "bench peak", code: fmaPeak });
  const layout = device.createBindGroupLayout({
    label: "bench peak",
    entries: [{ binding: 0, visibility: GPUShaderStage.COMPUTE, buffer: { type: "storage" } }],
  });
  const bindGroup = device.createBindGroup({
    label: "bench peak",
    layout,
    entries: [{ binding: 0, resource: { buffer: out } }],
  });

  async function pipelineOf(numLoops: number): Promise<GPUComputePipeline> {
    return device.createComputePipelineAsync({
      label: "bench peak",
      layout: device.createPipelineLayout({ label: "bench peak", bindGroupLayouts: [layout] }),
      compute: { module, entryPoint: "fma_peak", constants: { num_loops: numLoops } },
    });
  }

  /** Seconds of some dispatches with a read-back. */
  async function time(pipeline: GPUComputePipeline, numDispatches: number, numWorkgroups: number): Promise<number> {
    const started = performance.now();
    const encoder = device.createCommandEncoder({ label: "bench peak" });
    const pass = encoder.beginComputePass({ label: "bench peak" });
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, bindGroup);
    for (let n = 0; n < numDispatches; n++) pass.dispatchWorkgroups(numWorkgroups);
    pass.end();
    encoder.copyBufferToBuffer(out, 0, readable, 0, 4);
    device.queue.submit([encoder.finish()]);
    await readable.mapAsync(GPUMapMode.READ);
    readable.unmap();
    return (performance.now() - started) / 1000;
  }

  try {
    const empty = await pipelineOf(0);
    await time(empty, 1, 1);
    const secondsPerRoundTrip = await fastest(() => time(empty, 1, 1));
    const many = 1000;
    const secondsPerDispatch = Math.max(0, (await fastest(() => time(empty, many, 1))) - secondsPerRoundTrip) / many;
    // Long enough to count, short enough for any watchdog.
    let numLoops = 16;
    let seconds = 0;
    for (; seconds < 0.03 && numLoops < 2 ** 22; numLoops *= 4)
      seconds = await time(await pipelineOf(numLoops), 1, numThreads / 64);
    const pipeline = await pipelineOf(numLoops / 4);
    const peak = await fastest(() => time(pipeline, 1, numThreads / 64));
    return {
      flopsPerSecond: (flopsPerLoop * numLoops) / 4 / Math.max(peak - secondsPerRoundTrip, 1e-6),
      secondsPerDispatch,
      secondsPerRoundTrip,
    };
  } finally {
    out.destroy();
    readable.destroy();
  }
}

/** Float64 multiply-adds of one thread of this JavaScript engine: eight independent chains on numbers at hand. */
export async function measureThreadPeak(): Promise<number> {
  const loops = 2_000_000;
  const run = (): Promise<number> => {
    const started = performance.now();
    let [s0, s1, s2, s3, s4, s5, s6, s7] = [0, 1, 2, 3, 4, 5, 6, 7];
    const a = 0.999;
    for (let n = 0; n < loops; n++) {
      s0 = s0 * a + 0.1;
      s1 = s1 * a + 0.2;
      s2 = s2 * a + 0.3;
      s3 = s3 * a + 0.4;
      s4 = s4 * a + 0.5;
      s5 = s5 * a + 0.6;
      s6 = s6 * a + 0.7;
      s7 = s7 * a + 0.8;
    }
    // What is not used is not computed.
    if (s0 + s1 + s2 + s3 + s4 + s5 + s6 + s7 === 0) throw new Error("a sum of positive numbers is 0");
    return Promise.resolve((performance.now() - started) / 1000);
  };
  return (loops * 16) / (await fastest(run));
}
