/**
 * One job, all contestants: each is verified, finds out how many steps make a block, warms up until two rounds agree, and
 * then all take turns. Only ratios inside such a race are comparable. Knows neither Node nor a page.
 */
import { flopsPerChainStep, leastBytesPerStep, type Job } from "./cases.ts";
import type { Block, Contestant, OpenContestant } from "./contestants/contestant.ts";
import type { JobRecord, Row } from "./record.ts";
import { agree, spread, stepsFor, turnedOrder } from "./statistics.ts";

export interface RaceOptions {
  readonly numRounds: number;
  /** Of a block, in seconds. */
  readonly blockSeconds: number;
  /** A contestant that has used it up warms up no longer, and stops once it has `fewestRounds`. */
  readonly secondsPerContestant: number;
  readonly peaks: Readonly<Record<string, number>>;
  readonly place: Row["place"];
  readonly signal?: AbortSignal;
  onNote?(sentence: string): void;
}

/** Fewer have no quartiles to speak of. */
const fewestRounds = 3;
/** A contestant whose shortest block takes so many times its share is left out. */
const patience = 10;
/** Warm-up ends after so many rounds, whether they agree or not. */
const mostWarmUps = 8;

interface Runner {
  readonly contestant: Contestant;
  readonly open: OpenContestant;
  readonly error: number | null;
  readonly steps: number;
  readonly blocks: Block[];
  spent: number;
}

/** @returns what the job measured; contestants that fail are rows with their reason */
export async function race(job: Job, contestants: readonly Contestant[], options: RaceOptions): Promise<JobRecord> {
  const { signal, numRounds, secondsPerContestant } = options;
  const taking = contestants.filter((contestant) => contestant.covers(job));
  const reasons = new Map<Contestant, string>();
  const runners: Runner[] = [];
  try {
    for (const contestant of taking) {
      signal?.throwIfAborted();
      options.onNote?.(`${job.id}: ${contestant.label} (${contestant.space})`);
      const ready = await prepare(contestant, job, options);
      if (typeof ready === "string") reasons.set(contestant, ready);
      else runners.push(ready);
    }
    for (let round = 0; round < numRounds; round++)
      for (const at of turnedOrder(runners.length, round)) {
        signal?.throwIfAborted();
        const runner = runners[at]!;
        if (runner.blocks.length >= fewestRounds && runner.spent > secondsPerContestant) continue;
        runner.blocks.push(await timed(runner, runner.steps));
      }
  } finally {
    for (const { open } of runners) await open.close();
  }
  const rows = taking.map((contestant) => {
    const runner = runners.find((candidate) => candidate.contestant === contestant);
    return runner ? rowOf(job, runner, options) : emptyRow(contestant, reasons.get(contestant)!, options.place);
  });
  const { id, title, group, dim, numPatterns, numChains, beta, kernel, stepSize } = job;
  const bytes = leastBytesPerStep(job, "direct");
  return { id, title, group, dim, numPatterns, numChains, beta, kernel, stepSize, leastBytesPerStep: bytes, rows };
}

/** @returns a runner, or why there is none */
async function prepare(contestant: Contestant, job: Job, options: RaceOptions): Promise<Runner | string> {
  let open: OpenContestant | undefined;
  try {
    open = await contestant.open(job);
    const error = await open.verify();
    if (error !== null && !(error < 0.1)) throw new Error(`its results are wrong by ${error}`);
    const leastSteps = contestant.leastSteps(job);
    let last = await open.block(leastSteps);
    const longest = patience * options.secondsPerContestant;
    // The first has compilation in it: another one is worth its while, unless there is no hope.
    if (last.seconds > longest && last.seconds < patience * longest) last = await open.block(leastSteps);
    if (last.seconds > longest)
      throw new Error(
        `${leastSteps === 1 ? "a step" : `${leastSteps} steps`} of all chains took ${last.seconds.toPrecision(2)} s, ` +
          `more than the ${longest.toPrecision(2)} s of this budget`,
      );
    let steps = leastSteps;
    let spent = 0;
    for (let n = 0; n < mostWarmUps && spent + last.seconds < options.secondsPerContestant; n++) {
      steps = stepsFor(options.blockSeconds, last.seconds, steps, leastSteps);
      const next = await open.block(steps);
      spent += next.seconds;
      const isSettled = agree(rate(last), rate(next));
      last = next;
      if (isSettled) break;
    }
    return { contestant, open, error, steps, blocks: [], spent: 0 };
  } catch (reason) {
    options.signal?.throwIfAborted();
    await open?.close().catch(() => {});
    return reason instanceof Error ? reason.message.split("\n", 1)[0]! : String(reason);
  }
}

const rate = ({ chainSteps, seconds }: Block): number => chainSteps / seconds;

async function timed(runner: Runner, steps: number): Promise<Block> {
  const started = performance.now();
  const block = await runner.open.block(steps);
  runner.spent += (performance.now() - started) / 1000;
  return block;
}

function rowOf(job: Job, { contestant, error, steps, blocks }: Runner, options: RaceOptions): Row {
  const chainStepsPerSecond = spread(blocks.map(rate));
  const byGpu = blocks.flatMap(({ chainSteps, seconds, gpuSeconds }) =>
    // More than the wall clock saw, with a tenth for the edges, is no clock to trust.
    gpuSeconds !== null && gpuSeconds <= 1.1 * seconds ? [chainSteps / gpuSeconds] : [],
  );
  const flops = flopsPerChainStep(job, contestant.space);
  const flopsPerSecond = flops === null ? null : flops * chainStepsPerSecond.median;
  const peak = contestant.peak === null ? undefined : options.peaks[contestant.peak];
  return {
    ...emptyRow(contestant, null, options.place),
    error,
    numRounds: blocks.length,
    thinning: steps,
    chainStepsPerSecond,
    gpuChainStepsPerSecond: byGpu.length === blocks.length ? spread(byGpu) : null,
    gflops: flopsPerSecond === null ? null : flopsPerSecond / 1e9,
    shareOfPeak: flopsPerSecond === null || peak === undefined ? null : flopsPerSecond / peak,
  };
}

function emptyRow(contestant: Contestant, skipped: string | null, place: Row["place"]): Row {
  const { id, label, space, arithmetic, verifies } = contestant;
  return {
    contestant: id,
    label,
    place,
    space,
    arithmetic,
    skipped,
    verified: verifies,
    error: null,
    numRounds: null,
    thinning: null,
    chainStepsPerSecond: null,
    gpuChainStepsPerSecond: null,
    gflops: null,
    shareOfPeak: null,
  };
}
