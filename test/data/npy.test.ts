/** The .npy format against bytes put together by hand, and every sentence that a wrong file gets. */
import { describe, expect, it } from "vitest";
import { ArgumentError } from "../../src/core/errors.ts";
import { encodeNpy, npyHeader, parseNpy, type NpyData } from "../../src/data/npy.ts";

interface HeaderFields {
  readonly descr?: string;
  readonly order?: "True" | "False";
  readonly shape?: string;
  readonly version?: readonly [number, number];
}

/** A .npy file written out here independently of the encoder. */
function npy(data: readonly number[] | Uint8Array, fields: HeaderFields = {}): Uint8Array {
  const { descr = "'<f4'", order = "False", shape = "(1,)", version = [1, 0] } = fields;
  return npyOfText(data, `{'descr': ${descr}, 'fortran_order': ${order}, 'shape': ${shape}, }\n`, version);
}

function npyOfText(
  data: readonly number[] | Uint8Array,
  text: string,
  version: readonly number[] = [1, 0],
): Uint8Array {
  const header = Buffer.from(text, "utf8");
  const length =
    version[0] === 1 ? [header.length % 256, header.length >> 8] : [header.length % 256, header.length >> 8, 0, 0];
  return Uint8Array.from([0x93, ...Buffer.from("NUMPY"), ...version, ...length, ...header, ...data]);
}

const one = [0, 0, 128, 63]; // 1 as a little-endian float32
const minusTwo = [0, 0, 0, 192];

describe("reading", () => {
  it.each([
    ["<f4", [...one, ...minusTwo], Float32Array.of(1, -2)],
    [">f4", [63, 128, 0, 0, 192, 0, 0, 0], Float32Array.of(1, -2)],
    ["<f8", [0, 0, 0, 0, 0, 0, 240, 63, 0, 0, 0, 0, 0, 0, 4, 192], Float64Array.of(1, -2.5)],
    [">f8", [63, 240, 0, 0, 0, 0, 0, 0, 192, 4, 0, 0, 0, 0, 0, 0], Float64Array.of(1, -2.5)],
    ["|u1", [0, 255], Uint8Array.of(0, 255)],
    ["<u1", [3, 4], Uint8Array.of(3, 4)],
    [">u1", [3, 4], Uint8Array.of(3, 4)],
    ["<i4", [1, 2, 0, 0, 254, 255, 255, 255], Int32Array.of(513, -2)],
    [">i4", [0, 0, 2, 1, 255, 255, 255, 254], Int32Array.of(513, -2)],
    ["<i8", [1, 2, 0, 0, 0, 0, 0, 0, 254, 255, 255, 255, 255, 255, 255, 255], Float64Array.of(513, -2)],
    [">i8", [0, 0, 0, 0, 0, 0, 2, 1, 0, 31, 255, 255, 255, 255, 255, 255], Float64Array.of(513, 2 ** 53 - 1)],
  ])("takes %s", (descr, bytes, expected) => {
    const array = parseNpy(npy(bytes, { descr: `'${descr}'`, shape: "(2,)" }), "a.npy");
    expect(array).toStrictEqual({ data: expected, shape: [2] });
  });

  it.each([[[1, 0]], [[2, 0]], [[3, 0]]] as const)("takes version %j", (version) => {
    expect(parseNpy(npy(one, { version }), "a.npy")).toStrictEqual({ data: Float32Array.of(1), shape: [1] });
  });

  it("takes a UTF-8 header in version 3.0 as far as naming what it cannot hold", () => {
    const bytes = npy(one, { version: [3, 0], descr: "[('β', '<f4')]" });
    expect(() => parseNpy(bytes, "a.npy")).toThrow("got a structured one");
  });

  it("turns Fortran order into C order", () => {
    const matrix = parseNpy(npy([1, 4, 2, 5, 3, 6], { descr: "'|u1'", order: "True", shape: "(2, 3)" }), "a.npy");
    expect(matrix).toStrictEqual({ data: Uint8Array.of(1, 2, 3, 4, 5, 6), shape: [2, 3] });
    // Element (i, j, k) of a [2, 3, 4] array lies at i + 2j + 6k in Fortran order and at 12i + 4j + k in C order.
    const shape = [2, 3, 4] as const;
    const fortran = Array.from(
      { length: 24 },
      (_, at) => (at % 2) * 100 + (Math.floor(at / 2) % 3) * 10 + Math.floor(at / 6),
    );
    const c = Array.from(
      { length: 24 },
      (_, at) => Math.floor(at / 12) * 100 + (Math.floor(at / 4) % 3) * 10 + (at % 4),
    );
    const cube = parseNpy(npy(fortran, { descr: "'|u1'", order: "True", shape: `(${shape.join(", ")})` }), "a.npy");
    expect(cube).toStrictEqual({ data: Uint8Array.from(c), shape: [2, 3, 4] });
  });

  it("turns big-endian Fortran order into native C order", () => {
    const bytes = [0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 4];
    const array = parseNpy(npy(bytes, { descr: "'>i4'", order: "True", shape: "(2, 2)" }), "a.npy");
    expect(array.data).toStrictEqual(Int32Array.of(1, 2, 3, 4));
  });

  it.each([
    ["{'shape':(1,),'fortran_order':False,'descr':\"<f4\"}", [1]],
    ["{'descr': '<f4', 'fortran_order': False, 'shape': (1L, 1L)}    \n", [1, 1]],
    ["{'descr': 'f4', 'fortran_order': False, 'shape': (), }\n", []],
  ])("takes the header %j", (text, shape) => {
    expect(parseNpy(npyOfText(one, text), "a.npy")).toStrictEqual({ data: Float32Array.of(1), shape });
  });

  it("reads a view at an odd offset of a larger buffer, and leaves the bytes as they were", () => {
    const file = npy([63, 128, 0, 0], { descr: "'>f4'" });
    for (let offset = 0; offset < 8; offset++) {
      const buffer = new Uint8Array(file.length + 16).fill(7);
      buffer.set(file, offset);
      expect(parseNpy(buffer.subarray(offset, offset + file.length), "a.npy").data).toStrictEqual(Float32Array.of(1));
      expect(buffer.subarray(offset, offset + file.length)).toStrictEqual(file);
    }
  });

  it("shares memory with an aligned file", () => {
    const bytes = encodeNpy(Float32Array.of(1, 2), [2]);
    expect(parseNpy(bytes, "a.npy").data.buffer).toBe(bytes.buffer);
  });
});

