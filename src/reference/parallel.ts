/**
 * The reference on several threads. A chain depends on its number and the seed alone, so that a worker samples a run of
 * chains as any other sampler does, and the draws are bit for bit those of one thread, however many there are.
 *
 * Node and browsers have workers of different kinds: both are reached through the two ports below, which their caller
 * supplies (docs/threads.md). A target is plain data, so that it travels as it is; draws come back by transfer.
 */
import { stackTarget, type AttentionStack } from "../core/attention-stack.ts";
import { requireCount } from "../core/checks.ts";
import { wantsCollapse } from "../core/collapse.ts";
import { throwIfDisposed } from "../core/disposal.ts";
import { createDraws, requireSampleOptions, type RunPlan } from "../core/sample-options.ts";
import type { Draws, HopfieldTarget, RunHooks, SampleOptions, Sampler } from "../core/types.ts";
import { createReferenceSampler, type StreamingSampler } from "./sampler.ts";

/** One end of a channel between two threads, either end the same. */
export interface WorkerPort {
  /** Sends what the structured clone algorithm copies; the buffers of `transfer` go over without a copy. */
  post(message: unknown, transfer: ArrayBuffer[]): void;
  /** Names the one listener for what arrives. Called once, before anything is sent. */
  listen(listener: (message: unknown) => void): void;
}

/** The end that a worker was started from. Its other end runs `serveReferenceWorker`. */
export interface ReferenceWorker extends WorkerPort {
  /** Names the listener for the worker's end, wanted or not, with its reason. Called once, before anything is sent. */
  onEnd(listener: (reason: string) => void): void;
  /** Ends the worker. */
  close(): Promise<void>;
}

export interface ReferencePoolOptions {
  /** Workers that a run is dealt to at most. 1: everything runs on the calling thread. */
  readonly numThreads: number;
  /** Starts a worker. */
  readonly startWorker: () => ReferenceWorker;
  /**
   * Multiply-adds that a pool is asked for in all before it starts its workers: before, starting them, which takes some
   * tenths of a second, costs more than it gains. 3·10⁸ by default; 0 to start them at once.
   */
  readonly workBeforeStart?: number;
}

/** Workers that samplers of any targets share. `await using`, or call `close`. */
export interface ReferencePool extends AsyncDisposable {
  /**
   * A sampler with the draws of `createReferenceSampler`, bit for bit.
   * @throws ArgumentError for a malformed target
   */
  createSampler(target: HopfieldTarget): Sampler;
  /** Ends the workers, and with them what they are at. */
  close(): Promise<void>;
}

/** What a pool asks of a worker. A run's chains are those that its options name. */
type Request =
  | { readonly kind: "target"; readonly target: number; readonly value: HopfieldTarget }
  | { readonly kind: "drop"; readonly target: number }
  | { readonly kind: "run"; readonly run: number; readonly target: number; readonly options: SampleOptions }
  | { readonly kind: "abort"; readonly run: number };

/** What a worker answers about a run; `draws` hold one draw of its chains. */
type Report = { readonly run: number } & (
  | { readonly kind: "progress"; readonly done: number }
  | { readonly kind: "draw"; readonly draw: number; readonly draws: Draws }
  | { readonly kind: "done" }
  | { readonly kind: "failed"; readonly reason: unknown }
);

