/**
 * Draws one picture of one person, from the wall behind to the glasses in front; what sits on the face is in features.ts. Decides nothing about who it is
 * (identity.ts) or what the face is doing (variation.ts). Light is added last, by the canvas.
 */
import { contour, pose, sides, type Sitter } from "./anatomy.ts";
import { drawBeard, drawBrow, drawEye, drawGlasses, drawMouth, drawNose } from "./features.ts";
import { drawBackHair, drawFrontHair } from "./hair.ts";
import type { Identity } from "./identity.ts";
import { pictureUnits, mapCoverage, spline, type Point } from "./raster.ts";
import type { Variation } from "./variation.ts";

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