describe("refusing", () => {
  const sentence = (bytes: Uint8Array): string => {
    try {
      parseNpy(bytes, "a.npy");
    } catch (error) {
      if (error instanceof ArgumentError) return error.message;
      throw error;
    }
    throw new Error("the file was taken");
  };

  it.each([
    ["nothing", [], "a.npy: must be a .npy array, got an empty file"],
    [
      "a PNG image",
      [0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10],
      "a.npy: must be a .npy array, got a PNG image (for images, pass the folder that holds them)",
    ],
    [
      "a JPEG image",
      [0xff, 0xd8, 0xff, 0xe0],
      "a.npy: must be a .npy array, got a JPEG image (for images, pass the folder that holds them)",
    ],
    [
      "an npz archive",
      [0x50, 0x4b, 3, 4],
      "a.npy: must be a .npy array, got a zip archive, as numpy.savez writes it (.npz) (save one array with numpy.save)",
    ],
    [
      "gzip",
      [0x1f, 0x8b, 8, 0],
      "a.npy: must be a .npy array, got gzip-compressed data (decompress it first, for example with gunzip)",
    ],
    ["a pickle", [0x80, 4, 0x95], "a.npy: must be a .npy array, got a Python pickle (save the array with numpy.save)"],
    [
      "text",
      [...Buffer.from("1,2,3\n")],
      "a.npy: must be a .npy array, got a file that starts with the bytes 31 2c 32 2c 33 0a (save it with numpy.save)",
    ],
  ])("%s", (_, bytes, expected) => expect(sentence(Uint8Array.from(bytes))).toBe(expected));

  it.each([
    [[0, 9], "0.9"],
    [[1, 1], "1.1"],
    [[4, 0], "4.0"],
  ] as const)("version %j", (version, printed) => {
    expect(sentence(npy(one, { version }))).toBe(
      `a.npy: must have .npy format version 1.0, 2.0 or 3.0, got ${printed} (save it with numpy.save)`,
    );
  });

  it("a file cut anywhere", () => {
    const whole = npy([...one, ...one], { shape: "(2,)" });
    for (let length = 0; length < whole.length; length++)
      expect(() => parseNpy(whole.subarray(0, length), "a.npy")).toThrow(ArgumentError);
    expect(sentence(whole.subarray(0, 9))).toBe(
      "a.npy: must hold its header's length, got a file of 9 bytes (is the file truncated?)",
    );
    expect(sentence(npy(one, { version: [2, 0] }).subarray(0, 11))).toBe(
      "a.npy: must hold its header's length, got a file of 11 bytes (is the file truncated?)",
    );
    expect(sentence(whole.subarray(0, 30))).toBe(
      `a.npy: must hold a header of ${whole.length - 8} bytes, got a file of 30 bytes (is the file truncated?)`,
    );
    expect(sentence(whole.subarray(0, whole.length - 1))).toBe(
      "a.npy: must hold 8 bytes after its header for shape (2,) of float32, got 7 (is the file truncated?)",
    );
  });

  it("a header that claims more than any file holds", () => {
    expect(sentence(npy(one, { shape: "(9007199254740991, 9007199254740991)" }))).toBe(
      "a.npy: must hold 324518553658426654725561982648324 bytes after its header for shape (9007199254740991, 9007199254740991) of float32, got 4 (is the file truncated?)",
    );
    expect(sentence(npy([1], { descr: "'|u1'", shape: `(${Array(64).fill("9007199254740991").join(", ")})` }))).toMatch(
      /^a\.npy: must hold \d+ bytes after its header/,
    );
  });

  it("bytes after the array", () => {
    expect(sentence(npy([...one, 9]))).toBe(
      "a.npy: must hold 4 bytes after its header for shape (1,) of float32, got 5 (were several arrays saved to one file? Save each to its own)",
    );
  });

  it.each([
    ["(0,)", "(0,)"],
    ["(3, 0, 9007199254740991)", "(3, 0, 9007199254740991)"],
  ])("an array without values, shape %s", (shape, printed) => {
    expect(sentence(npy([], { shape }))).toBe(`a.npy: must hold at least one value, got an array of shape ${printed}`);
  });

  it.each(["|O", "O", "|O8"])("the object dtype %s", (descr) => {
    expect(sentence(npy(one, { descr: `'${descr}'` }))).toBe(
      "a.npy: must hold numbers, got an object array: object arrays hold Python pickles and are never loaded, because reading one runs the code inside it (save array.astype('float32') instead)",
    );
  });

  it.each(["<f2", "<u8", "<u4", "|b1", "|i1", "<c8", "<U5", "|S3", "<M8[ns]", "|f4", "<f44", ""])(
    "dtype %j",
    (descr) => {
      expect(sentence(npy(one, { descr: `'${descr}'` }))).toBe(
        `a.npy: must be float32, float64, uint8, int32 or int64, got dtype ${JSON.stringify(descr)} (save array.astype('float32') instead)`,
      );
    },
  );

  it("an integer that float64 does not hold", () => {
    expect(sentence(npy([0, 0, 0, 0, 0, 0, 32, 0], { descr: "'<i8'" }))).toBe(
      "a.npy: must hold whole numbers of at most 2^53 - 1, got 9007199254740992 (save array.astype('float64') instead)",
    );
  });

  it("a structured dtype", () => {
    expect(sentence(npy(one, { descr: "[('x', '<f4'), ('y', '<f4', (2,))]" }))).toBe(
      "a.npy: must have one plain dtype, got a structured one with named fields (save array.astype('float32') instead)",
    );
  });

  const malformed = (what: string): string =>
    `a.npy: must have a header that is a Python dictionary of descr, fortran_order and shape, got ${what} (is the file damaged?)`;
  it.each([
    ["", '""'],
    ["nonsense", '"nonsense"'],
    ["['descr', '<f4']", "\"['descr', '<f4']\""],
    ["{'descr': '<f4'", "\"{'descr': '<f4'\""],
    ["{'descr' '<f4'}", "\"{'descr' '<f4'}\""],
    ["{'descr': __import__('os')}", "\"{'descr': __import__('os')}\""],
    ["{'a': 1, 'a': 2}", "\"{'a': 1, 'a': 2}\""],
    ["{'a': 1 'b': 2}", "\"{'a': 1 'b': 2}\""],
    ["{'a': (1 2)}", "\"{'a': (1 2)}\""],
    ["{1: 2}", '"{1: 2}"'],
    ["{} {}", '"{} {}"'],
    ["{'fortran_order': False, 'shape': (1,)}", "one without descr"],
    ["{'descr': '<f4', 'shape': (1,)}", "one whose fortran_order is neither True nor False"],
    ["{'descr': '<f4', 'fortran_order': 0, 'shape': (1,)}", "one whose fortran_order is neither True nor False"],
    ...["(-1,)", "(1.5,)", "('1',)", "1", "None", "(18446744073709551616,)", `(${"1, ".repeat(65)})`].map((shape) => [
      `{'descr': '<f4', 'fortran_order': False, 'shape': ${shape}}`,
      shape === "(1.5,)"
        ? "\"{'descr': '<f4', 'fortran_order': False, 'shape': (1.5,)}\""
        : "one whose shape is not a tuple of at most 64 whole numbers",
    ]),
  ] as [string, string][])("the header %j", (text, what) => {
    expect(sentence(npyOfText(one, text))).toBe(malformed(what));
  });

  it("a shape in brackets that is no tuple, and nesting without end", () => {
    expect(() => parseNpy(npy(one, { shape: "(1)" }), "a.npy")).toThrow("is the file damaged?");
    expect(() => parseNpy(npyOfText(one, "(".repeat(30_000)), "a.npy")).toThrow("is the file damaged?");
  });
});