/** A worker's side: serves the pool at the other end of `port` until the thread ends. */
export function serveReferenceWorker(port: WorkerPort): void {
  const samplers = new Map<number, StreamingSampler>();
  const runs = new Map<number, AbortController>();
  const report = (message: Report, transfer: ArrayBuffer[] = []): void => port.post(message, transfer);

  async function run(id: number, target: number, options: SampleOptions): Promise<void> {
    const controller = new AbortController();
    runs.set(id, controller);
    try {
      await samplers.get(target)!.stream(options, {
        signal: controller.signal,
        onProgress: ({ done }) => report({ run: id, kind: "progress", done }),
        onDraws: ({ draw, draws }) => report({ run: id, kind: "draw", draw, draws }, buffersOf(draws)),
      });
      report({ run: id, kind: "done" });
    } catch (reason) {
      report({ run: id, kind: "failed", reason });
    } finally {
      runs.delete(id);
    }
  }

  port.listen((message) => {
    const request = message as Request;
    switch (request.kind) {
      case "target":
        samplers.set(request.target, createReferenceSampler(request.value));
        break;
      case "drop":
        samplers.delete(request.target);
        break;
      case "run":
        void run(request.run, request.target, request.options);
        break;
      case "abort":
        runs.get(request.run)?.abort();
    }
  });
}

function buffersOf(draws: Draws): ArrayBuffer[] {
  return Object.values(draws).flatMap((value: unknown) =>
    ArrayBuffer.isView(value) ? [value.buffer as ArrayBuffer] : [],
  );
}

/** Some tenths of a second of one core. */
const defaultWorkBeforeStart = 3e8;

/** Below this much work of its own, in multiply-adds, a worker is not worth the messages. */
const leastWorkPerWorker = 3e6;

/** A worker as the pool sees it. */
interface Hand {
  readonly worker: ReferenceWorker;
  /** Targets that it has. */
  readonly targets: Set<number>;
  /** Runs that it has a part in. */
  numRuns: number;
}

/** A run that is under way on the workers. */
interface ActiveRun {
  take(hand: Hand, report: Report): void;
  fail(reason: unknown): void;
}

