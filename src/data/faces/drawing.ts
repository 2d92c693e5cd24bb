/**
 * Draws one picture of one person, from the wall behind to the glasses in front. Decides nothing about who it is
 * (identity.ts) or what the face is doing (variation.ts). Light is added last, by the canvas.
 */
import { contour, mirrored, jawDrop, pose, sides, type Sitter } from "./anatomy.ts";
import { drawBackHair, drawFrontHair } from "./hair.ts";
import type { Identity } from "./identity.ts";
import { pictureUnits, mapCoverage, spline, type Point } from "./raster.ts";
import type { Variation } from "./variation.ts";

/** Albedo of things that are alike in everyone, in linear light. */
const albedos = {
  /** In the darkest and the lightest face: the eye adapts to the face it looks at. */
  eyeWhite: [0.32, 0.56],
  pupil: 0.004,
  lash: 0.012,
  teeth: 0.44,
  mouth: 0.02,
  rim: 0.015,
} as const;

/** Writes the picture, row-major [size, size], to `out` from `offset` on. */
export function drawFace(
  identity: Identity,
  variation: Variation,
  size: number,
  out: Uint8Array,
  offset: number,
): void {
  const sitter = pose(identity, variation, size);
  drawWall(sitter);
  drawBackHair(sitter);
  drawBody(sitter);
  drawEars(sitter);
  drawHead(sitter);
  drawSkinMarks(sitter);
  drawNose(sitter);
  drawBeard(sitter);
  drawMouth(sitter);
  for (const side of sides) {
    drawEye(sitter, side);
    drawBrow(sitter, side);
  }
  drawFrontHair(sitter);
  if (identity.glasses !== "none") drawGlasses(sitter);
  sitter.canvas.develop(variation.light, out, offset);
}

function drawWall({ canvas, identity }: Sitter): void {
  const { background, features } = identity;
  const [near, far] = [-10, pictureUnits + 10];
  const everywhere = canvas.fill([
    [near, near],
    [far, near],
    [far, far],
    [near, far],
  ]);
  canvas.tint(everywhere, (x, y) => {
    const across = (x / pictureUnits - 0.5) * features.backgroundSlope;
    const vignette = ((x / pictureUnits - 0.5) ** 2 + (y / pictureUnits - 0.45) ** 2) * 0.5;
    return background * (1 + across - vignette);
  });
}