describe("writing", () => {
  it("writes the bytes that NumPy 2.4 writes", () => {
    const text = "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }".padEnd(117) + "\n";
    expect(encodeNpy(Float32Array.of(1), [1])).toStrictEqual(npyOfText(one, text));
  });

  it.each([
    [Float32Array.of(1.5, -2, 3, 0, 5, Number.NaN), [2, 3]],
    [Float64Array.of(Math.PI, -1e300), [2]],
    [Uint8Array.of(0, 255, 7), [3, 1, 1]],
    [Int32Array.of(-(2 ** 31)), []],
  ] as [NpyData, number[]][])("comes back: %j as %j", (data, shape) => {
    const bytes = encodeNpy(data, shape);
    expect(parseNpy(bytes, "a.npy")).toStrictEqual({ data, shape });
    expect(npyHeader(data, shape)).toStrictEqual(bytes.subarray(0, bytes.length - data.byteLength));
  });

  it("aligns the data to 64 bytes whatever the shape", () => {
    for (let rank = 0; rank <= 64; rank++) {
      const header = npyHeader(Uint8Array.of(1), Array<number>(rank).fill(1));
      expect(header.length % 64).toBe(0);
      expect(header.at(-1)).toBe(10);
      expect(parseNpy(Uint8Array.from([...header, 1]), "a.npy").shape).toHaveLength(rank);
    }
  });

  it("writes the values of a view, not its whole buffer", () => {
    const view = Float32Array.of(1, 2, 3, 4).subarray(1, 3);
    expect(parseNpy(encodeNpy(view, [2]), "a.npy").data).toStrictEqual(Float32Array.of(2, 3));
  });

  it("refuses shapes that do not describe the data", () => {
    expect(() => encodeNpy(Float32Array.of(1, 2), [3])).toThrow("shape: must describe 2 values, got (3,) = 3");
    expect(() => encodeNpy(new Float32Array(0), [0])).toThrow("shape[0]: must be a whole number of at least 1, got 0");
    expect(() => encodeNpy(Float32Array.of(1), [1, 1.5])).toThrow(
      "shape[1]: must be a whole number of at least 1, got 1.5",
    );
    expect(() => encodeNpy(Float32Array.of(1), Array<number>(65).fill(1))).toThrow(
      "shape: must have at most 64 axes, as in NumPy, got 65",
    );
  });
});
