/**
 * The command `attention`: a trained head's queries and keys in; out come how symmetric it is, how stable patterns over
 * its tokens are, and its output with the circulation turned up or down. Masks, cross-attention and several heads at
 * once are left out.
 */
import { createHash } from "node:crypto";
import type { Command } from "commander";
import {
  ArgumentError,
  centerColumns,
  coupledTokensFromPair,
  createMatrix,
  describe,
  functionalSymmetry,
  matrixProduct,
  mean,
  patternStability,
  perturbedRetrieval,
  requireFinite,
  requirePositive,
  varyingColumns,
  type CoupledTokens,
  type Matrix,
  type PatternStability,
  type PerturbationOptions,
  type PerturbedRetrieval,
} from "../../src/index.ts";
import { readArrayFile } from "../files/array-file.ts";
import { requireOutputDirectory, writeJsonAtomic } from "../files/atomic-write.ts";
import { bytesOf, writeNpyFile } from "../files/npy-file.ts";
import { note, programName, type CommandContext } from "./context.ts";
import { formatFixed, formatTable } from "./format.ts";
import { createOutputSet, runFile } from "./output-set.ts";
import { parseNumber } from "./parse-options.ts";
import { packageVersion } from "./versions.ts";

/** The published operating point. */
const defaults = { gamma: "1.05", blend: "3" } as const;

/** What commander hands over: text, as typed or by default. */
interface AttentionFlags {
  readonly queries?: string;
  readonly keys?: string;
  readonly values?: string;
  readonly tokens?: string;
  readonly patterns?: string;
  readonly gamma: string;
  readonly blend: string;
  readonly scale?: string;
  readonly center?: boolean;
  readonly out?: string;
  readonly json?: boolean;
}

/** What was read, each a matrix; the optional ones only if they were named. */
interface Inputs {
  readonly queries: Matrix;
  readonly keys: Matrix;
  readonly values?: Matrix;
  readonly tokens?: Matrix;
  readonly patterns?: Matrix;
}
type InputName = keyof Inputs;

/** The head at work: one row a token in each. */
interface Head {
  /** Q, [numTokens, headDim] */
  readonly queries: Matrix;
  /** K, [numTokens, headDim] */
  readonly keys: Matrix;
  /** V, [numTokens, valueDim] */
  readonly values: Matrix;
}

/** Measures of a set of patterns: column j of the arrays belongs to column `columns[j]` of the set. */
interface SetStability {
  /** Columns that vary over the tokens; the others have no measures. */
  readonly columns: readonly number[];
  readonly numConstant: number;
  readonly energy: readonly number[];
  readonly instabilityFraction: readonly number[];
  readonly alignment: readonly (number | null)[];
}

interface Measures extends PerturbationOptions {
  readonly numTokens: number;
  readonly headDim: number;
  readonly valueDim: number;
  readonly isCentered: boolean;
  /** η; null if the head couples none of the tokens. */
  readonly functionalSymmetry: number | null;
  readonly rescaling: { readonly smallest: number; readonly largest: number; readonly numClamped: number };
  readonly stability: {
    /** Of the channels of H₀. */
    readonly plain: SetStability;
    /** Of the channels of H. */
    readonly blended: SetStability;
    /** Of the columns of `--patterns`. */
    readonly given: SetStability | null;
  };
}

