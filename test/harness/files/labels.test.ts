/** The file behind `--labels`, and what is said about classes. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, it } from "vitest";
import { readLabels, requireClass } from "../../../harness/files/labels.ts";
import { ArgumentError, encodeNpy } from "../../../src/index.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "labels-"));
});
afterEach(async () => rm(folder, { recursive: true }));

async function labelsOf(bytes: Uint8Array, numPatterns: number): Promise<Int32Array> {
  const path = join(folder, "labels");
  await writeFile(path, bytes);
  return readLabels(path, numPatterns, "faces.npy");
}

it.each([
  ["bytes", encodeNpy(Uint8Array.of(3, 1, 3), [3])],
  ["a column", encodeNpy(Int32Array.of(3, 1, 3), [3, 1])],
  ["whole floats", encodeNpy(Float64Array.of(3, 1, 3), [3])],
  ["IDX", Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 3, 3, 1, 3)],
  ["compressed IDX", gzipSync(Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 3, 3, 1, 3))],
])("takes %s", async (_, bytes) => {
  expect(await labelsOf(bytes, 3)).toStrictEqual(Int32Array.of(3, 1, 3));
});

it.each([
  [
    encodeNpy(new Uint8Array(12), [3, 2, 2]),
    "must hold one number per pattern, got an array of shape [3, 2, 2] in PATH (is it the file of the images?)",
  ],
  [
    encodeNpy(Uint8Array.of(1, 2), [2]),
    'must hold one label for each of the 3 patterns of "faces.npy", got 2 in PATH (do the two files belong together?)',
  ],
  [encodeNpy(Float32Array.of(1, 2.5, 3), [3]), "must be whole numbers below 2^31, got 2.5 for pattern 1 in PATH"],
  [
    encodeNpy(Float64Array.of(1, 2, 3e9), [3]),
    "must be whole numbers below 2^31, got 3000000000 for pattern 2 in PATH",
  ],
  [
    encodeNpy(Float64Array.of(1, Number.NaN, 3), [3]),
    "must be whole numbers below 2^31, got NaN for pattern 1 in PATH",
  ],
])("refuses what is no label per pattern", async (bytes, sentence) => {
  const error = await labelsOf(bytes, 3).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ArgumentError);
  const path = JSON.stringify(join(folder, "labels"));
  expect((error as Error).message).toBe(`--labels: ${sentence.replace("PATH", path)}`);
});

it("names the classes there are, runs drawn together and long lists cut", () => {
  const some = Int32Array.of(7, -1, 0, 1, 0, 9, 10);
  expect(requireClass(9, some, '"a.npy"')).toBe(some);
  expect(() => requireClass(2, some, '"a.npy"')).toThrow(
    new ArgumentError("--class", 'must be one of the classes of "a.npy", which are -1 to 1, 7, 9 to 10, got 2'),
  );
  const even = Int32Array.from({ length: 40 }, (_, i) => 2 * i);
  expect(() => requireClass(1, even, '"a.npy"')).toThrow(
    "which are 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22 and others, 40 in all, got 1",
  );
});
