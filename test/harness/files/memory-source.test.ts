/** What `--memory` takes, what comes out of it, and the sentence for everything that it does not take. */
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { zipSync } from "fflate";
import sharp, { type Sharp } from "sharp";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadMemory, type LoadedMemory, type MemoryOptions } from "../../../harness/files/memory-source.ts";
import { writeNpyFile } from "../../../harness/files/npy-file.ts";
import { ArgumentError, builtinFaces, encodeNpy, permutation, purposes, type NpyData } from "../../../src/index.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "memory-source-"));
});
afterEach(async () => rm(folder, { recursive: true }));

function load(options: Partial<MemoryOptions> = {}): Promise<LoadedMemory> {
  return loadMemory({ source: folder, select: "first", patternSeed: 0, ...options });
}

async function refusal(options: Partial<MemoryOptions> = {}): Promise<string> {
  const error = await load(options).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ArgumentError);
  return (error as ArgumentError).message;
}

/** [height, width, channels] bytes as an image. */
function image(bytes: readonly number[], width: number, channels: 1 | 2 | 3 | 4 = 1): Sharp {
  const height = bytes.length / width / channels;
  const made = sharp(Uint8Array.from(bytes), { raw: { width, height, channels } });
  return channels < 3 ? made.toColourspace("b-w") : made;
}

async function addImage(name: string, bytes: readonly number[], width: number, channels: 1 | 2 | 3 | 4 = 1) {
  await image(bytes, width, channels).png().toFile(join(folder, name));
}

async function addArray(data: NpyData, shape: readonly number[]): Promise<string> {
  return (await writeNpyFile(join(folder, "a.npy"), data, shape)).path;
}

/** The patterns at their own brightness, as bytes. */
function pixels({ memory, displayScale }: LoadedMemory): number[][] {
  return Array.from(displayScale, (scale, k) =>
    Array.from(memory.values.subarray(k * memory.dim, (k + 1) * memory.dim), (value) =>
      Math.round(value * scale * 255),
    ),
  );
}

