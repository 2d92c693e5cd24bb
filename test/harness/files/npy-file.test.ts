/** Arrays written to disk: what is written comes back. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { readArrayFile } from "../../../harness/files/array-file.ts";
import { bytesOf, writeNpyFile } from "../../../harness/files/npy-file.ts";
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
  expect(await readArrayFile("--memory", path)).toStrictEqual({ data, shape: [3, 4] });
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
