/** Whole runs of `generate` on the reference engine: what is written, that it repeats, colour, sizes, what is compared, interruption. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { encodeNpy, parseNpy } from "../../../src/index.ts";
import { chooseSamplesPerRun } from "../../../harness/cli/generate-settings.ts";
import { runCommand, type FakeContext } from "./fake-context.ts";
import { generateFolder, noise, numPatterns, side } from "./generate-fixture.ts";

const { folder, memory, commandOn, command } = generateFolder();

/** Four bright quadrants of a colour each, so that every image has the same norm. */
async function addColourImage(
  path: string,
  turn: number,
  size: { width: number; height: number } = { width: 8, height: 6 },
) {
  const colours = [
    [230, 20, 40],
    [30, 200, 60],
    [20, 60, 240],
    [220, 210, 10],
  ];
  const { width, height } = size;
  const pixels = Uint8Array.from({ length: width * height * 3 }, (_, at) => {
    const [x, y] = [Math.floor(at / 3) % width, Math.floor(at / 3 / width)];
    const quadrant = (Number(x >= width / 2) + 2 * Number(y >= height / 2) + turn) % 4;
    return colours[quadrant]![at % 3]!;
  });
  await sharp(pixels, { raw: { width, height, channels: 3 } })
    .png()
    .toFile(path);
}

/** Every colour of a picture, as "red,green,blue". */
async function coloursOf(path: string): Promise<Set<string>> {
  const data = await sharp(path).removeAlpha().raw().toBuffer();
  return new Set(Array.from({ length: data.length / 3 }, (_, i) => data.subarray(3 * i, 3 * i + 3).join()));
}

const bytes = (out: string, name: string): Buffer => readFileSync(join(folder, out, name));
const json = (out: string, name: string): Record<string, unknown> =>
  JSON.parse(bytes(out, name).toString()) as Record<string, unknown>;
const array = (out: string, name: string) => parseNpy(bytes(out, name), name);
const files = [
  "denoised.npy",
  "grid.png",
  "images",
  "metrics.json",
  "nearest.png",
  "run.json",
  "samples.npy",
  "sources.png",
];
const number = expect.any(Number) as number;

