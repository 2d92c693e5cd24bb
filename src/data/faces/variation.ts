/**
 * What changes between two pictures of one person: expression, pose of the head, light. Never who it is.
 * Every identity goes through the same ten expressions, each a little different every time.
 */
import type { PhiloxKey } from "../../core/philox.ts";
import { firstVariationStream, openStream } from "./random.ts";
import type { Light } from "./raster.ts";

interface Expression {
  /** Corners of the mouth: −1 down, 1 up. */
  readonly smile: number;
  /** 0 closed, 1 wide open. */
  readonly mouthOpen: number;
  /** Share of the gap between the lips that shows teeth. */
  readonly teeth: number;
  /** −1 lowered, 1 raised. */
  readonly browRaise: number;
  /** Inner ends of the brows drawn down and together; negative: up, as in worry. */
  readonly browFurrow: number;
  /** Opening of the eyes: 1 as at rest. */
  readonly eyeOpen: number;
  /** How much more one corner of the mouth smiles than the other. */
  readonly smirk: number;
}

export interface Variation {
  readonly expression: Expression;
  /** Direction of the look, −1 to 1 of the picture's left to right. */
  readonly gaze: number;
  /** Head turned about the neck (radians; positive: to the right of the picture). */
  readonly turn: number;
  /** Head tilted in the plane of the picture (radians, clockwise). */
  readonly tilt: number;
  /** Units. */
  readonly shiftX: number;
  readonly shiftY: number;
  readonly light: Light;
}

const rest: Expression = {
  smile: 0.14,
  mouthOpen: 0,
  teeth: 0,
  browRaise: 0,
  browFurrow: 0,
  eyeOpen: 1,
  smirk: 0,
};

/** Variation v shows expression v modulo their number. */
const expressions: readonly Expression[] = [
  rest,
  { ...rest, smile: 0.85, eyeOpen: 0.88 },
  { ...rest, smile: 1, mouthOpen: 0.36, teeth: 1, eyeOpen: 0.78, browRaise: 0.15 },
  { ...rest, mouthOpen: 0.85, browRaise: 0.9, eyeOpen: 1.22 },
  { ...rest, smile: -0.75, browFurrow: 0.9, browRaise: -0.45, eyeOpen: 0.85 },
  { ...rest, browRaise: 1, eyeOpen: 1.12, smile: 0.25 },
  { ...rest, eyeOpen: 0.42, smile: 0.05, browRaise: 0.1 },
  { ...rest, smile: 0.4, smirk: 0.9, browRaise: 0.1, eyeOpen: 0.92 },
  { ...rest, smile: -0.6, browFurrow: -0.8, eyeOpen: 0.8 },
  { ...rest, smile: 0.9, mouthOpen: 0.72, teeth: 0.5, eyeOpen: 0.6, browRaise: 0.35 },
];

const degree = Math.PI / 180;

/** Largest departure from the middle in each direction. */
const spreads = {
  expression: 0.1,
  gaze: 0.8,
  turn: 6.5 * degree,
  tilt: 3.5 * degree,
  shiftX: 1.1,
  shiftY: 0.7,
} as const;
/** The key light comes from the left in this share of the pictures, never straight from the front. */
const shareFromLeft = 0.65;
const azimuthRange = [16 * degree, 52 * degree] as const;
const elevationRange = [18 * degree, 46 * degree] as const;

export function sampleVariation(key: PhiloxKey, identity: number, variation: number): Variation {
  const stream = openStream(key, identity, firstVariationStream + variation);
  const around = (spread: number): number => (2 * stream() - 1) * spread;
  const within = ([low, high]: readonly [number, number]): number => low + (high - low) * stream();
  const base = expressions[variation % expressions.length]!;
  return {
    expression: {
      ...base,
      smile: base.smile + around(spreads.expression),
      mouthOpen: base.mouthOpen * (1 + around(2 * spreads.expression)),
      browRaise: base.browRaise + around(spreads.expression),
      browFurrow: base.browFurrow + around(spreads.expression),
      eyeOpen: base.eyeOpen * (1 + around(spreads.expression / 2)),
    },
    gaze: around(spreads.gaze),
    turn: around(spreads.turn),
    tilt: around(spreads.tilt),
    shiftX: around(spreads.shiftX),
    shiftY: around(spreads.shiftY),
    light: { azimuth: (stream() < shareFromLeft ? -1 : 1) * within(azimuthRange), elevation: within(elevationRange) },
  };
}
