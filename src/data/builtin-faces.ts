/**
 * `builtin:faces`: procedurally drawn portraits, so that everything can be tried without any file. The pictures are
 * aligned (eyes and mouths lie at the same heights), so that parts of different people fit together. Who a person is
 * comes from faces/identity.ts, what changes between their pictures from faces/variation.ts, the picture from
 * faces/drawing.ts. Makes bytes only: turning them into unit patterns is the memory's business.
 */
import { requireCount, requireSeed } from "../core/checks.ts";
import { ArgumentError } from "../core/errors.ts";
import { drawFace } from "./faces/drawing.ts";
import { sampleIdentity } from "./faces/identity.ts";
import { sampleVariation } from "./faces/variation.ts";

export interface FaceOptions {
  /** Another seed is another population. From 0 to 2^64 − 1; 0 unless given. */
  readonly seed?: number | bigint;
  /** People; 40 unless given. */
  readonly numIdentities?: number;
  /** Pictures of each person; 10 unless given, which shows each of the ten expressions once. */
  readonly numVariations?: number;
  /** Side of a picture in pixels, at least 8; 64 unless given. */
  readonly size?: number;
}

export interface FaceSet {
  /** Grey levels 0 … 255 (sRGB), row-major [numFaces, size, size]. */
  readonly pixels: Uint8Array;
  /** Which person, from 0 [numFaces]. */
  readonly labels: Int32Array;
  readonly numFaces: number;
  readonly size: number;
}

const minSize = 8;
const maxBytes = 2 ** 31 - 1;

/**
 * Draws the faces, person by person: face i is picture i mod numVariations of person ⌊i / numVariations⌋. A face
 * depends on the seed, its person and its variation, not on how many are asked for. Bytes are equal from run to run;
 * between JavaScript engines a level may differ by one, because their sines and powers do.
 * @throws ArgumentError for a bad seed, count or size, or more than 2^31 − 1 pixels in all
 */
export function builtinFaces(options: FaceOptions = {}): FaceSet {
  const key = requireSeed("seed", options.seed ?? 0);
  const numIdentities = requireCount("numIdentities", options.numIdentities ?? 40, 1);
  const numVariations = requireCount("numVariations", options.numVariations ?? 10, 1);
  const size = requireCount("size", options.size ?? 64, minSize);
  const numFaces = numIdentities * numVariations;
  if (numFaces * size * size > maxBytes) {
    throw new ArgumentError(
      "numIdentities",
      `numIdentities × numVariations × size² must be at most ${maxBytes} pixels, got ${numIdentities} × ${numVariations} × ${size}² = ${numFaces * size * size}`,
      "ask for fewer or smaller faces",
    );
  }
  const pixels = new Uint8Array(numFaces * size * size);
  const labels = new Int32Array(numFaces);
  for (let person = 0; person < numIdentities; person++) {
    const identity = sampleIdentity(key, person);
    for (let picture = 0; picture < numVariations; picture++) {
      const face = person * numVariations + picture;
      labels[face] = person;
      drawFace(identity, sampleVariation(key, person, picture), size, pixels, face * size * size);
    }
  }
  return { pixels, labels, numFaces, size };
}
