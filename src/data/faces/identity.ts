/**
 * Who a person is: every feature that stays the same in all pictures of an identity, with its range. Holds no drawing.
 * Lengths are units of the picture; "share" is a share of the head's half-width.
 */
import type { PhiloxKey } from "../../core/philox.ts";
import { createNoise, deal, identityStream, openStream, textureStream, type Noise } from "./random.ts";

/** [at 0, at 1, lean]: the lean pulls the feature of masculine faces up by that share of the range, of feminine down. */
type FeatureRange = readonly [low: number, high: number, lean?: number];

const featureRanges = {
  // Head, added to the head shape.
  widthOffset: [-0.7, 0.7, 0.2],
  chinOffset: [-0.6, 0.6, 0.3],
  jawOffset: [-0.03, 0.03, 0.6],
  foreheadBulge: [0.4, 1.6],
  cheekbone: [0.2, 1.5, -0.2],
  hollowCheek: [0, 0.9],
  chinBoss: [0.5, 1.7, 0.4],
  chinCleft: [-1.2, 0.7, 0.4],
  earSize: [3.4, 5, 0.3],
  earSpread: [0.7, 2],
  neckWidth: [7.4, 10.2, 0.7],
  shoulderDrop: [0, 4, -0.3],
  // Eyes and brows.
  eyeSpacing: [7.3, 8.8],
  eyeHeight: [29.9, 31.1],
  eyeWidth: [3.5, 4.6, -0.2],
  eyeOpening: [1.35, 2.3, -0.4],
  eyeSlant: [-0.6, 1],
  lidCrease: [0.6, 1.5],
  irisTone: [0.015, 0.2],
  socketDepth: [0.7, 2.6, 0.4],
  lashes: [0.45, 1, -0.7],
  browHeight: [4.5, 5.9, -0.6],
  browThickness: [0.7, 2.1, 0.6],
  browSlant: [-0.9, 1.2],
  browArch: [0.1, 1.3, -0.4],
  browLength: [4.2, 5.3],
  browRidge: [0, 2, 0.7],
  // Nose.
  noseLength: [7.3, 10, 0.2],
  noseWidth: [2.1, 4, 0.3],
  noseHeight: [1.6, 3.2, 0.3],
  noseBump: [0, 1],
  noseTip: [-0.3, 0.8],
  // Mouth.
  mouthHeight: [45, 46.2],
  mouthWidth: [4.7, 6.7, 0.2],
  upperLip: [0.7, 1.7, -0.5],
  lowerLip: [1.1, 2.4, -0.4],
  lipTone: [0.85, 0.42, -0.7],
  // Skin, hair, surroundings.
  age: [0, 1],
  freckles: [-3, 1],
  mole: [-1.5, 1],
  skinShine: [0.01, 0.06],
  hairVolume: [0.6, 1.4],
  hairline: [15.2, 18.2, -0.1],
  hairWave: [0, 1],
  hairTone: [0, 1],
  partingSide: [-1, 1],
  beardDensity: [0.72, 1],
  clothesTone: [0, 1],
  backgroundSlope: [-0.5, 0.5],
} as const satisfies Record<string, FeatureRange>;

type Features = Readonly<Record<keyof typeof featureRanges, number>>;

/** Outline of a head: half-width and chin in units, the rest as shares of the half-width. */
interface HeadShape {
  readonly halfWidth: number;
  readonly chin: number;
  readonly cheek: number;
  readonly jaw: number;
  readonly chinWidth: number;
}

const headShapes = {
  oval: { halfWidth: 16, chin: 54.2, cheek: 0.96, jaw: 0.75, chinWidth: 0.33 },
  round: { halfWidth: 17.3, chin: 53.2, cheek: 1.01, jaw: 0.85, chinWidth: 0.4 },
  square: { halfWidth: 16.5, chin: 54, cheek: 0.98, jaw: 0.9, chinWidth: 0.5 },
  long: { halfWidth: 14.8, chin: 56, cheek: 0.95, jaw: 0.8, chinWidth: 0.38 },
  heart: { halfWidth: 16.6, chin: 54, cheek: 0.94, jaw: 0.68, chinWidth: 0.25 },
} as const satisfies Record<string, HeadShape>;

/** Share of each hair style's wearers who look masculine. */
const hairStyles = {
  bald: 0.97,
  buzz: 0.85,
  receding: 1,
  sideParted: 0.85,
  quiff: 0.95,
  pixie: 0.2,
  bob: 0,
  long: 0.12,
  wavy: 0.05,
  bun: 0.05,
  ponytail: 0.05,
  curly: 0.5,
  afro: 0.5,
} as const;
export type HairStyle = keyof typeof hairStyles;

/** Beards of masculine faces, by share. */
const beards = { none: 0.42, stubble: 0.16, full: 0.18, goatee: 0.12, moustache: 0.12 } as const;
type Beard = keyof typeof beards;

