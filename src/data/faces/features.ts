/** Draws what sits on a face: nose, beard, mouth, eyes, brows and glasses. The head under them is in drawing.ts. */
import { contour, mirrored, jawDrop, sides, type Sitter } from "./anatomy.ts";
import { spline, type Point } from "./raster.ts";

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

export function drawNose({ canvas, identity, variation, onHead, eyeY, noseY, headMask }: Sitter): void {
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

export function drawBeard({ canvas, identity, onHead, halfWidth, chinY, noseY, mouthY }: Sitter): void {
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

export function drawMouth(sitter: Sitter): void {
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

export function drawEye({ canvas, identity, variation, onHead, eyeY }: Sitter, side: number): void {
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

export function drawBrow({ canvas, identity, variation, onHead, eyeY }: Sitter, side: number): void {
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

export function drawGlasses({ canvas, identity, onHead, halfWidth, eyeY, variation }: Sitter): void {
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
