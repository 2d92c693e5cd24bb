/** `attention` from files to files: both ways of giving a head, its table, its arrays, and a sentence for each mistake. */
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  attentionRetrieval,
  coupledTokensFromPair,
  encodeNpy,
  fillNormals,
  functionalSymmetry,
  matrixProduct,
  parseNpy,
  patternStability,
  perturbedRetrieval,
  purposes,
  type CoupledTokens,
  type Matrix,
} from "../../../src/index.ts";
import { expectClose, tolerances } from "../../support/tolerances.ts";
import { runCommand } from "./fake-context.ts";

const [numTokens, dim, headDim, valueDim] = [11, 6, 3, 4];
const random = (numRows: number, numColumns: number, seed: number): Matrix => ({
  values: fillNormals(0, 0, purposes.data, [seed, 0], new Float64Array(numRows * numColumns)),
  numRows,
  numColumns,
});
const [tokens, queryWeights] = [random(numTokens, dim, 1), random(dim, headDim, 2)];
const [keyWeights, valueWeights] = [random(dim, headDim, 3), random(dim, valueDim, 4)];
const [queries, keys] = [matrixProduct(tokens, queryWeights), matrixProduct(tokens, keyWeights)];
const values = matrixProduct(tokens, valueWeights);
const patterns = random(numTokens, 2, 5);
const head: CoupledTokens = coupledTokensFromPair(queries, keys);
const scale = 1 / Math.sqrt(headDim);

let folder: string;
const file = (name: string): string => join(folder, `${name}.npy`);
const save = (name: string, { values: data, numRows, numColumns }: Matrix): void =>
  writeFileSync(file(name), encodeNpy(data, [numRows, numColumns]));
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "cli-attention-"));
  for (const [name, matrix] of Object.entries({
    tokens,
    queryWeights,
    keyWeights,
    valueWeights,
    queries,
    keys,
    values,
    patterns,
    short: random(numTokens - 1, headDim, 6),
    wide: random(headDim, dim, 7),
    single: random(1, headDim, 8),
    constant: { values: new Float64Array(numTokens).fill(2), numRows: numTokens, numColumns: 1 },
    huge: { ...queries, values: queries.values.map((value) => value * 1e200) },
  }))
    save(name, matrix);
  writeFileSync(file("cube"), encodeNpy(new Float32Array(8), [2, 2, 2]));
  writeFileSync(file("gaps"), encodeNpy(Float64Array.of(1, NaN, 3, 4), [2, 2]));
});
afterAll(() => rmSync(folder, { recursive: true }));

const pair = (): string[] => ["attention", "--queries", file("queries"), "--keys", file("keys")];
const weights = (): string[] => [
  "attention",
  "--tokens",
  file("tokens"),
  "--queries",
  file("queryWeights"),
  "--keys",
  file("keyWeights"),
];
const readBack = (out: string, name: string) => parseNpy(readFileSync(join(folder, out, name)), name);

interface Printed {
  readonly scale: number;
  readonly functionalSymmetry: number;
  readonly stability: Record<"plain" | "blended" | "given", { columns: number[]; energy: number[] } | null>;
}
const measuresOf = async (...argv: string[]): Promise<Printed> => {
  const { code, stdout, stderr } = await runCommand([...argv, "--json"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout) as Printed;
};

describe("attention", () => {
  it("writes the library's retrievals and measures, with hashes of both ends", async () => {
    const out = join(folder, "written");
    const settings = "--gamma 1.5 --blend 2".split(" ");
    const files = ["--values", file("values"), "--patterns", file("patterns")];
    const { code, stdout, stderr } = await runCommand([...pair(), ...files, ...settings, "--out", out]);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: `stochastic-attention: written to ${out}: plain.npy, blended.npy, measures.json, run.json\n`,
    });
    expect(readdirSync(out).sort()).toEqual(["blended.npy", "measures.json", "plain.npy", "run.json"]);

    const expected = perturbedRetrieval(head, values, { gamma: 1.5, blend: 2, scale });
    expect(readBack("written", "plain.npy")).toEqual({ data: expected.plain.values, shape: [numTokens, valueDim] });
    expect(readBack("written", "blended.npy")).toEqual({ data: expected.blended.values, shape: [numTokens, valueDim] });

    const given = patternStability(head, patterns);
    expect(JSON.parse(readFileSync(join(out, "measures.json"), "utf8"))).toEqual({
      gamma: 1.5,
      blend: 2,
      scale,
      numTokens,
      headDim,
      valueDim,
      isCentered: false,
      functionalSymmetry: functionalSymmetry(head),
      rescaling: {
        smallest: Math.min(...expected.rescaling),
        largest: Math.max(...expected.rescaling),
        numClamped: expected.numClamped,
      },
      stability: {
        plain: expect.objectContaining({
          columns: [0, 1, 2, 3],
          energy: patternStability(head, expected.plain).map(({ energy }) => energy),
        }),
        blended: expect.objectContaining({
          numConstant: 0,
          alignment: patternStability(head, expected.blended).map(({ alignment }) => alignment),
        }),
        given: {
          columns: [0, 1],
          numConstant: 0,
          energy: given.map(({ energy }) => energy),
          instabilityFraction: given.map(({ instabilityFraction }) => instabilityFraction),
          alignment: given.map(({ alignment }) => alignment),
        },
      },
    });

    const hash = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
    const record = JSON.parse(readFileSync(join(out, "run.json"), "utf8")) as Record<string, unknown>;
    expect(record).toMatchObject({
      command: "attention",
      options: {
        queries: file("queries"),
        patterns: file("patterns"),
        gamma: 1.5,
        blend: 2,
        scale,
        center: false,
        out,
      },
      inputs: { keys: { shape: [numTokens, headDim], sha256: hash(new Uint8Array(keys.values.buffer)) } },
      outputs: { "blended.npy": hash(readFileSync(join(out, "blended.npy"))) },
    });

    expect(stdout).toContain("11 tokens, head dimension 3, scale 0.57735, γ = 1.5, b = 2\n");
    expect(stdout).toContain(
      `functional symmetry η = ${functionalSymmetry(head)!.toFixed(4)} (1 symmetric, −1 skew)\n`,
    );
    expect(stdout).toMatch(/^ {2}pattern 1 .* -?\d[\d.]* +0\.\d{4} +-?0\.\d{4}$/m);
  });

  it("writes plain attention twice at γ = 1, whatever the blend", async () => {
    const { code } = await runCommand([...pair(), "--gamma", "1", "--blend", "7", "--out", join(folder, "plain")]);
    expect(code).toBe(0);
    expect(readBack("plain", "blended.npy").data).toEqual(readBack("plain", "plain.npy").data);
    // Without --values, the keys are retrieved.
    expect(readBack("plain", "plain.npy").data).toEqual(attentionRetrieval(head, keys, scale).values);
  });

  it("makes queries, keys and values from tokens and weights", async () => {
    const fromWeights = await measuresOf(...weights(), "--values", file("valueWeights"));
    const fromPair = await measuresOf(...pair(), "--values", file("values"));
    expect(fromWeights).toEqual(fromPair);
    // Without --values, the tokens themselves are retrieved.
    expect((await measuresOf(...weights())).stability.plain?.columns).toHaveLength(dim);
  });

  it("takes another scale, and centres the tokens for the measures alone", async () => {
    const before = await measuresOf(...pair(), "--scale", "2");
    const after = await measuresOf(...pair(), "--scale", "2", "--center");
    expect(before.scale).toBe(2);
    expect(after.functionalSymmetry).not.toBe(before.functionalSymmetry);
    expectClose(after.stability.plain!.energy, before.stability.plain!.energy, tolerances.float64Sum);
  });

  it("leaves channels out that are constant over the tokens, and says so", async () => {
    const { code, stdout } = await runCommand([...pair(), "--values", file("constant")]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^channels of plain attention, mean +0 +- +- +-$/m);
    expect(stdout).toContain("Channels constant over the tokens have no measures: 1 left out.\n");
  });
});

