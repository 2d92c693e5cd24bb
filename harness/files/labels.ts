/** Classes of patterns: the file that `--labels` names, and the sentences about classes that are not there. */
import { ArgumentError, describeClasses } from "../../src/index.ts";
import { readArrayFile } from "./array-file.ts";

const largestLabel = 2 ** 31 - 1;

/**
 * A class per pattern of the whole source, [numPatterns].
 * @param source what the patterns come from, for the message
 * @throws ArgumentError unless the file holds one whole number for each
 */
export async function readLabels(path: string, numPatterns: number, source: string): Promise<Int32Array> {
  const { data, shape } = await readArrayFile("--labels", path);
  const place = JSON.stringify(path);
  // A column of labels is as good as a row of them.
  if (shape[0] !== data.length)
    throw new ArgumentError(
      "--labels",
      `must hold one number per pattern, got an array of shape [${shape.join(", ")}] in ${place}`,
      "is it the file of the images?",
    );
  if (data.length !== numPatterns)
    throw new ArgumentError(
      "--labels",
      `must hold one label for each of the ${numPatterns} patterns of ${JSON.stringify(source)}, got ${data.length} in ${place}`,
      "do the two files belong together?",
    );
  const bad = data.findIndex((label) => !Number.isInteger(label) || Math.abs(label) > largestLabel);
  if (bad >= 0)
    throw new ArgumentError(
      "--labels",
      `must be whole numbers below 2^31, got ${data[bad]} for pattern ${bad} in ${place}`,
    );
  return Int32Array.from(data);
}

/**
 * The labels, known to hold a class.
 * @param where what the patterns are, as the message shall spell it
 * @param fix what to do if the class is not among them
 * @throws ArgumentError if there are no labels, or none of them is `classLabel`
 */
export function requireClass(
  classLabel: number,
  labels: Int32Array | undefined,
  where: string,
  fix?: string,
): Int32Array {
  if (labels === undefined)
    throw new ArgumentError(
      "--class",
      `must go with labels, got ${classLabel} for ${where}, whose patterns have none`,
      "name their file with --labels",
    );
  if (!labels.includes(classLabel))
    throw new ArgumentError(
      "--class",
      `must be one of the classes of ${where}, which are ${describeClasses(labels)}, got ${classLabel}`,
      fix,
    );
  return labels;
}