function drawBody(sitter: Sitter): void {
  const { canvas, identity, onBody, onHead, chinY, headMask, variation } = sitter;
  const { features, collar } = identity;
  const neck = features.neckWidth;
  const shoulderY = 58 + features.shoulderDrop * 0.6;

  const neckMask = canvas.fill([
    onHead(-neck, 42),
    onHead(neck, 42),
    ...spline([onHead(neck - 0.3, 51), onBody(neck + 0.4, 58), onBody(neck + 5, 63), onBody(neck + 9, 70)], false),
    ...spline([onBody(-neck - 9, 70), onBody(-neck - 5, 63), onBody(-neck - 0.4, 58), onHead(-neck + 0.3, 51)], false),
  ]);
  canvas.cover(neckMask, identity.skin, features.skinShine);
  canvas.raise(canvas.soften(neckMask, 6), 9, neckMask);
  // The two cords that meet in the pit of the neck.
  for (const side of sides) {
    const cord = canvas.stroke(
      [onBody(side * neck * 0.75, 52), onBody(side * 3.4, 59), onBody(side * 1.5, 64)],
      [1, 1.8, 2],
    );
    canvas.raise(canvas.soften(cord, 1.2), 0.8);
  }

  const necklines: Readonly<Record<typeof collar, readonly Point[]>> = {
    crew: [
      [neck + 1.6, 57.4],
      [neck * 0.6, 61],
      [0, 62.2],
    ],
    vNeck: [
      [neck + 1.4, 57.2],
      [neck * 0.55, 62],
      [0, 68],
    ],
    shirt: [
      [neck + 0.9, 56],
      [neck * 0.7, 59.5],
      [1, 63.5],
    ],
    turtleneck: [
      [neck + 0.5, 53.2],
      [neck * 0.6, 54.6],
      [0, 55.1],
    ],
  };
  const neckline = necklines[collar];
  const halfBody: Point[] = [
    [37, 72],
    [35, shoulderY + 4.5],
    [25, shoulderY + 1.2],
    [neck + 6, shoulderY - 0.2],
    ...neckline.slice(0, -1),
  ];
  const [bottomX, bottomY] = neckline.at(-1)!;
  const clothes = canvas.fill([
    ...halfBody.map(([x, y]) => onBody(x, y)),
    onBody(bottomX, bottomY),
    onBody(-bottomX, bottomY),
    ...halfBody.map(([x, y]) => onBody(-x, y)).reverse(),
  ]);
  canvas.shade(canvas.clip(canvas.shift(canvas.soften(clothes, 1.6), 0, -0.8), neckMask), 0.35);
  canvas.cover(clothes, identity.clothes, 0.01);
  canvas.raise(canvas.soften(clothes, 4), 5, clothes);
  if (collar === "shirt") {
    for (const side of sides) {
      const flap = canvas.fill([
        onBody(side * (neck + 1.4), 55),
        onBody(side * (neck + 4.4), 59.4),
        onBody(side * neck * 0.62, 67),
        onBody(side * 0.8, 63.4),
      ]);
      canvas.shade(canvas.shift(canvas.soften(flap, 1.2), 0, 0.7), 0.4);
      canvas.cover(flap, Math.min(identity.clothes * 1.25 + 0.03, 0.75), 0.01);
      canvas.raise(canvas.soften(flap, 1.2), 1.2, flap);
    }
  } else {
    const seam = [
      ...neckline.map(([x, y]) => onBody(x + 0.5, y + 1.6)),
      ...neckline
        .map(([x, y]) => onBody(-x - 0.5, y + 1.6))
        .reverse()
        .slice(1),
    ];
    canvas.shade(canvas.stroke(seam, [0.5, 0.5, 0.5]), 0.35);
  }

  // The head keeps light from the neck: all round a little, and below on the side away from the key light.
  const umbra = canvas.soften(headMask, 3.4);
  const below = canvas.spot(onHead(0, chinY + 1), neck * 1.5, 8);
  canvas.shade(canvas.clip(canvas.shift(umbra, -2.6 * Math.sin(variation.light.azimuth), 3.6), neckMask), 0.62);
  canvas.shade(canvas.clip(below, neckMask), 0.3);
}

function drawEars({ canvas, identity, onHead, halfWidth, eyeY }: Sitter): void {
  const { features, skin } = identity;
  const size = features.earSize;
  for (const side of sides) {
    const x = (beyond: number): number => side * (halfWidth - 0.8 + beyond * features.earSpread);
    const y = eyeY + 3.4;
    const ear = canvas.fill(
      contour(onHead, [
        [x(-0.6), y - size * 0.8],
        [x(1.2), y - size],
        [x(1.9), y - size * 0.45],
        [x(1.4), y + size * 0.25],
        [x(0.7), y + size * 0.95],
        [x(-0.4), y + size * 0.9],
      ]),
    );
    canvas.cover(ear, skin * 0.92, features.skinShine);
    canvas.raise(canvas.soften(ear, 1.2), 1.6, ear);
    canvas.shade(canvas.spot(onHead(x(0.5), y - size * 0.1), 1.1, size * 0.55), 0.45);
  }
}