/** Adds the command to the program. */
export function defineAttention(program: Command, context: CommandContext, setCode: (code: number) => void): void {
  program
    .command("attention")
    .description("measure the symmetry and stability of a trained attention head, and perturb its circulation")
    .option(
      "--queries <file>",
      "queries [tokens, head dim]; with --tokens the weights W_Q [model dim, head dim] (required)",
    )
    .option("--keys <file>", "keys [tokens, head dim]; with --tokens the weights W_K [model dim, head dim] (required)")
    .option("--tokens <file>", "token activations X [tokens, model dim], from which Q = X W_Q and K = X W_K are made")
    .option(
      "--values <file>",
      "values [tokens, value dim]; with --tokens the weights W_V [model dim, value dim] (default: the tokens, or the keys)",
    )
    .option("--patterns <file>", "patterns over the tokens to measure, one a column [tokens, patterns]")
    .option(
      "--gamma <number>",
      "factor of the skew half: 1 is plain attention, 0 the symmetric half alone",
      defaults.gamma,
    )
    .option("--blend <number>", "0 is plain attention, 1 the perturbed one, more goes beyond", defaults.blend)
    .option("--scale <number>", "factor of the logits before the softmax (default: 1/√(head dim))")
    .option("--center", "measure with the tokens' mean taken off, as the published measurements do")
    .option("--out <folder>", "write plain.npy, blended.npy, measures.json and run.json there")
    .option("--json", "print the measures of every pattern as JSON")
    .option("--debug", "print a stack trace with an error")
    .addHelpText(
      "after",
      `
Files are .npy arrays of two axes.

Examples:
  ${programName} attention --queries q.npy --keys k.npy --values v.npy --out out/head
  ${programName} attention --tokens x.npy --queries wq.npy --keys wk.npy --gamma 0 --blend 1`,
    )
    .action(async (flags: AttentionFlags) => setCode(await attention(flags, context)));
}

/**
 * @returns the exit code, 0
 * @throws ArgumentError for whatever the person can mend, before any work where that can be known
 */
async function attention(flags: AttentionFlags, context: CommandContext): Promise<number> {
  const gamma = requireFinite("--gamma", parseNumber(flags.gamma));
  const blend = requireFinite("--blend", parseNumber(flags.blend));
  const givenScale = flags.scale === undefined ? undefined : requirePositive("--scale", parseNumber(flags.scale));
  const inputs = await readInputs(flags);
  const head = requireHead(inputs);
  if (inputs.patterns !== undefined) requirePatterns(inputs.patterns, head);
  const options = { gamma, blend, scale: givenScale ?? 1 / Math.sqrt(head.queries.numColumns) };

  const folder = flags.out === undefined ? undefined : await requireOutputDirectory("--out", flags.out);
  const coupled = coupledTokensFromPair(head.queries, head.keys);
  const retrieval = perturbedRetrieval(coupled, head.values, options);
  const measures = measure(head, retrieval, options, flags.center === true, inputs.patterns);
  if (folder !== undefined) await writeOutputs(folder, inputs, flags, retrieval, measures);
  context.stdout.write(flags.json === true ? `${JSON.stringify(measures, null, 2)}\n` : describeMeasures(measures));
  if (flags.out !== undefined)
    note(context, `written to ${flags.out}: plain.npy, blended.npy, measures.json, run.json`);
  return 0;
}

async function readInputs(flags: AttentionFlags): Promise<Inputs> {
  const optional = async <N extends InputName>(name: N): Promise<{ [key in N]?: Matrix }> => {
    const path = flags[name];
    return path === undefined ? {} : ({ [name]: await readMatrix(`--${name}`, path) } as { [key in N]?: Matrix });
  };
  const required = async (name: "queries" | "keys"): Promise<Matrix> => {
    const path = flags[name];
    if (path === undefined || path === "")
      throw new ArgumentError(
        `--${name}`,
        `must be given, got ${path === undefined ? "nothing" : describe(path)}`,
        `a .npy file of the head's ${name}, or of the weights that make them`,
      );
    return readMatrix(`--${name}`, path);
  };
  return {
    queries: await required("queries"),
    keys: await required("keys"),
    ...(await optional("values")),
    ...(await optional("tokens")),
    ...(await optional("patterns")),
  };
}

async function readMatrix(parameter: string, path: string): Promise<Matrix> {
  const { data, shape } = await readArrayFile(parameter, path);
  const [numRows, numColumns] = shape;
  if (numRows === undefined || numColumns === undefined || shape.length !== 2)
    throw new ArgumentError(
      parameter,
      `must hold an array of two axes, got shape [${shape.join(", ")}] in ${JSON.stringify(path)}`,
      "save one head of one sequence",
    );
  return createMatrix(data, { numRows, numColumns }, parameter);
}