describe("mistakes", () => {
  it.each([
    [["--gamma", "warm"], '--gamma: must be a finite number, got "warm"'],
    [["--blend", "1e999"], "--blend: must be a finite number, got Infinity"],
    [["--scale", "0"], "--scale: must be a finite number above 0, got 0"],
    [
      ["--keys", "short"],
      "--keys: must have the shape of --queries, [11, 3], got [10, 3] (of grouped keys, save the one that goes with these queries)",
    ],
    [["--values", "short"], "--values: must have one row for each of the 11 tokens of --queries, got [10, 3]"],
    [
      ["--tokens", "tokens"],
      "--queries: must be weights with one row for each of the 6 columns of --tokens, got [11, 3] (leave out --tokens if these are queries, not weights)",
    ],
    [
      ["--tokens", "tokens", "--queries", "wide", "--keys", "wide"],
      "--queries: must be weights with one row for each of the 6 columns of --tokens, got [3, 6] (transpose it, as weights of a PyTorch Linear layer have to be)",
    ],
    [
      ["--tokens", "tokens", "--queries", "queryWeights", "--keys", "keyWeights", "--values", "values"],
      "--values: must be weights with one row for each of the 6 columns of --tokens, got [11, 4]",
    ],
    [
      ["--queries", "single", "--keys", "single"],
      "--queries: must hold at least 2 tokens, got 1 (one token has no pattern over tokens and attends to itself only)",
    ],
    [
      ["--patterns", "short"],
      "--patterns: must have one row for each of 11 tokens, got [10, 3] (a pattern is a column)",
    ],
    [
      ["--patterns", "constant"],
      "--patterns: must vary over the tokens, got column 0, which is constant (drop it: centred, it has no direction)",
    ],
    [
      ["--queries", "gaps"],
      "--queries: must be finite, got NaN at row 0, column 1 (drop or fill missing values first)",
    ],
    [
      ["--queries", "huge", "--keys", "huge"],
      "tokens: must have finite logits, got an overflow at token 0 (scale the tokens or the coupling down)",
    ],
  ])("%j", async (args, message) => {
    const names = args.map((arg, i) =>
      i > 0 && /^--(keys|queries|values|tokens|patterns)$/.test(args[i - 1]!) ? file(arg) : arg,
    );
    const out = join(folder, "never");
    const { code, stdout, stderr } = await runCommand([...pair(), "--out", out, ...names]);
    expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: "", stderr: `stochastic-attention: ${message}\n` });
    expect(existsSync(out)).toBe(false);
  });

  it("asks for queries and keys, and for files of two axes", async () => {
    const complaint = async (...argv: string[]): Promise<string> => (await runCommand(["attention", ...argv])).stderr;
    expect(await complaint()).toBe(
      "stochastic-attention: --queries: must be given, got nothing (a .npy file of the head's queries, or of the weights that make them)\n",
    );
    expect(await complaint("--queries", file("queries"))).toContain("--keys: must be given, got nothing (");
    expect(await complaint("--queries", file("cube"))).toBe(
      `stochastic-attention: --queries: must hold an array of two axes, got shape [2, 2, 2] in ${JSON.stringify(file("cube"))} (save one head of one sequence)\n`,
    );
  });
});