function drawHead(sitter: Sitter): void {
  const { canvas, identity, onHead, halfWidth, chinY, eyeY, crownY, headMask } = sitter;
  const { features, skin, noise } = identity;
  canvas.cover(headMask, (x, y) => skin * (1 + 0.05 * noise(x * 0.35, y * 0.35)), features.skinShine);
  const middleY = (crownY + chinY) / 2;
  canvas.raise(canvas.dome(onHead(0, middleY), halfWidth * 1.09, (chinY - crownY) * 0.56), 15, headMask);
  const bump = (x: number, y: number, radiusX: number, radiusY: number, height: number, angle = 0): void => {
    canvas.raise(canvas.spot(onHead(x, y), radiusX, radiusY, angle), height * 1.4, headMask);
  };
  bump(0, 20, 13, 8, features.foreheadBulge);
  bump(0, chinY - 3.2, 5.2, 4, features.chinBoss);
  bump(0, chinY - 2.4, 1, 2.2, Math.min(0, -features.chinCleft));
  for (const side of sides) {
    bump(side * 7.2, eyeY - features.browHeight + 1.4, 7, 2.6, features.browRidge, side * 0.1);
    bump(side * (features.eyeSpacing + 0.2), eyeY + 0.4, 6.2, 4.6, -features.socketDepth);
    bump(
      side * halfWidth * 0.6,
      eyeY + 8,
      7.5,
      6.6,
      features.cheekbone + 0.8 * Math.max(sitter.variation.expression.smile, 0),
      side * 0.5,
    );
    bump(side * halfWidth * 0.64, eyeY + 13.5, 5, 6.5, -features.hollowCheek);
    bump(side * halfWidth * 0.98, 22, 3.4, 7, -0.8);
    canvas.shade(
      canvas.spot(onHead(side * (features.eyeSpacing - 2.6), eyeY - 1), 3.4, 3.4),
      0.06 + 0.07 * features.socketDepth,
    );
    canvas.shade(canvas.spot(onHead(side * features.eyeSpacing, eyeY - 2), 6, 3), 0.1);
  }
  // A little light is lost all along the edge, where the head turns away.
  const inner = canvas.soften(headMask, 3);
  const edge = mapCoverage(inner, (coverage) => 1 - coverage ** 2);
  canvas.shade(canvas.clip(edge, headMask), 0.4);
}

function drawSkinMarks({ canvas, identity, variation, onHead, eyeY, noseY, mouthY }: Sitter): void {
  const { features, noise, skin } = identity;
  const { age } = features;
  const wear = Math.max(0, (age - 0.45) / 0.55);
  const { browRaise, browFurrow, smile } = variation.expression;
  const line = (points: readonly Point[], strength: number, width = 0.8): void => {
    if (strength <= 0.02) return;
    canvas.shade(canvas.soften(canvas.stroke(points, [0.1, width, 0.1]), 0.4), Math.min(strength, 0.7));
  };
  for (const [index, y] of [19.6, 21.8, 23.8].entries()) {
    const reach = 7.4 - index * 0.7;
    line(
      [
        onHead(-reach, y + 0.6),
        onHead(-reach / 2, y - 0.3),
        onHead(0, y + 0.3),
        onHead(reach / 2, y - 0.3),
        onHead(reach, y + 0.6),
      ],
      0.5 * wear + 0.3 * Math.max(browRaise - 0.3, 0) * (0.3 + age),
      0.9,
    );
  }
  for (const side of sides) {
    line(
      [onHead(side * 1.4, eyeY - 6), onHead(side * 1.1, eyeY - 4.4), onHead(side * 1.3, eyeY - 3)],
      0.6 * Math.max(browFurrow, 0) + 0.3 * wear,
    );
    const fold = 0.05 + 0.4 * wear + 0.35 * Math.max(smile, 0);
    line(
      [
        onHead(side * (features.noseWidth + 0.7), noseY - 0.6),
        onHead(side * (features.mouthWidth + 0.6), mouthY - 3.2),
        onHead(side * (features.mouthWidth + 1.7), mouthY + 1),
      ],
      fold,
      1.1,
    );
    line(
      [
        onHead(side * (features.eyeSpacing - 3), eyeY + 2.6),
        onHead(side * features.eyeSpacing, eyeY + 3.8),
        onHead(side * (features.eyeSpacing + 3.2), eyeY + 2.6),
      ],
      0.1 + 0.45 * wear,
      1,
    );
    const corner = features.eyeSpacing + features.eyeWidth + 0.4;
    for (const rise of [-1.4, 0.1, 1.6]) {
      line(
        [
          onHead(side * corner, eyeY + rise * 0.3),
          onHead(side * (corner + 1.2), eyeY + rise * 0.7),
          onHead(side * (corner + 2.4), eyeY + rise),
        ],
        0.6 * wear,
        0.6,
      );
    }
  }
  if (features.freckles > 0) {
    for (let i = 0; i < 60; i++) {
      const x = 11 * noise(i * 1.7 + 0.3, 3.1);
      const y = eyeY + 6.2 + 4.2 * noise(i * 1.3 + 0.6, 17.4);
      const radius = 0.45 + 0.3 * noise(i * 1.9, 25.2);
      canvas.tint(
        canvas.spot(onHead(x, y), radius + 0.35, radius + 0.35),
        skin * 0.35,
        0.15 + 0.35 * features.freckles,
      );
    }
  }
  if (features.mole > 0.3) {
    const side = noise(4.2, 4.7) < 0 ? -1 : 1;
    canvas.tint(canvas.spot(onHead(side * (5 + 4 * features.mole), 40 + 6 * features.mole), 1, 1), 0.02, 0.9);
  }
}

