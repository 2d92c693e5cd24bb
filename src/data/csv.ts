/**
 * Tables of numbers as CSV, from bytes, in browsers and Node alike. What divides fields, and what quotes mean, is
 * papaparse's; here is what a table must be: rows of one length, numbers with a decimal point, names that are told apart
 * by stated rules. Dates, missing values and columns of text are left out: a sampler takes numbers only.
 */
import Papa from "papaparse";
import { describe } from "../core/checks.ts";
import { ArgumentError } from "../core/errors.ts";
import { firstRepeated } from "./names.ts";
import { decodeText } from "./text.ts";

export interface CsvTable {
  /** Row-major, [numRows, numColumns]; names are not among them. */
  readonly values: Float64Array;
  readonly numRows: number;
  readonly numColumns: number;
  /** What the header calls the columns, [numColumns]. */
  readonly columnNames: readonly string[] | undefined;
  /** The first column, where it holds names, [numRows]. */
  readonly rowNames: readonly string[] | undefined;
}

export interface CsvOptions {
  /**
   * Whether the first row names the columns. By default it does if anything in it, beyond its first field, is text:
   * neither a number nor a mark for a missing one. Names that are all numbers have to be told.
   */
  readonly hasHeader?: boolean | undefined;
  /**
   * Whether the first column names the rows. By default it does if the first row of numbers starts with text, or if a
   * header leaves the column without a name.
   */
  readonly hasNames?: boolean | undefined;
}

/** The one that divides the first rows most evenly is taken. */
const delimiters = [",", "\t", ";", "|"];
const number = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
/** What programs write where there is no number; such a field makes no row a header. */
const missing = /^(?:|[+-]?nan|[+-]?inf(?:inity)?|n\/?a|null|none|-|\?|#n\/a)$/i;
/** Of float64: 1 GiB. */
const maxValues = 2 ** 27;

/** Meant as a number, and refused as one. */
const decimalComma = /^[+-]?[\d.]*,\d+$/;

const isText = (field: string): boolean => ![number, missing, decimalComma].some((form) => form.test(field.trim()));

/**
 * Reads one table.
 * @param name the file's name, as the messages shall spell it
 * @throws ArgumentError unless `bytes` is UTF-8 text whose rows have one length and hold finite numbers, beside a header
 * and a first column of names
 */
export function parseCsv(bytes: Uint8Array, name: string, options: CsvOptions = {}): CsvTable {
  const text = decodeText(bytes, name, "a CSV table");
  const table = new TableBuilder(name, options);
  Papa.parse(text, {
    delimitersToGuess: delimiters,
    skipEmptyLines: true,
    step: ({ data, errors }) => {
      // That no delimiter was found is no fault: a table may have one column.
      const fault = errors.find(({ type }) => type === "Quotes");
      table.add(data, fault?.message);
    },
  });
  return table.finish();
}

class TableBuilder {
  #header: readonly string[] | undefined;
  #numFields = 0;
  #numRead = 0;
  #numRows = 0;
  #rowNames: string[] | undefined;
  /** [numRows, numColumns], with room to grow. */
  #values = new Float64Array(1024);

  constructor(
    private readonly name: string,
    private readonly options: CsvOptions,
  ) {}

  add(fields: readonly string[], quoteFault: string | undefined): void {
    const row = ++this.#numRead;
    if (quoteFault !== undefined)
      throw this.#fault(
        `must have closed quotes, got row ${row} without (${quoteFault.toLowerCase()})`,
        "is the file truncated?",
      );
    if (row === 1) {
      this.#numFields = fields.length;
      const named = fields.length === 1 ? fields : fields.slice(1);
      if (this.options.hasHeader ?? named.some(isText)) {
        this.#header = fields.map((field) => field.trim());
        return;
      }
    }
    if (fields.length !== this.#numFields)
      throw this.#fault(
        `must have rows of one length, got ${fields.length} fields in row ${row} and ${this.#numFields} in row 1`,
        "is the file truncated, or a name with a comma unquoted?",
      );
    if (this.#numRows === 0 && this.#hasNames(fields)) this.#rowNames = [];
    this.#rowNames?.push(fields[0]!.trim());
    const numNames = this.#rowNames === undefined ? 0 : 1;
    const start = this.#numRows * (fields.length - numNames);
    this.#reserve(start + fields.length - numNames);
    for (let i = numNames; i < fields.length; i++)
      this.#values[start + i - numNames] = this.#number(fields[i]!, row, i);
    this.#numRows++;
  }

  finish(): CsvTable {
    const numRows = this.#numRows;
    if (numRows === 0)
      throw this.#fault(`must hold at least one row of numbers, got ${this.#header ? "a header alone" : "none"}`);
    const numNames = this.#rowNames === undefined ? 0 : 1;
    const numColumns = this.#numFields - numNames;
    return {
      values: this.#values.slice(0, numRows * numColumns),
      numRows,
      numColumns,
      columnNames: this.#header && this.#requireNames(this.#header.slice(numNames)),
      rowNames: this.#rowNames,
    };
  }

  /** Decided once, so that a slip further down is a fault and does not make names of numbers. */
  #hasNames(fields: readonly string[]): boolean {
    const { hasNames } = this.options;
    if (fields.length > 1) return hasNames ?? (this.#header?.[0] === "" || isText(fields[0]!));
    if (hasNames) throw this.#fault("must hold at least one column of numbers, got names alone");
    return false;
  }

  #requireNames(names: readonly string[]): readonly string[] {
    const blank = names.indexOf("");
    if (blank >= 0)
      throw this.#fault(
        `must have a name for every column in its header, got none for column ${blank + 1} of ${names.length}`,
      );
    const twice = firstRepeated(names);
    if (twice !== undefined)
      throw this.#fault(`must have different names for its columns, got ${describe(twice)} twice`);
    return names;
  }

  #number(field: string, row: number, column: number): number {
    const trimmed = field.trim();
    const value = Number(trimmed);
    if (number.test(trimmed) && Number.isFinite(value)) return value;
    const place = this.#header?.[column];
    throw this.#fault(
      `must hold finite numbers, got ${describe(trimmed)} in row ${row}, column ${column + 1}${place ? ` (${place})` : ""}`,
      fixFor(trimmed),
    );
  }

  #reserve(length: number): void {
    if (length > maxValues)
      throw this.#fault(`must hold at most 2^27 values, got more by row ${this.#numRead}`, "save them as .npy instead");
    if (length <= this.#values.length) return;
    const grown = new Float64Array(Math.min(maxValues, 2 * length));
    grown.set(this.#values);
    this.#values = grown;
  }

  #fault(rule: string, fix?: string): ArgumentError {
    return new ArgumentError(this.name, rule, fix);
  }
}

function fixFor(field: string): string {
  if (missing.test(field)) return "drop or fill missing values first";
  if (decimalComma.test(field)) return "write numbers with a decimal point";
  return "only a header and the first column may be text";
}
