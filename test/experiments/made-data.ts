/** Data for quick runs of experiments: small, made by seed, and shaped as the public sets are. */
import {
  aminoAcids,
  returnsMemory,
  sphereMemory,
  type ExperimentData,
  type ImageSet,
  type ReturnsMemory,
} from "../../src/index.ts";

/** Images that share a common part, as drawings of one thing do: a class each, values from 0. */
export function madeImages(numClasses: number, perClass: number, side: number, stream: number): ImageSet {
  const dim = side * side;
  const numImages = numClasses * perClass;
  const own = sphereMemory(numImages, dim, 7, stream).values;
  const common = sphereMemory(numClasses, dim, 7, stream + 1).values;
  const labels = Int32Array.from({ length: numImages }, (_, i) => i % numClasses);
  const pixels = Float32Array.from(own, (value, at) => {
    const image = Math.floor(at / dim);
    return Math.abs(value + common[labels[image]! * dim + (at % dim)]!);
  });
  return { pixels, height: side, width: side, labels };
}

/** Prices of tickers that follow one market, each with moves of its own. */
function madeReturns(numDays: number, numTickers: number): ReturnsMemory {
  const market = sphereMemory(numDays, 1 + numTickers, 7, 600).values;
  const values = new Float64Array((numDays + 1) * numTickers).fill(100);
  for (let day = 1; day <= numDays; day++)
    for (let j = 0; j < numTickers; j++) {
      const move = market[(day - 1) * (1 + numTickers)]! + market[(day - 1) * (1 + numTickers) + 1 + j]!;
      values[day * numTickers + j] = values[(day - 1) * numTickers + j]! * Math.exp(0.05 * move);
    }
  return returnsMemory({
    values,
    numRows: numDays + 1,
    numColumns: numTickers,
    columnNames: undefined,
    rowNames: undefined,
  });
}

/** Sequences of three branches of a family: a consensus each, with some letters changed. */
function madeAlignment(numSequences: number, numColumns: number) {
  const numbers = sphereMemory(numSequences, 2 * numColumns, 7, 700).values;
  const sequences = Array.from({ length: numSequences }, (_, k) =>
    Array.from({ length: numColumns }, (__, i) => {
      const [change, letter] = [numbers[2 * k * numColumns + i]!, numbers[(2 * k + 1) * numColumns + i]!];
      const at = change > 0.05 ? Math.floor(Math.abs(letter) * 1000) : 7 * i + (k % 3) * (i % 4);
      return aminoAcids[at % aminoAcids.length]!;
    }).join(""),
  );
  return { names: sequences.map((_, k) => `s${k}`), sequences, numColumns };
}

const side = 14;

export const madeData: ExperimentData = {
  spheres: {
    spectrum: [0, 1, 2].map((i) => sphereMemory(16, 64, 1, i)),
    convergence: [sphereMemory(4, 8, 1, 10)],
    load: [4, 64].map((numPatterns, i) => [0, 1].map((set) => sphereMemory(numPatterns, 64, 1, 20 + 2 * i + set))),
  },
  digits: { train: madeImages(10, 60, side, 100), heldOut: madeImages(10, 20, side, 200) },
  cartoons: madeImages(1, 40, 20, 300),
  portraits: madeImages(6, 8, 20, 400),
  returns: madeReturns(150, 30),
  proteins: { alignment: madeAlignment(30, 20) },
};
