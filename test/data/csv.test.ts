/** CSV tables: what is read, by which rule names are told from numbers, and the sentence for every fault. */
import { describe, expect, it } from "vitest";
import { parseCsv, type CsvOptions } from "../../src/index.ts";
import { refusalOf } from "../support/refusal.ts";

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const read = (text: string, options?: CsvOptions) => parseCsv(bytesOf(text), "a.csv", options);
const rowsOf = (text: string, options?: CsvOptions): number[][] => {
  const { values, numRows, numColumns } = read(text, options);
  return Array.from({ length: numRows }, (_, k) => [...values.subarray(k * numColumns, (k + 1) * numColumns)]);
};

describe("reading", () => {
  it.each([
    ["commas", "1,2\n3,4\n"],
    ["no line break at the end", "1,2\n3,4"],
    ["semicolons", "1;2\n3;4\n"],
    ["tabs", "1\t2\n3\t4\n"],
    ["bars", "1|2\n3|4\n"],
    ["Windows line breaks", "1,2\r\n3,4\r\n"],
    ["line breaks of two kinds", "1,2\r\n3,4\n"],
    ["old line breaks", "1,2\r3,4\r"],
    ["a byte order mark", "\uFEFF1,2\n3,4\n"],
    ["blanks around numbers", " 1 , 2\n3,  4 \n"],
    ["lines without a character", "\n1,2\n\n3,4\n\n"],
    ["quoted numbers", '"1","2"\n"3",4\n'],
    ["numbers in every notation", "+1,2.\n.3e1,40E-1\n"],
  ])("takes %s", (_, text) => {
    expect(rowsOf(text)).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  it("takes one column, one row, and one number", () => {
    expect(rowsOf("1\n2\n3\n")).toEqual([[1], [2], [3]]);
    expect(rowsOf("1,2,3")).toEqual([[1, 2, 3]]);
    expect(rowsOf("7")).toEqual([[7]]);
  });

  it("grows with the table", () => {
    const numRows = 3000;
    const table = read(Array.from({ length: numRows }, (_, k) => `${k},${2 * k}\n`).join(""));
    expect(table.numRows).toBe(numRows);
    expect(table.values.at(-1)).toBe(2 * (numRows - 1));
    expect(table.values).toHaveLength(2 * numRows);
  });
});

describe("names", () => {
  it.each<[string, string, readonly string[] | undefined, readonly string[] | undefined, number[][]]>([
    ["of columns", "x,y\n1,2\n", ["x", "y"], undefined, [[1, 2]]],
    [
      "of rows",
      "mon,1,2\ntue,3,4\n",
      undefined,
      ["mon", "tue"],
      [
        [1, 2],
        [3, 4],
      ],
    ],
    [
      "of both",
      "date,A,B\n2020-01-02,1,2\n2020-01-03,3,4\n",
      ["A", "B"],
      ["2020-01-02", "2020-01-03"],
      [
        [1, 2],
        [3, 4],
      ],
    ],
    [
      "of both, as pandas and R write an index",
      ",A,B\n0,1,2\n1,3,4\n",
      ["A", "B"],
      ["0", "1"],
      [
        [1, 2],
        [3, 4],
      ],
    ],
    ["of one column", "x\n1\n", ["x"], undefined, [[1]]],
    [
      "in quotes, with commas, quotes and line breaks",
      '"a,b","c ""d""\ne"\n1,2\n',
      ["a,b", 'c "d"\ne'],
      undefined,
      [[1, 2]],
    ],
    ["with blanks around them", " x , y \n1,2\n", ["x", "y"], undefined, [[1, 2]]],
    ["of rows that repeat, as classes do", "cat,1\ndog,2\ncat,3\n", undefined, ["cat", "dog", "cat"], [[1], [2], [3]]],
    ["of nothing: a first column of numbers is one", "k,v\n1,2\n", ["k", "v"], undefined, [[1, 2]]],
  ])("%s", (_, text, columnNames, rowNames, rows) => {
    const table = read(text);
    expect(table.columnNames).toEqual(columnNames);
    expect(table.rowNames).toEqual(rowNames);
    expect(rowsOf(text)).toEqual(rows);
  });

  it("that are numbers have to be told", () => {
    const years = "2019,2020\n1,2\n";
    expect(read(years).columnNames).toBeUndefined();
    expect(read(years, { hasHeader: true }).columnNames).toEqual(["2019", "2020"]);
    expect(read("1,2,3\n4,5,6\n", { hasNames: true }).rowNames).toEqual(["1", "4"]);
    expect(rowsOf("1,2,3\n4,5,6\n", { hasNames: true })).toEqual([
      [2, 3],
      [5, 6],
    ]);
  });
});

describe("refusing", () => {
  it.each([
    ["nothing", "", "must be a CSV table, got an empty file"],
    ["lines without a character", "\n\n", "must hold at least one row of numbers, got none"],
    ["a header alone", "x,y\n", "must hold at least one row of numbers, got a header alone"],
    [
      "text in one column",
      "x\ny\nz",
      'must hold finite numbers, got "y" in row 2, column 1 (x) (only a header and the first column may be text)',
    ],
    [
      "a slip in a first column of numbers",
      "1,2\n3,4\n5x,6\n",
      'must hold finite numbers, got "5x" in row 3, column 1 (only a header and the first column may be text)',
    ],
    [
      "a short row",
      "1,2\n3\n",
      "must have rows of one length, got 1 fields in row 2 and 2 in row 1 (is the file truncated, or a name with a comma unquoted?)",
    ],
    [
      "a long row",
      "x,y\n1,2\n3,4,5\n",
      "must have rows of one length, got 3 fields in row 3 and 2 in row 1 (is the file truncated, or a name with a comma unquoted?)",
    ],
    [
      "text",
      "x,y\n1,2\n3,b\n",
      'must hold finite numbers, got "b" in row 3, column 2 (y) (only a header and the first column may be text)',
    ],
    [
      "a missing value",
      "1,2\n3,\n",
      'must hold finite numbers, got "" in row 2, column 2 (drop or fill missing values first)',
    ],
    [
      "a missing value in the first row",
      "1,,3\n4,5,6\n",
      'must hold finite numbers, got "" in row 1, column 2 (drop or fill missing values first)',
    ],
    [
      "a missing value in the first column",
      "x,y\n1,2\n,4\n",
      'must hold finite numbers, got "" in row 3, column 1 (x) (drop or fill missing values first)',
    ],
    ["NaN", "1,nan\n", 'must hold finite numbers, got "nan" in row 1, column 2 (drop or fill missing values first)'],
    [
      "infinity",
      "1,-Inf\n",
      'must hold finite numbers, got "-Inf" in row 1, column 2 (drop or fill missing values first)',
    ],
    [
      "what overflows",
      "1,1e999\n",
      'must hold finite numbers, got "1e999" in row 1, column 2 (only a header and the first column may be text)',
    ],
    [
      "hexadecimal",
      "1,2\n3,0x10\n",
      'must hold finite numbers, got "0x10" in row 2, column 2 (only a header and the first column may be text)',
    ],
    [
      "decimal commas",
      "x;y\n1,5;2\n",
      'must hold finite numbers, got "1,5" in row 2, column 1 (x) (write numbers with a decimal point)',
    ],
    ["a name twice", "x,y,x\n1,2,3\n", 'must have different names for its columns, got "x" twice'],
    [
      "a column without a name",
      "x,,z\n1,2,3\n",
      "must have a name for every column in its header, got none for column 2 of 3",
    ],
    [
      "an open quote",
      '"x,y\n1,2\n',
      "must have closed quotes, got row 1 without (quoted field unterminated) (is the file truncated?)",
    ],
    ["UTF-16", "\0x\0", "must be a CSV table in UTF-8, got UTF-16 text or binary data (save it as UTF-8)"],
  ])("%s", (_, text, expected) => {
    expect(refusalOf(() => read(text))).toBe(`a.csv: ${expected}`);
  });

  it("names alone, where the first column is told to hold them", () => {
    expect(refusalOf(() => read("a\nb\n", { hasHeader: false, hasNames: true }))).toBe(
      "a.csv: must hold at least one column of numbers, got names alone",
    );
  });

  it.each([
    [
      "a PNG",
      [0x89, 0x50, 0x4e, 0x47],
      "must be a CSV table, got a PNG image (for images, pass the folder that holds them)",
    ],
    [
      "gzip",
      [0x1f, 0x8b, 8],
      "must be a CSV table, got gzip-compressed data (decompress it first, for example with gunzip)",
    ],
    ["Latin-1", [0x4d, 0xfc, 0x6c, 0x2c], "must be a CSV table in UTF-8, got bytes that are none (save it as UTF-8)"],
    [
      "UTF-16 with its mark",
      [0xff, 0xfe, 0x31, 0],
      "must be a CSV table in UTF-8, got UTF-16 text or binary data (save it as UTF-8)",
    ],
  ])("%s", (_, bytes, expected) => {
    expect(refusalOf(() => parseCsv(Uint8Array.from(bytes), "a.csv"))).toBe(`a.csv: ${expected}`);
  });

  it("more text than there can be, before it is decoded", () => {
    const bytes = new Uint8Array(500_000_001).fill(0x31, 0, 8);
    expect(refusalOf(() => parseCsv(bytes, "a.csv"))).toBe(
      "a.csv: must be text of at most 500000000 bytes, got 500000001 (save numbers as .npy instead)",
    );
  });
});