/** @throws ArgumentError naming the option whose shape does not fit the others */
function requireHead({ queries, keys, values, tokens }: Inputs): Head {
  if (queries.numRows !== keys.numRows || queries.numColumns !== keys.numColumns)
    throw new ArgumentError(
      "--keys",
      `must have the shape of --queries, ${shapeOf(queries)}, got ${shapeOf(keys)}`,
      "of grouped keys, save the one that goes with these queries",
    );
  const rows = tokens === undefined ? queries.numRows : tokens.numColumns;
  if (tokens !== undefined && queries.numRows !== rows)
    throw new ArgumentError(
      "--queries",
      `must be weights with one row for each of the ${rows} columns of --tokens, got ${shapeOf(queries)}`,
      queries.numColumns === rows
        ? "transpose it, as weights of a PyTorch Linear layer have to be"
        : "leave out --tokens if these are queries, not weights",
    );
  if (values !== undefined && values.numRows !== rows)
    throw new ArgumentError(
      "--values",
      tokens === undefined
        ? `must have one row for each of the ${rows} tokens of --queries, got ${shapeOf(values)}`
        : `must be weights with one row for each of the ${rows} columns of --tokens, got ${shapeOf(values)}`,
    );
  const numTokens = (tokens ?? queries).numRows;
  if (numTokens < 2)
    throw new ArgumentError(
      tokens === undefined ? "--queries" : "--tokens",
      `must hold at least 2 tokens, got ${numTokens}`,
      "one token has no pattern over tokens and attends to itself only",
    );
  if (tokens === undefined) return { queries, keys, values: values ?? keys };
  return {
    queries: matrixProduct(tokens, queries),
    keys: matrixProduct(tokens, keys),
    values: values === undefined ? tokens : matrixProduct(tokens, values),
  };
}

function requirePatterns(patterns: Matrix, { queries }: Head): void {
  if (patterns.numRows !== queries.numRows)
    throw new ArgumentError(
      "--patterns",
      `must have one row for each of ${queries.numRows} tokens, got ${shapeOf(patterns)}`,
      "a pattern is a column",
    );
  const varying = new Set(varyingColumns(patterns));
  for (let column = 0; column < patterns.numColumns; column++)
    if (!varying.has(column))
      throw new ArgumentError(
        "--patterns",
        `must vary over the tokens, got column ${column}, which is constant`,
        "drop it: centred, it has no direction",
      );
}

function shapeOf({ numRows, numColumns }: Matrix): string {
  return `[${numRows}, ${numColumns}]`;
}

function measure(
  head: Head,
  retrieval: PerturbedRetrieval,
  options: PerturbationOptions,
  isCentered: boolean,
  patterns: Matrix | undefined,
): Measures {
  // Centring Q = X W_Q and K = X W_K is centring X.
  const coupled = isCentered
    ? coupledTokensFromPair(centerColumns(head.queries), centerColumns(head.keys))
    : coupledTokensFromPair(head.queries, head.keys);
  const { rescaling, numClamped } = retrieval;
  return {
    ...options,
    numTokens: head.queries.numRows,
    headDim: head.queries.numColumns,
    valueDim: head.values.numColumns,
    isCentered,
    functionalSymmetry: functionalSymmetry(coupled),
    rescaling: {
      smallest: rescaling.reduce((a, b) => Math.min(a, b)),
      largest: rescaling.reduce((a, b) => Math.max(a, b)),
      numClamped,
    },
    stability: {
      plain: stabilityOfSet(coupled, retrieval.plain),
      blended: stabilityOfSet(coupled, retrieval.blended),
      given: patterns === undefined ? null : stabilityOfSet(coupled, patterns),
    },
  };
}

function stabilityOfSet(coupled: CoupledTokens, set: Matrix): SetStability {
  const columns = varyingColumns(set);
  const each = columns.length === 0 ? [] : patternStability(coupled, selectColumns(set, columns));
  const list = <K extends keyof PatternStability>(key: K): PatternStability[K][] => each.map((one) => one[key]);
  return {
    columns,
    numConstant: set.numColumns - columns.length,
    energy: list("energy"),
    instabilityFraction: list("instabilityFraction"),
    alignment: list("alignment"),
  };
}

function selectColumns({ values, numRows, numColumns }: Matrix, columns: readonly number[]): Matrix {
  const selected = Array.from({ length: numRows }, (_, row) =>
    columns.map((column) => values[row * numColumns + column]!),
  ).flat();
  return createMatrix(selected, { numRows, numColumns: columns.length });
}