describe("a finished run", () => {
  it("writes pictures, arrays, figures and a record that agree with each other", async () => {
    const { code, stdout, stderr } = await runCommand(command("whole", "--hold-out", "0.25", "--count", "10"));
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(readdirSync(join(folder, "whole")).toSorted()).toEqual(files);
    const names = Array.from({ length: 10 }, (_, i) => `${String(i + 1).padStart(4, "0")}.png`);
    expect(readdirSync(join(folder, "whole", "images")).toSorted()).toEqual(names);
    for (const name of ["samples.npy", "denoised.npy"]) expect(array("whole", name).shape).toEqual([10, side, side]);

    const record = json("whole", "run.json") as {
      outputs: Record<string, string>;
      sources: readonly { number: number; pattern: number; name: string; share: number }[];
    };
    expect(record).toMatchObject({
      command: "generate",
      options: {
        memory,
        patterns: 9,
        heldOut: { share: 0.25 },
        windows: [3],
        stride: 1,
        steps: 2,
        stepSize: 0.35,
        anneal: { from: 1, to: 10_000, numLevels: 6 },
        kernel: "ou",
        shift: 0,
        patternsPerSample: null,
        count: 10,
        seed: 1,
        engine: "reference",
        chunk: 1,
      },
      engine: "reference",
      image: { height: side, width: side },
      memory: { numPatterns: 9, dim: 36, available: 12, numHeldOut: 3 },
      interrupted: false,
      numSamples: 10,
      chainSteps: 10 * 12,
    });
    const { sources } = record;
    expect(sources.map((source) => source.number)).toEqual(sources.map((_, i) => i + 1));
    expect(sources.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9);
    for (const { name, pattern } of sources) {
      expect(name).toMatch(/^memory\.npy\[\d+\]$/);
      expect(pattern).toBeLessThan(9);
    }
    expect(new Set(sources.map(({ name }) => name)).size).toBe(sources.length);
    expect(Object.keys(record.outputs).toSorted()).toEqual(
      [
        ...names.map((name) => `images/${name}`),
        ...files.filter((name) => !/^(images|run.json)$/.test(name)),
      ].toSorted(),
    );
    for (const [name, hash] of Object.entries(record.outputs))
      expect(createHash("sha256").update(bytes("whole", name)).digest("hex")).toBe(hash);

    expect(json("whole", "metrics.json")).toMatchObject({
      novelty: {
        mean: number,
        floor: expect.closeTo(1 - 1 / Math.sqrt(1 + 36 / 10_000), 6) as number,
        denoised: number,
        denoisedAmongShifted: null,
        heldOut: number,
      },
      diversity: { pooled: number, denoised: number, stored: number, heldOut: number },
      copies: { count: number, threshold: 1e-3 },
      // Three held-out patterns have no third neighbours.
      fidelity: { nearestHeldOut: number, realToReal: number, ratio: number, precision: null, recall: null },
      nonFinite: 0,
    });
    expect(stdout).toMatch(
      /^10 samples from 9 patterns, 6 × 6 pixels, window 3, β 1 to 10000 in 6 levels, 2 steps of ou each/,
    );
    expect(stdout).toMatch(/novelty of T\(ξ\) +0\.\d{4} +0\.\d{4} +0\.0000\n/);
    expect(stdout).toMatch(/Compared with 3 held-out patterns; precision and recall by 3 neighbours, 3 of each\./);
  });

  it("repeats to the byte, one at a time or several, and fewer samples are the first of more", async () => {
    const patterns = ["--patterns-per-sample", "4"];
    await runCommand(command("one", "--count", "4"));
    await runCommand(command("chunked", "--count", "4", "--chunk", "3"));
    await runCommand(command("few", "--count", "2"));
    await runCommand(command("other", "--count", "4", "--seed", "2"));
    await runCommand(command("some", "--count", "4", ...patterns));
    expect(bytes("chunked", "samples.npy").equals(bytes("one", "samples.npy"))).toBe(true);
    expect(bytes("other", "samples.npy").equals(bytes("one", "samples.npy"))).toBe(false);
    expect(bytes("some", "samples.npy").equals(bytes("one", "samples.npy"))).toBe(false);
    expect(array("few", "samples.npy").data).toEqual(array("one", "samples.npy").data.slice(0, 2 * side * side));
  });

  it("has copies with one window over the whole image, and none with small windows", async () => {
    await runCommand(commandOn(memory, "full", "--window", "full", "--anneal", "1:10000:6", "--count", "8"));
    expect(json("full", "metrics.json")).toMatchObject({
      copies: { count: 8 },
      novelty: { denoised: expect.closeTo(0, 6) as number },
    });
    await runCommand(command("parts", "--count", "8"));
    const { copies, novelty } = json("parts", "metrics.json") as {
      copies: { count: number };
      novelty: { denoised: number };
    };
    expect(copies.count).toBe(0);
    expect(novelty.denoised).toBeGreaterThan(0.01);
  });

  it("chooses window and range of β by the memory, and says so as it could have been typed", async () => {
    const { stderr } = await runCommand(commandOn(memory, "chosen", "--count", "1", "--steps", "1"));
    const [, window, anneal] = /--window (\d+): two fifths .*\n.*--anneal (\S+): with D = 0\.\d+/.exec(stderr)!;
    expect(window).toBe("3");
    await runCommand(
      commandOn(memory, "typed", "--window", window!, "--anneal", anneal!, "--count", "1", "--steps", "1"),
    );
    expect(bytes("typed", "samples.npy").equals(bytes("chosen", "samples.npy"))).toBe(true);
  });

  it("says of an anneal that falls what samples will be", async () => {
    const { code, stderr } = await runCommand(
      commandOn(memory, "falling", "--hold-out", "0.25", "--window", "3", "--anneal", "10000:1:6", "--count", "1"),
    );
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr:
        "stochastic-attention: --anneal: β falls from 10000 to 1, and samples are read out at β = 1 (let β rise for sharp " +
        "ones: 1:10000:6)\n",
    });
  });

  it("takes a path of windows, shifted patterns, and a few patterns a sample", async () => {
    const args = ["--window-path", "full,5,3", "--shift", "1", "--patterns-per-sample", "3", "--count", "3"];
    const { code, stdout } = await runCommand(commandOn(memory, "path", "--anneal", "1:10000:6", ...args));
    expect(code).toBe(0);
    expect(stdout).toContain("window full → 5 → 3, β 1 to 10000");
    expect(stdout).toMatch(/shifted copies counted as stored +0\.\d{4} +– +0\.0000\n/);
    const { novelty } = json("path", "metrics.json") as { novelty: { denoised: number; denoisedAmongShifted: number } };
    expect(novelty.denoisedAmongShifted).toBeLessThanOrEqual(novelty.denoised);
    expect(json("path", "run.json")).toMatchObject({
      options: { windows: ["full", 5, 3], shift: 1, patternsPerSample: 3 },
    });
  });

  it("replaces an earlier run as a whole, and leaves alone what is not of it", async () => {
    const first = await runCommand(command("twice", "--count", "3"));
    expect(first.stderr).not.toContain("earlier run");
    writeFileSync(join(folder, "twice", "images", "mine.png"), "mine");
    const { stderr } = await runCommand(command("twice", "--count", "2"));
    // Three images, and the files beside their folder.
    expect(stderr).toContain(
      `${join(folder, "twice")} holds an earlier run: its ${3 + files.length - 1} files will be replaced\n`,
    );
    expect(readdirSync(join(folder, "twice", "images")).toSorted()).toEqual(["0001.png", "0002.png", "mine.png"]);
    expect(readdirSync(join(folder, "twice")).toSorted()).toEqual(files);
  });
});