function drawNose({ canvas, identity, variation, onHead, eyeY, noseY, headMask }: Sitter): void {
  const { features, skin } = identity;
  const { noseWidth: width, noseHeight: height, noseTip } = features;
  const forward = height;
  const tipY = noseY - noseTip;
  const away = -Math.sign(variation.light.azimuth);
  const bridge = canvas.stroke(
    [onHead(0, eyeY - 3.4, 0), onHead(0, eyeY + 1.6, forward * 0.5), onHead(0, tipY - 0.6, forward)],
    [1.5, 1.5 + features.noseBump * 0.9, width * 0.95],
  );
  canvas.raise(canvas.soften(bridge, 2), height * 1.5, headMask);
  canvas.raise(canvas.spot(onHead(0, tipY, forward), width * 0.95, 2.2), height * 0.75);
  for (const side of sides) {
    canvas.raise(canvas.spot(onHead(side * width * 0.82, noseY + 0.3, forward * 0.4), width * 0.52, 1.7), 0.9);
    const wing = [
      onHead(side * width * 0.95, noseY - 1.6),
      onHead(side * (width * 1.18), noseY + 0.1),
      onHead(side * width * 0.85, noseY + 1.5),
    ];
    canvas.shade(canvas.soften(canvas.stroke(wing, [0.2, 0.8, 0.3]), 0.4), 0.34);
    const nostril = canvas.spot(
      onHead(side * width * 0.52, noseY + 1.3, forward * 0.6),
      width * 0.34,
      0.8,
      side * 0.25,
    );
    canvas.tint(nostril, skin * 0.1, 0.92);
  }
  // Light from above: the nose shades the lip below it, and the cheek away from the key light.
  canvas.shade(canvas.spot(onHead(away * 0.7, noseY + 2.5), width * 1.4, 2.1), 0.26);
  canvas.shade(canvas.spot(onHead(away * (width + 0.6), noseY - 1.2), 1.9, 4.6, away * 0.35), 0.22);
  canvas.polish(canvas.spot(onHead(0, tipY - 0.4, forward), 1.5, 1.3), features.skinShine + 0.07);
  for (const side of sides) canvas.shade(canvas.spot(onHead(side * 0.9, noseY + 4), 0.7, 1.6), 0.12);
}

