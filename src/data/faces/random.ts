/**
 * Random choices of the built-in faces. Every number is a Philox draw whose counter names what it is for:
 * (draw, identity or deck, stream, `data`). So no choice depends on how many faces are asked for.
 */
import { uniformFromWord } from "../../core/normal.ts";
import { philox, purposes, type PhiloxKey } from "../../core/philox.ts";

/** Third counter word: an identity has two streams of its own, then one for each of its variations. */
export const identityStream = 0;
export const textureStream = 1;
export const firstVariationStream = 2;
/** Decks count down from the largest word, out of the reach of the variations. */
const firstDeckStream = 0xffffffff;

/** Uniform numbers in (0, 1), one after the other. */
export type Stream = () => number;

export function openStream(key: PhiloxKey, identity: number, stream: number): Stream {
  const words = new Uint32Array(4);
  let numDrawn = 0;
  return () => {
    const place = numDrawn % 4;
    if (place === 0) philox(numDrawn / 4, identity, stream, purposes.data, key, words);
    numDrawn++;
    return uniformFromWord(words[place]!);
  };
}

/**
 * Card `index` of an endless row of decks, each of which holds 0 … numCards − 1 in its own random order. Dealing
 * instead of drawing spreads a feature evenly over any run of neighbouring identities.
 * @param deck which feature is dealt: each has a row of decks of its own
 */
export function deal(key: PhiloxKey, deck: number, index: number, numCards: number): number {
  const stream = openStream(key, Math.floor(index / numCards), firstDeckStream - deck);
  const cards = Array.from({ length: numCards }, (_, card) => card);
  for (let last = numCards - 1; last > 0; last--) {
    const other = Math.floor(stream() * (last + 1));
    [cards[last], cards[other]] = [cards[other]!, cards[last]!];
  }
  return cards[index % numCards]!;
}

/** Smooth noise in [−1, 1] over the plane; its grain is one unit. */
export type Noise = (x: number, y: number) => number;

const latticeSize = 32;

/** Value noise on a periodic lattice of 32 × 32 random heights. */
export function createNoise(stream: Stream): Noise {
  const heights = Float32Array.from({ length: latticeSize * latticeSize }, () => 2 * stream() - 1);
  return (x, y) => {
    const column = Math.floor(x);
    const row = Math.floor(y);
    const left = column & (latticeSize - 1);
    const right = (left + 1) & (latticeSize - 1);
    const upper = (row & (latticeSize - 1)) * latticeSize;
    const lower = ((row + 1) & (latticeSize - 1)) * latticeSize;
    const across = (x - column) * (x - column) * (3 - 2 * (x - column));
    const down = (y - row) * (y - row) * (3 - 2 * (y - row));
    const above = heights[upper + left]! + (heights[upper + right]! - heights[upper + left]!) * across;
    const below = heights[lower + left]! + (heights[lower + right]! - heights[lower + left]!) * across;
    return above + (below - above) * down;
  };
}
