/** Arrays on disk: what is written comes back, and what cannot be read is named. */
import { mkdtemp, open, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { bytesOf, readNpyFile, writeNpyFile } from "../../../harness/files/npy-file.ts";
import { ArgumentError, encodeNpy } from "../../../src/index.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "npy-file-"));
});
afterEach(async () => rm(folder, { recursive: true }));

it("writes the bytes of encodeNpy and reads them back", async () => {
  const path = join(folder, "a.npy");
  const data = Float32Array.from({ length: 12 }, (_, i) => i / 3);
  const { numBytes } = await writeNpyFile(path, data, [3, 4]);
  const bytes = new Uint8Array(await readFile(path));
  expect(bytes).toStrictEqual(encodeNpy(data, [3, 4]));
  expect(numBytes).toBe(bytes.length);
  expect(await readNpyFile("--memory", path)).toStrictEqual({ data, shape: [3, 4] });
});

it("streams an array in views of its own memory", () => {
  const data = new Float64Array((2 ** 24 + 8) / 8).subarray(1);
  data[data.length - 1] = 1;
  const pieces = [...bytesOf(data)];
  expect(pieces.map((piece) => piece.length)).toEqual([2 ** 23, 2 ** 23]);
  expect(pieces.every((piece) => piece.buffer === data.buffer)).toBe(true);
  expect(pieces[0]!.byteOffset).toBe(8);
  expect(Array.from(pieces[1]!.subarray(-2))).toEqual([240, 63]);
});

it("leaves no file if the shape is wrong", async () => {
  const path = join(folder, "a.npy");
  await expect(writeNpyFile(path, Float32Array.of(1), [2])).rejects.toThrow(
    new ArgumentError("shape", "must describe 1 values, got (2,) = 2"),
  );
  await expect(readFile(path)).rejects.toThrow("ENOENT");
});

it("names the option and the file in every refusal", async () => {
  const missing = join(folder, "missing.npy");
  await expect(readNpyFile("--memory", missing)).rejects.toThrow(
    new ArgumentError("--memory", `must be a file that can be read, got "${missing}" (ENOENT)`),
  );
  const empty = join(folder, "empty.npy");
  await (await open(empty, "w")).close();
  await expect(readNpyFile("--memory", empty)).rejects.toThrow(
    new ArgumentError(`--memory ${empty}`, "must be a .npy array, got an empty file"),
  );
  // Sparse: 2 GiB that take no room on the disk.
  const large = join(folder, "large.npy");
  const file = await open(large, "w");
  await file.truncate(2 ** 31);
  await file.close();
  await expect(readNpyFile("--memory", large)).rejects.toThrow(
    new ArgumentError("--memory", `must be a file of at most 2 GiB, got "${large}", which is larger`),
  );
});