function drawBeard({ canvas, identity, onHead, halfWidth, chinY, noseY, mouthY }: Sitter): void {
  const { beard, features, head, hair, noise, skin } = identity;
  if (beard === "none") return;
  const mouth = features.mouthWidth;
  const jaw = head.jaw * halfWidth;
  const [chinX, length] = [head.chinWidth * halfWidth, beard === "full" ? 1.2 + features.hairVolume : 0.1];
  const moustache = mirrored([
    [0, noseY + 2.5],
    [mouth * 0.5, noseY + 2.6],
    [mouth + 0.6, mouthY - 0.2],
    [mouth + 1, mouthY + 1.8],
    [mouth * 0.75, mouthY - 0.2],
    [0, mouthY - 0.9],
  ]);
  const lowerFace = mirrored([
    [0, noseY + 2.6],
    [mouth * 0.6, noseY + 2.9],
    [mouth + 2.2, mouthY - 1.4],
    [jaw * 0.9, 41],
    [halfWidth * 0.9, 35],
    [halfWidth * 0.95, 30],
    [halfWidth - 0.2, 31],
    [head.cheek * halfWidth - 0.3, 37],
    [jaw - 0.2, chinY - 8.6],
    [(jaw + chinX) / 2 + 0.2 + length * 0.3, chinY - 3],
    [chinX * 0.7, chinY - 0.2 + length],
    [0, chinY + 0.3 + length],
  ]);
  const goatee = mirrored([
    [0, mouthY + 2],
    [mouth * 0.7, mouthY + 2],
    [mouth + 0.9, mouthY + 0.6],
    [mouth + 1, mouthY + 3.4],
    [chinX * 0.8, chinY - 1.6],
    [chinX * 0.4, chinY + 0.7],
    [0, chinY + 1],
  ]);
  const shapes: Readonly<Record<typeof beard, readonly (readonly Point[])[]>> = {
    stubble: [lowerFace],
    full: [lowerFace],
    goatee: [goatee, moustache],
    moustache: [moustache],
  };
  const isStubble = beard === "stubble";
  const albedo = isStubble ? Math.min(hair * 0.6 + skin * 0.25, skin) : hair * 0.9;
  for (const shape of shapes[beard]) {
    const sharp = canvas.fill(contour(onHead, shape));
    const mask = canvas.soften(sharp, isStubble ? 2.2 : 0.9);
    canvas.tint(
      mask,
      (x, y) => albedo * (1 + 0.45 * noise(x * 1.5, y * 0.8) + 0.25 * noise(x * 2.6 + 5, y * 1.7)),
      isStubble ? 0.5 : features.beardDensity,
    );
    canvas.polish(mask, 0.01);
    if (!isStubble) canvas.raise(canvas.soften(sharp, 1.8), 0.9);
  }
}

