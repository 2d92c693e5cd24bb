/** Hair styles: the outlines of each style, from the middle line of the head, and the strands or curls that fill them. */
import { contour, mirrored, type Sitter } from "./anatomy.ts";
import type { HairStyle } from "./identity.ts";
import type { Paint, Point } from "./raster.ts";

/** One mass of hair. */
interface Lock {
  readonly outline: readonly Point[];
  /** Strands run away from this point; without one the hair is curled. */
  readonly focus?: Point;
  /** How much of the skin it hides (1 unless given). */
  readonly opacity?: number;
  /** Thickness (units; 1 unless given). */
  readonly thickness?: number;
}

interface Hair {
  /** Behind the neck and the head. */
  readonly back: readonly Lock[];
  /** Over the head. */
  readonly front: readonly Lock[];
  /** Reach of the blur of its edge (units). */
  readonly softness: number;
  /** Size of a curl (units). */
  readonly curl?: number;
}

/** What the outlines are measured against. */
interface HairMeasures {
  readonly halfWidth: number;
  readonly crown: number;
  readonly hairline: number;
  /** Relative to an average head of hair: about 0.6 to 1.4. */
  readonly volume: number;
  readonly wave: number;
  /** Side of the parting, −1 or 1. */
  readonly side: number;
}

/**
 * An ellipse with `numBumps` bumps, for curls: clockwise from angle −reach to reach, where 0 is its top and a reach of π
 * makes it whole.
 */
function scalloped([x, y]: Point, [radiusX, radiusY]: Point, bump: number, numBumps: number, reach = Math.PI): Point[] {
  const numPoints = numBumps * 3;
  return Array.from({ length: numPoints }, (_, i): Point => {
    const angle = reach * ((2 * i) / numPoints - 1);
    const bulge = (i % 3 === 0 ? -1 : 0.5) * bump;
    return [x + (radiusX + bulge) * Math.sin(angle), y - (radiusY + bulge) * Math.cos(angle)];
  });
}

/** Hair that hugs the skull, `above` and `beside` it, down to the ears, open along `hairline` (right half, outwards in). */
function cap(m: HairMeasures, above: number, beside: number, hairline: readonly Point[], sideburn = 31): Point[] {
  const w = m.halfWidth;
  const outer: Point[] = [
    [w * 0.54 + beside * 0.5, m.crown + 2.2 - above * 0.9],
    [w * 0.89 + beside, m.crown + 9 - above * 0.4],
    [w + beside, m.crown + 16],
    [w + beside * 0.5, sideburn],
  ];
  const half = [...outer, [w * 0.94, sideburn] as Point, ...hairline];
  return [[0, m.crown - above], ...mirrored(half)];
}

const middleHairline = (m: HairMeasures): Point[] => [
  [m.halfWidth * 0.9, 25],
  [m.halfWidth * 0.78, m.hairline + 3.5],
  [m.halfWidth * 0.45, m.hairline + 0.4],
  [m.halfWidth * 0.14, m.hairline],
];

