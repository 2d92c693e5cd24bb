/**
 * The public data sets that published figures were computed on. They are too large to commit: a folder of them is found
 * through STOCHASTIC_ATTENTION_DATA, or beside this checkout. A test that wants them always has made-up data to run on as
 * well, and says when it had nothing else.
 */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import {
  createMemoryMatrix,
  encodeAlignment,
  parseCsv,
  parseIdx,
  parseNpy,
  parseStockholm,
  type CsvTable,
  type EncodedAlignment,
  type MemoryMatrix,
} from "../../src/index.ts";

const folder =
  process.env["STOCHASTIC_ATTENTION_DATA"] ?? fileURLToPath(new URL("../../../shared/data", import.meta.url));

/** Whether every one of these files is there; if not, it is said aloud. */
export function hasRealData(...paths: readonly string[]): boolean {
  const missing = paths.filter((path) => !existsSync(`${folder}/${path}`));
  if (missing.length > 0)
    process.stderr.write(
      `real data absent, made-up data only: ${missing.join(", ")} (set STOCHASTIC_ATTENTION_DATA)\n`,
    );
  return missing.length === 0;
}

/** The bytes of a file, inflated if its name ends in .gz. */
function read(path: string): Uint8Array {
  const bytes = readFileSync(`${folder}/${path}`);
  return path.endsWith(".gz") ? gunzipSync(bytes) : bytes;
}

interface IdxFiles {
  readonly images: string;
  readonly labels: string;
}

export const mnistFiles = {
  images: "mnist/train-images-idx3-ubyte.gz",
  labels: "mnist/train-labels-idx1-ubyte.gz",
} as const;

export const mnistTestFiles = {
  images: "mnist/t10k-images-idx3-ubyte.gz",
  labels: "mnist/t10k-labels-idx1-ubyte.gz",
} as const;

/** The first `numPatterns` images of one digit. */
export function mnistDigit(digit: number, numPatterns = 100, files: IdxFiles = mnistFiles): MemoryMatrix {
  const { data, shape } = parseIdx(read(files.images), files.images);
  const labels = parseIdx(read(files.labels), files.labels).data;
  const dim = shape[1]! * shape[2]!;
  const rows = Array.from(labels, (_, i) => i)
    .filter((i) => labels[i] === digit)
    .slice(0, numPatterns);
  return createMemoryMatrix(
    rows.flatMap((i) => Array.from(data.subarray(i * dim, (i + 1) * dim))),
    { numPatterns, dim },
  );
}

export const olivettiFiles = { images: "olivetti/faces.npy", labels: "olivetti/labels.npy" } as const;

/** All 400 faces, ten of each of 40 people. */
export function olivettiFaces(): MemoryMatrix {
  const { data, shape } = parseNpy(read(olivettiFiles.images), olivettiFiles.images);
  const labels = Int32Array.from(parseNpy(read(olivettiFiles.labels), olivettiFiles.labels).data);
  return createMemoryMatrix(data, { numPatterns: shape[0]!, dim: shape[1]! * shape[2]!, labels });
}

export const pfamFile = "pfam/PF00076_seed.sto";

/** The seed alignment as the published runs prepared it: trimmed, one-hot, principal components of 95 % of the variance. */
export function pfamSeed(): EncodedAlignment {
  return encodeAlignment(parseStockholm(read(pfamFile), pfamFile));
}

export const sp500File = "sp500/close.csv.gz";

/** Daily closes of 459 tickers. */
export function sp500Prices(): CsvTable {
  return parseCsv(read(sp500File), sp500File);
}