describe("a folder of images", () => {
  it("gives unit patterns, names, shape, brightness and a checksum", async () => {
    await addImage("a.png", [0, 51, 102, 153, 204, 255], 3);
    await addImage("b.png", [255, 0, 0, 0, 0, 0], 3);
    const loaded = await load();
    const norm = Math.hypot(0, 51, 102, 153, 204, 255);
    expect(loaded.memory.numPatterns).toBe(2);
    expect(loaded.memory.dim).toBe(6);
    expect(loaded.memory.labels).toBeUndefined();
    const expected = Float32Array.from([0, 51, 102, 153, 204, 255].map((value) => value / norm));
    expect(loaded.memory.values).toStrictEqual(Float32Array.of(...expected, 1, 0, 0, 0, 0, 0));
    expect(loaded.displayScale).toStrictEqual(Float64Array.of(norm / 255, 1));
    expect(loaded.names).toEqual(["a.png", "b.png"]);
    expect(loaded.imageShape).toEqual({ height: 2, width: 3 });
    expect(loaded.totalAvailable).toBe(2);
    const bytes = new Uint8Array(loaded.memory.values.buffer);
    expect(loaded.sha256).toBe(createHash("sha256").update(bytes).digest("hex"));
  });

  it("sorts names as people do, and ignores hidden and other files and folders", async () => {
    const names = ["10.png", "2.PNG", "1.jpg", "x10y2.jpeg", "x9y10.png", "x9y9.png", "02.png"];
    await Promise.all(
      names.map((name) =>
        image([9, 9], 2)
          .toFormat(/jpe?g$/.test(name) ? "jpeg" : "png")
          .toFile(join(folder, name)),
      ),
    );
    await writeFile(join(folder, ".hidden.png"), "not an image");
    await writeFile(join(folder, "notes.txt"), "not an image");
    await mkdir(join(folder, "folder.png"));
    expect((await load()).names).toEqual(["1.jpg", "02.png", "2.PNG", "10.png", "x9y9.png", "x9y10.png", "x10y2.jpeg"]);
  });

  it.each([
    ["grey", [0, 100, 200], 1, [0, 100, 200]],
    ["grey with alpha", [0, 255, 0, 0, 0, 51], 2, [0, 255, 204]],
    // 0.299 R + 0.587 G + 0.114 B
    ["colour", [255, 0, 0, 0, 255, 0, 0, 0, 255], 3, [76, 150, 29]],
    ["colour with alpha", [255, 0, 0, 255, 255, 0, 0, 0, 9, 9, 9, 255], 4, [76, 255, 9]],
  ] as const)("reads %s, on white, as luma", async (_, bytes, channels, expected) => {
    await addImage("a.png", bytes, 3, channels);
    expect(pixels(await load())).toEqual([expected]);
  });

  it("reads 16-bit and palette images as 8-bit grey", async () => {
    const bytes = [0, 64, 128, 255];
    await image(bytes, 2).toColourspace("grey16").png().toFile(join(folder, "a.png"));
    await image(
      bytes.flatMap((value) => [value, value, value]),
      2,
      3,
    )
      .png({ palette: true })
      .toFile(join(folder, "b.png"));
    expect(pixels(await load())).toEqual([bytes, bytes]);
  });

  it("turns photographs upright", async () => {
    // EXIF orientation 6: the picture was taken with the camera turned by 90 degrees.
    const stored = image([250, 250, 10, 10, 250, 250, 10, 10], 4);
    await stored.withMetadata({ orientation: 6 }).jpeg({ quality: 100 }).toFile(join(folder, "a.jpg"));
    const loaded = await load();
    expect(loaded.imageShape).toEqual({ height: 4, width: 2 });
    expect(pixels(loaded)[0]!.map((value) => value > 128)).toEqual([
      true,
      true,
      true,
      true,
      false,
      false,
      false,
      false,
    ]);
  });

  it("scales to a square on request, smaller and larger", async () => {
    await addImage("flat.png", Array<number>(12 * 20).fill(90), 12);
    await addImage("halves.png", [...Array<number>(32).fill(40), ...Array<number>(32).fill(200)], 8);
    await addImage("tiny.png", [77], 1);
    const loaded = await load({ imageSize: 4 });
    expect(loaded.imageShape).toEqual({ height: 4, width: 4 });
    const [flat, halves, tiny] = pixels(loaded);
    expect(flat).toEqual(Array(16).fill(90));
    expect(tiny).toEqual(Array(16).fill(77));
    expect(halves!.slice(0, 4)).toEqual([40, 40, 40, 40]);
    expect(halves!.slice(12)).toEqual([200, 200, 200, 200]);
    expect(Math.min(...halves!)).toBe(40);
    expect(Math.max(...halves!)).toBe(200);
  });

  it("decodes more images than are in flight at once, each to its own row", async () => {
    const count = 70;
    await Promise.all(Array.from({ length: count }, (_, i) => addImage(`${i}.png`, [i + 1, 255], 2)));
    expect(pixels(await load())).toEqual(Array.from({ length: count }, (_, i) => [i + 1, 255]));
  });

  it("takes a number that may be more than there are, of one class too", async () => {
    await Promise.all([1, 2, 3].map((i) => addImage(`${i}.png`, [i, 255], 2)));
    expect((await load({ atMost: 2 })).names).toEqual(["1.png", "2.png"]);
    expect((await load({ atMost: 9 })).names).toHaveLength(3);
    expect((await load({ source: "builtin:faces", classLabel: 3, atMost: 100 })).memory.numPatterns).toBe(10);
  });

  it("decodes only what was selected", async () => {
    await addImage("1.png", [5], 1);
    await writeFile(join(folder, "2.png"), "broken");
    expect((await load({ numPatterns: 1 })).names).toEqual(["1.png"]);
    expect(await refusal()).toContain('"2.png"');
  });

  it("refuses what it cannot read, and says which file", async () => {
    await addImage("1.png", [5], 1);
    await writeFile(join(folder, "2.png"), "broken");
    expect(await refusal()).toBe(
      `--memory: images must be readable, got "2.png" in "${folder}": Input file contains unsupported image format (remove or repair it)`,
    );
    const whole = await image(
      Array.from({ length: 4096 }, (_, i) => (i * i) % 256),
      64,
    )
      .png()
      .toBuffer();
    await writeFile(join(folder, "2.png"), whole.subarray(0, whole.length / 2));
    expect(await refusal()).toMatch(
      /^--memory: images must be readable, got "2\.png" in ".*": .+ \(remove or repair it\)$/,
    );
  });

  it("refuses images of several sizes, and names two", async () => {
    await addImage("a.png", [1, 2], 2);
    await addImage("b.png", [1, 2], 2);
    await addImage("c.png", [1, 2], 1);
    expect(await refusal()).toBe(
      "--memory: images must all have one size, got 2 × 1 for a.png and 1 × 2 for c.png (scale them with --image-size 64)",
    );
  });

  it("refuses an all-black image by its name", async () => {
    await addImage("a.png", [1, 2], 2);
    await addImage("c.png", [0, 0], 2);
    expect(await refusal()).toBe("--memory: c.png is all zeros and has no direction (remove it)");
  });

  it("refuses a folder without images", async () => {
    await writeFile(join(folder, "a.txt"), "");
    await writeFile(join(folder, ".b.png"), "");
    const sentence = `--memory: must hold .png, .jpg or .jpeg images, got "${folder}", which holds none`;
    expect(await refusal()).toBe(sentence);
    await mkdir(join(folder, "train"));
    expect(await refusal()).toBe(`${sentence} (its subfolders are not searched)`);
  });

  it("refuses a size that no memory holds, before decoding", async () => {
    await writeFile(join(folder, "a.png"), "broken");
    expect(await refusal({ imageSize: 100_000 })).toBe(
      "--memory: must hold at most 2^29 values, got 1 patterns × 10000000000 values = 10000000000 (take fewer with --patterns, or scale images with --image-size)",
    );
  });
});

