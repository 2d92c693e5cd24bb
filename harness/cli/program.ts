/** The command line: options and their help, and how every failure becomes one line and an exit code. */
import { Command, CommanderError } from "commander";
import { collapseNames, ArgumentError, kernelNames, startNames } from "../../src/index.ts";
import { defineAttention } from "./attention.ts";
import { programName, type CommandContext } from "./context.ts";
import { doctor } from "./doctor.ts";
import { engineNames, threadsHelp } from "./engines.ts";
import { defineGenerate } from "./generate.ts";
import { addMemoryOptions } from "./memory-settings.ts";
import { defaults, purposeNames, type SampleFlags } from "./sample-settings.ts";
import { defineReproduce } from "./reproduce.ts";
import { sample } from "./sample.ts";
import { defineSequence } from "./sequence.ts";
import { defineTemper } from "./temper.ts";
import { defineTemperature } from "./temperature.ts";
import { packageVersion } from "./versions.ts";

/** Exit codes besides 0 and those of signals. */
const exitCodes = { ours: 1, callers: 2 } as const;

/**
 * Carries out one command line.
 * @param argv the arguments after the program's name
 * @returns the exit code: 0, 1 for our failures, 2 for the caller's mistakes, 130 and 143 for signals
 */
export async function run(argv: readonly string[], context: CommandContext): Promise<number> {
  let code = 0;
  const program = createProgram(context, (result) => (code = result));
  try {
    await program.parseAsync(argv, { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    const isCallers = error instanceof ArgumentError || error instanceof CommanderError;
    if (!isHelp(error)) context.stderr.write(`${programName}: ${oneLine(error)}\n`);
    if (argv.includes("--debug") && error instanceof Error) context.stderr.write(`${error.stack}\n`);
    return isCallers ? exitCodes.callers : exitCodes.ours;
  }
}

function createProgram(context: CommandContext, setCode: (code: number) => void): Command {
  const program = new Command(programName)
    .description("Samples new patterns from a memory of examples, without training.")
    .version(packageVersion)
    .option("--debug", "print a stack trace with an error")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
      // Errors are printed once, by `run`.
      outputError: () => {},
    });
  const list = (names: readonly string[]): string => names.join(", ");

  const sampleCommand = program
    .command("sample")
    .description(
      "draw samples from a memory; writes samples.npy, denoised.npy, samples.png, metrics.json and run.json",
    );
  addMemoryOptions(sampleCommand, "sample this class alone: the other patterns taken stay in the memory, masked")
    .option("--out <folder>", "where the results go (required)")
    .option(
      "--beta <number>",
      `inverse temperature, or ${list(purposeNames.map((name) => `auto:${name}`))}, as the command temperature ` +
        `recommends (default: ${defaults.beta})`,
    )
    .option("--snr <ratio>", "signal-to-noise ratio instead of --beta: β = SNR² · 2d / step size")
    .option("--kernel <name>", `transition: ${list(kernelNames)}`, defaults.kernel)
    .option("--step-size <number>", `in (0, 1]; published: 0.01 (default: ${defaults.stepSize})`)
    .option("--chains <count>", "independent chains", defaults.chains)
    .option("--burn-in <count>", "steps before the first kept stretch", defaults.burnIn)
    .option("--draws <count>", "kept draws of each chain", defaults.draws)
    .option("--thinning <count>", "steps per kept draw", defaults.thinning)
    .option(
      "--heads <rule>",
      "pca:COUNT: principal directions split over that many heads, each sampled on its own; classes:A,B: the product of those classes",
    )
    .option("--powers <list>", "weights of the classes of a product, with a sum of 1 (default: equal)")
    .option(
      "--anneal <levels>",
      "FIRST:LAST:LEVELS: geometric steps of β before --burn-in; LAST takes the place of --beta",
    )
    .option("--steps-per-level <count>", "steps at each β of --anneal", defaults.stepsPerLevel)
    .option("--schedule <file>", "CSV of numSteps,beta[,stepSize] before --burn-in; the last line goes on, and sets β")
    .option("--adapt", "first adapt the step size to an acceptance of 0.574, starting at --step-size (mala, ou-mala)")
    .option("--collapse <when>", `step in the span of the patterns: ${list(collapseNames)}`, defaults.collapse)
    .option("--plan", "say as well which of its plans the GPU follows, and why: the run is made all the same")
    .option("--search", "first try which workgroups are fastest on the GPU, and remember them; no sample depends on it")
    .option("--circulation <rate>", "turn on the level sets at this rate (ou, ou-mala)", defaults.circulation)
    .option("--start <rule>", `where chains start: ${list(startNames)}`, defaults.start)
    .option("--seed <seed>", "whole number below 2^64", defaults.seed)
    .option(
      "--engine <name>",
      `what runs it: ${list(engineNames)} (auto: a hardware GPU, else the CPU)`,
      defaults.engine,
    )
    .option("--threads <count>", threadsHelp)
    .option("--debug", "print a stack trace with an error")
    .addHelpText(
      "after",
      `
Ctrl-C keeps the draws that are complete, and nothing before the first one is: --burn-in + --thinning steps of every
chain. A second Ctrl-C leaves at once.

In samples.png patterns are drawn as images if they come from images, have two axes, [K, height, width], or are rows of
a square number of values, none of them negative; as curves otherwise.

Examples:
  ${programName} sample --memory builtin:faces --out out/faces
  ${programName} sample --memory photos --image-size 64 --beta 10000 --out out/photos
  ${programName} sample --memory builtin:faces --patterns 400 --class 7 --out out/person
  ${programName} sample --memory digits.npy --heads pca:4 --beta 200 --out out/heads
  ${programName} sample --memory builtin:faces --anneal 100:1000000:20 --out out/annealed
  ${programName} sample --memory returns.npy --kernel mala --step-size 0.01 --beta 25 --out out/returns`,
    )
    .action(async (flags: SampleFlags) => {
      setCode(await sample(flags, context));
    });

  defineGenerate(program, context, setCode);
  defineTemper(program, context, setCode);
  defineSequence(program, context, setCode);
  defineTemperature(program, context, setCode);
  defineAttention(program, context, setCode);
  defineReproduce(program, context, setCode);

  program
    .command("doctor")
    .description("say what this machine can run the sampler on, and what to install for more")
    .option("--json", "print the findings as JSON")
    .option("--debug", "print a stack trace with an error")
    .action(async (flags: { readonly json?: boolean }) => setCode(await doctor(flags, context)));
  return program;
}

/** Commander has printed its help, which is the whole message when no command was given. */
function isHelp(error: unknown): boolean {
  return error instanceof CommanderError && error.code === "commander.help";
}

function oneLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message
    .replace(/^error: /, "")
    .replace(/\n\(Did you mean (one of )?(.*?)\?\)$/s, " (did you mean $1$2?)")
    .replace(/\s*\n\s*/g, " ");
}
