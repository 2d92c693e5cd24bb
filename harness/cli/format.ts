/** Numbers and tables as the terminal shows them. */
export { formatFixed } from "../report/format.ts";

/** An inverse temperature, to six significant digits. */
export function formatBeta(beta: number): string {
  return String(Number(beta.toPrecision(6)));
}

/** 1 → "1 chain", 256 → "256 chains". */
export function formatCount(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** Three significant digits with a thousands suffix: 1234567 → "1.23M". */
export function formatQuantity(value: number): string {
  for (const [suffix, unit] of [
    ["G", 1e9],
    ["M", 1e6],
    ["k", 1e3],
  ] as const)
    if (value >= unit) return `${Number((value / unit).toPrecision(3))}${suffix}`;
  return String(Number(value.toPrecision(3)));
}

/** 4.2 → "4.2 s", 90 → "1 min 30 s", 7300 → "2 h 2 min". */
export function formatDuration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** Bytes in binary units: 2147483648 → "2.0 GiB". */
export function formatBytes(numBytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let value = numBytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

/** Rows of equal length as aligned columns: the first to the left, the others to the right. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, column) => (widths[column] = Math.max(widths[column] ?? 0, cell.length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
        .join("   ")
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join("");
}