describe("selection", () => {
  const rows = Float32Array.from({ length: 40 }, (_, i) => i + 1);

  it("takes the first, all by default", async () => {
    const source = await addArray(rows, [20, 2]);
    expect((await load({ source, numPatterns: 3 })).names).toEqual(["a.npy[0]", "a.npy[1]", "a.npy[2]"]);
    expect((await load({ source })).memory.numPatterns).toBe(20);
  });

  it("draws without replacement, by the seed alone, fewer being the first of more", async () => {
    const source = await addArray(rows, [20, 2]);
    const draw = async (patternSeed: number | bigint, numPatterns?: number) =>
      (await load({ source, select: "random", patternSeed, numPatterns })).names;
    const order = Array.from(permutation(20, [7, 1], 0, purposes.data), (index) => `a.npy[${index}]`);
    expect(await draw(0x1_0000_0007)).toEqual(order);
    expect(await draw(0x1_0000_0007n, 5)).toEqual(order.slice(0, 5));
    expect(new Set(await draw(3)).size).toBe(20);
    expect(await draw(3, 5)).not.toEqual(await draw(4, 5));
  });

  it("refuses more patterns than there are", async () => {
    const source = await addArray(rows, [20, 2]);
    expect(await refusal({ source, numPatterns: 21 })).toBe(
      `--patterns: must be at most the 20 patterns of "${source}", got 21`,
    );
  });

  it("refuses options that break their rules", async () => {
    expect(await refusal({ numPatterns: 0 })).toBe("--patterns: must be a whole number of at least 1, got 0");
    expect(await refusal({ imageSize: 2.5 })).toBe("--image-size: must be a whole number of at least 1, got 2.5");
    expect(await refusal({ patternSeed: -1 })).toBe(
      "--pattern-seed: must be a whole number from 0 to 2^64 - 1, got -1 (above 2^53 - 1 pass a bigint)",
    );
    expect(await refusal({ select: "last" as "first" })).toBe('--select: must be one of random, first, got "last"');
    expect(await refusal({ normalize: "max" as "unit" })).toBe('--normalize: must be one of unit, none, got "max"');
  });
});

