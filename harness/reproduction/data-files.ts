/**
 * The public data sets as experiments take them: which files each kind is in, below the folder of `--data`, and how they
 * are prepared. Everything read is hashed, because results are only as good as the bytes that they were made from.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat, readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  ArgumentError,
  createMemoryMatrix,
  parseCsv,
  parseStockholm,
  returnsMemory,
  sphereMemory,
  type ExperimentData,
  type ImageSet,
  type MemoryMatrix,
  type SphereSets,
} from "../../src/index.ts";
import { readArrayFile } from "../files/array-file.ts";
import { readBytes } from "../files/read-bytes.ts";
import { isSystemError } from "../files/system-error.ts";

export type DataKind = keyof ExperimentData;

interface Source {
  /** Below the data folder. */
  readonly files: readonly string[];
  /** Without its files, the data is made by seed instead. */
  readonly isMadeWithout?: boolean;
  /** Why pictures of it may be made but not handed on. */
  readonly pictureRights?: string;
}

const loads = ["0.05", "0.1", "0.15", "0.25", "0.35", "0.5", "0.75", "1.0", "1.5", "2.0"];
const numSphereSets = 5;
const numbered = Array.from({ length: numSphereSets }, (_, i) => `patterns_${i + 1}.csv`);
const sphereFiles = {
  spectrum: numbered.map((file) => `synthetic/exp1_temperature/${file}`),
  convergence: numbered.map((file) => `synthetic/exp2_convergence/${file}`),
  load: loads.map((load) => `synthetic/exp3_loadratio/ratio_${load}/patterns_1.csv`),
};

const digitFiles = ["train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"].map(
  (name) => `mnist/${name}-ubyte.gz`,
);

const sources: Readonly<Record<DataKind, Source>> = {
  spheres: {
    files: [...sphereFiles.spectrum, ...sphereFiles.convergence, ...sphereFiles.load],
    isMadeWithout: true,
  },
  digits: { files: digitFiles },
  cartoons: {
    files: ["simpsons_1_200_gray64.npy"],
    pictureRights: "the drawings are other people's artwork",
  },
  portraits: { files: ["olivetti/faces.npy", "olivetti/labels.npy"] },
  returns: { files: ["sp500/close.csv.gz"] },
  proteins: { files: ["pfam/PF00076_seed.sto", "pfam/PF00076.hmm"] },
};

/** Why pictures of a kind must stay where they are made; undefined if they need not. */
export function pictureRights(kind: DataKind): string | undefined {
  return sources[kind].pictureRights;
}

/** Which files of a kind are not there. */
export async function missingFiles(folder: string | undefined, kind: DataKind): Promise<readonly string[]> {
  const { files, isMadeWithout = false } = sources[kind];
  if (isMadeWithout) return [];
  if (folder === undefined) return files;
  const found = await Promise.all(files.map((file) => isFile(join(folder, file))));
  return files.filter((_, i) => !found[i]!);
}

/**
 * Reads one kind.
 * @throws ArgumentError for files that are missing or not what they should be
 */
export async function loadData<Kind extends DataKind>(
  folder: string | undefined,
  kind: Kind,
): Promise<{ readonly value: ExperimentData[Kind]; readonly provenance: Readonly<Record<string, string>> }> {
  const missing = await missingFiles(folder, kind);
  if (missing.length > 0)
    throw new ArgumentError(
      "--data",
      `must be a folder with ${missing.join(", ")}, got ${folder === undefined ? "nothing" : JSON.stringify(folder)}`,
      "docs/reproducing.md says where the data sets are to be had; set --data or STOCHASTIC_ATTENTION_DATA",
    );
  const { files, isMadeWithout = false } = sources[kind];
  const isThere =
    folder !== undefined && (await Promise.all(files.map((file) => isFile(join(folder, file))))).every(Boolean);
  const value = await loaders[kind](isThere || !isMadeWithout ? folder : undefined);
  const provenance = isThere
    ? Object.fromEntries(
        await Promise.all(files.map(async (file) => [file, await hashOf(join(folder, file))] as const)),
      )
    : { "made by seed": "1" };
  return { value, provenance };
}