const styles: Readonly<Record<HairStyle, (m: HairMeasures) => Hair>> = {
  bald: () => ({ back: [], front: [], softness: 0.5 }),
  buzz: (m) => ({
    back: [],
    front: [{ outline: cap(m, 0.5, 0.15, middleHairline(m), 29), opacity: 0.78, thickness: 0.4 }],
    softness: 1,
    curl: 0.7,
  }),
  receding: (m) => {
    const w = m.halfWidth;
    const tuft: Point[] = [
      [w * 0.93, 15.5],
      [w + 1.2 * m.volume, 20],
      [w + 1.3 * m.volume, 26],
      [w + 0.4, 32],
      [w * 0.93, 31.5],
      [w * 0.9, 26],
      [w * 0.82, 21],
      [w * 0.8, 17],
    ];
    const wisp: Point[] = [
      [w * 0.62, m.crown + 1.8],
      [w * 0.3, m.crown - 0.5],
      [-w * 0.3, m.crown - 0.5],
      [-w * 0.62, m.crown + 1.8],
      [-w * 0.3, m.crown + 2],
      [w * 0.3, m.crown + 2],
    ];
    return {
      back: [],
      front: [
        { outline: tuft, focus: [0, 12] },
        { outline: tuft.map(([x, y]): Point => [-x, y]), focus: [0, 12] },
        { outline: wisp, focus: [0, 25], opacity: 0.55, thickness: 0.4 },
      ],
      softness: 0.7,
    };
  },
  sideParted: (m) => {
    const { halfWidth: w, side: s } = m;
    const part: Point = [-s * w * 0.48, m.hairline - 3];
    return {
      back: [],
      front: [
        {
          outline: [
            [-s * w * 0.3, m.crown - 1.6 * m.volume],
            [s * w * 0.3, m.crown - 2.6 * m.volume],
            [s * w * 0.75, m.crown - 0.2],
            [s * (w + 0.9), m.crown + 8],
            [s * (w + 0.9), 24],
            [s * (w + 0.3), 31],
            [s * w * 0.93, 31],
            [s * w * 0.9, 25],
            [s * w * 0.8, m.hairline + 4.2],
            [s * w * 0.35, m.hairline + 2.2],
            [-s * w * 0.2, m.hairline + 0.6],
            part,
            [-s * w * 0.44, m.crown + 2],
          ],
          focus: part,
          thickness: 1.3,
        },
        {
          outline: [
            [-s * w * 0.42, m.crown - 0.6],
            part,
            [-s * w * 0.66, m.hairline + 2],
            [-s * w * 0.84, m.hairline + 5],
            [-s * w * 0.92, 26],
            [-s * w * 0.94, 31],
            [-s * (w + 0.3), 31],
            [-s * (w + 0.7), 24],
            [-s * (w + 0.4), m.crown + 9],
            [-s * w * 0.75, m.crown + 1.5],
          ],
          focus: part,
        },
      ],
      softness: 0.5,
    };
  },
  quiff: (m) => {
    const { halfWidth: w, side: s } = m;
    return {
      back: [],
      front: [
        { outline: cap(m, 0.6, 0.3, middleHairline(m)), opacity: 0.85, thickness: 0.5, focus: [0, 5] },
        {
          outline: [
            [s * w * 0.1, m.crown - 3.6 * m.volume],
            [s * w * 0.6, m.crown - 3.2 * m.volume],
            [s * w * 0.93, m.crown + 1],
            [s * w * 0.9, m.crown + 7],
            [s * w * 0.7, m.hairline + 0.5],
            [s * w * 0.2, m.hairline - 1],
            [-s * w * 0.4, m.hairline - 0.2],
            [-s * w * 0.8, m.hairline + 1.6],
            [-s * w * 0.86, m.crown + 5],
            [-s * w * 0.6, m.crown - 1],
          ],
          focus: [-s * w * 0.5, 30],
          thickness: 2,
        },
      ],
      softness: 0.6,
    };
  },
  pixie: (m) => {
    const { halfWidth: w, side: s } = m;
    return {
      back: [],
      front: [
        {
          outline: [
            [-s * w * 0.2, m.crown - 2 * m.volume],
            [s * w * 0.5, m.crown - 1.6 * m.volume],
            [s * (w + 0.6), m.crown + 6],
            [s * (w + 1.8), 24],
            [s * (w + 1.3), 33],
            [s * (w - 0.6), 37],
            [s * w * 0.9, 30],
            [s * w * 0.86, 25],
            [s * w * 0.4, 25.2],
            [-s * w * 0.1, 22],
            [-s * w * 0.5, 17.5],
            [-s * w * 0.72, 19],
            [-s * w * 0.88, 25],
            [-s * w * 0.88, 31],
            [-s * (w - 0.6), 37],
            [-s * (w + 1.3), 32],
            [-s * (w + 1.6), 23],
            [-s * (w + 0.4), m.crown + 6],
            [-s * w * 0.6, m.crown],
          ],
          focus: [-s * w * 0.55, m.crown + 4],
          thickness: 1.4,
        },
      ],
      softness: 0.5,
    };
  },
  bob: (m) => {
    const w = m.halfWidth;
    const spread = 2.4 + 1.6 * m.volume;
    const outer: Point[] = [
      [w * 0.6, m.crown + 0.9],
      [w * 0.97 + 1, m.crown + 8.6],
      [w + spread, 27],
      [w + spread + 0.8, 40],
      [w + spread - 0.6, 48.5],
      [w * 0.88, 49.5],
    ];
    return {
      back: [{ outline: mirrored([...outer.slice(2), [0, 49] as Point]), focus: [0, m.crown] }],
      front: [
        {
          outline: [
            [0, m.crown - 1.8 * m.volume],
            ...mirrored([
              ...outer,
              [w * 0.86, 44],
              [w * 0.93, 36],
              [w * 0.87, 28],
              [w * 0.78, 24.8],
              [w * 0.35, 24.2 - m.wave],
              [0, 24.4 - m.wave],
            ]),
          ],
          focus: [0, m.crown - 1],
          thickness: 1.5,
        },
      ],
      softness: 0.4,
    };
  },
  long: (m) => {
    const w = m.halfWidth;
    const spread = 1.6 + 1.6 * m.volume;
    const outer: Point[] = [
      [w * 0.58, m.crown + 1.2],
      [w * 0.95 + 0.6, m.crown + 8.6],
      [w + spread * 0.8, 26],
      [w + spread, 42],
      [w + spread + 1.2, 70],
    ];
    return {
      back: [{ outline: mirrored([[0, m.crown + 2], ...outer.slice(1), [0, 70]]), focus: [0, m.crown] }],
      front: [
        {
          outline: [
            [0, m.crown - 1.2 * m.volume],
            ...mirrored([
              ...outer,
              [w * 0.66, 70],
              [w * 0.82, 52],
              [w * 0.97, 40],
              [w * 0.92, 29],
              [w * 0.7, 20.5],
              [w * 0.2, m.hairline - 2],
              [0, m.hairline - 4.5],
            ]),
          ],
          focus: [0, m.crown],
          thickness: 1.5,
        },
      ],
      softness: 0.4,
    };
  },
  wavy: (m) => {
    const { halfWidth: w, side: s } = m;
    const part = -s * w * 0.42;
    const curtain = (sign: number, sweep: number): Point[] => {
      const swing = (y: number): number => 1.3 * Math.sin(y * 0.62 + sign);
      const outside = [30, 36, 42, 48, 54, 60, 70].map((y): Point => [sign * (w + 3.4 * m.volume + swing(y)), y]);
      const inside = [70, 60, 53, 47, 41].map((y): Point => [
        sign * (w * (y > 50 ? 0.72 : 0.9) + swing(y + 3) * 0.6),
        y,
      ]);
      return [
        [part, m.crown - 0.6],
        [sign * w * 0.5 + part * 0.3, m.crown - 2.2 * m.volume],
        [sign * (w * 0.92), m.crown + 2],
        [sign * (w + 2.2 * m.volume), m.crown + 11],
        ...outside,
        ...inside,
        [sign * w * 0.93, 33],
        [sign * w * 0.86, 26 + sweep],
        [(sign * w * 0.62 + part) / 1.7, m.hairline + 2 + sweep],
        [part, m.hairline - 3.5],
      ];
    };
    return {
      back: [
        {
          outline: mirrored([
            [w, m.crown + 8],
            [w + 3 * m.volume, 30],
            [w + 3 * m.volume, 50],
            [w + 2 * m.volume, 70],
          ]),
          focus: [0, m.crown],
        },
      ],
      front: [
        { outline: curtain(-s, 0), focus: [part, m.crown + 2], thickness: 1.6 },
        { outline: curtain(s, 1.6), focus: [part, m.crown + 2], thickness: 1.6 },
      ],
      softness: 0.5,
    };
  },
  bun: (m) => ({
    back: [
      { outline: scalloped([0, m.crown - 2], [5.6, 4.6], 0.25, 8), focus: [m.side * 2, m.crown - 2], thickness: 3 },
    ],
    front: [{ outline: cap(m, 0.9, 0.3, middleHairline(m), 30), focus: [0, m.crown - 2], thickness: 0.8 }],
    softness: 0.5,
  }),
  ponytail: (m) => {
    const { halfWidth: w, side: s } = m;
    const tail: Point[] = [
      [s * w * 0.7, 38],
      [s * (w + 2), 42],
      [s * (w + 2.6), 52],
      [s * (w + 0.5), 62],
      [s * (w - 3), 70],
      [s * (w - 8), 70],
      [s * (w - 6), 58],
      [s * (w - 5), 46],
    ];
    return {
      back: [{ outline: tail, focus: [s * w, 20], thickness: 2.2 }],
      front: [
        {
          outline: cap(m, 1.3, 0.5, [
            [w * 0.88, 24.5],
            [w * 0.74, m.hairline + 2.2],
            [w * 0.42, m.hairline + 0.8 - m.side],
            [w * 0.14, m.hairline - 0.6],
          ]),
          focus: [s * w * 0.3, m.hairline + 1],
          thickness: 0.9,
        },
      ],
      softness: 0.5,
    };
  },
  curly: (m) => {
    const w = m.halfWidth;
    const spread = 2 + 2.4 * m.volume;
    const height = 17 + 3 * m.wave;
    return {
      back: [{ outline: scalloped([0, 27], [w + spread, height + 3], 0.9, 15), thickness: 3 }],
      front: [
        {
          outline: [
            ...scalloped([0, 26], [w + spread - 0.6, 21], 0.8, 10, 2.1),
            [w * 0.95, 36],
            [w * 0.92, 30],
            [w * 0.82, 25.4],
            [w * 0.7, 23],
            [w * 0.5, 21.6],
            [w * 0.25, 20.2],
            [0, 20.6],
            [-w * 0.25, 19.8],
            [-w * 0.5, 21.2],
            [-w * 0.7, 23.4],
            [-w * 0.82, 25.4],
            [-w * 0.92, 30],
            [-w * 0.95, 36],
          ],
          thickness: 2,
        },
      ],
      softness: 0.6,
      curl: 2.4,
    };
  },
  afro: (m) => {
    const w = m.halfWidth;
    const spread = 4.5 + 3.5 * m.volume;
    return {
      back: [{ outline: scalloped([0, 23.5], [w + spread, 21.5], 0.35, 24), thickness: 4 }],
      front: [{ outline: cap(m, 4, 1.2, middleHairline(m), 30), thickness: 0.6 }],
      softness: 0.9,
      curl: 1.3,
    };
  },
};