const glasses = { none: 0.72, round: 0.14, square: 0.14 } as const;
type Glasses = keyof typeof glasses;

const collars = { crew: 0.3, vNeck: 0.25, shirt: 0.3, turtleneck: 0.15 } as const;
type Collar = keyof typeof collars;

export interface Identity {
  readonly features: Features;
  readonly head: HeadShape;
  readonly hairStyle: HairStyle;
  readonly beard: Beard;
  readonly glasses: Glasses;
  readonly collar: Collar;
  /** Albedo of skin, hair, the wall behind and clothes, in linear light. */
  readonly skin: number;
  readonly hair: number;
  readonly background: number;
  readonly clothes: number;
  /** Grain of skin and hair. */
  readonly noise: Noise;
}

/** Albedo of the darkest and the lightest skin, hair, wall and clothes, in linear light: in between, equal steps look equal. */
const albedoRanges = {
  skin: [0.075, 0.62],
  hair: [0.012, 0.42],
  background: [0.025, 0.6],
  clothes: [0.015, 0.5],
} as const;
const numSkinTones = 8;
const numBackgroundTones = 10;
const greyAlbedo = 0.55;

/** One row of decks for each feature that is dealt. */
const decks = { headShape: 0, hairStyle: 1, skin: 2, background: 3 } as const;

function albedo([dark, light]: readonly [number, number], tone: number): number {
  return dark * (light / dark) ** tone;
}

/** The wall's albedo, moved away from the hair's if they are hard to tell apart. */
function apart(wall: number, hair: number): number {
  const ratio = wall / hair;
  if (ratio > 2.2 || ratio < 1 / 2.2) return wall;
  return hair > 0.12 ? hair / 4 : hair * 4;
}

/** The choice whose share of [0, 1] holds `uniform`. */
function chooseByShare<T extends string>(shares: Readonly<Record<T, number>>, uniform: number): T {
  const choices = Object.keys(shares) as T[];
  let rest = uniform;
  for (const choice of choices) {
    if (rest < shares[choice]) return choice;
    rest -= shares[choice];
  }
  return choices[0]!;
}

function dealOne<T>(key: PhiloxKey, deck: number, identity: number, cards: readonly T[]): T {
  return cards[deal(key, deck, identity, cards.length)]!;
}

/** Everything about person `identity` of the population `key`. */
export function sampleIdentity(key: PhiloxKey, identity: number): Identity {
  const stream = openStream(key, identity, identityStream);
  const hairStyle = dealOne(key, decks.hairStyle, identity, Object.keys(hairStyles) as HairStyle[]);
  const isMasculine = stream() < hairStyles[hairStyle];
  const features = Object.fromEntries(
    Object.entries<FeatureRange>(featureRanges).map(([name, [low, high, lean = 0]]) => {
      const pulled = isMasculine === lean > 0 ? 1 : 0;
      return [name, low + (high - low) * (stream() * (1 - Math.abs(lean)) + pulled * Math.abs(lean))];
    }),
  ) as unknown as Features;

  const shape =
    headShapes[dealOne(key, decks.headShape, identity, Object.keys(headShapes) as (keyof typeof headShapes)[])];
  const head = {
    ...shape,
    halfWidth: shape.halfWidth + features.widthOffset,
    chin: shape.chin + features.chinOffset,
    jaw: shape.jaw + features.jawOffset,
    chinWidth: shape.chinWidth + 2 * features.jawOffset,
  };

  // Tones go together as they do in people: an afro with dark skin, light hair with light skin, grey hair with age.
  const dealtTone = (deal(key, decks.skin, identity, numSkinTones) + stream()) / numSkinTones;
  const skinTone = hairStyle === "afro" ? dealtTone * 0.5 : dealtTone;
  const lightestHair = Math.max(0.1, Math.min(1, (skinTone - 0.3) * 1.6));
  const pigment = albedo(albedoRanges.hair, features.hairTone * lightestHair);
  const grey = Math.max(0, Math.min(1, (features.age - 0.74) * 5));
  const hair = pigment + (greyAlbedo - pigment) * grey;
  const backgroundTone = (deal(key, decks.background, identity, numBackgroundTones) + stream()) / numBackgroundTones;
  return {
    features,
    head,
    hairStyle,
    beard: isMasculine ? chooseByShare(beards, stream()) : "none",
    glasses: chooseByShare(glasses, stream()),
    collar: chooseByShare(collars, stream()),
    skin: albedo(albedoRanges.skin, skinTone),
    hair,
    background: apart(albedo(albedoRanges.background, backgroundTone), hair),
    clothes: albedo(albedoRanges.clothes, features.clothesTone),
    noise: createNoise(openStream(key, identity, textureStream)),
  };
}
