/**
 * Rate and time left: a live line on a terminal; elsewhere, in a file or the log of a build, a sentence now and then, and
 * none at all of a run that is over before the first is due.
 */
import { SingleBar } from "cli-progress";
import type { Progress } from "../../src/index.ts";
import { note, type CommandContext } from "./context.ts";
import { formatDuration, formatQuantity } from "./format.ts";

export interface ProgressLine {
  update(progress: Progress): void;
  /** Clears the line. */
  stop(): void;
}

/** Characters of the bar: with fewer it shows nothing that the percentage does not. */
const minBarSize = 6;
const maxBarSize = 28;

/** From one sentence to the next where there is no terminal. */
const sentenceInterval = 10_000;
/** When the command's last sentence was written, or its first line made: parts of a run with a line each share the interval. */
const lastSentences = new WeakMap<CommandContext, number>();

/** Seconds from which on a rate says something: before, it is that of the first moment, or of what was kept from before. */
const leastSeconds = 1;

interface Payload {
  /**
   * The rate, and the time left of what the line's label names: a run may have more of them, of which nothing is known here.
   * Nothing as long as nothing is known.
   */
  readonly facts: readonly string[];
}

/**
 * @param label what is going on: "sampling"
 * @param unit what is counted
 * @param now in milliseconds
 */
export function createProgressLine(
  context: CommandContext,
  label: string,
  unit = "chain-steps",
  now: () => number = () => performance.now(),
): ProgressLine {
  const started = now();
  const payloadOf = ({ done, total }: Progress): Payload => {
    const seconds = (now() - started) / 1000;
    if (seconds < leastSeconds || done === 0) return { facts: [] };
    const rate = done / seconds;
    const left = formatDuration((total - done) / rate);
    return { facts: [`${formatQuantity(rate)} ${unit}/s`, `${left} left of this part`] };
  };
  return context.stderr.isTTY === true
    ? liveLine(context, label, payloadOf)
    : sentences(context, label, payloadOf, now);
}

function sentences(
  context: CommandContext,
  label: string,
  payloadOf: (progress: Progress) => Payload,
  now: () => number,
): ProgressLine {
  if (!lastSentences.has(context)) lastSentences.set(context, now());
  return {
    update(progress) {
      const { done, total } = progress;
      // Of what has not begun, and of what is over, there is nothing to say.
      if (done === 0 || done >= total || now() - lastSentences.get(context)! < sentenceInterval) return;
      lastSentences.set(context, now());
      note(context, `${label}: ${[`${Math.floor((100 * done) / total)}%`, ...payloadOf(progress).facts].join(", ")}`);
    },
    stop() {},
  };
}

function liveLine(context: CommandContext, label: string, payloadOf: (progress: Progress) => Payload): ProgressLine {
  const bar = new SingleBar({
    stream: context.stderr,
    format: (_, { progress }, payload: Payload) => {
      const text = [`${Math.floor(100 * progress)}%`, ...payload.facts].join(" | ");
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
  let isStarted = false;
  return {
    update(progress) {
      const payload = payloadOf(progress);
      if (isStarted) bar.update(progress.done, payload);
      else bar.start(progress.total, progress.done, payload);
      isStarted = true;
    },
    stop() {
      if (isStarted) bar.stop();
    },
  };
}