describe("an array", () => {
  it.each([
    [[2, 4], { height: 2, width: 2 }],
    [[1, 8], undefined],
    [[1, 2, 4], { height: 2, width: 4 }],
    [[4, 2, 1], { height: 2, width: 1 }],
  ])("of shape %j has images of %j", async (shape, imageShape) => {
    const source = await addArray(
      Float32Array.from({ length: 8 }, (_, i) => i + 1),
      shape,
    );
    const loaded = await load({ source });
    expect(loaded.imageShape).toEqual(imageShape);
    expect(loaded.memory.numPatterns).toBe(shape[0]);
    expect(loaded.memory.dim).toBe(8 / shape[0]!);
  });

  it("whose rows hold a square number of values has images only if none is negative, selected or not", async () => {
    const rows = Float32Array.of(1, 2, 3, 4, 0, 0, -1e-3, 5);
    expect((await load({ source: await addArray(rows, [2, 4]), numPatterns: 1 })).imageShape).toBeUndefined();
    // Two axes say that it is an image, whatever is in it.
    const imageShape = { height: 2, width: 2 };
    expect((await load({ source: await addArray(rows, [2, 2, 2]) })).imageShape).toEqual(imageShape);
  });

  it.each([
    ["bytes, of which 255 is white", Uint8Array.of(0, 51, 102, 204), 255],
    ["floats up to 1", Float32Array.of(0, 0.25, 0.5, 1), 1],
    ["floats up to 255", Float64Array.of(0, 17, 250, 3), 255],
    ["whole numbers beyond 255", Int32Array.of(0, 1000, -500, 3), 1000],
  ])("shows %s at their own brightness", async (_, data, white) => {
    const { memory, displayScale } = await load({ source: await addArray(data, [1, 2, 2]) });
    expect(displayScale[0]).toBeCloseTo(Math.hypot(...data) / white, 12);
    expect(Math.hypot(...memory.values)).toBeCloseTo(1, 6);
  });

  it("keeps values on request: bytes as shares of white, others as they are", async () => {
    const bytes = await load({ source: await addArray(Uint8Array.of(0, 0, 255, 51), [2, 2]), normalize: "none" });
    expect(bytes.memory.values).toStrictEqual(Float32Array.of(0, 0, 1, 0.2));
    expect(bytes.displayScale).toStrictEqual(Float64Array.of(1, 1));
    const numbers = await load({ source: await addArray(Float32Array.of(3, 4, 0, -9), [1, 4]), normalize: "none" });
    expect(numbers.memory.values).toStrictEqual(Float32Array.of(3, 4, 0, -9));
    expect(numbers.displayScale).toStrictEqual(Float64Array.of(1));
  });

  it.each([[[]], [[8]], [[1, 2, 2, 2]]])("is refused with shape %j", async (shape) => {
    const source = await addArray(new Float32Array(shape.length === 0 ? 1 : 8), shape);
    expect(await refusal({ source })).toBe(
      `--memory: must hold an array of shape [K, d] or [K, height, width], got [${shape.join(", ")}] in "${source}" (reshape it so that the first axis counts patterns)`,
    );
  });

  it("is refused if a selected value is not finite in float32", async () => {
    const source = await addArray(Float64Array.of(1, 2, 3, 1e300, 5, Number.NaN), [3, 2]);
    expect(await refusal({ source })).toBe(
      "--memory: values must be finite in float32, got 1e+300 at coordinate 1 of row 1 of a.npy (drop or fill missing values first)",
    );
    expect((await load({ source, numPatterns: 1 })).memory.numPatterns).toBe(1);
  });

  it("is refused if a pattern is all zeros, also once rounded to float32", async () => {
    expect(await refusal({ source: await addArray(Float64Array.of(1, 2, 1e-300, 0), [2, 2]) })).toBe(
      "--memory: a.npy[1] is all zeros and has no direction (remove it)",
    );
  });

  it("is refused if it would have to be scaled", async () => {
    const source = await addArray(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8), [1, 2, 4]);
    expect(await refusal({ source, imageSize: 4 })).toBe(
      `--image-size: scales folders of images, not arrays, got 4 for "${source}", whose patterns have 2 × 4 pixels (leave it out)`,
    );
    const square = await addArray(Uint8Array.of(1, 2, 3, 4), [1, 4]);
    expect((await load({ source: square, imageSize: 2 })).imageShape).toEqual({ height: 2, width: 2 });
    const row = await addArray(Uint8Array.of(1, 2, 3), [1, 3]);
    expect(await refusal({ source: row, imageSize: 2 })).toBe(
      `--image-size: scales folders of images, not arrays, got 2 for "${row}", whose patterns are no images (leave it out)`,
    );
  });

  it("is refused, option and file named, if the file is foreign", async () => {
    const source = join(folder, "a.npy");
    await writeFile(source, await image([1], 1).png().toBuffer());
    expect(await refusal({ source })).toBe(
      `--memory ${source}: must be a .npy array, got a PNG image (for images, pass the folder that holds them)`,
    );
  });
});

