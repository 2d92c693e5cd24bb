/**
 * SIGINT and SIGTERM: the first one asks the run to stop and to keep what is finished, a second one ends the process at
 * once.
 */
import { note, type CommandContext } from "./context.ts";

const exitCodes = { SIGINT: 130, SIGTERM: 143 } as const;
type SignalName = keyof typeof exitCodes;

export interface Interruption {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
  /** 128 + the signal's number; undefined if there was none. */
  readonly exitCode: number | undefined;
  /** What a second signal has to clean up before the process ends; synchronous. */
  onSecond(cleanUp: () => void): void;
  /** Gives the signals back to the process. */
  stop(): void;
}

/** @param keeps what the first signal leaves behind, as a clause */
export function watchSignals(context: CommandContext, keeps = "finished draws will be written"): Interruption {
  const controller = new AbortController();
  let first: SignalName | undefined;
  let cleanUp = (): void => {};

  const handlers = (Object.keys(exitCodes) as SignalName[]).map((name) => {
    const handle = (): void => {
      if (first === undefined) {
        first = name;
        note(context, `${name}: stopping, ${keeps} (once more to leave at once)`);
        controller.abort(new Error(`interrupted by ${name}`));
        return;
      }
      cleanUp();
      context.exit(exitCodes[name]);
    };
    context.signals.on(name, handle);
    return { name, handle };
  });

  return {
    signal: controller.signal,
    get exitCode() {
      return first === undefined ? undefined : exitCodes[first];
    },
    onSecond(action) {
      cleanUp = action;
    },
    stop() {
      for (const { name, handle } of handlers) context.signals.off(name, handle);
    },
  };
}
