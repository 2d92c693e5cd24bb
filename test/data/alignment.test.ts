/** Stockholm and FASTA: what is read, and the sentence for every fault. */
import { describe, expect, it } from "vitest";
import { parseFasta, parseStockholm } from "../../src/index.ts";
import { refusalOf } from "../support/refusal.ts";

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const stockholm = (...lines: readonly string[]): Uint8Array => bytesOf(`${["# STOCKHOLM 1.0", ...lines].join("\n")}\n`);
const expected = { names: ["a/1-3", "b"], sequences: ["AC-D", "-W-Y"], numColumns: 4 };

describe("Stockholm", () => {
  it("takes one block, with annotation, every mark for a gap, and small letters", () => {
    const bytes = stockholm(
      "#=GF ID X",
      "#=GF SQ   2",
      "#=GS a/1-3 AC P1",
      "",
      "a/1-3  Ac.d",
      "#=GR a/1-3 SS HHEE",
      "b ~w_y",
      "#=GC cons ....",
      "//",
    );
    expect(parseStockholm(bytes, "x")).toEqual(expected);
  });

  it("takes blocks that follow each other, in any order", () => {
    const bytes = stockholm("", "a/1-3 AC", "b     -W", "", "b     -Y", "a/1-3 -D", "//", "");
    expect(parseStockholm(bytes, "x")).toEqual(expected);
  });

  it("takes Windows line breaks and a byte order mark", () => {
    expect(parseStockholm(bytesOf("\uFEFF# STOCKHOLM 1.0\r\na/1-3 AC-D\r\nb -W-Y\r\n//\r\n"), "x")).toEqual(expected);
  });

  it.each([
    ["nothing", bytesOf(""), "must be a Stockholm alignment, got an empty file"],
    [
      "gzip",
      Uint8Array.of(0x1f, 0x8b),
      "must be a Stockholm alignment, got gzip-compressed data (decompress it first, for example with gunzip)",
    ],
    ["FASTA", bytesOf(">a\nAC\n"), 'must start with the line "# STOCKHOLM 1.0", got ">a" (this is FASTA)'],
    [
      "another version",
      bytesOf("# STOCKHOLM 2.0\n//\n"),
      'must start with the line "# STOCKHOLM 1.0", got "# STOCKHOLM 2.0"',
    ],
    ["no end", stockholm("a AC"), 'must end with the line "//", got none (is the file truncated?)'],
    [
      "a second alignment",
      stockholm("a AC", "//", "# STOCKHOLM 1.0", "b AC", "//"),
      'must hold one alignment, got more after the "//" of line 3 (split the file)',
    ],
    [
      "another number of sequences",
      stockholm("#=GF SQ 3", "a AC", "b AC", "//"),
      'must hold the 3 sequences that its line "#=GF SQ" announces, got 2 (is the file truncated?)',
    ],
    ["no sequence", stockholm("//"), "must hold at least one sequence, got none"],
    ["a name alone", stockholm("a AC", "b", "//"), 'must have a name and a sequence in every line, got "b" in line 3'],
    [
      "a sequence in two",
      stockholm("a AC DE", "//"),
      'must have a name and a sequence in every line, got "a AC DE" in line 2',
    ],
    [
      "a name twice",
      stockholm("a AC", "a AC", "//"),
      'must have different names for its sequences, got "a" twice in one block',
    ],
    [
      "rows that differ in length",
      stockholm("a AC", "b ACD", "//"),
      'must have sequences of one length, got 3 letters for "b" and 2 for "a" (is the file truncated, or not aligned?)',
    ],
    [
      "a block that lacks a sequence",
      stockholm("a AC", "b AC", "", "a DE", "//"),
      'must have sequences of one length, got 2 letters for "b" and 4 for "a" (is the file truncated, or not aligned?)',
    ],
    ["a digit", stockholm("a A1", "//"), 'must have letters and gaps in its sequences, got "1" in "a"'],
  ])("refuses %s", (_, bytes, sentence) => {
    expect(refusalOf(() => parseStockholm(bytes, "x"))).toBe(`x: ${sentence}`);
  });
});

describe("FASTA", () => {
  it("takes names with descriptions, wrapped lines, comments and empty lines", () => {
    const text = ";made up\n>a/1-3 the first\nAc\n.d\n\n;more\n>b\n~w _y\n";
    expect(parseFasta(bytesOf(text), "x")).toEqual(expected);
  });

  it("takes Windows line breaks and no line break at the end", () => {
    expect(parseFasta(bytesOf(">a/1-3\r\nAC-D\r\n>b\r\n-W-Y"), "x")).toEqual(expected);
  });

  it.each([
    ["nothing", "", "must be a FASTA alignment, got an empty file"],
    [
      "Stockholm",
      "# STOCKHOLM 1.0\na AC\n//\n",
      'must start with ">" and a name, got "# STOCKHOLM 1.0" (is this a Stockholm file?)',
    ],
    ["comments alone", ";x\n", "must hold at least one sequence, got none"],
    ["no name", ">\nAC\n", 'must have a name after every ">", got none in line 1'],
    ["no sequence", ">a\n", 'must have a sequence for every name, got none for "a"'],
    [
      "a name without a sequence",
      ">a\nAC\n>b\n",
      'must have sequences of one length, got 0 letters for "b" and 2 for "a" (is the file truncated, or not aligned?)',
    ],
    ["a name twice", ">a x\nAC\n>a y\nAC\n", 'must have different names for its sequences, got "a" twice'],
    [
      "sequences that are not aligned",
      ">a\nAC\n>b\nACD\n",
      'must have sequences of one length, got 3 letters for "b" and 2 for "a" (is the file truncated, or not aligned?)',
    ],
    ["a digit", ">a\nA1\n", 'must have letters and gaps in its sequences, got "1" in "a"'],
  ])("refuses %s", (_, text, sentence) => {
    expect(refusalOf(() => parseFasta(bytesOf(text), "x"))).toBe(`x: ${sentence}`);
  });
});