const loaders: { readonly [Kind in DataKind]: (folder: string | undefined) => Promise<ExperimentData[Kind]> } = {
  spheres: loadSpheres,
  digits: async (folder) => {
    const [images, labels, heldOut, heldOutLabels] = digitFiles.map((file) => join(folder!, file));
    return {
      train: await loadImages(images!, labels),
      heldOut: await loadImages(heldOut!, heldOutLabels),
    };
  },
  cartoons: (folder) => loadImages(join(folder!, sources.cartoons.files[0]!)),
  portraits: (folder) => {
    const [images, labels] = sources.portraits.files.map((file) => join(folder!, file));
    return loadImages(images!, labels);
  },
  returns: async (folder) => {
    const path = join(folder!, sources.returns.files[0]!);
    return returnsMemory(parseCsv(await readBytes("--data", path), `--data ${path}`));
  },
  proteins: async (folder) => {
    const [alignment, hmm] = sources.proteins.files.map((file) => join(folder!, file));
    return {
      alignment: parseStockholm(await readBytes("--data", alignment!), `--data ${alignment}`),
      hmm: await readFile(hmm!, "utf8"),
    };
  },
};

async function loadImages(path: string, labelPath?: string): Promise<ImageSet> {
  const { data, shape } = await readArrayFile("--data", path);
  const [numImages, height, width] = shape;
  if (shape.length !== 3)
    throw new ArgumentError("--data", `must hold images [number, height, width] in ${path}, got [${shape.join(", ")}]`);
  const pixels = data instanceof Uint8Array || data instanceof Float32Array ? data : Float32Array.from(data);
  const images = { pixels, height: height!, width: width! };
  if (labelPath === undefined) return images;
  const labels = await readArrayFile("--data", labelPath);
  if (labels.data.length !== numImages)
    throw new ArgumentError(
      "--data",
      `must have a label for each of the ${numImages} images in ${labelPath}, got ${labels.data.length}`,
    );
  return { ...images, labels: Int32Array.from(labels.data) };
}

/** Seed of memories that are made, and of those that the published files leave out. */
const sphereSeed = 1;
const sphereShapes = { spectrum: [16, 64], convergence: [4, 8] } as const;

async function loadSpheres(folder: string | undefined): Promise<SphereSets> {
  const made = (numPatterns: number, dim: number, stream: number): MemoryMatrix =>
    sphereMemory(numPatterns, dim, sphereSeed, stream);
  const setsOf = async (name: keyof typeof sphereShapes): Promise<MemoryMatrix[]> =>
    folder === undefined
      ? numbered.map((_, i) => made(sphereShapes[name][0], sphereShapes[name][1], i))
      : Promise.all(sphereFiles[name].map((file) => readColumns(join(folder, file))));
  const dim = sphereShapes.spectrum[1];
  const load = await Promise.all(
    loads.map(async (text, i): Promise<MemoryMatrix[]> => {
      const numPatterns = Math.round(Number(text) * dim);
      const first = folder === undefined ? undefined : await readColumns(join(folder, sphereFiles.load[i]!));
      const count = first?.numPatterns ?? numPatterns;
      const rest = numbered.slice(first === undefined ? 0 : 1).map((_, set) => made(count, dim, 100 + 10 * i + set));
      return first === undefined ? rest : [first, ...rest];
    }),
  );
  return { spectrum: await setsOf("spectrum"), convergence: await setsOf("convergence"), load };
}

/** A table of numbers with a header line, one pattern a column. */
async function readColumns(path: string): Promise<MemoryMatrix> {
  const { values, numRows: dim, numColumns: numPatterns } = parseCsv(await readBytes("--data", path), `--data ${path}`);
  return createMemoryMatrix(
    Float64Array.from(values, (_, at) => values[(at % dim) * numPatterns + Math.floor(at / dim)]!),
    { numPatterns, dim },
  );
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch (error) {
    if (isSystemError(error)) return false;
    throw error;
  }
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of createReadStream(path)) hash.update(piece as Buffer);
  return hash.digest("hex");
}