describe("an IDX or a compressed array", () => {
  /** 3 images of 2 × 2. */
  const idx = Uint8Array.from([
    0,
    0,
    8,
    3,
    0,
    0,
    0,
    3,
    0,
    0,
    0,
    2,
    0,
    0,
    0,
    2,
    ...Array.from({ length: 12 }, (_, i) => i),
  ]);

  it.each([
    ["images-idx3-ubyte", idx],
    ["images-idx3-ubyte.gz", gzipSync(idx)],
    ["compressed-without-saying-so", gzipSync(idx)],
    [
      "a.npy.gz",
      gzipSync(
        encodeNpy(
          Uint8Array.from({ length: 12 }, (_, i) => i),
          [3, 2, 2],
        ),
      ),
    ],
  ])("is read by what it is: %s", async (name, bytes) => {
    const source = join(folder, name);
    await writeFile(source, bytes);
    const loaded = await load({ source });
    expect(loaded.names).toEqual([0, 1, 2].map((k) => `${name}[${k}]`));
    expect(loaded.imageShape).toEqual({ height: 2, width: 2 });
    expect(pixels(loaded)).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
      [8, 9, 10, 11],
    ]);
  });

  it("is refused where its labels were meant", async () => {
    const source = join(folder, "labels-idx1-ubyte");
    await writeFile(source, Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 3, 4));
    expect(await refusal({ source })).toBe(
      `--memory: must hold an array of shape [K, d] or [K, height, width], got [2] in "${source}" (reshape it so that the first axis counts patterns)`,
    );
  });
});

describe("a table or an archive", () => {
  it("is a memory of its rows, under their names", async () => {
    const source = join(folder, "a.csv.gz");
    await writeFile(source, gzipSync("day,x,y\nmon,3,4\ntue,0,-2\n"));
    const loaded = await load({ source });
    expect(loaded.names).toEqual(["mon", "tue"]);
    expect(loaded.memory.values).toStrictEqual(Float32Array.of(0.6, 0.8, 0, -1));
    expect([...loaded.rawScale]).toEqual([5, 2]);
  });

  it("gives patterns and their labels from one archive", async () => {
    const archive = join(folder, "digits.npz");
    const images = encodeNpy(Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 2), [2, 2, 2]);
    await writeFile(archive, zipSync({ "x.npy": images, "y.npy": encodeNpy(Int32Array.of(5, 6), [2]) }));
    const loaded = await load({ source: `${archive}:x`, labels: `${archive}:y`, classLabel: 6 });
    expect(loaded.names).toEqual(["digits.npz:x[1]"]);
    expect(loaded.imageShape).toEqual({ height: 2, width: 2 });
  });

  it("is refused, file and place named, where it is no table of numbers", async () => {
    const source = join(folder, "a.csv");
    await writeFile(source, "x,y\n1,2\n3,b\n");
    expect(await refusal({ source })).toBe(
      `--memory ${source}: must hold finite numbers, got "b" in row 3, column 2 (y) (only a header and the first column may be text)`,
    );
  });
});