describe("images", () => {
  const photos = (name: string): string => {
    const path = join(folder, name);
    mkdirSync(path);
    return path;
  };

  it("keep their colour and size from file to file", async () => {
    const path = photos("colour");
    for (let turn = 0; turn < 4; turn++) await addColourImage(join(path, `${turn}.png`), turn);
    const { code, stderr } = await runCommand(
      commandOn(path, "colours", "--window", "full", "--anneal", "1:1e7:8", "--steps", "3", "--count", "6"),
    );
    expect(code).toBe(0);
    expect(stderr).not.toContain("scaled");
    const stored = await Promise.all(
      [0, 1, 2, 3].map((turn) =>
        sharp(join(path, `${turn}.png`))
          .raw()
          .toBuffer(),
      ),
    );
    for (let sample = 1; sample <= 6; sample++) {
      const image = sharp(join(folder, "colours", "images", `000${sample}.png`));
      const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
      expect(info).toMatchObject({ width: 8, height: 6, channels: 3 });
      // One window over all is the energy whose clean read-outs are the patterns.
      const errors = stored.map((original) => Math.max(...data.map((value, i) => Math.abs(value - original[i]!))));
      expect(Math.min(...errors)).toBeLessThanOrEqual(1);
    }
    expect(array("colours", "denoised.npy").shape).toEqual([6, 6, 8, 3]);
  });

  it("that are grey throughout have one channel", async () => {
    const path = photos("grey");
    for (let i = 0; i < 3; i++) {
      const grey = Array.from(noise(16, 50 + i), (x) => Math.min(255, Math.round(60 * x)));
      const pixels = Uint8Array.from(grey.flatMap((value) => [value, value, value]));
      await sharp(pixels, { raw: { width: 4, height: 4, channels: 3 } })
        .png()
        .toFile(join(path, `${i}.png`));
    }
    await runCommand(commandOn(path, "greys", "--window", "3", "--count", "2"));
    expect(array("greys", "denoised.npy").shape).toEqual([2, 4, 4]);
    expect((await sharp(join(folder, "greys", "images", "0001.png")).metadata()).channels).toBe(1);
  });

  it("of several sizes are brought to the first one's, and large ones to 128 pixels", async () => {
    const path = photos("sizes");
    await addColourImage(join(path, "1.png"), 0, { width: 10, height: 6 });
    await addColourImage(join(path, "2.png"), 1, { width: 20, height: 20 });
    const args = ["--select", "first", "--window", "3", "--anneal", "1:100:2", "--count", "1"];
    const { stderr } = await runCommand(commandOn(path, "fitted", ...args));
    expect(stderr).toContain(
      "1 of 2 images were scaled to 10 × 6: all have the size of the first one, its longer side at most 128 pixels",
    );
    expect(array("fitted", "denoised.npy").shape).toEqual([1, 6, 10, 3]);

    await addColourImage(join(path, "0.png"), 0, { width: 300, height: 150 });
    await runCommand(commandOn(path, "limited", ...args, "--steps", "1", "--stride", "3"));
    expect(array("limited", "denoised.npy").shape).toEqual([1, 64, 128, 3]);
    await runCommand(commandOn(path, "asked", ...args, "--image-size", "12"));
    expect(array("asked", "denoised.npy").shape).toEqual([1, 12, 12, 3]);
  });

  it("of any size are written, and reduced on sheets", async () => {
    const tall = join(folder, "tall.npy");
    writeFileSync(tall, encodeNpy(noise(3 * 3000 * 2, 8), [3, 3000, 2]));
    const quick = ["--window", "full", "--anneal", "1:10:2", "--steps", "1", "--count", "32"];
    // Pixel by pixel, four times three rows of them would be more than a picture can be high.
    const { stderr } = await runCommand(commandOn(tall, "reduced", ...quick, "--hold-out", "0.3"));
    expect(stderr).toBe("");
    const image = await sharp(join(folder, "reduced", "images", "0032.png")).metadata();
    expect(image).toMatchObject({ width: 2, height: 3000 });
    for (const name of ["grid.png", "nearest.png", "sources.png"])
      expect((await sharp(join(folder, "reduced", name)).metadata()).height).toBeLessThan(4000);

    const signals = join(folder, "long.npy");
    writeFileSync(signals, encodeNpy(noise(3 * 5000, 8), [3, 5000]));
    const { code } = await runCommand(commandOn(signals, "long", "--shape", "1x5000", ...quick.slice(0, -1), "2"));
    expect(code).toBe(0);
    expect((await sharp(join(folder, "long", "sources.png")).metadata()).width).toBe(1024 + 2 * 40);
  });

  it("may come from an array with channels", async () => {
    const path = join(folder, "rgba.npy");
    writeFileSync(path, encodeNpy(noise(3 * 4 * 5 * 4, 7), [3, 4, 5, 4]));
    const { code } = await runCommand(commandOn(path, "channels", "--window", "3", "--count", "1"));
    expect(code).toBe(0);
    expect(array("channels", "samples.npy").shape).toEqual([1, 4, 5, 4]);
    expect((await sharp(join(folder, "channels", "images", "0001.png")).metadata()).channels).toBe(4);
  });

  it("are made of rows as --shape says; without it rows that are no square are signals", async () => {
    const path = join(folder, "rows.npy");
    writeFileSync(path, encodeNpy(noise(5 * 30, 8), [5, 30]));
    await runCommand(commandOn(path, "shaped", "--shape", "5x2x3", "--window", "3", "--count", "1"));
    expect(array("shaped", "samples.npy").shape).toEqual([1, 5, 2, 3]);
    expect(json("shaped", "run.json")).toMatchObject({
      options: { shape: "5x2x3" },
      image: { height: 5, width: 2, channels: 3 },
    });
    const { stdout } = await runCommand(commandOn(path, "signals", "--window", "5", "--count", "2", "--shift", "1"));
    expect(stdout).toContain("signals of 30 values");
    expect(array("signals", "samples.npy").shape).toEqual([2, 30]);
    expect(json("signals", "run.json")).toMatchObject({ options: { shape: null }, image: { height: 1, width: 30 } });
    expect(readdirSync(join(folder, "signals")).toSorted()).toEqual(files.filter((name) => name !== "images"));
  });

  it("may be signals of several channels, which keep them in arrays and have a curve each", async () => {
    const rows = join(folder, "channels.npy");
    writeFileSync(rows, encodeNpy(noise(5 * 30, 8), [5, 30]));
    const axes = join(folder, "channel-axes.npy");
    writeFileSync(axes, encodeNpy(noise(5 * 30, 8), [5, 10, 3]));
    const args = ["--shape", "1x10x3", "--window", "5", "--count", "2"];
    const { stdout } = await runCommand(commandOn(rows, "wave-rows", ...args));
    expect(stdout).toContain("signals of 10 values in 3 channels");
    await runCommand(commandOn(axes, "wave-axes", ...args));
    for (const name of ["samples.npy", "denoised.npy"]) {
      expect(array("wave-rows", name).shape).toEqual([2, 10, 3]);
      expect(bytes("wave-axes", name).equals(bytes("wave-rows", name))).toBe(true);
    }
    const single = ["--shape", "1x30", "--window", "5", "--count", "2"];
    await runCommand(commandOn(rows, "wave-single", ...single));
    const [three, one] = await Promise.all(
      ["wave-rows", "wave-single"].map((out) => coloursOf(join(folder, out, "grid.png"))),
    );
    // The curves of the second and third channel.
    for (const colour of ["181,72,42", "60,122,63"])
      expect([three!.has(colour), one!.has(colour)]).toEqual([true, false]);
  });
});