/** @throws ArgumentError unless `numThreads` is a whole number of at least 1 */
export function createReferencePool(options: ReferencePoolOptions): ReferencePool {
  const numThreads = requireCount("numThreads", options.numThreads, 1);
  const workBeforeStart = options.workBeforeStart ?? defaultWorkBeforeStart;
  let workAskedFor = 0;
  let hands: readonly Hand[] = [];
  let numTargets = 0;
  let numRuns = 0;
  let isClosed = false;
  const activeRuns = new Map<number, ActiveRun>();
  /** Runs on the calling thread. */
  let numLocalRuns = 0;

  /** The workers, started where there are none. */
  function openHands(): readonly Hand[] {
    if (hands.length > 0) return hands;
    hands = Array.from({ length: numThreads }, (_, index) => {
      const worker = options.startWorker();
      const hand: Hand = { worker, targets: new Set(), numRuns: 0 };
      worker.listen((message) => {
        const report = message as Report;
        activeRuns.get(report.run)?.take(hand, report);
      });
      worker.onEnd((reason) => {
        if (hands.includes(hand))
          failAll(new Error(`reference worker ${index + 1} of ${numThreads} ended before its chains did: ${reason}`));
      });
      return hand;
    });
    return hands;
  }

  /** One worker less, and no run can be finished: all start anew with the next one. */
  function failAll(reason: Error): void {
    for (const run of activeRuns.values()) run.fail(reason);
    void endHands();
  }

  async function endHands(): Promise<void> {
    const ended = hands;
    hands = [];
    await Promise.all(ended.map(({ worker }) => worker.close()));
  }

  /**
   * The workers for a run: as many as it is worth. None if that is less than two, and it stays on the calling thread;
   * where that has a run already, the least busy worker takes it.
   */
  function shareOut(numChains: number, work: number): readonly Hand[] {
    workAskedFor += work;
    if (numThreads === 1 || (hands.length === 0 && workAskedFor < workBeforeStart)) return [];
    const worth = workBeforeStart === 0 ? Infinity : Math.floor(work / leastWorkPerWorker);
    const numWorkers = Math.min(numThreads, numChains, worth);
    if (numWorkers > 1) return openHands().slice(0, numWorkers);
    if (numWorkers < 1 || numLocalRuns === 0) return [];
    return openHands()
      .toSorted((a, b) => a.numRuns - b.numRuns)
      .slice(0, 1);
  }

  function createSampler(target: HopfieldTarget): Sampler {
    const stack = stackTarget(target);
    const local = createReferenceSampler(target);
    const targetId = numTargets++;
    const underWay = new Set<Promise<Draws>>();
    let isDisposed = false;

    async function run(runOptions: SampleOptions, hooks: RunHooks = {}): Promise<Draws> {
      throwIfDisposed("reference sampler", isDisposed || isClosed);
      const plan = requireSampleOptions(target, stack, runOptions);
      hooks.signal?.throwIfAborted();
      const workers = shareOut(runOptions.numChains, workOf(stack, runOptions, plan));
      const running = workers.length === 0 ? runHere(runOptions, hooks) : runOn(workers, runOptions, hooks, plan);
      underWay.add(running);
      try {
        return await running;
      } finally {
        underWay.delete(running);
      }
    }

    async function runHere(runOptions: SampleOptions, hooks: RunHooks): Promise<Draws> {
      numLocalRuns++;
      try {
        return await local.run(runOptions, hooks);
      } finally {
        numLocalRuns--;
      }
    }

    function runOn(
      workers: readonly Hand[],
      runOptions: SampleOptions,
      hooks: RunHooks,
      plan: RunPlan,
    ): Promise<Draws> {
      const pieces = workers.map((hand, index) => ({
        hand,
        ...pieceOf(runOptions, index, workers.length, stack.dim, plan),
      }));
      const id = numRuns++;
      const post = ({ worker }: Hand, request: Request): void => worker.post(request, []);
      return new Promise<Draws>((resolve, reject) => {
        const gathering = gather(pieces, runOptions, stack.dim, plan, hooks);
        const end = (): void => {
          if (activeRuns.delete(id)) for (const { hand } of pieces) hand.numRuns--;
          hooks.signal?.removeEventListener("abort", abort);
        };
        const fail = (reason: unknown): void => {
          end();
          for (const { hand } of pieces) post(hand, { kind: "abort", run: id });
          // oxlint-disable-next-line prefer-promise-reject-errors -- what an abort was given is the caller's to choose
          reject(reason);
        };
        const abort = (): void => fail(hooks.signal?.reason);
        hooks.signal?.addEventListener("abort", abort);
        for (const { hand } of pieces) hand.numRuns++;
        activeRuns.set(id, {
          fail,
          take(hand, report) {
            try {
              const draws = gathering(hand, report);
              if (draws === undefined || !activeRuns.has(id)) return;
              end();
              resolve(draws);
            } catch (error) {
              fail(error);
            }
          },
        });
        for (const piece of pieces) {
          const { hand } = piece;
          if (!hand.targets.has(targetId)) post(hand, { kind: "target", target: targetId, value: target });
          hand.targets.add(targetId);
          post(hand, { kind: "run", run: id, target: targetId, options: piece.options });
        }
      });
    }

    const dispose = async (): Promise<void> => {
      isDisposed = true;
      await Promise.allSettled(underWay);
      for (const { worker, targets } of hands)
        if (targets.delete(targetId)) worker.post({ kind: "drop", target: targetId } satisfies Request, []);
    };
    return { target, run, dispose, [Symbol.asyncDispose]: dispose };
  }

  const close = (): Promise<void> => {
    isClosed = true;
    for (const run of activeRuns.values()) run.fail(new Error("reference pool: was closed during a run"));
    return endHands();
  };
  return { createSampler, close, [Symbol.asyncDispose]: close };
}

/** What a weight of a patch energy costs in multiply-adds: its sums, its exponential, and its way back to the pixels. */
const workPerWindow = 20;

