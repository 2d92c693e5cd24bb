/**
 * The reference on several threads: the draws of one thread bit for bit, its hooks, and what becomes of runs whose worker
 * dies. Most of it over channels within this thread, which serialise and transfer as threads do.
 */
import { MessageChannel } from "node:worker_threads";
import { describe, expect, test } from "vitest";
import { createNodePool } from "../../harness/environment/reference-workers.ts";
import {
  createReferencePool,
  createReferenceSampler,
  kernelNames,
  serveReferenceWorker,
  type DrawChunk,
  type HopfieldTarget,
  type ReferencePool,
  type ReferenceWorker,
  type SampleOptions,
} from "../../src/index.ts";
import { difficultCases, randomMemory } from "../support/memories.ts";
import { samplerContract, type SamplerFixture } from "../support/sampler-contract.ts";

/** A worker that is no thread, and dies when told to. */
function channelWorker(): ReferenceWorker & { die(reason: string): void } {
  const { port1: near, port2: far } = new MessageChannel();
  serveReferenceWorker({
    post: (message, transfer) => far.postMessage(message, transfer),
    listen: (listener) => void far.on("message", listener),
  });
  const onEnd: ((reason: string) => void)[] = [];
  return {
    post: (message, transfer) => near.postMessage(message, transfer),
    listen: (listener) => void near.on("message", listener),
    onEnd: (listener) => void onEnd.push(listener),
    close: () => Promise.resolve(near.close()),
    die(reason) {
      near.close();
      for (const listener of onEnd) listener(reason);
    },
  };
}

const createPool = (numThreads: number): ReferencePool =>
  createReferencePool({ numThreads, startWorker: channelWorker, workBeforeStart: 0 });

const options: SampleOptions = {
  kernel: "ou-mala",
  stepSize: 0.4,
  seed: 5,
  numChains: 7,
  numBurnIn: 2,
  numDraws: 3,
  thinning: 4,
  start: "pattern",
};
const plain: HopfieldTarget = { memory: randomMemory(6, 10), beta: 5 };

samplerContract(
  test.extend<SamplerFixture>({
    // oxlint-disable-next-line no-empty-pattern -- Vitest reads what a fixture needs from here, and this one needs nothing
    create: async ({}, use) => {
      await using pool = createPool(3);
      await use(() => Promise.resolve(pool.createSampler(plain)));
    },
  }),
);

describe("bit for bit the draws of one thread", () => {
  test.each(kernelNames)("%s, on 2, 3 and more threads than chains, collapsed or not", async (kernel) => {
    const one = createReferenceSampler(plain);
    for (const numThreads of [2, 3, 9]) {
      await using pool = createPool(numThreads);
      const many = pool.createSampler(plain);
      for (const collapse of ["on", "off"] as const) {
        const run = { ...options, kernel, collapse };
        expect(await many.run(run)).toEqual(await one.run(run));
      }
    }
  });

  test.each(difficultCases())("$name", async (target) => {
    await using pool = createPool(2);
    const run = { ...options, numChains: target.numChains };
    expect(await pool.createSampler(target).run(run)).toEqual(await createReferenceSampler(target).run(run));
  });

  test("schedules, given positions, first chains and circulation", async () => {
    await using pool = createPool(3);
    const run: SampleOptions = {
      ...options,
      schedule: [
        { numSteps: 3, beta: 2 },
        { numSteps: 1, beta: 6, stepSize: 0.2 },
      ],
      start: new Float32Array(7 * 10).map((_, i) => Math.cos(i)),
      firstChain: 40,
      circulation: 0.3,
    };
    expect(await pool.createSampler(plain).run(run)).toEqual(await createReferenceSampler(plain).run(run));
  });

  test("on Node's threads", async () => {
    await using pool = createNodePool(2, 0);
    expect(await pool.createSampler(plain).run(options)).toEqual(await createReferenceSampler(plain).run(options));
  });
});

test("every chunk holds what one thread's holds at that draw", async () => {
  const record = async (run: (onDraws: (chunk: DrawChunk) => void) => Promise<unknown>): Promise<unknown[]> => {
    const chunks: unknown[] = [];
    await run((chunk) => void chunks.push(structuredClone(chunk)));
    return chunks;
  };
  await using pool = createPool(3);
  const many = await record((onDraws) => pool.createSampler(plain).run(options, { onDraws }));
  expect(many).toEqual(await record((onDraws) => createReferenceSampler(plain).run(options, { onDraws })));
});

test("a pool's workers serve several targets, and a sampler disposed leaves the others", async () => {
  await using pool = createPool(2);
  const other = { ...plain, beta: 9 };
  const [first, second] = [pool.createSampler(plain), pool.createSampler(other)];
  await first.run(options);
  await first.dispose();
  expect(await second.run(options)).toEqual(await createReferenceSampler(other).run(options));
});

