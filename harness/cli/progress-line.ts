/** The live line on a terminal: rate and time left. Silent when stderr is no terminal. */
import { SingleBar } from "cli-progress";
import type { Progress } from "../../src/index.ts";
import type { CommandContext } from "./context.ts";
import { formatDuration, formatQuantity } from "./format.ts";

export interface ProgressLine {
  update(progress: Progress): void;
  /** Clears the line. */
  stop(): void;
}

/** Characters of the bar: with fewer it shows nothing that the percentage does not. */
const minBarSize = 6;
const maxBarSize = 28;

interface Payload {
  readonly rate: string;
  readonly left: string;
}

/**
 * @param label what is going on: "sampling"
 * @param unit what is counted
 */
export function createProgressLine(context: CommandContext, label: string, unit = "chain-steps"): ProgressLine {
  if (context.stderr.isTTY !== true) return { update() {}, stop() {} };
  const bar = new SingleBar({
    stream: context.stderr,
    format: (_, { progress }, payload: Payload) => {
      const text = `${Math.floor(100 * progress)}% | ${payload.rate} ${unit}/s | ${payload.left} left`;
      // Asked each time: windows change. A terminal that does not say has the usual 80 columns.
      const room = (context.stderr.columns ?? 80) - label.length - text.length - 5;
      const size = Math.min(maxBarSize, room);
      if (size < minBarSize) return `${label} ${text}`;
      const numDone = Math.round(progress * size);
      return `${label} [${"=".repeat(numDone)}${"-".repeat(size - numDone)}] ${text}`;
    },
    hideCursor: true,
    clearOnComplete: true,
    // Signals are this program's own business.
    gracefulExit: false,
  });
  const started = performance.now();
  let isStarted = false;
  return {
    update({ done, total }) {
      const seconds = (performance.now() - started) / 1000;
      const rate = seconds > 0 ? done / seconds : 0;
      const payload: Payload = {
        rate: formatQuantity(rate),
        left: rate > 0 ? formatDuration((total - done) / rate) : "?",
      };
      if (isStarted) bar.update(done, payload);
      else bar.start(total, done, payload);
      isStarted = true;
    },
    stop() {
      if (isStarted) bar.stop();
    },
  };
}
