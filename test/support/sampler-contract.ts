/** What every sampler promises, whatever its engine; run for each of them. Sized for a target with dim 10. */
import { describe, expect, type TestAPI } from "vitest";
import { kernelNames, type DrawChunk, type Progress, type SampleOptions, type Sampler } from "../../src/index.ts";

const options: SampleOptions = {
  kernel: "mala",
  stepSize: 0.3,
  seed: 12n,
  numChains: 10,
  numBurnIn: 3,
  numDraws: 4,
  thinning: 2,
  start: "pattern",
};

/** Extend `test` with a `create` that makes a fresh sampler of a target with dim 10. */
export interface SamplerFixture {
  readonly create: () => Promise<Sampler>;
}

export function samplerContract(run: TestAPI<SamplerFixture>): void {
  const dim = 10;

  describe("contract", () => {
    run.for(kernelNames)("%s: the same seed gives the same draws, another seed others", async (kernel, { create }) => {
      await using sampler = await create();
      const first = await sampler.run({ ...options, kernel });
      const again = await sampler.run({ ...options, kernel });
      const other = await sampler.run({ ...options, kernel, seed: 13n });
      expect(again).toEqual(first);
      expect(other.positions).not.toEqual(first.positions);
      expect(first.positions.every(Number.isFinite)).toBe(true);
    });

    run.for(kernelNames)(
      "%s: collapsed, the first chains of many are the chains of few",
      async (kernel, { create }) => {
        await using sampler = await create();
        const collapsed = { ...options, kernel, collapse: "on" } as const;
        const few = await sampler.run({ ...collapsed, numChains: 3 });
        const many = await sampler.run(collapsed);
        expect(many.positions.subarray(0, few.positions.length)).toEqual(few.positions);
        expect(many.energy.subarray(0, few.energy.length)).toEqual(few.energy);
      },
    );

    run.for(kernelNames)("%s: the first chains of many are the chains of few", async (kernel, { create }) => {
      await using sampler = await create();
      const few = await sampler.run({ ...options, kernel, numChains: 3 });
      const many = await sampler.run({ ...options, kernel });
      expect(many.positions.subarray(0, few.positions.length)).toEqual(few.positions);
      expect(many.energy.subarray(0, few.energy.length)).toEqual(few.energy);
      expect(many.acceptanceRate.subarray(0, 3)).toEqual(few.acceptanceRate);
    });

    run.for(kernelNames)("%s: a run in pieces is the run as a whole", async (kernel, { create }) => {
      await using sampler = await create();
      for (const collapse of ["on", "off"] as const) {
        const whole = await sampler.run({ ...options, kernel, collapse });
        const piece = await sampler.run({ ...options, kernel, collapse, firstChain: 7, numChains: 3 });
        expect(piece.positions).toEqual(whole.positions.subarray(7 * 4 * dim));
        expect(piece.energy).toEqual(whole.energy.subarray(7 * 4));
        expect(piece.acceptanceRate).toEqual(whole.acceptanceRate.subarray(7));
      }
    });

    run.for(kernelNames)(
      "%s: draw n is the state after numBurnIn + (n + 1) thinning steps",
      async (kernel, { create }) => {
        await using sampler = await create();
        const kept = await sampler.run({ ...options, kernel });
        const every = await sampler.run({ ...options, kernel, numBurnIn: 0, numDraws: 11, thinning: 1 });
        for (let draw = 0; draw < 4; draw++) {
          const step = 3 + (draw + 1) * 2;
          expect(kept.positions.subarray(draw * dim, (draw + 1) * dim)).toEqual(
            every.positions.subarray((step - 1) * dim, step * dim),
          );
        }
      },
    );

    run.for(kernelNames)("%s: a schedule at constant β changes nothing", async (kernel, { create }) => {
      await using sampler = await create();
      const { beta } = sampler.target;
      const schedule = [
        { numSteps: 5, beta },
        { numSteps: 1, beta, stepSize: options.stepSize },
      ];
      const plain = await sampler.run({ ...options, kernel });
      expect(await sampler.run({ ...options, kernel, schedule })).toEqual(plain);
    });

    run("starts are what was asked for", async ({ create }) => {
      await using sampler = await create();
      const start = new Float32Array(10 * dim).map((_, i) => Math.sin(i));
      const tiny = { ...options, stepSize: 1e-12, numBurnIn: 0, numDraws: 1, thinning: 1, kernel: "ula" } as const;
      const { positions } = await sampler.run({ ...tiny, start });
      const farthest = Math.max(...positions.map((x, i) => Math.abs(x - start[i]!)));
      // Noise of √(2α/β) with α = 1e-12.
      expect(farthest).toBeLessThan(1e-5);
    });

    run("progress rises to the total, and draws arrive in order", async ({ create }) => {
      await using sampler = await create();
      const progress: Progress[] = [];
      const chunks: DrawChunk[] = [];
      const draws = await sampler.run(options, {
        onProgress: (state) => progress.push(state),
        onDraws: (chunk) => chunks.push(chunk),
      });
      expect(progress.at(-1)).toEqual({ done: 10 * 11, total: 10 * 11 });
      expect(progress.every(({ done }, i) => i === 0 || done >= progress[i - 1]!.done)).toBe(true);
      expect(chunks.map(({ draw }) => draw)).toEqual([0, 1, 2, 3]);
      expect(chunks.every((chunk) => chunk.draws === draws && chunk.numChains === 10)).toBe(true);
    });

    run("an abort rejects with its reason, and the sampler can run again", async ({ create }) => {
      await using sampler = await create();
      const controller = new AbortController();
      const reason = new Error("enough");
      const aborted = sampler.run(
        { ...options, numDraws: 400, thinning: 500 },
        { signal: controller.signal, onDraws: () => controller.abort(reason) },
      );
      await expect(aborted).rejects.toBe(reason);
      await expect(sampler.run(options, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
      await expect(sampler.run(options)).resolves.toMatchObject({ numChains: 10, numDraws: 4, numNonFinite: 0 });
    });

    run("disposal waits for runs under way, and two runs at once do not meet", async ({ create }) => {
      const sampler = await create();
      const runs = [sampler.run(options), sampler.run({ ...options, seed: 13n })];
      await sampler.dispose();
      const [first, second] = await Promise.all(runs);
      await using another = await create();
      expect(first).toEqual(await another.run(options));
      expect(second).toEqual(await another.run({ ...options, seed: 13n }));
    });

    run("a disposed sampler says so", async ({ create }) => {
      const sampler = await create();
      await sampler.dispose();
      await sampler.dispose();
      await expect(sampler.run(options)).rejects.toThrow("was disposed and cannot run again");
    });
  });
}