describe("workers start when a pool has been asked for enough", () => {
  async function startsAfter(numRuns: number, workBeforeStart?: number): Promise<number> {
    let numStarted = 0;
    await using pool = createReferencePool({
      numThreads: 2,
      startWorker: () => (numStarted++, channelWorker()),
      ...(workBeforeStart === undefined ? {} : { workBeforeStart }),
    });
    const sampler = pool.createSampler(plain);
    for (let i = 0; i < numRuns; i++) await sampler.run({ ...options, collapse: "off" });
    return numStarted;
  }
  // 7 chains × 14 steps × 2 · 6 · 10.
  const work = 11_760;
  test.each([
    { name: "small runs stay on the calling thread", numRuns: 3, limit: undefined, numStarted: 0 },
    { name: "nor does the first of a longer series start them", numRuns: 1, limit: 1.5 * work, numStarted: 0 },
    { name: "0 starts them at once", numRuns: 1, limit: 0, numStarted: 2 },
  ])("$name", async ({ numRuns, limit, numStarted }) => {
    expect(await startsAfter(numRuns, limit)).toBe(numStarted);
  });

  test("one large run starts them", async () => {
    let numStarted = 0;
    await using pool = createReferencePool({
      numThreads: 2,
      startWorker: () => (numStarted++, channelWorker()),
      workBeforeStart: 1e6,
    });
    const large = { ...options, thinning: 20_000, collapse: "off" } as const;
    expect((await pool.createSampler(plain).run(large)).numDraws).toBe(3);
    expect(numStarted).toBe(2);
  });
});

test("runs of one chain side by side go to the calling thread and then to the least busy workers", async () => {
  const messages = [0, 0, 0];
  const workers: ReturnType<typeof channelWorker>[] = [];
  await using pool = createReferencePool({
    numThreads: 3,
    workBeforeStart: 0,
    startWorker: () => {
      const worker = channelWorker();
      const index = workers.push(worker) - 1;
      return {
        ...worker,
        post(message, transfer) {
          if ((message as { kind: string }).kind === "run") messages[index]!++;
          worker.post(message, transfer);
        },
      };
    },
  });
  const single = { ...options, numChains: 1 };
  const sampler = pool.createSampler(plain);
  const runs = await Promise.all([0, 1, 2, 3, 4].map((firstChain) => sampler.run({ ...single, firstChain })));
  const whole = await createReferenceSampler(plain).run({ ...options, numChains: 5 });
  const length = whole.positions.length / 5;
  for (const [chain, { positions }] of runs.entries())
    expect(positions).toEqual(whole.positions.subarray(chain * length, (chain + 1) * length));
  expect(messages).toEqual([2, 1, 1]);
  // One after another they stay where they were asked for.
  await sampler.run(single);
  expect(messages).toEqual([2, 1, 1]);
});

describe("failures", () => {
  const long = { ...options, numDraws: 100, thinning: 500 };

  test("a worker that dies ends the run with one sentence, and the next run has new workers", async () => {
    const workers: ReturnType<typeof channelWorker>[] = [];
    await using pool = createReferencePool({
      numThreads: 2,
      workBeforeStart: 0,
      startWorker: () => (workers.push(channelWorker()), workers.at(-1)!),
    });
    const sampler = pool.createSampler(plain);
    const run = sampler.run(long, { onDraws: () => workers[1]!.die("out of memory") });
    await expect(run).rejects.toThrow("reference worker 2 of 2 ended before its chains did: out of memory");
    expect(await sampler.run(options)).toEqual(await createReferenceSampler(plain).run(options));
    expect(workers.length).toBe(4);
  });

  test("what a hook throws ends the run", async () => {
    await using pool = createPool(2);
    const failure = new Error("the disk is full");
    const run = pool.createSampler(plain).run(long, {
      onDraws() {
        throw failure;
      },
    });
    await expect(run).rejects.toBe(failure);
  });

  test("no chunk arrives after an abort", async () => {
    await using pool = createPool(2);
    const controller = new AbortController();
    let numChunks = 0;
    const run = pool.createSampler(plain).run(long, {
      signal: controller.signal,
      onDraws() {
        numChunks++;
        controller.abort();
      },
    });
    await expect(run).rejects.toThrow("This operation was aborted");
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(numChunks).toBe(1);
  });

  test("a pool that is closed ends its runs and takes no more", async () => {
    const pool = createPool(2);
    const sampler = pool.createSampler(plain);
    await expect(Promise.all([sampler.run(long), pool.close()])).rejects.toThrow(
      "reference pool: was closed during a run",
    );
    await expect(sampler.run(options)).rejects.toThrow("was disposed and cannot run again");
  });

  test("options are refused before a worker hears of them", async () => {
    await using pool = createPool(2);
    await expect(pool.createSampler(plain).run({ ...options, stepSize: 2 })).rejects.toThrow("stepSize: must lie in");
    expect(() => createPool(0)).toThrow("numThreads: must be a whole number of at least 1, got 0");
  });
});
