/** Tables as CSV: a header, a row per line, numbers in full precision, words as they are. Reading CSV is another matter. */

/** @param columns names and values, all of one length; words must hold neither comma nor quote */
export function formatCsv(columns: Readonly<Record<string, readonly (number | string)[]>>): string {
  const names = Object.keys(columns);
  const numRows = Math.max(0, ...Object.values(columns).map((column) => column.length));
  const rows = Array.from({ length: numRows }, (_, i) => names.map((name) => columns[name]![i] ?? "").join(","));
  return [names.join(","), ...rows, ""].join("\n");
}