function drawMouth(sitter: Sitter): void {
  const { canvas, identity, variation, onHead, mouthY, chinY } = sitter;
  const { features, skin } = identity;
  const { smile, mouthOpen, smirk } = variation.expression;
  const joy = Math.max(smile, 0);
  const half = features.mouthWidth * (1 + 0.16 * joy - 0.14 * mouthOpen * (1 - joy));
  const gap = mouthOpen * (jawDrop + 2.2);
  // A smile lifts the corners and lets the middle sag, a frown the reverse; an open mouth pulls the corners down.
  const sag = smile > 0 ? 0.45 * smile : 0.4 * smile;
  const corner = (side: number): Point => onHead(side * half, mouthY - 1.25 * (smile + side * smirk * 0.9) + gap * 0.3);
  const [left, right] = [corner(-1), corner(1)];
  /** A line from corner to corner through points of its right half, given from the middle outwards. */
  const arc = (...outwards: readonly Point[]): Point[] => {
    const toRight = outwards.map(([x, y]) => onHead(x, mouthY + y));
    const toLeft = outwards.filter(([x]) => x > 0).map(([x, y]) => onHead(-x, mouthY + y));
    return spline([left, ...toLeft.reverse(), ...toRight, right], false);
  };
  const thinning = 1 - 0.22 * joy - 0.12 * mouthOpen;
  const upper = features.upperLip * thinning;
  const lower = features.lowerLip * thinning;
  const bow = sag * 0.5 - upper;
  const top = arc([0, bow + upper * 0.28], [1.25, bow], [half * 0.55, sag * 0.3 - upper * 0.72]);
  const upperEdge = arc([0, sag + 0.25], [half * 0.45, sag * 0.6 + 0.05]);
  const lowerEdge = arc([0, sag + gap + 0.3], [half * 0.5, sag + gap * 0.85 + 0.1]);
  const bottom = arc([0, sag + gap + lower + 0.2], [half * 0.6, sag + gap * 0.9 + lower * 0.72]);

  // Lips stand out less from dark skin.
  const lipAlbedo = skin * (skin < 0.2 ? 0.75 * features.lipTone + 0.25 : features.lipTone);
  const upperLip = canvas.fill([...top, ...upperEdge.toReversed()]);
  const lowerLip = canvas.fill([...lowerEdge, ...bottom.toReversed()]);
  canvas.tint(upperLip, lipAlbedo * 0.8);
  canvas.tint(lowerLip, lipAlbedo);
  canvas.shade(upperLip, 0.12);
  canvas.raise(canvas.soften(lowerLip, 1), 1.1);
  canvas.raise(canvas.soften(upperLip, 1), 0.6);
  canvas.polish(canvas.spot(onHead(-0.6, mouthY + gap + lower * 0.55 + sag), half * 0.42, 0.7), 0.12);

  if (gap > 0.3) {
    drawMouthInside(sitter, upperEdge, lowerEdge, half, gap);
  } else {
    canvas.tint(canvas.soften(canvas.stroke(upperEdge, [0.5, 0.75, 0.5]), 0.3), lipAlbedo * 0.22, 0.95);
  }
  for (const [x, y] of [left, right]) canvas.shade(canvas.spot([x, y], 1.3, 1), 0.34);
  canvas.shade(canvas.spot(onHead(0, Math.min(mouthY + gap + lower + 1.7, chinY - 2.5)), half * 0.75, 1.7), 0.3);
}

/** What an open mouth shows between the edges of the lips: dark, tongue, and teeth if the expression bares them. */
function drawMouthInside(
  { canvas, identity, variation, onHead, mouthY }: Sitter,
  upperEdge: readonly Point[],
  lowerEdge: readonly Point[],
  half: number,
  gap: number,
): void {
  const { teeth } = variation.expression;
  const inside = canvas.fill([...upperEdge, ...lowerEdge.toReversed()]);
  canvas.cover(inside, albedos.mouth);
  const tongue = canvas.spot(onHead(0, mouthY + gap + 0.6), half * 0.6, gap * 0.55);
  canvas.tint(canvas.clip(tongue, inside), identity.skin * 0.3, 0.8);
  if (teeth === 0) return;

  const length = gap * (0.35 + 0.6 * teeth);
  const teethEdge = upperEdge.map(([x, y], i): Point => {
    const along = i / (upperEdge.length - 1);
    return [x, y + length * Math.min(1, 5 * along * (1 - along))];
  });
  const row = canvas.clip(canvas.fill([...upperEdge, ...teethEdge.reverse()]), inside);
  canvas.cover(row, albedos.teeth);
  const lipShadow = canvas.soften(canvas.stroke(upperEdge, [0.8, 0.8, 0.8]), 0.5);
  canvas.shade(canvas.clip(lipShadow, row), 0.5);
  for (const side of sides) {
    const cornerShadow = canvas.spot(onHead(side * half, mouthY + gap * 0.4), half * 0.55, gap * 1.6);
    canvas.shade(canvas.clip(cornerShadow, row), 0.75);
  }
  for (const x of [-3.4, -1.9, 0, 1.9, 3.4]) {
    const cleft = canvas.stroke([onHead(x, mouthY), onHead(x, mouthY + gap)], [0.3, 0.3, 0.3]);
    canvas.shade(canvas.clip(cleft, row), 0.25);
  }
}

