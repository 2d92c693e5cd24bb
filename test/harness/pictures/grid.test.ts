/** The contact sheet, looked at pixel by pixel where the layout fixes them, and by ink where it is text. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { renderSheet, toPalette, type SheetOptions, type SheetSection } from "../../../harness/pictures/grid.ts";
import {
  distinctNames,
  shortenText,
  textElement,
  textWidth,
  wrapText,
  type TextStyle,
} from "../../../harness/pictures/text.ts";
import { ArgumentError } from "../../../src/index.ts";

const require = createRequire(import.meta.url);
const opentype = require("opentype.js") as typeof import("opentype.js");

interface Picture {
  readonly width: number;
  readonly height: number;
  at(x: number, y: number): [number, number, number];
}

async function decode(png: Buffer): Promise<Picture> {
  const { data, info } = await sharp(png).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return {
    width: info.width,
    height: info.height,
    at: (x, y) => {
      const start = (y * info.width + x) * 3;
      return [data[start]!, data[start + 1]!, data[start + 2]!];
    },
  };
}

async function draw(sections: readonly SheetSection[], options: Partial<SheetOptions> = {}): Promise<Picture> {
  return decode(await renderSheet(sections, { title: "T", imageShape: { height: 2, width: 2 }, ...options }));
}

const margin = 40;

/** Rows in which the column x of a picture has exactly this colour. */
function rowsOf(picture: Picture, x: number, colour: readonly number[]): number[] {
  return Array.from({ length: picture.height }, (_, y) => y).filter((y) =>
    picture.at(x, y).every((value, i) => value === colour[i]),
  );
}

describe("images", () => {
  it("are enlarged by whole pixels, clipped to black and white, and odd values marked", async () => {
    const cells = [[-3, 0.4, 7, Number.NaN]];
    const picture = await draw([{ heading: "x", cells }], { pixelScale: 10 });
    // The top left pixel is the only black one; text is dark grey.
    const top = rowsOf(picture, margin + 5, [0, 0, 0])[0]!;
    for (let dy = 0; dy < 10; dy++)
      for (let dx = 0; dx < 10; dx++) {
        expect(picture.at(margin + dx, top + dy)).toEqual([0, 0, 0]);
        expect(picture.at(margin + 10 + dx, top + dy)).toEqual([102, 102, 102]);
        expect(picture.at(margin + dx, top + 10 + dy)).toEqual([255, 255, 255]);
        expect(picture.at(margin + 10 + dx, top + 10 + dy)).toEqual([214, 39, 120]);
      }
    expect(picture.at(margin + 25, top + 5)).toEqual([250, 250, 248]);
  });

  it("keep their greys to half a level in a palette, in half the bytes", async () => {
    const noise = Array.from({ length: 40 * 40 }, (_, i) => ((i * 7919) % 256) / 255);
    const sections = [{ heading: "ξ", cells: [noise, noise.toReversed()] }];
    const png = await renderSheet(sections, { title: "T", imageShape: { height: 40, width: 40 }, pixelScale: 2 });
    const small = await toPalette(png);
    expect(small.length).toBeLessThan(0.5 * png.length);
    const [whole, reduced] = [await decode(png), await decode(small)];
    let worst = 0;
    for (let y = 0; y < whole.height; y++)
      for (let x = 0; x < whole.width; x++)
        worst = Math.max(worst, ...whole.at(x, y).map((value, i) => Math.abs(value - reduced.at(x, y)[i]!)));
    expect(worst).toBeLessThanOrEqual(5);
  });

  it("have colours where a pixel has three values or more, beside grey ones, and a grey where it has two", async () => {
    const sections = [
      { heading: "rgb", channels: 3, cells: [[0, 0, 0, 1, 0, 0, 0, 0.2, 0.4, 1, 2, -1]] },
      { heading: "grey", cells: [[0.6, 0.6, 0.6, 0.6]] },
      { heading: "grey and more", channels: 2, cells: [[0.8, 0, 0.8, 0, 0.8, 0, 0.8, 0]] },
    ];
    const picture = await draw(sections, { pixelScale: 4 });
    const top = rowsOf(picture, margin + 6, [255, 0, 0])[0]!;
    expect(picture.at(margin + 2, top + 2)).toEqual([0, 0, 0]);
    expect(picture.at(margin + 2, top + 6)).toEqual([0, 51, 102]);
    expect(picture.at(margin + 6, top + 6)).toEqual([255, 255, 0]);
    expect(rowsOf(picture, margin + 6, [153, 153, 153])).toHaveLength(8);
    expect(rowsOf(picture, margin + 6, [204, 204, 204])).toHaveLength(8);
  });

  it("fill rows from left to right, every section on the same columns", async () => {
    const grey = (value: number): number[] => Array<number>(4).fill(value / 255);
    const cells = [200, 201, 202, 203, 204].map(grey);
    const sections = [
      { heading: "a", cells },
      { heading: "b", cells: [grey(210), grey(211)] },
    ];
    const picture = await draw(sections, { numColumns: 3, pixelScale: 5 });
    const step = 10 + 8;
    const placeOf = (value: number, column: number): number =>
      rowsOf(picture, margin + column * step + 4, [value, value, value])[0]!;
    const [first, second] = [placeOf(200, 0), placeOf(203, 0)];
    expect([placeOf(201, 1), placeOf(202, 2)]).toEqual([first, first]);
    expect(second).toBe(first + step);
    expect(placeOf(204, 1)).toBe(second);
    expect(placeOf(210, 0)).toBeGreaterThan(second + 10);
    expect(placeOf(211, 1)).toBe(placeOf(210, 0));
  });

  it("keep their shape if they are not square", async () => {
    const cell = [...Array<number>(6).fill(0.2), ...Array<number>(6).fill(0.6)];
    const picture = await draw([{ heading: "x", cells: [cell] }], {
      imageShape: { height: 6, width: 2 },
      pixelScale: 4,
    });
    expect(rowsOf(picture, margin + 7, [51, 51, 51])).toHaveLength(12);
    expect(rowsOf(picture, margin + 7, [153, 153, 153])).toHaveLength(12);
    expect(rowsOf(picture, margin + 9, [51, 51, 51])).toHaveLength(0);
  });

  it.each([
    [64, 20, 10 * (128 + 8) - 8],
    [64, 12, 6 * (128 + 8) - 8],
    [28, 100, 10 * (112 + 8) - 8],
    [300, 9, 3 * (300 + 8) - 8],
    [2000, 2, 2000],
  ])("of %i pixels a side, %i of them, stand in full rows on a page of %i", async (side, count, content) => {
    const cell = new Float32Array(side * side);
    const sections = [{ heading: "x", cells: Array.from({ length: count }, () => cell) }];
    const picture = await draw(sections, { imageShape: { height: side, width: side } });
    expect(picture.width).toBe(content + 2 * margin);
  });
});