describe("what samples are compared with", () => {
  const args = ["--count", "5"];

  it("is what the source has to spare", async () => {
    const { stderr } = await runCommand(command("spare", "--patterns", "7", ...args));
    expect(stderr).toBe("");
    expect(json("spare", "run.json")).toMatchObject({
      options: { patterns: 7, heldOut: "spare" },
      memory: { numPatterns: 7, numHeldOut: 5 },
    });
    expect(json("spare", "metrics.json")).toMatchObject({ fidelity: { precision: number, recall: number } });
    // The memory is that of a run without them.
    const { stderr: kept } = await runCommand(command("kept", "--patterns", "7", "--held-out", memory, ...args));
    expect(kept).toContain("7 of 12 held-out patterns are in the memory as well: they are not compared with");
    expect(bytes("spare", "samples.npy").equals(bytes("kept", "samples.npy"))).toBe(true);
    expect(json("kept", "run.json")).toMatchObject({ memory: { numHeldOut: 5 } });
  });

  it("is nothing if all patterns are in the memory, which is said", async () => {
    const { code, stdout, stderr } = await runCommand(command("nothing", ...args));
    expect(code).toBe(0);
    expect(stderr).toContain(
      "without held-out ones nothing says whether samples look real (--hold-out 0.2 keeps a fifth out)",
    );
    expect(stdout).toMatch(/distance to held-out ÷ real to real +– +–/);
    expect(stdout).not.toContain("Compared with");
    expect(json("nothing", "metrics.json")).toMatchObject({ fidelity: null, novelty: { heldOut: null } });
  });

  it("has labels of its own, of which --class selects", async () => {
    const labels = join(folder, "labels.npy");
    writeFileSync(
      labels,
      encodeNpy(
        Int32Array.from({ length: numPatterns }, (_, k) => k % 2),
        [numPatterns],
      ),
    );
    const both = [
      "--patterns",
      "4",
      "--labels",
      labels,
      "--class",
      "1",
      "--held-out",
      memory,
      "--held-out-labels",
      labels,
    ];
    await runCommand(command("classes", ...both, ...args));
    expect(json("classes", "run.json")).toMatchObject({ memory: { numPatterns: 4, numHeldOut: 2 } });
  });

  const photos = async (
    name: string,
    count: number,
    size: { width: number; height: number },
    isGrey = false,
  ): Promise<string> => {
    const path = join(folder, name);
    mkdirSync(path);
    for (let turn = 0; turn < count; turn++) {
      const file = join(path, `${turn}.png`);
      await addColourImage(file, turn, size);
      if (isGrey) writeFileSync(file, await sharp(file).greyscale().toBuffer());
    }
    return path;
  };

  it("is scaled to the memory's size, which is said, and refused where it cannot be compared", async () => {
    const cartoons = await photos("cartoons", 4, { width: 8, height: 6 });
    const larger = await photos("larger", 2, { width: 16, height: 12 });
    const square = await photos("square", 2, { width: 12, height: 12 });
    const grey = await photos("grey-ones", 2, { width: 8, height: 6 }, true);
    const held = (out: string, source: string, heldOut: string, ...more: string[]) =>
      runCommand(
        commandOn(source, out, "--held-out", heldOut, "--window", "3", "--anneal", "1:100:2", "--count", "1", ...more),
      );

    // Patterns 0 and 1 of 4 in a larger picture are the same once they are scaled.
    const only = ["--patterns", "2", "--select", "first"];
    await photos("others", 1, { width: 8, height: 6 });
    await addColourImage(join(folder, "others", "0.png"), 2, { width: 16, height: 12 });
    const { code, stderr } = await held("scaled", cartoons, join(folder, "others"), ...only);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: "stochastic-attention: 1 of 1 held-out image was scaled to 8 × 6, the memory's size\n",
    });
    const photographs = await photos("photographs", 4, { width: 160, height: 120 });
    const alike = await held("alike", photographs, photographs, ...only);
    expect(alike.stderr).toContain("4 of 4 held-out images were scaled to 128 × 96, as the memory was\n");
    const squares = await held("squares", cartoons, square, ...only, "--image-size", "6");
    expect(squares.stderr).not.toContain("scaled");

    const refused = async (source: string, heldOut: string): Promise<string> => {
      const answer = await held("never", source, heldOut);
      expect({ code: answer.code, isWritten: existsSync(join(folder, "never")) }).toEqual({
        code: 2,
        isWritten: false,
      });
      return answer.stderr;
    };
    expect(await refused(cartoons, square)).toBe(
      `stochastic-attention: --held-out: must have the proportions of the memory, 8 × 6, to be compared with, got 12 × 12 ` +
        `for 1.png in ${JSON.stringify(square)} (crop them alike, or stretch both to squares with --image-size)\n`,
    );
    expect(await refused(memory, larger)).toBe(
      `stochastic-attention: --held-out: must have the proportions of the memory, 6 × 6, to be compared with, got 16 × 12 ` +
        `for 1.png in ${JSON.stringify(larger)} (crop them alike)\n`,
    );
    expect(await refused(memory, square)).toBe(
      `stochastic-attention: --held-out: must be grey, as the memory is, to be compared with, got images in colour in ` +
        `${JSON.stringify(square)} (convert these to grey, or name others)\n`,
    );
    const signals = join(folder, "signals.npy");
    writeFileSync(signals, encodeNpy(noise(3 * 30, 8), [3, 30]));
    expect(await refused(signals, square)).toBe(
      `stochastic-attention: --held-out: must be signals, as the memory is, to be compared with, got images in ` +
        `${JSON.stringify(square)} (name an array of them)\n`,
    );
    expect(await refused(cartoons, grey)).toBe(
      `stochastic-attention: --held-out: must be in colour, as the memory is, to be compared with, got grey ones in ` +
        `${JSON.stringify(grey)} (convert the memory to grey, or name others)\n`,
    );
  });

  it("is refused if all of it is in the memory", async () => {
    const { code, stderr } = await runCommand(command("same", "--held-out", memory, ...args));
    expect(code).toBe(2);
    expect(stderr).toContain("--held-out: must have patterns that are not in the memory, got 12 that all are");
  });
});

