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

function clamp(value: number): number {
  return Math.max(0, Math.min(1, value));
}