function describeMeasures(measures: Measures): string {
  const { numTokens, headDim, scale, gamma, blend, rescaling, stability } = measures;
  const { plain, blended, given } = stability;
  const rows = [
    ["patterns over the tokens", "columns", "energy E_X", "instability r_X", "alignment cos(s, h)"],
    ["channels of plain attention, mean", ...averages(plain)],
    ["channels of the blend, mean", ...averages(blended)],
    ...(given === null ? [] : [["given patterns, mean", ...averages(given)], ...givenRows(given)]),
  ];
  const bounded = rescaling.numClamped === 0 ? "" : `, ${rescaling.numClamped} of them held at a bound`;
  const numConstant = Math.max(plain.numConstant, blended.numConstant);
  return [
    `${numTokens} tokens, head dimension ${headDim}, scale ${formatSignificant(scale)}, ` +
      `γ = ${gamma}, b = ${blend}${measures.isCentered ? ", tokens centred for the measures" : ""}`,
    `functional symmetry η = ${formatOptional(measures.functionalSymmetry)} (1 symmetric, −1 skew)`,
    `rows of the blend rescaled by ${formatFixed(rescaling.smallest)} to ${formatFixed(rescaling.largest)}${bounded}`,
    "",
    formatTable(rows).trimEnd(),
    ...(numConstant === 0 ? [] : ["", `Channels constant over the tokens have no measures: ${numConstant} left out.`]),
    "",
  ].join("\n");
}

function averages({ columns, energy, instabilityFraction, alignment }: SetStability): string[] {
  const defined = alignment.filter((value) => value !== null);
  const average = (list: readonly number[]): number => mean(Float64Array.from(list));
  return [
    String(columns.length),
    energy.length === 0 ? "-" : formatSignificant(average(energy)),
    energy.length === 0 ? "-" : formatFixed(average(instabilityFraction)),
    defined.length === 0 ? "-" : formatFixed(average(defined)),
  ];
}

function givenRows({ columns, energy, instabilityFraction, alignment }: SetStability): string[][] {
  return columns.map((column, j) => [
    `  pattern ${column}`,
    "",
    formatSignificant(energy[j]!),
    formatFixed(instabilityFraction[j]!),
    formatOptional(alignment[j]!),
  ]);
}

/** Energies have the unit of the head's logits and any size. */
function formatSignificant(value: number): string {
  return String(Number(value.toPrecision(5)));
}

function formatOptional(value: number | null): string {
  return value === null ? "-" : formatFixed(value);
}

async function writeOutputs(
  folder: string,
  inputs: Inputs,
  flags: AttentionFlags,
  { plain, blended }: PerturbedRetrieval,
  measures: Measures,
): Promise<void> {
  const outputs = await createOutputSet(folder);
  try {
    const write = (name: string, { values, numRows, numColumns }: Matrix) =>
      writeNpyFile(outputs.stagedPath(name), values, [numRows, numColumns]);
    const written = {
      "plain.npy": await write("plain.npy", plain),
      "blended.npy": await write("blended.npy", blended),
      "measures.json": await writeJsonAtomic(outputs.stagedPath("measures.json"), measures),
    };
    const { gamma, blend, scale, isCentered } = measures;
    const names = Object.keys(inputs) as InputName[];
    await writeJsonAtomic(outputs.stagedPath(runFile), {
      command: "attention",
      options: {
        ...Object.fromEntries(names.map((name) => [name, flags[name]])),
        gamma,
        blend,
        scale,
        center: isCentered,
        out: flags.out,
      },
      inputs: Object.fromEntries(
        names.map((name) => {
          const { numRows, numColumns, values } = inputs[name]!;
          return [name, { shape: [numRows, numColumns], sha256: hashOf(values) }];
        }),
      ),
      versions: { "stochastic-attention": packageVersion, node: process.versions.node },
      outputs: Object.fromEntries(Object.entries(written).map(([name, { sha256 }]) => [name, sha256])),
    });
    await outputs.publish([...Object.keys(written), runFile]);
  } catch (error) {
    outputs.discard();
    throw error;
  }
}

/** Of the values in float64, in lower-case hexadecimal. */
function hashOf(values: Float64Array): string {
  const hash = createHash("sha256");
  for (const piece of bytesOf(values)) hash.update(piece);
  return hash.digest("hex");
}
