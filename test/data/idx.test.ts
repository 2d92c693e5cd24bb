/** IDX against bytes put together by hand, and every sentence that a wrong file gets. */
import { describe, expect, it } from "vitest";
import { ArgumentError, isIdx, parseIdx, type IdxData } from "../../src/index.ts";

/** An IDX file: type, axes of one byte's length each, data. */
const idx = (type: number, shape: readonly number[], data: readonly number[]): Uint8Array =>
  Uint8Array.from([0, 0, type, shape.length, ...shape.flatMap((length) => [0, 0, 0, length]), ...data]);

describe("reading", () => {
  it.each<[string, number, number[], IdxData]>([
    ["u1", 0x08, [0, 255], Uint8Array.of(0, 255)],
    ["i1", 0x09, [1, 254], Int8Array.of(1, -2)],
    ["i2", 0x0b, [2, 1, 255, 254], Int16Array.of(513, -2)],
    ["i4", 0x0c, [0, 0, 2, 1, 255, 255, 255, 254], Int32Array.of(513, -2)],
    ["f4", 0x0d, [63, 128, 0, 0, 192, 0, 0, 0], Float32Array.of(1, -2)],
    ["f8", 0x0e, [63, 240, 0, 0, 0, 0, 0, 0, 192, 4, 0, 0, 0, 0, 0, 0], Float64Array.of(1, -2.5)],
  ])("takes %s", (_, type, bytes, expected) => {
    const file = idx(type, [2], bytes);
    expect(isIdx(file)).toBe(true);
    expect(parseIdx(file, "a")).toStrictEqual({ data: expected, shape: [2] });
  });

  it("takes images, and reads all four bytes of a length", () => {
    const images = parseIdx(idx(8, [2, 1, 3], [1, 2, 3, 4, 5, 6]), "a");
    expect(images).toStrictEqual({ data: Uint8Array.of(1, 2, 3, 4, 5, 6), shape: [2, 1, 3] });
    const numLabels = 0x0102;
    const labels = Uint8Array.from([0, 0, 8, 1, 0, 0, 1, 2, ...Array<number>(numLabels).fill(7)]);
    expect(parseIdx(labels, "a").shape).toEqual([numLabels]);
  });

  it("reads a file that lies anywhere in a larger buffer, sharing bytes and copying what is wider", () => {
    const buffer = new Uint8Array(64);
    const bytes = idx(8, [2], [5, 6]);
    buffer.set(bytes, 3);
    const shared = parseIdx(buffer.subarray(3, 3 + bytes.length), "a").data;
    expect(shared).toStrictEqual(Uint8Array.of(5, 6));
    expect(shared.buffer).toBe(buffer.buffer);
    const wide = idx(0x0c, [1], [0, 0, 0, 9]);
    buffer.set(wide, 3);
    expect(parseIdx(buffer.subarray(3, 3 + wide.length), "a").data).toStrictEqual(Int32Array.of(9));
  });
});

describe("refusing", () => {
  const sentence = (bytes: Uint8Array): string => {
    try {
      parseIdx(bytes, "a");
    } catch (error) {
      if (error instanceof ArgumentError) return error.message;
      throw error;
    }
    throw new Error("the file was taken");
  };

  it.each([
    ["nothing", [], "a: must be an IDX array, got an empty file"],
    [
      "gzip",
      [0x1f, 0x8b, 8, 0],
      "a: must be an IDX array, got gzip-compressed data (decompress it first, for example with gunzip)",
    ],
    [
      "a PNG image",
      [0x89, 0x50, 0x4e, 0x47],
      "a: must be an IDX array, got a PNG image (for images, pass the folder that holds them)",
    ],
    [
      "text",
      [...Buffer.from("1,2\n")],
      "a: must be an IDX array, got a file that starts with the bytes 31 2c 32 0a (see the files of MNIST)",
    ],
    [
      "a type that was never given a meaning",
      [0, 0, 10, 1, 0, 0, 0, 1, 5],
      "a: must hold uint8, int8, int16, int32, float32 or float64, got the type 0x0a (is it an IDX file?)",
    ],
    ["no axes", [0, 0, 8, 0, 1], "a: must have at least one axis, got an array of rank 0"],
    ["no values", [...idx(8, [3, 0], [])], "a: must hold at least one value, got an array of shape [3, 0]"],
    [
      "bytes after the array",
      [...idx(8, [2], [1, 2, 3])],
      "a: must hold 2 bytes after its header for shape [2] of uint8, got 3 (is something appended to it?)",
    ],
    [
      "more axes than there are bytes for",
      [0, 0, 8, 255, 1],
      "a: must hold a header of 1024 bytes, got a file of 5 bytes (is the file truncated?)",
    ],
  ])("%s", (_, bytes, expected) => {
    expect(sentence(Uint8Array.from(bytes))).toBe(expected);
  });

  it("a file cut anywhere", () => {
    const whole = idx(0x0c, [1, 2], [0, 0, 0, 1, 0, 0, 0, 2]);
    for (let length = 0; length < whole.length; length++)
      expect(() => parseIdx(whole.subarray(0, length), "a")).toThrow(ArgumentError);
    expect(sentence(whole.subarray(0, whole.length - 1))).toBe(
      "a: must hold 8 bytes after its header for shape [1, 2] of int32, got 7 (is the file truncated?)",
    );
    expect(sentence(whole.subarray(0, 3))).toBe(
      "a: must hold a header of 4 bytes, got a file of 3 bytes (is the file truncated?)",
    );
  });

  it("a header that claims more than any file holds, without allocating it", () => {
    const bytes = Uint8Array.from([0, 0, 0x0e, 3, ...Array<number>(12).fill(255), 1]);
    expect(sentence(bytes)).toBe(
      "a: must hold 633825299671392843082401579000 bytes after its header for shape [4294967295, 4294967295, 4294967295] " +
        "of float64, got 1 (is the file truncated?)",
    );
  });

  it("is not what isIdx takes for IDX", () => {
    for (const bytes of [[], [0, 0], [0, 0, 8, 0], [0, 0, 10, 1], [1, 0, 8, 1], [0x93, 0x4e, 0x55, 0x4d]])
      expect(isIdx(Uint8Array.from(bytes))).toBe(false);
  });
});