describe("patterns that are no images", () => {
  const blueRows = (picture: Picture, x: number): number[] =>
    Array.from({ length: picture.height }, (_, y) => y).filter((y) => {
      const [red, , blue] = picture.at(x, y);
      return blue - red > 60;
    });

  it("are curves on one common scale", async () => {
    const low = [0, 0, 0, 0];
    const high = [1, 1, 1, 1];
    const options = { imageShape: undefined };
    const picture = await draw([{ heading: "x", cells: [low, high] }], options);
    const cellWidth = 180 + 8;
    const [lowRow, highRow] = [blueRows(picture, margin + 90)[0]!, blueRows(picture, margin + cellWidth + 90)[0]!];
    expect(lowRow - highRow).toBe(104 - 2 * 6);
    const alone = await draw([{ heading: "x", cells: [low] }], options);
    expect(blueRows(alone, margin + 90).length).toBeGreaterThan(0);
  });

  it("show a gap where a value is not finite, and single values as dashes", async () => {
    const values = [1, 1, Number.NaN, 1, Number.POSITIVE_INFINITY];
    const picture = await draw([{ heading: "x", cells: [values] }], { imageShape: undefined });
    const columnOf = (i: number): number => margin + 6 + Math.round((168 * (i + 0.5)) / values.length);
    expect(values.map((_, i) => blueRows(picture, columnOf(i)).length > 0)).toEqual([true, true, false, true, false]);
  });
});