/** Multiply-adds of a run, roughly: products with the rows in every step, and at every read-out of a collapsed chain. */
function workOf(stack: AttentionStack, { numChains, numDraws, collapse }: SampleOptions, plan: RunPlan): number {
  const { dim, numRows, patches } = stack;
  if (patches) return numChains * plan.numWorkedSteps * numRows * patches.numWindows * workPerWindow;
  const isCollapsed = wantsCollapse(collapse, stack);
  const width = isCollapsed ? Math.min(dim, numRows) : dim;
  const perDraw = isCollapsed ? 2 * numRows * dim : 0;
  return numChains * (plan.numWorkedSteps * 2 * numRows * width + numDraws * perDraw);
}

/** A stretch of a run's chains. */
interface Piece {
  readonly options: SampleOptions;
  /** Among the chains of the run. */
  readonly firstChain: number;
}

/** The chains of one worker of several: as many as any other, or one more. */
function pieceOf(
  options: SampleOptions,
  index: number,
  numPieces: number,
  dim: number,
  { firstChain }: RunPlan,
): Piece {
  const { numChains, start } = options;
  const first = Math.floor((index * numChains) / numPieces);
  const end = Math.floor(((index + 1) * numChains) / numPieces);
  return {
    firstChain: first,
    options: {
      ...options,
      firstChain: firstChain + first,
      numChains: end - first,
      start: typeof start === "string" ? start : start.slice(first * dim, end * dim),
    },
  };
}

/**
 * Puts the workers' reports together as one thread would have told them: a draw counts when the last worker has it.
 * @returns a function that takes the reports and returns the draws with the last one
 */
function gather(
  pieces: readonly (Piece & { readonly hand: Hand })[],
  { numChains, numDraws }: SampleOptions,
  dim: number,
  { numWorkedSteps }: RunPlan,
  hooks: RunHooks,
): (hand: Hand, report: Report) => Draws | undefined {
  const draws = createDraws(numChains, numDraws, dim);
  const done = pieces.map(() => 0);
  /** Of draws that some workers still owe. */
  const waiting = Array.from({ length: numDraws }, (): (Draws | undefined)[] => []);
  let numGathered = 0;
  let numEnded = 0;

  function gatherDraws(): void {
    for (; numGathered < numDraws; numGathered++) {
      const parts = waiting[numGathered]!;
      if (pieces.some((_, i) => parts[i] === undefined)) return;
      for (const [i, { firstChain }] of pieces.entries()) place(draws, parts[i]!, numGathered, firstChain);
      waiting[numGathered] = [];
      if (hooks.signal?.aborted === true) return;
      hooks.onDraws?.({ draws, draw: numGathered, firstChain: 0, numChains });
    }
  }

  return (hand, report) => {
    const index = pieces.findIndex((piece) => piece.hand === hand);
    switch (report.kind) {
      case "progress":
        done[index] = report.done;
        hooks.onProgress?.({ done: done.reduce((sum, n) => sum + n, 0), total: numChains * numWorkedSteps });
        break;
      case "draw":
        waiting[report.draw]![index] = report.draws;
        gatherDraws();
        break;
      case "done":
        numEnded++;
        break;
      case "failed":
        throw report.reason;
    }
    return numEnded === pieces.length ? draws : undefined;
  };
}

/** Copies one draw of a stretch of chains into the draws of all. */
function place(draws: ReturnType<typeof createDraws>, part: Draws, draw: number, firstChain: number): void {
  const { numDraws, dim } = draws;
  for (let row = 0; row < part.numChains; row++) {
    const at = (firstChain + row) * numDraws + draw;
    draws.positions.set(part.positions.subarray(row * dim, (row + 1) * dim), at * dim);
    draws.retrievals.set(part.retrievals.subarray(row * dim, (row + 1) * dim), at * dim);
    draws.energy[at] = part.energy[row]!;
    draws.attentionEntropy[at] = part.attentionEntropy[row]!;
    draws.maxCosine[at] = part.maxCosine[row]!;
  }
  draws.acceptanceRate.set(part.acceptanceRate, firstChain);
  draws.meanLogRatio.set(part.meanLogRatio, firstChain);
  draws.numNonFinite += part.numNonFinite;
}