function drawEye({ canvas, identity, variation, onHead, eyeY }: Sitter, side: number): void {
  const { features, skin } = identity;
  const { expression, gaze, light } = variation;
  const half = features.eyeWidth;
  const centre = side * features.eyeSpacing;
  const slant = features.eyeSlant;
  // A closing lid comes down from above; a smile pushes the lower lid up.
  const upper = features.eyeOpening * (1.75 * expression.eyeOpen - 0.75) + 0.35;
  const lower = 0.95 + 0.22 * features.eyeOpening - 0.35 * Math.max(expression.smile, 0);
  const at = (out: number, down: number): Point => onHead(centre + side * out, eyeY + down);
  const inner = at(-half, 0.5);
  const outer = at(half, -slant);
  const upperLid = spline(
    [
      inner,
      at(-half * 0.55, -upper * 0.72),
      at(0, -upper - slant * 0.3),
      at(half * 0.6, -upper * 0.72 - slant * 0.6),
      outer,
    ],
    false,
  );
  const lowerLid = spline(
    [
      inner,
      at(-half * 0.4, lower * 0.85),
      at(half * 0.2, lower - slant * 0.1),
      at(half * 0.7, lower * 0.62 - slant * 0.5),
      outer,
    ],
    false,
  );
  const opening = canvas.fill([...upperLid, ...lowerLid.toReversed()]);

  // The lid: a soft roll of skin between crease and lashes.
  const creaseLift = features.lidCrease + 0.4 + 0.5 * Math.max(0, 1 - expression.eyeOpen);
  const crease = [
    at(-half * 0.85, -upper * 0.45 - creaseLift * 0.5),
    at(-half * 0.1, -upper - creaseLift),
    at(half * 0.65, -upper * 0.72 - slant * 0.5 - creaseLift * 0.9),
    at(half * 1.08, -slant - 0.7),
  ];
  canvas.shade(canvas.soften(canvas.stroke(crease, [0.2, 0.75, 0.3]), 0.4), 0.42);

  const [dimmest, brightest] = albedos.eyeWhite;
  canvas.cover(opening, dimmest + (brightest - dimmest) * Math.min(skin / 0.5, 1));
  canvas.raise(canvas.dome(at(0, 0.2), half * 1.1, half * 0.9), 1.4, opening);
  const irisRadius = 2.2;
  const look = gaze * 0.55;
  const iris = onHead(centre + look, eyeY - 0.35);
  const circle = (radius: number): Point[] =>
    Array.from({ length: 20 }, (_, i): Point => [
      iris[0] + radius * Math.cos((i * Math.PI) / 10),
      iris[1] + radius * Math.sin((i * Math.PI) / 10),
    ]);
  const irisMask = canvas.clip(canvas.fill(circle(irisRadius)), opening);
  canvas.tint(irisMask, features.irisTone * 0.45);
  canvas.tint(canvas.clip(canvas.fill(circle(irisRadius - 0.42)), opening), features.irisTone);
  canvas.tint(canvas.clip(canvas.fill(circle(0.85)), opening), albedos.pupil);
  for (const [corner, size] of [
    [inner, 1.6],
    [outer, 1.9],
  ] as const) {
    canvas.shade(canvas.clip(canvas.spot(corner, size, size), opening), 0.45);
  }
  const lidShadow = canvas.soften(canvas.stroke(upperLid, [1.2, 1.5, 1.2]), 0.8);
  canvas.shade(canvas.clip(lidShadow, opening), 0.6);
  const glint = canvas.spot([iris[0] + 0.8 * Math.sin(light.azimuth), iris[1] - 0.7], 0.85, 0.85);
  canvas.tint(canvas.clip(glint, opening), 0.9, 0.9);

  const thickness = features.lashes;
  const lashLine = [...upperLid.filter((_, i) => i % 4 === 0), at(half * 1.12, -slant - 0.25 * thickness)];
  canvas.tint(canvas.stroke(lashLine, [0.3, thickness, thickness * 0.75]), Math.min(albedos.lash, skin * 0.2), 0.95);
  canvas.tint(
    canvas.stroke(
      lowerLid.filter((_, i) => i % 4 === 0),
      [0.25, 0.45, 0.5],
    ),
    skin * 0.3,
    0.55,
  );
}

