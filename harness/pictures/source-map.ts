/** Maps of where pixels came from: every stored pattern has a colour of its own, the same in all maps of a run. */
import type { PixelSources } from "../../src/index.ts";

/** Turns of the colour circle from one pattern to the next, which keep neighbours far apart: the golden ratio. */
const hueStep = 0.618_034;
/** How much of a map's brightness is that of the image: enough to see what lies where. */
const imageShare = 0.55;
/** Stands for no pattern in particular. */
const nobody = 0.45;

/** Red, green and blue of pattern k, shares of white. */
export function patternColour(k: number): readonly [number, number, number] {
  const hue = 6 * ((k * hueStep) % 1);
  // Three lightnesses in turn part the hues that come close to each other once there are dozens.
  const lightness = [0.95, 0.7, 0.82][k % 3]!;
  const saturation = [0.75, 0.95, 0.5][Math.floor(k / 3) % 3]!;
  const channel = (offset: number): number => {
    const place = (offset + hue) % 6;
    return lightness * (1 - saturation * Math.max(0, Math.min(place, 4 - place, 1)));
  };
  return [channel(5), channel(3), channel(1)];
}

/**
 * A pixel that one pattern has the most of, but not much, as a border that all share, fades to grey.
 * @param brightness of the image, shares of white, [numPixels]; evenly bright without it
 * @returns [numPixels, 3], shares of white
 */
export function sourceMap({ patterns, shares }: PixelSources, brightness?: ArrayLike<number>): Float32Array {
  const map = new Float32Array(3 * patterns.length);
  for (const [pixel, pattern] of patterns.entries()) {
    const light = brightness === undefined ? 1 : 1 - imageShare + imageShare * clamp(brightness[pixel]!);
    const share = clamp(shares[pixel]!);
    const colour = patternColour(pattern).map((value) => light * (share * value + (1 - share) * nobody));
    map.set(colour, 3 * pixel);
  }
  return map;
}

/** A stretch of pixels that have one source. */
export interface SourceRegion {
  readonly pattern: number;
  /** The pixel that is farthest from the region's edge. */
  readonly row: number;
  readonly column: number;
  /** Pixels around that one, to every side, that are of the region too. */
  readonly reach: number;
}

/** Below this share of its pixel a pattern is no more its source than others are. */
const leastShare = 1 / 3;

/**
 * Where in a map each pattern has a region, connected by pixels' sides, and the place in it with the most of it around.
 * @param sources of an image, row-major
 */
export function sourceRegions({ patterns, shares }: PixelSources, width: number): readonly SourceRegion[] {
  const height = patterns.length / width;
  const owner = patterns.map((pattern, pixel) => (shares[pixel]! < leastShare ? -1 : pattern));
  const reach = reachWithin(owner, width);
  const isSeen = new Uint8Array(owner.length);
  const regions: SourceRegion[] = [];
  for (let start = 0; start < owner.length; start++) {
    if (isSeen[start] === 1 || owner[start]! < 0) continue;
    let best = start;
    const open = [start];
    isSeen[start] = 1;
    for (let pixel = open.pop(); pixel !== undefined; pixel = open.pop()) {
      if (reach[pixel]! > reach[best]!) best = pixel;
      const [row, column] = [Math.floor(pixel / width), pixel % width];
      for (const [next, isInside] of [
        [pixel - width, row > 0],
        [pixel + width, row < height - 1],
        [pixel - 1, column > 0],
        [pixel + 1, column < width - 1],
      ] as const) {
        if (!isInside || isSeen[next] === 1 || owner[next] !== owner[start]) continue;
        isSeen[next] = 1;
        open.push(next);
      }
    }
    regions.push({
      pattern: owner[start]!,
      row: Math.floor(best / width),
      column: best % width,
      reach: reach[best]!,
    });
  }
  return regions;
}

/** How far from each pixel the square around it is of the same owner and within the image, [numPixels]. */
function reachWithin(owner: Int32Array, width: number): Int32Array {
  const height = owner.length / width;
  const reach = new Int32Array(owner.length);
  /** Lowers a pixel's reach to one more than that of its neighbours, first those above and left, then those below and right. */
  const lower = (row: number, column: number, side: -1 | 1): void => {
    const pixel = row * width + column;
    for (const [dy, dx] of [
      [side, -1],
      [side, 0],
      [side, 1],
      [0, side],
    ] as const) {
      const [y, x] = [row + dy, column + dx];
      const next = y * width + x;
      const isSame = y >= 0 && y < height && x >= 0 && x < width && owner[next] === owner[pixel];
      reach[pixel] = Math.min(reach[pixel]!, isSame ? reach[next]! + 1 : 0);
    }
  };
  reach.fill(Math.max(height, width));
  for (let row = 0; row < height; row++) for (let column = 0; column < width; column++) lower(row, column, -1);
  for (let row = height - 1; row >= 0; row--) for (let column = width - 1; column >= 0; column--) lower(row, column, 1);
  return reach;
}

function clamp(value: number): number {
  return Math.max(0, Math.min(1, value));
}
