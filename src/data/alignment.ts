/**
 * Multiple sequence alignments in Stockholm and aligned FASTA, from bytes: the two formats that Pfam, HMMER and the
 * aligners write. Annotation is left out but for the number of sequences, which is checked; so are formats whose rows
 * differ in length (A3M, unaligned FASTA).
 */
import { describe } from "../core/checks.ts";
import { ArgumentError } from "../core/errors.ts";
import { firstRepeated } from "./names.ts";
import { decodeText } from "./text.ts";

/** Sequences written above each other, so that a column holds what is taken to be of one origin. */
export interface Alignment {
  /** [numSequences] */
  readonly names: readonly string[];
  /** Letters and gaps in upper case, all of one length, [numSequences]; every kind of gap is "-". */
  readonly sequences: readonly string[];
  readonly numColumns: number;
}

/** Letters, HMMER's marks for stops and missing data, and gaps. */
const allowed = /^[A-Za-z*.~_-]*$/;
const gaps = /[.~_]/g;

/**
 * Reads a Stockholm file of one alignment, in one block or interleaved in several.
 * @param name the file's name, as the messages shall spell it
 * @throws ArgumentError unless `bytes` is one whole alignment
 */
export function parseStockholm(bytes: Uint8Array, name: string): Alignment {
  const fault = faultOf(name);
  const lines = linesOf(decodeText(bytes, name, "a Stockholm alignment"));
  if (!/^#\s*STOCKHOLM\s+1\.0\s*$/.test(lines[0]!))
    throw fault(
      `must start with the line "# STOCKHOLM 1.0", got ${describe(lines[0]!.trim())}`,
      lines[0]!.startsWith(">") ? "this is FASTA" : undefined,
    );
  const end = lines.findIndex((line) => line.trim() === "//");
  if (end < 0) throw fault('must end with the line "//", got none', "is the file truncated?");
  if (lines.slice(end + 1).some((line) => line.trim() !== ""))
    throw fault(`must hold one alignment, got more after the "//" of line ${end + 1}`, "split the file");

  const parts = new Map<string, string[]>();
  /** Names of the block that is being read: a name may come once in each. */
  let block = new Set<string>();
  let announced: number | undefined;
  for (const [i, line] of lines.slice(0, end).entries()) {
    if (line.trim() === "") block = new Set();
    if (line.trim() === "" || line.startsWith("#")) {
      const count = /^#=GF\s+SQ\s+(\d+)\s*$/.exec(line)?.[1];
      if (count !== undefined) announced = Number(count);
      continue;
    }
    const [sequence, text, ...more] = line.trim().split(/\s+/);
    if (sequence === undefined || text === undefined || more.length > 0)
      throw fault(`must have a name and a sequence in every line, got ${describe(line.trim())} in line ${i + 1}`);
    if (block.has(sequence))
      throw fault(`must have different names for its sequences, got ${describe(sequence)} twice in one block`);
    block.add(sequence);
    requireLetters(text, sequence, fault);
    const known = parts.get(sequence);
    if (known === undefined) parts.set(sequence, [text]);
    else known.push(text);
  }
  if (announced !== undefined && announced !== parts.size)
    throw fault(
      `must hold the ${announced} sequences that its line "#=GF SQ" announces, got ${parts.size}`,
      "is the file truncated?",
    );
  return alignmentOf(
    [...parts.keys()],
    [...parts.values()].map((texts) => texts.join("")),
    fault,
  );
}

/**
 * Reads aligned FASTA. A name ends at the first blank of its line; sequences may be wrapped; lines that start with ";"
 * are comments.
 * @param name the file's name, as the messages shall spell it
 * @throws ArgumentError unless `bytes` is one whole alignment
 */
export function parseFasta(bytes: Uint8Array, name: string): Alignment {
  const fault = faultOf(name);
  const names: string[] = [];
  const parts: string[][] = [];
  for (const [i, line] of linesOf(decodeText(bytes, name, "a FASTA alignment")).entries()) {
    const text = line.trim();
    if (text === "" || text.startsWith(";")) continue;
    if (text.startsWith(">")) {
      const [sequence = ""] = text.slice(1).trim().split(/\s/);
      if (sequence === "") throw fault(`must have a name after every ">", got none in line ${i + 1}`);
      names.push(sequence);
      parts.push([]);
      continue;
    }
    const current = parts.at(-1);
    if (current === undefined)
      throw fault(
        `must start with ">" and a name, got ${describe(text)}`,
        text.startsWith("#") ? "is this a Stockholm file?" : undefined,
      );
    const letters = text.replaceAll(/\s/g, "");
    requireLetters(letters, names.at(-1)!, fault);
    current.push(letters);
  }
  const twice = firstRepeated(names);
  if (twice !== undefined) throw fault(`must have different names for its sequences, got ${describe(twice)} twice`);
  return alignmentOf(
    names,
    parts.map((texts) => texts.join("")),
    fault,
  );
}

type Fault = (rule: string, fix?: string) => ArgumentError;

function faultOf(name: string): Fault {
  return (rule, fix) => new ArgumentError(name, rule, fix);
}

function linesOf(text: string): string[] {
  return text.split(/\r\n|\n|\r/);
}

function requireLetters(text: string, sequence: string, fault: Fault): void {
  if (allowed.test(text)) return;
  const foreign = text.split("").find((letter) => !allowed.test(letter));
  throw fault(`must have letters and gaps in its sequences, got ${describe(foreign)} in ${describe(sequence)}`);
}

function alignmentOf(names: readonly string[], texts: readonly string[], fault: Fault): Alignment {
  const first = texts[0];
  if (first === undefined) throw fault("must hold at least one sequence, got none");
  const numColumns = first.length;
  const ragged = texts.findIndex((text) => text.length !== numColumns);
  if (ragged >= 0)
    throw fault(
      `must have sequences of one length, got ${texts[ragged]!.length} letters for ${describe(names[ragged])} ` +
        `and ${numColumns} for ${describe(names[0])}`,
      "is the file truncated, or not aligned?",
    );
  if (numColumns === 0) throw fault(`must have a sequence for every name, got none for ${describe(names[0])}`);
  return { names, sequences: texts.map((text) => text.toUpperCase().replaceAll(gaps, "-")), numColumns };
}