describe("labels and classes", () => {
  /** Pattern k is of class k mod 3. */
  const rows = Float32Array.from({ length: 24 }, (_, i) => i + 1);
  const classes = Int32Array.from({ length: 12 }, (_, i) => i % 3);
  let source: string;
  let labels: string;
  beforeEach(async () => {
    source = await addArray(rows, [12, 2]);
    labels = (await writeNpyFile(join(folder, "labels.npy"), classes, [12])).path;
  });

  it("follow their patterns through the selection", async () => {
    const loaded = await load({ source, labels, select: "random", numPatterns: 7, patternSeed: 5 });
    const order = permutation(12, [5, 0], 0, purposes.data).subarray(0, 7);
    expect(loaded.memory.labels).toStrictEqual(Int32Array.from(order, (index) => index % 3));
    expect(loaded.totalAvailable).toBe(12);
  });

  it("select before the count and the rule", async () => {
    const first = await load({ source, labels, classLabel: 1, numPatterns: 2 });
    expect(first.names).toEqual(["a.npy[1]", "a.npy[4]"]);
    expect(first.memory.labels).toStrictEqual(Int32Array.of(1, 1));
    expect(first.totalAvailable).toBe(4);
    const random = await load({ source, labels, classLabel: 2, select: "random" });
    const order = permutation(4, [0, 0], 0, purposes.data);
    expect(random.names).toEqual(Array.from(order, (i) => `a.npy[${3 * i + 2}]`));
    expect(await refusal({ source, labels, classLabel: 0, numPatterns: 5 })).toBe(
      `--patterns: must be at most the 4 patterns of class 0 in "${source}", got 5`,
    );
  });

  it("belong to images of a folder in their order", async () => {
    for (const name of ["10.png", "9.png"]) await addImage(name, [Number.parseInt(name, 10)], 1);
    const two = (await writeNpyFile(join(folder, "two.npy"), Int32Array.of(5, 6), [2])).path;
    const loaded = await load({ labels: two, classLabel: 6 });
    expect(loaded.names).toEqual(["10.png"]);
  });

  it("must be as many as there are patterns, not as were selected", async () => {
    const short = (await writeNpyFile(join(folder, "short.npy"), classes.subarray(1), [11])).path;
    expect(await refusal({ source, labels: short, numPatterns: 2 })).toBe(
      `--labels: must hold one label for each of the 12 patterns of "${source}", got 11 in "${short}" (do the two files belong together?)`,
    );
  });

  it("must have the class, which needs labels in the first place", async () => {
    expect(await refusal({ source, labels, classLabel: 3 })).toBe(
      `--class: must be one of the classes of "${source}", which are 0 to 2, got 3`,
    );
    expect(await refusal({ source, classLabel: 3 })).toBe(
      `--class: must go with labels, got 3 for "${source}", whose patterns have none (name their file with --labels)`,
    );
  });

  it("come with the built-in faces, which take no others", async () => {
    const loaded = await load({ source: "builtin:faces", imageSize: 8, classLabel: 7 });
    expect(loaded.names).toEqual(Array.from({ length: 10 }, (_, i) => `face ${70 + i}`));
    expect(await refusal({ source: "builtin:faces", imageSize: 8, labels })).toBe(
      `--labels: must not be given for builtin:faces, which has labels of its own, got "${labels}" (leave it out)`,
    );
  });
});

describe("the built-in faces", () => {
  it("come with the label of their person", async () => {
    const faces = builtinFaces({ size: 16 });
    const loaded = await load({ source: "builtin:faces", imageSize: 16, select: "random", numPatterns: 30 });
    expect(loaded.totalAvailable).toBe(faces.numFaces);
    expect(loaded.imageShape).toEqual({ height: 16, width: 16 });
    const order = permutation(faces.numFaces, [0, 0], 0, purposes.data).subarray(0, 30);
    expect(loaded.names).toEqual(Array.from(order, (index) => `face ${index}`));
    expect(loaded.memory.labels).toStrictEqual(Int32Array.from(order, (index) => faces.labels[index]!));
    expect(pixels(loaded)).toEqual(
      Array.from(order, (index) => Array.from(faces.pixels.subarray(index * 256, (index + 1) * 256))),
    );
  });

  it("have sizes from 8 to 1024", async () => {
    for (const imageSize of [7, 1025])
      expect(await refusal({ source: "builtin:faces", imageSize })).toBe(
        `--image-size: must be from 8 to 1024 for built-in faces, got ${imageSize}`,
      );
  });

  it("are the only built-in memory", async () => {
    expect(await refusal({ source: "builtin:cats" })).toBe(
      '--memory: must name a built-in memory, builtin:faces, got "builtin:cats"',
    );
  });
});

describe("a source that is none", () => {
  const expected = "--memory: must be a folder of images, a .npy, .npz, IDX or CSV file or builtin:faces, got";

  it("does not exist", async () => {
    const missing = join(folder, "missing");
    expect(await refusal({ source: missing })).toBe(`${expected} ${JSON.stringify(missing)}, which does not exist`);
    expect(await refusal({ source: "" })).toBe(`${expected} ""`);
  });

  it("cannot be reached", async () => {
    const source = `${folder}/${"x".repeat(300)}`;
    expect(await refusal({ source })).toBe(
      `${expected} ${JSON.stringify(source)}, which cannot be read (ENAMETOOLONG)`,
    );
  });

  it("is a file of another kind", async () => {
    const [text, picture] = [join(folder, "a.txt"), join(folder, "a.png")];
    await writeFile(text, "");
    await writeFile(picture, "");
    expect(await refusal({ source: text })).toBe(
      `${expected} ${JSON.stringify(text)}, which is neither a folder nor a .npy, .npz, IDX or CSV file`,
    );
    expect(await refusal({ source: join(text, "below") })).toBe(
      `${expected} ${JSON.stringify(join(text, "below"))}, which does not exist`,
    );
    expect(await refusal({ source: picture })).toBe(
      `${expected} ${JSON.stringify(picture)}, which is a single image (pass the folder that holds it)`,
    );
  });
});

