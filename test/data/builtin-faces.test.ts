/** The built-in faces: what they promise to callers (order, determinism, independence of counts) and to the eye. */
import { expect, test } from "vitest";
import { builtinFaces, type FaceSet } from "../../src/data/builtin-faces.ts";
import { pose, sides } from "../../src/data/faces/anatomy.ts";
import { sampleIdentity } from "../../src/data/faces/identity.ts";
import { pictureUnits } from "../../src/data/faces/raster.ts";
import { sampleVariation } from "../../src/data/faces/variation.ts";

const all = builtinFaces();

function face({ pixels, size }: FaceSet, index: number): Uint8Array {
  return pixels.subarray(index * size * size, (index + 1) * size * size);
}

/** Cosines of all pairs of faces, as they enter the memory: bytes over their norm [numFaces, numFaces]. */
function cosines(faces: FaceSet): Float64Array {
  const { numFaces } = faces;
  const units = Array.from({ length: numFaces }, (_, i) => {
    const unit = Float64Array.from(face(faces, i));
    const norm = Math.hypot(...unit);
    return unit.map((value) => value / norm);
  });
  const result = new Float64Array(numFaces * numFaces).fill(1);
  for (let i = 0; i < numFaces; i++) {
    for (let k = 0; k < i; k++) {
      let dot = 0;
      for (let j = 0; j < units[i]!.length; j++) dot += units[i]![j]! * units[k]![j]!;
      result[i * numFaces + k] = dot;
      result[k * numFaces + i] = dot;
    }
  }
  return result;
}

test("draws 40 people 10 times, person by person", () => {
  expect(all.numFaces).toBe(400);
  expect(all.size).toBe(64);
  expect(all.pixels.length).toBe(400 * 64 * 64);
  expect([...all.labels]).toEqual(Array.from({ length: 400 }, (_, i) => Math.floor(i / 10)));
});

test("the same seed gives the same bytes, also as a bigint", () => {
  const first = builtinFaces({ seed: 5, numIdentities: 3, numVariations: 2 });
  const second = builtinFaces({ seed: 5n, numIdentities: 3, numVariations: 2 });
  expect(second).toEqual(first);
});

test("both words of the seed count", () => {
  const seeds = [0n, 1n, 1n << 32n].map((seed) => builtinFaces({ seed, numIdentities: 2, numVariations: 2 }));
  for (let i = 0; i < 4; i++) {
    const pictures = seeds.map((faces) => face(faces, i).join());
    expect(new Set(pictures).size).toBe(3);
  }
});

test("a face does not depend on how many are asked for", () => {
  const few = builtinFaces({ numIdentities: 15, numVariations: 3 });
  for (let i = 0; i < few.numFaces; i++) {
    const label = few.labels[i]!;
    expect(face(few, i)).toEqual(face(all, label * 10 + (i % 3)));
  }
  const more = builtinFaces({ numIdentities: 1, numVariations: 12 });
  expect(more.pixels.subarray(0, 10 * 64 * 64)).toEqual(all.pixels.subarray(0, 10 * 64 * 64));
  expect(face(more, 10)).not.toEqual(face(more, 0));
});

test("the grey levels span the range of a photograph, and each face has contrast of its own", () => {
  const sorted = all.pixels.slice().sort();
  expect(sorted[Math.floor(0.01 * sorted.length)]).toBeLessThan(40);
  expect(sorted[Math.floor(0.99 * sorted.length)]).toBeGreaterThan(220);
  for (let i = 0; i < all.numFaces; i++) {
    const picture = face(all, i).slice().sort();
    expect(picture[4050]! - picture[45]!, `face ${i}`).toBeGreaterThan(60);
  }
});

test("a person resembles themselves more than others, and no two pictures are the same", () => {
  const { numFaces, labels } = all;
  const similarity = cosines(all);
  let sumWithin = 0;
  let sumBetween = 0;
  let numNearestSame = 0;
  let largest = -1;
  for (let i = 0; i < numFaces; i++) {
    let nearest = i === 0 ? 1 : 0;
    let within = 0;
    let between = 0;
    for (let k = 0; k < numFaces; k++) {
      if (k === i) continue;
      const cosine = similarity[i * numFaces + k]!;
      if (cosine > similarity[i * numFaces + nearest]!) nearest = k;
      if (labels[k] === labels[i]) within += cosine / 9;
      else between += cosine / (numFaces - 10);
    }
    expect(within, `face ${i}: own person against others`).toBeGreaterThan(between);
    largest = Math.max(largest, similarity[i * numFaces + nearest]!);
    if (labels[nearest] === labels[i]) numNearestSame++;
    sumWithin += within;
    sumBetween += between;
  }
  expect(largest).toBeLessThan(0.9999);
  expect(numNearestSame / numFaces).toBeGreaterThan(0.98);
  expect(sumBetween / numFaces).toBeGreaterThan(0.8);
  expect(sumBetween / numFaces).toBeLessThan(0.93);
  expect(sumWithin / numFaces).toBeGreaterThan(0.97);
});

test("faces are aligned: eyes and mouths stay within 2 pixels of their place in every picture", () => {
  const key = [0, 0] as const;
  const pixelsPerUnit = 64 / pictureUnits;
  for (let i = 0; i < all.numFaces; i++) {
    const identity = sampleIdentity(key, all.labels[i]!);
    const { onHead, eyeY, mouthY } = pose(identity, sampleVariation(key, all.labels[i]!, i % 10), 8);
    const mouthRow = onHead(0, mouthY)[1] * pixelsPerUnit;
    expect(Math.abs(mouthRow - 47.9), `mouth of face ${i}: row ${mouthRow}`).toBeLessThan(2);
    for (const side of sides) {
      const eyeRow = onHead(side * identity.features.eyeSpacing, eyeY)[1] * pixelsPerUnit;
      expect(Math.abs(eyeRow - 31.2), `eye of face ${i}: row ${eyeRow}`).toBeLessThan(2);
    }
  }
});

test("another size draws the same faces on another grid", () => {
  const small = builtinFaces({ numIdentities: 2, numVariations: 1, size: 32 });
  expect(small.pixels.length).toBe(2 * 32 * 32);
  for (let i = 0; i < 2; i++) {
    const large = face(all, i * 10);
    let error = 0;
    face(small, i).forEach((value, at) => {
      const corner = Math.floor(at / 32) * 2 * 64 + (at % 32) * 2;
      const mean = (large[corner]! + large[corner + 1]! + large[corner + 64]! + large[corner + 65]!) / 4;
      error += Math.abs(value - mean) / (32 * 32);
    });
    expect(error).toBeLessThan(4);
  }
});

test.each([
  [{ seed: -1 }, "seed: must be a whole number from 0 to 2^64 - 1, got -1 (above 2^53 - 1 pass a bigint)"],
  [{ numIdentities: 0 }, "numIdentities: must be a whole number of at least 1, got 0"],
  [{ numVariations: 1.5 }, "numVariations: must be a whole number of at least 1, got 1.5"],
  [{ size: 7 }, "size: must be a whole number of at least 8, got 7"],
  [
    { numIdentities: 1e6 },
    "numIdentities: numIdentities × numVariations × size² must be at most 2147483647 pixels, " +
      "got 1000000 × 10 × 64² = 40960000000 (ask for fewer or smaller faces)",
  ],
])("refuses %o", (options, message) => {
  expect(() => builtinFaces(options)).toThrow(expect.objectContaining({ name: "ArgumentError", message }));
});
