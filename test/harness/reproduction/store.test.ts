/** Results and parts on disk: what is there is not made again, what belongs to other inputs is. */
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  openStore,
  resultFormat,
  resultKey,
  type ResultInputs,
  type StoredResult,
} from "../../../harness/reproduction/store.ts";
import { decodeArrays, encodeArrays } from "../../../harness/reproduction/typed-json.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "store-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const inputs: ResultInputs = {
  experiment: "a",
  revision: 1,
  isQuick: true,
  seed: "1",
  engine: "reference on the CPU",
  version: "0",
  data: { digits: { file: "hash" } },
};
const stored = (key: string): StoredResult => ({
  format: resultFormat,
  key,
  inputs,
  rows: [],
  figures: [],
  pictures: [],
  notes: [],
});

describe("resultKey", () => {
  it("changes with every input, and with nothing else", () => {
    const key = resultKey(inputs);
    expect(resultKey({ ...inputs })).toBe(key);
    for (const other of [
      { revision: 2 },
      { isQuick: false },
      { seed: "2" },
      { engine: "webgpu" },
      { version: "1" },
      { data: { digits: { file: "other" } } },
    ])
      expect(resultKey({ ...inputs, ...other })).not.toBe(key);
  });
});

describe("store", () => {
  it("gives back a result under its own key alone, and makes a broken one again", async () => {
    const store = openStore(folder);
    expect(await store.read("a", "key")).toBeUndefined();
    expect(await store.find("a")).toBeUndefined();
    await store.write("a", stored("key"), { sheet: Buffer.from("png") });
    expect(await store.find("a")).toEqual(stored("key"));
    expect(await store.read("a", "key")).toEqual(stored("key"));
    expect(await store.read("a", "other")).toBeUndefined();
    expect(readFileSync(store.picturePath("sheet"), "utf8")).toBe("png");
    writeFileSync(join(folder, "results", "a.json"), '{"key": "ke');
    expect(await store.read("a", "key")).toBeUndefined();
  });

  it("keeps parts until the result is there, bit for bit", async () => {
    const part = { positions: Float32Array.of(0.1, -2), energy: Float64Array.of(1 / 3), count: 3, worst: Number.NaN };
    let numMade = 0;
    const make = () => {
      numMade++;
      return Promise.resolve(part);
    };
    const first = openStore(folder).keeper("a", "key-of-sixteen-letters");
    expect(await first("one", make)).toEqual(part);
    // Another process, the same inputs.
    expect(await openStore(folder).keeper("a", "key-of-sixteen-letters")("one", make)).toEqual(part);
    expect(numMade).toBe(1);
    // Other inputs: made again, and the old part goes.
    await openStore(folder).keeper("a", "another-key-of-letters")("one", make);
    expect(numMade).toBe(2);
    expect(readdirSync(join(folder, "parts", "a"))).toEqual(["another-key-of-l"]);
    await openStore(folder).write("a", stored("key"), {});
    expect(existsSync(join(folder, "parts", "a"))).toBe(false);
  });

  it("adds up times apart from results", async () => {
    const store = openStore(folder);
    await store.addTime("a", 1.26);
    await store.addTime("a", 2);
    expect(await store.readTimes()).toEqual({ a: 3.3 });
    // Of an interrupted run of the same inputs, which has left parts, time is kept; of other inputs it is not.
    await store.keeper("a", "key-of-sixteen-letters")("one", () => Promise.resolve({ count: 1 }));
    await store.startTime("a", "key-of-sixteen-letters");
    expect(await store.readTimes()).toEqual({ a: 3.3 });
    await store.startTime("a", "another-key-of-letters");
    expect(await store.readTimes()).toEqual({});
    await store.addTime("a", 1);
    await store.forget("a");
    expect(await store.readTimes()).toEqual({});
  });
});

describe("typed JSON", () => {
  it("returns arrays, numbers that JSON lacks, and nested records", () => {
    const value = {
      a: Float32Array.of(1e-30, -0),
      b: [Int32Array.of(-1), { c: Infinity, d: -Infinity, e: Number.NaN, f: null, g: "text" }],
    };
    expect(decodeArrays(JSON.parse(JSON.stringify(encodeArrays(value))))).toEqual(value);
  });
});