it("does not write over the images that it reads", async () => {
  const images = join(folder, "own", "images");
  mkdirSync(images, { recursive: true });
  for (let turn = 0; turn < 4; turn++) await addColourImage(join(images, `000${turn + 1}.png`), turn);
  const before = readFileSync(join(images, "0001.png"));
  const { code, stderr } = await runCommand(commandOn(images, "own", "--count", "1"));
  expect(code).toBe(2);
  expect(stderr).toContain("--out: must not hold the images that are read");
  expect(readFileSync(join(images, "0001.png"))).toEqual(before);
});

describe("a sweep of windows", () => {
  it("writes a table, a plot and a sheet, and every row is that of a single run", async () => {
    const base = ["--hold-out", "0.34", "--anneal", "1:10000:6", "--count", "6"];
    const { code, stdout, stderr } = await runCommand(
      commandOn(memory, "sweep", "--sweep-window", "3,5,full", ...base),
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(readdirSync(join(folder, "sweep")).toSorted()).toEqual([
      "metrics.json",
      "run.json",
      "sweep.csv",
      "sweep.png",
      "sweep.svg",
    ]);
    const lines = bytes("sweep", "sweep.csv").toString().trim().split("\n");
    expect(lines[0]).toBe("window,novelty,fidelityRatio,diversity,precision,recall,copies");
    expect(lines.slice(1).map((line) => line.split(",")[0])).toEqual(["3", "5", "full"]);
    expect(stdout).toMatch(/^window +novelty of T\(ξ\) +fidelity ratio +diversity +precision +recall +copies$/m);
    expect(stdout).toMatch(/^real +0\.\d{4} +1\.0000 +0\.\d{4}/m);
    expect(bytes("sweep", "sweep.svg").toString()).toContain("<svg");
    expect(json("sweep", "run.json")).toMatchObject({
      options: { windows: [3, 5, "full"] },
      numWindows: 3,
      interrupted: false,
    });

    await runCommand(commandOn(memory, "single", "--window", "5", ...base));
    const [, second] = json("sweep", "metrics.json") as unknown as [unknown, Record<string, unknown>];
    expect(second).toEqual({ window: 5, ...json("single", "metrics.json") });
  });
});

describe("an interrupted run", () => {
  /** Sends a signal at the n-th progress line. */
  const atLine = (n: number, label: string, name: NodeJS.Signals = "SIGINT") => {
    let numLines = 0;
    return (text: string, context: FakeContext): void => {
      if (text.includes(label) && ++numLines === n) context.signals.emit(name);
    };
  };

  it("keeps the samples that have gone through the whole anneal", async () => {
    const long = ["--anneal", "1:10000:40", "--count", "100000"];
    const options = { isTTY: true, onStderr: atLine(4, "generating [") };
    const { code, stderr } = await runCommand(commandOn(memory, "cut", "--window", "3", ...long), options);
    expect(code).toBe(130);
    const { numSamples, interrupted } = json("cut", "run.json") as { numSamples: number; interrupted: boolean };
    expect(interrupted).toBe(true);
    expect(numSamples).toBeGreaterThan(0);
    expect(numSamples).toBeLessThan(100_000);
    expect(stderr).toContain(`kept the ${numSamples} of 100000 samples that had finished`);
    expect(readdirSync(join(folder, "cut", "images"))).toHaveLength(numSamples);
    const samples = array("cut", "samples.npy");
    expect(samples.shape).toEqual([numSamples, side, side]);
    await runCommand(commandOn(memory, "uncut", "--window", "3", "--anneal", "1:10000:40", "--count", "1"));
    expect(samples.data.slice(0, side * side)).toEqual(array("uncut", "samples.npy").data);
  });

  it("keeps samples and figures where only pictures are missing", async () => {
    const finished = ["--window", "3", "--anneal", "1:10000:6", "--count", "3"];
    await runCommand(commandOn(memory, "pictures", ...finished));
    const options = { isTTY: true, onStderr: atLine(1, "finding sources [") };
    const { code, stderr } = await runCommand(commandOn(memory, "pictures", ...finished), options);
    expect(code).toBe(130);
    expect(stderr).toContain("interrupted: all samples and figures are there, nearest.png and sources.png are not");
    // Those of the earlier run are of other samples.
    expect(readdirSync(join(folder, "pictures")).toSorted()).toEqual(
      files.filter((name) => name !== "nearest.png" && name !== "sources.png"),
    );
    expect(json("pictures", "run.json")).toMatchObject({ interrupted: true, numSamples: 3, sources: null });
  });

  it("writes nothing if no sample, or no window of a sweep, is finished", async () => {
    const endless = ["--anneal", "1:10:2", "--steps", "10000000"];
    for (const [args, label, sentence] of [
      [["--window", "3"], "generating", "interrupted before the first sample was finished: nothing was written"],
      [["--sweep-window", "3,5"], "window 3", "interrupted before the first window was finished: nothing was written"],
    ] as const) {
      const options = { isTTY: true, onStderr: atLine(2, label, "SIGTERM") };
      const { code, stdout, stderr } = await runCommand(commandOn(memory, "none", ...endless, ...args), options);
      expect({ code, stdout, isThere: existsSync(join(folder, "none")) }).toEqual({
        code: 143,
        stdout: "",
        isThere: false,
      });
      expect(stderr).toContain(sentence);
    }
  });
});

describe("samples side by side", () => {
  const choose = (numThreads: number | null, samplesPerRun?: number, patternsPerSample?: number): number =>
    chooseSamplesPerRun({ samplesPerRun, patternsPerSample }, { numThreads });

  it("are as many as asked for, or as suits the engine", () => {
    expect([choose(6), choose(6, 3), choose(6, 300, 10)]).toEqual([6, 3, 300]);
    expect([choose(null), choose(null, 300), choose(null, undefined, 10), choose(null, 8, 10)]).toEqual([
      32, 300, 4, 8,
    ]);
  });

  it("are few where each takes buffers of its own on a GPU", () => {
    expect(() => choose(null, 9, 10)).toThrow(
      "--chunk: must be at most 8 with --patterns-per-sample on a GPU, where each of them has up to 128 MiB of logits " +
        "and a memory of its own, got 9",
    );
  });
});
