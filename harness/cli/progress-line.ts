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

/** @param label what is going on: "sampling" */
export function createProgressLine(context: CommandContext, label: string): ProgressLine {
  if (context.stderr.isTTY !== true) return { update() {}, stop() {} };
  const bar = new SingleBar({
    stream: context.stderr,
    format: `${label} [{bar}] {percentage}% | {rate} chain-steps/s | {left} left`,
    barCompleteChar: "=",
    barIncompleteChar: "-",
    barsize: 28,
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
      const payload = {
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
