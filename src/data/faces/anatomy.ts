/** Where the parts of one head are in one picture: measures of identity and expression, and the pose that places them. */
import type { Identity } from "./identity.ts";
import { Canvas, pictureUnits, spline, type Mask, type Point } from "./raster.ts";
import type { Variation } from "./variation.ts";

/** A point of the head: x from its middle line, y down the picture, `forward` of the surface of the skull (units). */
export type Place = (x: number, y: number, forward?: number) => Point;

export interface Sitter {
  readonly canvas: Canvas;
  readonly identity: Identity;
  readonly variation: Variation;
  /** Point of the turned, tilted and shifted head. */
  readonly onHead: Place;
  /** Point of the body, which only shifts, and half as far. */
  readonly onBody: Place;
  /** Half-width of the head at the temples, and the heights of its landmarks (units). */
  readonly halfWidth: number;
  readonly crownY: number;
  readonly chinY: number;
  readonly eyeY: number;
  readonly noseY: number;
  readonly mouthY: number;
  /** Where the head is. */
  readonly headMask: Mask;
}

/** Both sides of the head: −1 is the left of the picture. */
export const sides = [-1, 1] as const;

const middle = pictureUnits / 2;
/** Heights are counted from above the picture: it begins here. */
const pictureTop = 2.2;
/** How far the shoulders are above where they are drawn, so that the collar is in the picture. */
const bodyLift = 2.2;
const crownY = 9;
/** The tilt leaves this height in place. */
const pivotY = 38;
/** Half-depth and half-height of the ellipsoid on which features slide when the head turns. */
const skullDepth = 10;
const skullHalfHeight = 25;
const skullY = 33;
/** How far the chin drops when the mouth opens wide. */
export const jawDrop = 2.4;

/** Seats a person before an empty canvas of `size` × `size` pixels. */
export function pose(identity: Identity, variation: Variation, size: number): Sitter {
  const { features, head } = identity;
  const { turn, tilt, shiftX, shiftY, expression } = variation;
  const { halfWidth } = head;
  const onHead: Place = (x, y, forward = 0) => {
    const flatness = 1 - (x / halfWidth) ** 2 - ((y - skullY) / skullHalfHeight) ** 2;
    const depth = skullDepth * Math.sqrt(Math.max(flatness, 0)) + forward;
    const turned = x * Math.cos(turn) + depth * Math.sin(turn);
    const below = y - pivotY;
    return [
      middle + shiftX + turned * Math.cos(tilt) - below * Math.sin(tilt),
      pivotY - pictureTop + shiftY + turned * Math.sin(tilt) + below * Math.cos(tilt),
    ];
  };
  const onBody: Place = (x, y) => [middle + x + shiftX / 2, y - bodyLift - pictureTop + shiftY / 2];
  const canvas = new Canvas(size);
  const chinY = head.chin + jawDrop * expression.mouthOpen;
  const jawY = chinY - 8.6;
  const half: Point[] = [
    [0.52 * halfWidth, crownY + 2.3],
    [0.88 * halfWidth, crownY + 9.2],
    [halfWidth, crownY + 18],
    [head.cheek * halfWidth, 36],
    [head.jaw * halfWidth, jawY],
    [((head.jaw + head.chinWidth) / 2) * halfWidth + 0.4, chinY - 3.4],
    [head.chinWidth * halfWidth * 0.75, chinY - 0.5],
  ];
  const outline = [
    [0, crownY] as Point,
    ...half,
    [0, chinY] as Point,
    ...half.map(([x, y]): Point => [-x, y]).reverse(),
  ];
  return {
    canvas,
    identity,
    variation,
    onHead,
    onBody,
    halfWidth,
    crownY,
    chinY,
    eyeY: features.eyeHeight,
    noseY: features.eyeHeight + features.noseLength,
    mouthY: features.mouthHeight,
    headMask: canvas.fill(
      spline(
        outline.map(([x, y]) => onHead(x, y)),
        true,
      ),
    ),
  };
}

/** A closed smooth outline through points given from the middle line of the head. */
export function contour(place: Place, points: readonly Point[]): Point[] {
  return spline(
    points.map(([x, y]) => place(x, y)),
    true,
  );
}

/** The points, then their mirror images in reverse: half an outline becomes a whole one. */
export function mirrored(half: readonly Point[]): Point[] {
  return [...half, ...half.map(([x, y]): Point => [-x, y]).reverse()];
}