describe("more than sample asks for", () => {
  it("keeps colour where there is some, forces it, and drops it where there is none", async () => {
    await addImage("a.png", [255, 0, 0, 0, 255, 0], 2, 3);
    await addImage("b.png", [100, 200], 2);
    const kept = await load({ colour: "keep" });
    expect(kept.imageShape).toEqual({ height: 1, width: 2, channels: 3 });
    expect(pixels(kept)).toEqual([
      [255, 0, 0, 0, 255, 0],
      [100, 100, 100, 200, 200, 200],
    ]);
    expect((await load()).imageShape).toEqual({ height: 1, width: 2 });
    await rm(join(folder, "a.png"));
    const grey = await load({ colour: "keep" });
    expect(grey.imageShape).toEqual({ height: 1, width: 2 });
    expect(pixels(grey)).toEqual([[100, 200]]);
    expect((await load({ colour: "rgb" })).memory.dim).toBe(6);
  });

  it("fits images to the first one's size, at most so large, or to a size that is given", async () => {
    await addImage("a.png", Array<number>(8 * 4).fill(50), 8);
    await addImage("b.png", Array<number>(9 * 9).fill(70), 9);
    const first = await load({ fit: { maxSide: 100 } });
    expect(first).toMatchObject({ imageShape: { height: 4, width: 8 }, numRefitted: 1 });
    const limited = await load({ fit: { maxSide: 6 } });
    expect(limited).toMatchObject({ imageShape: { height: 3, width: 6 }, numRefitted: 2 });
    const given = await load({ fit: { height: 9, width: 9 } });
    expect(given).toMatchObject({ imageShape: { height: 9, width: 9 }, numRefitted: 1 });
    expect(pixels(given)[0]).toEqual(Array(81).fill(50));
  });

  it("loads patterns to spare, which change nothing in the memory", async () => {
    const source = await addArray(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10), [5, 2]);
    const options = { source, select: "random", numPatterns: 2 } as const;
    const alone = await load(options);
    expect(alone.spare).toBeUndefined();
    const { spare, ...memory } = await load({ ...options, numSpare: 2 });
    expect({ ...memory, spare: undefined }).toEqual(alone);
    expect(spare!.names).toHaveLength(2);
    expect(new Set([...memory.names, ...spare!.names]).size).toBe(4);
    expect((await load({ ...options, numSpare: 9 })).spare!.memory.numPatterns).toBe(3);
    expect((await load({ source, atMost: 4, numSpare: 9 })).spare!.memory.numPatterns).toBe(1);
    expect((await load({ source, atMost: 9, numSpare: 9 })).spare).toBeUndefined();
    expect(await refusal({ source, numPatterns: 6, numSpare: 3 })).toContain(
      "--patterns: must be at most the 5 patterns",
    );
  });

  it("takes arrays with channels, and rows of a known shape", async () => {
    const values = Uint8Array.from({ length: 24 }, (_, i) => i + 1);
    const coloured = await load({ source: await addArray(values, [2, 2, 2, 3]), colour: "keep" });
    expect(coloured.imageShape).toEqual({ height: 2, width: 2, channels: 3 });
    expect(await refusal({ source: await addArray(values, [2, 1, 2, 6]), colour: "keep" })).toContain(
      "must hold an array of shape [K, d] or [K, height, width] or [K, height, width, 1 to 4], got [2, 1, 2, 6]",
    );
    const rows = { source: await addArray(values, [2, 12]), rowShape: { height: 3, width: 4 } };
    expect((await load(rows)).imageShape).toEqual({ height: 3, width: 4 });
    expect(await refusal({ ...rows, rowShape: { height: 3, width: 5 } })).toBe(
      "--shape: height × width × channels must be the 12 values of a row, got 3 × 5 × 1",
    );
  });
});
