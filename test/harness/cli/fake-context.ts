/** A terminal, signals and a WebGPU-less machine for the command line to run against in a test. */
import { EventEmitter } from "node:events";
import { Writable } from "node:stream";
import type { CommandContext } from "../../../harness/cli/context.ts";
import { run } from "../../../harness/cli/program.ts";

export interface FakeContext extends CommandContext {
  readonly signals: EventEmitter;
  /** What was written so far. */
  readonly output: { stdout: string; stderr: string };
  readonly exits: number[];
}

export interface FakeOptions {
  readonly openWebGpu?: CommandContext["openWebGpu"];
  readonly isTTY?: boolean;
  readonly columns?: number;
  /** Called with each text on its way to stderr. */
  readonly onStderr?: (text: string, context: FakeContext) => void;
}

export function createFakeContext({
  openWebGpu,
  isTTY = false,
  columns = 120,
  onStderr,
}: FakeOptions = {}): FakeContext {
  const output = { stdout: "", stderr: "" };
  const exits: number[] = [];
  const sink = (name: keyof typeof output): Writable =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        output[name] += chunk.toString();
        if (name === "stderr") onStderr?.(chunk.toString(), context);
        done();
      },
    });
  const context: FakeContext = {
    stdout: sink("stdout"),
    stderr: Object.assign(sink("stderr"), { isTTY, columns }),
    signals: new EventEmitter(),
    exit: (code) => exits.push(code),
    openWebGpu: openWebGpu ?? (() => Promise.resolve({ reason: "no WebGPU adapter in this test" })),
    output,
    exits,
  };
  return context;
}

/** Runs one command line and returns what it said. */
export async function runCommand(
  argv: readonly string[],
  options?: FakeOptions,
): Promise<{ code: number; stdout: string; stderr: string }> {
  const context = createFakeContext(options);
  const code = await run(argv, context);
  return { code, ...context.output };
}
