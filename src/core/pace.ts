/** Long work on the thread of everything else: it reports how far it is, lets events in, and stops where it is told to. */
import type { RunHooks } from "./types.ts";

/** Milliseconds of work between two visits to the event loop, so that an abort and a progress line get through. */
const sliceDuration = 25;

/**
 * Waits until the event loop has come round. Not by a timer where there is another way, as in Node: with two runs at once
 * one of their timers is always due, and nothing but timers would get through.
 */
function nextTurn(): Promise<void> {
  const { setImmediate: afterEvents } = globalThis as { setImmediate?: (callback: () => void) => void };
  return new Promise((resolve) => {
    if (afterEvents) afterEvents(resolve);
    else setTimeout(resolve, 0);
  });
}

/** Counts work, and lets the event loop in when a slice of time is over. */
export function createPace(
  hooks: Pick<RunHooks, "signal" | "onProgress">,
  total: number,
): { isDue(n: number): boolean; giveWay(): Promise<void>; finish(): void } {
  let done = 0;
  let sliceStart = performance.now();
  return {
    isDue(n) {
      done += n;
      return performance.now() - sliceStart > sliceDuration;
    },
    async giveWay() {
      hooks.onProgress?.({ done, total });
      await nextTurn();
      hooks.signal?.throwIfAborted();
      sliceStart = performance.now();
    },
    finish() {
      hooks.onProgress?.({ done: total, total });
    },
  };
}