/** Contrast of strands and curls, as shares of the hair's albedo. */
const strandContrast = 0.42;
const curlContrast = 0.55;
/** Strands in a half turn about the focus. */
const numStrands = 46;
const hairGloss = 0.055;

function texture({ identity, onHead }: Sitter, lock: Lock, curl = 2): Paint {
  const { hair, noise, features } = identity;
  if (lock.focus === undefined) {
    return (x, y) => hair * (1 + curlContrast * (0.7 * noise(x / curl, y / curl) + 0.5 * noise(x * 0.9 + 9, y * 0.9)));
  }
  const [focusX, focusY] = onHead(...lock.focus);
  return (x, y) => {
    const radius = Math.sqrt((x - focusX) ** 2 + (y - focusY) ** 2);
    const bend = (features.hairWave * Math.sin(radius * 0.55)) / Math.max(radius, 8);
    const angle = Math.atan2(x - focusX, y - focusY) + bend;
    const strand = noise((angle * numStrands) / Math.PI, radius * 0.02 + angle * 5);
    const fine = noise(((angle * numStrands) / Math.PI) * 2.3 + 7, radius * 0.03 + angle * 11 + 5);
    return hair * (1 + strandContrast * (strand + 0.5 * fine));
  };
}

function drawLock(sitter: Sitter, lock: Lock, hair: Hair, castsShadow: boolean): void {
  const { canvas, onHead, variation } = sitter;
  const sharp = canvas.fill(contour(onHead, lock.outline));
  const mask = canvas.soften(sharp, hair.softness);
  const { opacity = 1, thickness = 1 } = lock;
  if (castsShadow) {
    const shadow = canvas.soften(sharp, 2.4);
    const moved = canvas.shift(shadow, -1.6 * Math.sin(variation.light.azimuth), 1.4);
    canvas.shade(canvas.clip(moved, sitter.headMask), 0.42 * opacity);
  }
  const paint = texture(sitter, lock, hair.curl);
  if (opacity === 1) canvas.cover(mask, paint, hairGloss);
  else canvas.tint(mask, paint, opacity);
  canvas.raise(canvas.soften(sharp, 5), 4.2 * thickness, mask);
  canvas.raise(canvas.soften(sharp, 1.6), 0.9 * thickness, mask);
}

function measure({ identity, halfWidth, crownY }: Sitter): HairMeasures {
  const { features } = identity;
  return {
    halfWidth,
    crown: crownY,
    hairline: features.hairline,
    volume: features.hairVolume,
    wave: features.hairWave,
    side: features.partingSide < 0 ? -1 : 1,
  };
}

export function drawBackHair(sitter: Sitter): void {
  const hair = styles[sitter.identity.hairStyle](measure(sitter));
  for (const lock of hair.back) drawLock(sitter, lock, hair, false);
}

export function drawFrontHair(sitter: Sitter): void {
  const hair = styles[sitter.identity.hairStyle](measure(sitter));
  for (const lock of hair.front) drawLock(sitter, lock, hair, true);
}