describe("text", () => {
  const style: TextStyle = { weight: "regular", size: 20, colour: "#000000" };

  /** Grey levels, [40, 300], of an element drawn on white. */
  async function ink(element: string): Promise<Buffer> {
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="300" height="40">${element}</svg>`;
    return sharp(Buffer.from(svg)).flatten({ background: "white" }).greyscale().raw().toBuffer();
  }

  it("has a shape of its own for every letter that the sheet uses", async () => {
    const letters = "a b c α β ξ σ Σ μ ∝ √ ∞ · × − ≈ ≤ ⁻ ¹ ² ₖ ᵀ ½ → ( )".split(" ");
    const missing = await ink(textElement("\u{10FFFF}", 10, 30, style));
    const shapes = await Promise.all(letters.map((letter) => ink(textElement(letter, 10, 30, style))));
    for (const shape of shapes) {
      expect(shape.some((value) => value < 150)).toBe(true);
      expect(shape.equals(missing)).toBe(false);
    }
    expect(new Set(shapes.map((shape) => shape.toString("base64"))).size).toBe(letters.length);
  });

  it("is as wide as it is drawn", async () => {
    const text = "samples ξ";
    const drawn = await ink(textElement(text, 10, 30, style));
    const columns = Array.from(drawn, (value, i) => (value < 128 ? i % 300 : -1)).filter((x) => x >= 0);
    const right = columns.reduce((largest, x) => Math.max(largest, x), 0);
    expect(Math.abs(right - 10 - textWidth(text, style))).toBeLessThan(3);
  });

  it("is set with outlines only: no font has to be installed", () => {
    expect(textElement("ξ & <b>", 0, 0, style)).toMatch(/^<path fill="#000000" d="[Mlhvqc\d .-]+"\/>$/);
  });

  it("is as the font has it, to a twentieth of a pixel", async () => {
    const file = require.resolve("dejavu-fonts-ttf/ttf/DejaVuSans.ttf");
    const { buffer, byteOffset, byteLength } = readFileSync(file);
    const glyph = opentype.parse(buffer.slice(byteOffset, byteOffset + byteLength)).charToGlyph("ξ");
    const shape = await ink(`<path d="${glyph.getPath(10, 30, 20).toPathData(6)}"/>`);
    const drawn = await ink(textElement("ξ", 10, 30, style));
    expect(Math.max(...drawn.map((value, i) => Math.abs(value - shape[i]!)))).toBeLessThan(16);
  });

  it("is kerned", () => {
    expect(textWidth("AV", style)).toBeLessThan(textWidth("A", style) + textWidth("V", style));
  });

  it("breaks at spaces", () => {
    const width = textWidth("one two", style) + 0.01;
    expect(wrapText("one two  three\nfour", width, style)).toEqual(["one two", "three", "four"]);
    expect(wrapText("incomprehensibilities or", width, style)).toEqual(["incomprehensibilities", "or"]);
    expect(wrapText(" ", width, style)).toEqual([]);
  });

  it("loses its middle where there is no room, so that numbered names still differ", () => {
    const width = textWidth("holiday 0017.png", style);
    expect(shortenText("holiday 0017.png", width, style)).toBe("holiday 0017.png");
    const shorter = shortenText("holiday in the mountains 0017.png", width, style);
    expect(shorter).toMatch(/^holid.*….*17\.png$/);
    expect(textWidth(shorter, style)).toBeLessThanOrEqual(width);
    expect(shortenText("holiday", 1, style)).toBe("…");
  });

  it("takes its room: a title, a subtitle, a heading and captions make the sheet taller", async () => {
    const cells = [[0, 0, 0, 0]];
    const plain = await draw([{ heading: "a", cells }]);
    const long = "words ".repeat(60);
    const heights = await Promise.all([
      draw([{ heading: "a", cells }], { subtitle: "s" }),
      draw([{ heading: "a", caption: "c", cells }]),
      draw([{ heading: "a", caption: long, cells }]),
      draw([{ heading: "a", cells }], { title: long }),
    ]);
    for (const picture of heights) expect(picture.height).toBeGreaterThan(plain.height);
    expect(heights[2].height).toBeGreaterThan(heights[1].height);
    expect(heights.every((picture) => picture.width === plain.width)).toBe(true);
  });
});

it("long names keep what tells them apart", () => {
  expect(distinctNames(["1.png", "2.png"])).toEqual(["1.png", "2.png"]);
  expect(distinctNames(["IMG_20240101_1200.jpg", "IMG_20240101_17.jpg"])).toEqual(["…200…", "…7…"]);
  expect(distinctNames(["the only photograph.png"])).toEqual(["the only photograph.png"]);
  // One is the beginning, and the end, of the other: something of it is left.
  expect(distinctNames(["aaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaa"])).toEqual(["…aaa", "…a"]);
});

describe("labels and marks", () => {
  const black = [0, 0, 0, 0];
  const colour = [1, 0.2, 0.4] as const;
  const shown = [255, 51, 102];

  it("stand under cells, each with a square of its colour, as far apart as words need", async () => {
    const labels = [{ text: "1  a.png", colour }, { text: "b" }];
    const options = { pixelScale: 4 };
    const picture = await draw([{ heading: "x", cells: [black, black], labels }], options);
    const plain = await draw([{ heading: "x", cells: [black, black] }], options);
    expect(picture.height - plain.height).toBe(18);
    const swatch = rowsOf(picture, margin + 5, shown);
    expect(swatch).toHaveLength(10);
    expect(swatch[0]!).toBeGreaterThan(rowsOf(picture, margin + 5, [0, 0, 0]).at(-1)!);
    expect(rowsOf(picture, margin + 112 + 8 + 5, shown)).toEqual([]);
    // The second cell is where its label is, and not beside the first.
    expect(rowsOf(picture, margin + 112 + 8 + 5, [0, 0, 0])).toHaveLength(8);
    expect(rowsOf(picture, margin + 8 + 8 + 5, [0, 0, 0])).toEqual([]);
  });

  it("keep every row of a section to its width", async () => {
    const cells = Array.from({ length: 9 }, () => black);
    const labels = cells.map((_, i) => ({ text: String(i), colour }));
    const picture = await draw([{ heading: "x", cells, labels }], { pixelScale: 4 });
    // The width that texts have at least holds four labels.
    expect(picture.width).toBe(560 + 2 * margin);
    expect(rowsOf(picture, margin + 5, shown)).toHaveLength(3 * 10);
    expect(rowsOf(picture, margin + 3 * 120 + 5, shown)).toHaveLength(2 * 10);
  });

  it("stand upon cells where there is room for the word", async () => {
    const mark = { text: "7", row: 0, column: 1 };
    /** Whether anything but black is in the right half of the upper row. */
    const isMarked = async (reach: number): Promise<boolean> => {
      const marks = [[{ ...mark, reach }]];
      const picture = await draw([{ heading: "x", cells: [black], marks }], { pixelScale: 9 });
      const rows = rowsOf(picture, margin + 1, [0, 0, 0]).slice(0, 9);
      return rows.some((y) => [9, 12, 15].some((x) => picture.at(margin + x, y)[0] > 100));
    };
    // One pixel is nine wide, the word ten high.
    expect([await isMarked(0), await isMarked(1)]).toEqual([false, true]);
  });
});

it("the same sheet is the same file", async () => {
  const sections = [{ heading: "samples ξ", caption: "c", cells: [[0, 0.5, 1, 0]] }];
  const options = { title: "T", imageShape: { height: 2, width: 2 } };
  expect((await renderSheet(sections, options)).equals(await renderSheet(sections, options))).toBe(true);
});

describe("refusals", () => {
  const cells = [[0, 0, 0, 0]];
  const refusal = async (sections: readonly SheetSection[], options: Partial<SheetOptions> = {}): Promise<string> => {
    const error = await draw(sections, options).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ArgumentError);
    return (error as ArgumentError).message;
  };

  it("say what is wrong", async () => {
    expect(await refusal([])).toBe("sections: must hold at least one pattern to show, got none");
    expect(await refusal([{ heading: "a", cells: [] }])).toBe(
      "sections: must hold at least one pattern to show, got none",
    );
    expect(await refusal([{ heading: "ξ", cells: [...cells, [1, 2, 3]] }])).toBe(
      'sections: every cell must have 4 values, got 3 in cell 1 of "ξ"',
    );
    expect(await refusal([{ heading: "ξ", cells: [[]] }], { imageShape: undefined })).toBe(
      'sections: every cell must have 1 or more values, got 0 in cell 0 of "ξ"',
    );
    expect(await refusal([{ heading: "a", cells }], { numColumns: 0 })).toBe(
      "numColumns: must be a whole number of at least 1, got 0",
    );
    expect(await refusal([{ heading: "a", cells }], { pixelScale: 1.5 })).toBe(
      "pixelScale: must be a whole number of at least 1, got 1.5",
    );
    expect(await refusal([{ heading: "a", cells }], { pixelScale: 20_000 })).toMatch(
      /^sections: must fit a sheet of 32767 pixels a side, got 40080 × \d+ \(show fewer patterns or a smaller pixelScale\)$/,
    );
  });
});
