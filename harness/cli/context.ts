/** What a command touches outside of its arguments, in one place, so that tests can stand in for a terminal. */
import { openNodeWebGpu, type NodeWebGpu, type NoWebGpu } from "../environment/node-webgpu.ts";

/** The name that every error line starts with. */
export const programName = "stochastic-attention";

export interface CommandContext {
  /** Results. */
  readonly stdout: Pick<NodeJS.WritableStream, "write">;
  /** Notes, progress and errors. */
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
  /** Where SIGINT and SIGTERM arrive. */
  readonly signals: Pick<NodeJS.EventEmitter, "on" | "off">;
  /** Ends the process at once. */
  readonly exit: (code: number) => void;
  readonly openWebGpu: () => Promise<NodeWebGpu | NoWebGpu>;
}

/** This process. */
export function processContext(): CommandContext {
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    signals: process,
    exit: (code) => process.exit(code),
    openWebGpu: openNodeWebGpu,
  };
}

/** One line for the person at the terminal. */
export function note(context: CommandContext, sentence: string): void {
  context.stderr.write(`${programName}: ${sentence}\n`);
}

/**
 * What to do when the system refuses what is printed: a closed pipe (`… | head`) ends the reading of results, not the
 * run; results that have nowhere to go end it.
 */
export function onOutputError(error: NodeJS.ErrnoException, context: Pick<CommandContext, "stderr" | "exit">): void {
  if (error.code === "EPIPE") return;
  context.stderr.write(`${programName}: standard output cannot be written to (${error.code ?? error.message})\n`);
  context.exit(1);
}
