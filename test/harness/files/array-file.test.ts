/** Arrays on disk, plain and compressed: what is read, and a sentence for what cannot be. */
import { mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { zipSync } from "fflate";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fileOf, isArrayFile, readArrayFile } from "../../../harness/files/array-file.ts";
import { ArgumentError, encodeNpy } from "../../../src/index.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "array-file-"));
});
afterEach(async () => rm(folder, { recursive: true }));

async function add(name: string, bytes: Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
}

const npy = encodeNpy(Float32Array.of(1, 2, 3), [3]);
const idx = Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 5, 6);

it.each([
  ["npy", npy, { data: Float32Array.of(1, 2, 3), shape: [3] }],
  ["npy.gz", gzipSync(npy), { data: Float32Array.of(1, 2, 3), shape: [3] }],
  ["idx", idx, { data: Uint8Array.of(5, 6), shape: [2] }],
  ["idx.gz", gzipSync(idx), { data: Uint8Array.of(5, 6), shape: [2] }],
])("reads %s, and knows it by its first bytes", async (_, bytes, expected) => {
  const path = await add("unnamed", bytes);
  expect(await isArrayFile(path)).toBe(true);
  const { data, shape } = await readArrayFile("--memory", path);
  expect({ data: data.slice(), shape }).toStrictEqual(expected);
});

describe("CSV", () => {
  const csv = Buffer.from("name,x,y\na,1,2\nb,3,4\n");
  const expected = { data: Float64Array.of(1, 2, 3, 4), shape: [2, 2], rowNames: ["a", "b"] };

  it.each([
    ["a.csv", csv],
    ["a.csv.gz", gzipSync(csv)],
    ["a.TSV", Buffer.from(csv.toString().replaceAll(",", "\t"))],
  ])("is known by its name, with the names of its rows: %s", async (name, bytes) => {
    const path = await add(name, bytes);
    expect(await isArrayFile(path)).toBe(true);
    expect(await readArrayFile("--memory", path)).toStrictEqual(expected);
  });

  it("has no names of rows where there are none", async () => {
    const path = await add("a.csv", Buffer.from("1,2\n"));
    expect(await readArrayFile("--memory", path)).toStrictEqual({ data: Float64Array.of(1, 2), shape: [1, 2] });
  });

  it("is not what another format calls itself", async () => {
    const { data } = await readArrayFile("--memory", await add("really.csv", npy));
    expect(data.slice()).toStrictEqual(Float32Array.of(1, 2, 3));
  });
});

describe("an archive", () => {
  const one = zipSync({ "a.npy": npy });
  const two = zipSync({ "a.npy": npy, "b.npy": encodeNpy(Uint8Array.of(7), [1]) });

  it("gives its one array, or the one that is named", async () => {
    const single = await add("one.npz", one);
    expect(await isArrayFile(single)).toBe(true);
    expect((await readArrayFile("--memory", single)).shape).toEqual([3]);
    const path = `${await add("two.NPZ", two)}:b`;
    expect(await isArrayFile(path)).toBe(true);
    expect(fileOf(path)).toBe(join(folder, "two.NPZ"));
    expect([...(await readArrayFile("--memory", path)).data]).toEqual([7]);
  });

  it("must have the array, and one must be named of several", async () => {
    const path = await add("two.npz", two);
    await expect(readArrayFile("--memory", path)).rejects.toThrow(
      new ArgumentError(`--memory ${path}`, "must name one of its arrays, which are a, b", `for example ${path}:a`),
    );
    await expect(readArrayFile("--memory", `${path}:c`)).rejects.toThrow(
      new ArgumentError(`--memory ${path}`, 'must hold the array "c", got a, b'),
    );
  });

  it("is what is meant by a name with a colon", async () => {
    await expect(readArrayFile("--memory", `${await add("no.npz", npy)}:a`)).rejects.toThrow("must be a .npz archive");
  });
});

it("knows what is no array, is empty or is not there", async () => {
  expect(await isArrayFile(await add("a.txt", Buffer.from("1,2\n")))).toBe(false);
  expect(await isArrayFile(await add("empty", new Uint8Array()))).toBe(false);
  expect(await isArrayFile(join(folder, "missing"))).toBe(false);
});

describe("a refusal names the option and the file", () => {
  it.each([
    ["missing", undefined, "--memory: must be a file that can be read, got FILE (ENOENT)"],
    ["empty", new Uint8Array(), "--memory PATH: must be a .npy array, got an empty file"],
    [
      "a compressed file of another kind",
      gzipSync("1,2,3\n"),
      "--memory PATH: must be a .npy array, got a file that starts with the bytes 31 2c 32 2c 33 0a (save it with numpy.save)",
    ],
    [
      "cut gzip",
      gzipSync(npy).subarray(0, 40),
      "--memory: must be whole gzip data, got FILE (unexpected end of file) (is the file truncated?)",
    ],
    [
      "damaged gzip",
      new Uint8Array(gzipSync(npy)).fill(255, -8, -4),
      "--memory: must be whole gzip data, got FILE (incorrect data check) (is the file damaged?)",
    ],
    [
      "a truncated array in whole gzip data",
      gzipSync(idx.subarray(0, 9)),
      "--memory PATH: must hold 2 bytes after its header for shape [2] of uint8, got 1 (is the file truncated?)",
    ],
  ])("%s", async (_, bytes, expected) => {
    const path = bytes === undefined ? join(folder, "a") : await add("a", bytes);
    const error = await readArrayFile("--memory", path).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ArgumentError);
    const message = (error as Error).message.replace(JSON.stringify(path), "FILE").replace(path, "PATH");
    expect(message).toBe(expected);
  });

  it("larger than can be read", async () => {
    // Sparse: 2 GiB that take no room on the disk.
    const path = join(folder, "large.npy");
    const file = await open(path, "w");
    await file.truncate(2 ** 31);
    await file.close();
    await expect(readArrayFile("--memory", path)).rejects.toThrow(
      new ArgumentError("--memory", `must be a file of at most 2 GiB, got "${path}", which is larger`),
    );
  });

  it("gzip data that inflate without end are given up at the limit", async () => {
    const bomb = gzipSync(new Uint8Array(1 << 20));
    const path = await add("bomb.gz", bomb);
    await expect(readArrayFile("--memory", path, 1000)).rejects.toThrow(
      new ArgumentError(
        "--memory",
        `must inflate to at most 1000 bytes, got "${path}", whose ${bomb.length} bytes inflate to more`,
        "decompress it first, if it is what you think",
      ),
    );
    expect(await readArrayFile("--memory", await add("small.gz", gzipSync(idx)), idx.length)).toMatchObject({
      shape: [2],
    });
  });
});