function drawBrow({ canvas, identity, variation, onHead, eyeY }: Sitter, side: number): void {
  const { features, hair, noise, skin } = identity;
  const { browRaise, browFurrow } = variation.expression;
  const y = eyeY - features.browHeight - browRaise * 1.25;
  const length = features.browLength;
  const inner = features.eyeSpacing - length + 0.7 - 0.5 * Math.max(browFurrow, 0);
  const innerY = y + 0.6 + browFurrow * 1.25;
  const at = (x: number, height: number): Point => onHead(side * x, height);
  const line = [
    at(inner, innerY),
    at(inner + length * 0.62, y - features.browArch * 0.55 - features.browSlant * 0.25 + browFurrow * 0.45),
    at(inner + length * 1.28, y - features.browArch * 0.75 - features.browSlant * 0.7),
    at(inner + length * 1.92, y + 1.1 - features.browSlant),
  ];
  const width = features.browThickness;
  const brow = canvas.soften(canvas.stroke(line, [width * 0.95, width * 1.05, 0.35]), 0.45);
  // Brows are darker than the hair, and never as light as the skin.
  const albedo = Math.min(hair * 0.7, skin * 0.5);
  canvas.tint(brow, (px, py) => albedo * (1 + 0.35 * noise(px * 1.4, py * 1.4)), 0.94);
  canvas.raise(brow, 0.35);
}

function drawGlasses({ canvas, identity, onHead, halfWidth, eyeY, variation }: Sitter): void {
  const { features, glasses } = identity;
  const y = eyeY + 0.7;
  const rim = 0.85;
  const forward = 2;
  const lens = (side: number, inset: number): Point[] => {
    const power = glasses === "round" ? 1 : 0.45;
    const [radiusX, radiusY] = glasses === "round" ? [5.5, 5.2] : [6, 4.4];
    return Array.from({ length: 40 }, (_, i): Point => {
      const angle = (i * Math.PI) / 20;
      const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
      return onHead(
        side * (features.eyeSpacing + 0.2) + (radiusX - inset) * Math.sign(cosine) * Math.abs(cosine) ** power,
        y + (radiusY - inset) * Math.sign(sine) * Math.abs(sine) ** power,
        forward,
      );
    });
  };
  const reach = features.eyeSpacing - (glasses === "round" ? 5.3 : 5.8);
  const bridge = canvas.stroke(
    [onHead(-reach, y - 0.6, forward), onHead(0, y - 1.5, forward), onHead(reach, y - 0.6, forward)],
    [rim, rim, rim],
  );
  const frame = [bridge];
  for (const side of sides) {
    frame.push(canvas.fill(lens(side, 0), lens(side, rim).reverse()));
    const hinge = features.eyeSpacing + (glasses === "round" ? 5.5 : 6);
    frame.push(
      canvas.stroke([onHead(side * hinge, y - 1, forward), onHead(side * (halfWidth + 0.4), y - 1.2)], [rim, rim, rim]),
    );
    const glass = canvas.fill(lens(side, rim));
    const glare = canvas.spot(
      onHead(side * features.eyeSpacing + 2.4 * Math.sign(variation.light.azimuth), y - 2, forward),
      3,
      1.6,
      -0.6,
    );
    canvas.tint(canvas.clip(glare, glass), 1, 0.22);
  }
  for (const part of frame) canvas.shade(canvas.shift(canvas.soften(part, 0.9), 0, 1), 0.3);
  for (const part of frame) {
    canvas.cover(part, albedos.rim, 0.12);
    canvas.raise(part, 0.4);
  }
}
