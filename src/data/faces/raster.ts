/**
 * A small raster for shaded relief. Shapes become masks (coverage in [0, 1]); masks are painted onto a canvas that
 * keeps, for each sample, what light needs to know: albedo, slope of the surface, exposure to light, gloss. Light comes
 * last, once, in `develop`. Knows nothing of faces. All lengths are units: the picture is 58 units wide at any size.
 */

export type Point = readonly [x: number, y: number];

/** Side of the picture in units. */
export const pictureUnits = 58;

/** Painted beyond each edge of the picture and cut off, so that blurs and slopes are right up to the edge. */
const marginUnits = 3;

/** Smallest number of samples along the picture: finer than the pixels, then averaged. */
const minSamplesAcross = 128;

/** Coverage of a rectangle of samples, row-major [height, width]. */
export interface Mask {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly values: Float32Array;
}

export interface Light {
  /** Towards the key light, from the right of the picture (radians, negative: left). */
  readonly azimuth: number;
  /** Height of the key light above the horizon (radians). */
  readonly elevation: number;
}

/** Linear light that a white surface facing the viewer gets from each source. */
const keyStrength = 1.85;
const fillStrength = 0.18;
const ambientStrength = 0.18;
/** Light that creeps round the edge of the lit side, as it does on skin: the share of a half turn. */
const wrap = 0.12;

/** Albedo of a surface: one value, or a texture over the plane (units). */
export type Paint = number | ((x: number, y: number) => number);

/** The same mask with every coverage passed through `map`. */
export function mapCoverage(mask: Mask, map: (coverage: number) => number): Mask {
  return { ...mask, values: mask.values.map(map) };
}

/** Points along a Catmull–Rom spline through `points`, `numSteps` to a stretch. */
export function spline(points: readonly Point[], isClosed: boolean, numSteps = 6): Point[] {
  const numPoints = points.length;
  const at = (index: number): Point =>
    points[isClosed ? (index + numPoints) % numPoints : Math.min(Math.max(index, 0), numPoints - 1)]!;
  const numStretches = isClosed ? numPoints : numPoints - 1;
  const line: Point[] = [];
  for (let stretch = 0; stretch < numStretches; stretch++) {
    const [p0, p1, p2, p3] = [at(stretch - 1), at(stretch), at(stretch + 1), at(stretch + 2)];
    for (let step = 0; step < numSteps; step++) {
      const t = step / numSteps;
      const between = (a: number, b: number, c: number, d: number): number =>
        b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));
      line.push([between(p0[0], p1[0], p2[0], p3[0]), between(p0[1], p1[1], p2[1], p3[1])]);
    }
  }
  if (!isClosed) line.push(at(numPoints - 1));
  return line;
}

/** The surface that is painted: five planes of samples, row-major, with a margin all round. */
export class Canvas {
  readonly #size: number;
  readonly #samplesPerPixel: number;
  /** Samples per unit. */
  readonly #scale: number;
  readonly #margin: number;
  readonly #side: number;
  readonly #albedo: Float32Array;
  readonly #slopeX: Float32Array;
  readonly #slopeY: Float32Array;
  readonly #exposure: Float32Array;
  readonly #gloss: Float32Array;

  /** @param size side of the picture in pixels */
  constructor(size: number) {
    this.#size = size;
    this.#samplesPerPixel = Math.max(2, Math.ceil(minSamplesAcross / size));
    this.#scale = (size * this.#samplesPerPixel) / pictureUnits;
    this.#margin = Math.ceil(marginUnits * this.#scale);
    this.#side = size * this.#samplesPerPixel + 2 * this.#margin;
    const numSamples = this.#side * this.#side;
    this.#albedo = new Float32Array(numSamples);
    this.#slopeX = new Float32Array(numSamples);
    this.#slopeY = new Float32Array(numSamples);
    this.#exposure = new Float32Array(numSamples).fill(1);
    this.#gloss = new Float32Array(numSamples);
  }

  /** The inside of closed polygons; one that runs the other way round inside another is a hole. */
  fill(...outlines: readonly (readonly Point[])[]): Mask {
    const polygons = outlines.map((outline) => outline.map(([x, y]): Point => [this.#toSample(x), this.#toSample(y)]));
    const mask = this.#createMask(polygons.flat(), 1);
    for (const polygon of polygons) {
      polygon.forEach((start, i) => addEdge(mask, start, polygon[(i + 1) % polygon.length]!));
    }
    // Each cell now holds its change of coverage against its left neighbour: sum along the rows.
    for (let row = 0; row < mask.height; row++) {
      let sum = 0;
      for (let i = row * mask.width; i < (row + 1) * mask.width; i++) {
        sum += mask.values[i]!;
        mask.values[i] = Math.min(Math.abs(sum), 1);
      }
    }
    return mask;
  }

  /** A brush stroke through `points`, as wide (units) as `widths` at its start, middle and end. */
  stroke(points: readonly Point[], widths: readonly [number, number, number]): Mask {
    const line = spline(points, false);
    const leftSide: Point[] = [];
    const rightSide: Point[] = [];
    line.forEach(([x, y], i) => {
      const before = line[Math.max(i - 1, 0)]!;
      const after = line[Math.min(i + 1, line.length - 1)]!;
      const length = Math.hypot(after[0] - before[0], after[1] - before[1]) || 1;
      const along = (2 * i) / (line.length - 1);
      const width =
        along < 1 ? widths[0] + (widths[1] - widths[0]) * along : widths[1] + (widths[2] - widths[1]) * (along - 1);
      const offsetX = ((before[1] - after[1]) / length) * (width / 2);
      const offsetY = ((after[0] - before[0]) / length) * (width / 2);
      leftSide.push([x + offsetX, y + offsetY]);
      rightSide.push([x - offsetX, y - offsetY]);
    });
    return this.fill([...leftSide, ...rightSide.reverse()]);
  }

  /** A soft spot, 1 in its middle: (1 − r²)² with r = 1 on the ellipse. */
  spot(centre: Point, radiusX: number, radiusY: number, angle = 0): Mask {
    return this.#ellipse(centre, radiusX, radiusY, angle, (inside) => inside * inside);
  }

  /** Half an ellipsoid: √(1 − r²). */
  dome(centre: Point, radiusX: number, radiusY: number, angle = 0): Mask {
    return this.#ellipse(centre, radiusX, radiusY, angle, Math.sqrt);
  }

  /** The mask blurred by two box filters that reach `radius` units in all. */
  soften(mask: Mask, radius: number): Mask {
    const reach = Math.max(1, Math.round((radius * this.#scale) / 2));
    const corners: Point[] = [
      [mask.left, mask.top],
      [mask.left + mask.width, mask.top + mask.height],
    ];
    const soft = this.#createMask(corners, 2 * reach);
    for (let row = 0; row < mask.height; row++) {
      const from = mask.values.subarray(row * mask.width, (row + 1) * mask.width);
      soft.values.set(from, (row + mask.top - soft.top) * soft.width + mask.left - soft.left);
    }
    const { values, width, height } = soft;
    const between = new Float32Array(values.length);
    for (let pass = 0; pass < 2; pass++) {
      boxFilterRows(values, between, width, height, reach);
      boxFilterColumns(between, values, width, height, reach);
    }
    return soft;
  }

  /** What both masks cover. */
  clip(mask: Mask, by: Mask): Mask {
    const values = new Float32Array(mask.values.length);
    const [moveX, moveY] = [mask.left - by.left, mask.top - by.top];
    const lastRow = Math.min(mask.height, by.height - moveY);
    const lastColumn = Math.min(mask.width, by.width - moveX);
    for (let row = Math.max(0, -moveY); row < lastRow; row++) {
      for (let column = Math.max(0, -moveX); column < lastColumn; column++) {
        const i = row * mask.width + column;
        values[i] = mask.values[i]! * by.values[(row + moveY) * by.width + column + moveX]!;
      }
    }
    return { ...mask, values };
  }

  /** Lays a new, flat, fully lit surface over what is there. */
  cover(mask: Mask, paint: Paint, gloss = 0): void {
    this.tint(mask, paint);
    this.polish(mask, gloss);
    blend(this.#slopeX, this.#side, mask, 0);
    blend(this.#slopeY, this.#side, mask, 0);
    blend(this.#exposure, this.#side, mask, 1);
  }

  /** Colours the surface and leaves its shape alone. */
  tint(mask: Mask, paint: Paint, opacity = 1): void {
    if (typeof paint === "number") {
      blend(this.#albedo, this.#side, mask, paint, opacity);
      return;
    }
    for (let row = 0; row < mask.height; row++) {
      for (let column = 0; column < mask.width; column++) {
        const coverage = mask.values[row * mask.width + column]!;
        if (coverage <= 0) continue;
        const sample = (row + mask.top) * this.#side + column + mask.left;
        const albedo = paint(this.#toUnit(column + mask.left), this.#toUnit(row + mask.top));
        this.#albedo[sample]! += (albedo - this.#albedo[sample]!) * coverage * opacity;
      }
    }
  }

  /** Makes the surface shine (or dulls it, towards 0). */
  polish(mask: Mask, gloss: number): void {
    blend(this.#gloss, this.#side, mask, gloss);
  }

  /** Keeps the share `strength` of the light away. */
  shade(mask: Mask, strength: number): void {
    blend(this.#exposure, this.#side, mask, 0, strength);
  }

  /**
   * Raises the surface by `height` units where the mask is 1 (sinks it below 0): adds the slopes of the mask, but only
   * on the surface that `within` covers.
   */
  raise(mask: Mask, height: number, within: Mask = mask): void {
    const { left, top, width, height: numRows, values } = mask;
    const gain = (height * this.#scale) / 2;
    const [moveX, moveY] = [left - within.left, top - within.top];
    const lastRow = Math.min(numRows, within.height - moveY);
    const lastColumn = Math.min(width, within.width - moveX);
    for (let row = Math.max(0, -moveY); row < lastRow; row++) {
      for (let column = Math.max(0, -moveX); column < lastColumn; column++) {
        const limit = within === mask ? 1 : within.values[(row + moveY) * within.width + column + moveX]!;
        if (limit <= 0) continue;
        const i = row * width + column;
        const across = (column + 1 < width ? values[i + 1]! : 0) - (column > 0 ? values[i - 1]! : 0);
        const down = (row + 1 < numRows ? values[i + width]! : 0) - (row > 0 ? values[i - width]! : 0);
        const sample = (row + top) * this.#side + column + left;
        this.#slopeX[sample]! += gain * limit * across;
        this.#slopeY[sample]! += gain * limit * down;
      }
    }
  }

  /** The same mask moved by whole samples, nearest to (x, y) units. */
  shift(mask: Mask, x: number, y: number): Mask {
    const moveX = Math.round(x * this.#scale);
    const moveY = Math.round(y * this.#scale);
    const left = Math.max(mask.left + moveX, 0);
    const top = Math.max(mask.top + moveY, 0);
    const width = Math.max(Math.min(mask.left + moveX + mask.width, this.#side) - left, 0);
    const height = Math.max(Math.min(mask.top + moveY + mask.height, this.#side) - top, 0);
    const values = new Float32Array(width * height);
    for (let row = 0; row < height; row++) {
      const start = (row + top - moveY - mask.top) * mask.width + left - moveX - mask.left;
      values.set(mask.values.subarray(start, start + width), row * width);
    }
    return { left, top, width, height, values };
  }

  /**
   * Lights the canvas and writes the picture, row-major [size, size], as sRGB grey levels.
   * With surface normal n, key light l, fill light f and half-way vector h:
   * albedo · exposure · (ambient + key · (n·l + wrap) / (1 + wrap) + fill · n·f) + gloss · exposure · (n·h)^16.
   */
  develop(light: Light, out: Uint8Array, offset: number): void {
    const lightX = Math.cos(light.elevation) * Math.sin(light.azimuth);
    const lightY = -Math.sin(light.elevation);
    const lightZ = Math.cos(light.elevation) * Math.cos(light.azimuth);
    const halfLength = Math.hypot(lightX, lightY, lightZ + 1);
    const fillX = -Math.sign(lightX) * 0.8;
    const numPerPixel = this.#samplesPerPixel;
    for (let row = 0; row < this.#size; row++) {
      for (let column = 0; column < this.#size; column++) {
        let sum = 0;
        for (let part = 0; part < numPerPixel * numPerPixel; part++) {
          const y = this.#margin + row * numPerPixel + Math.floor(part / numPerPixel);
          const sample = y * this.#side + this.#margin + column * numPerPixel + (part % numPerPixel);
          const slopeX = this.#slopeX[sample]!;
          const slopeY = this.#slopeY[sample]!;
          const facing = 1 / Math.sqrt(1 + slopeX * slopeX + slopeY * slopeY);
          const towardsKey = (lightZ - slopeX * lightX - slopeY * lightY) * facing;
          const towardsFill = (0.6 - slopeX * fillX) * facing;
          const towardsHalf = ((lightZ + 1 - slopeX * lightX - slopeY * lightY) * facing) / halfLength;
          const diffuse =
            ambientStrength +
            keyStrength * Math.max((towardsKey + wrap) / (1 + wrap), 0) +
            fillStrength * Math.max(towardsFill, 0);
          const shine = this.#gloss[sample]! * square(square(square(square(Math.max(towardsHalf, 0)))));
          sum += this.#exposure[sample]! * (this.#albedo[sample]! * diffuse + shine);
        }
        out[offset + row * this.#size + column] = Math.round(255 * encode(sum / (numPerPixel * numPerPixel)));
      }
    }
  }

  #toSample(units: number): number {
    return units * this.#scale + this.#margin;
  }

  #toUnit(sample: number): number {
    return (sample + 0.5 - this.#margin) / this.#scale;
  }

  /** An empty mask over the bounding box of `points` (samples), `border` wider, within the canvas. */
  #createMask(points: readonly Point[], border: number): Mask {
    const inside = (sample: number): number => Math.min(Math.max(sample, 0), this.#side);
    let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
    for (const [x, y] of points) {
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y);
    }
    left = inside(Math.floor(left) - border);
    top = inside(Math.floor(top) - border);
    const width = inside(Math.ceil(right) + border) - left;
    const height = inside(Math.ceil(bottom) + border) - top;
    return { left, top, width, height, values: new Float32Array(width * height) };
  }

  #ellipse(centre: Point, radiusX: number, radiusY: number, angle: number, profile: (inside: number) => number): Mask {
    const [centreX, centreY] = centre;
    const reach = Math.max(radiusX, radiusY);
    const corners: Point[] = [
      [this.#toSample(centreX - reach), this.#toSample(centreY - reach)],
      [this.#toSample(centreX + reach), this.#toSample(centreY + reach)],
    ];
    const mask = this.#createMask(corners, 1);
    const cosine = Math.cos(angle);
    const sine = Math.sin(angle);
    for (let row = 0; row < mask.height; row++) {
      const y = this.#toUnit(row + mask.top) - centreY;
      for (let column = 0; column < mask.width; column++) {
        const x = this.#toUnit(column + mask.left) - centreX;
        const across = (x * cosine + y * sine) / radiusX;
        const down = (y * cosine - x * sine) / radiusY;
        const inside = 1 - across * across - down * down;
        if (inside > 0) mask.values[row * mask.width + column] = profile(inside);
      }
    }
    return mask;
  }
}

/** Moves `plane` (rows of `side` samples) towards `target` by coverage · opacity. */
function blend(plane: Float32Array, side: number, mask: Mask, target: number, opacity = 1): void {
  const { left, top, width, height, values } = mask;
  for (let row = 0; row < height; row++) {
    const shift = (row + top) * side + left - row * width;
    for (let i = row * width; i < (row + 1) * width; i++) {
      plane[i + shift]! += (target - plane[i + shift]!) * values[i]! * opacity;
    }
  }
}

/** Adds one polygon edge (samples) to a mask of coverage changes: exact area, signed by the direction of the edge. */
function addEdge(mask: Mask, start: Point, end: Point): void {
  const sign = start[1] < end[1] ? 1 : -1;
  const [upper, lower] = sign > 0 ? [start, end] : [end, start];
  const firstRow = Math.max(Math.floor(upper[1]), mask.top);
  const lastRow = Math.min(Math.ceil(lower[1]), mask.top + mask.height) - 1;
  const lean = (lower[0] - upper[0]) / (lower[1] - upper[1]);
  for (let row = firstRow; row <= lastRow; row++) {
    const from = Math.max(upper[1], row);
    const to = Math.min(lower[1], row + 1);
    const toColumn = (y: number): number =>
      Math.min(Math.max(upper[0] + (y - upper[1]) * lean - mask.left, 0), mask.width);
    const [a, b] = [toColumn(from), toColumn(to)];
    const [left, right] = a < b ? [a, b] : [b, a];
    const lastColumn = Math.min(Math.max(Math.ceil(right) - 1, Math.floor(left)), mask.width - 1);
    for (let column = Math.floor(left); column <= lastColumn; column++) {
      const pieceLeft = Math.max(left, column);
      const pieceRight = Math.min(right, column + 1);
      const share = right > left ? (pieceRight - pieceLeft) / (right - left) : 1;
      const place = (pieceLeft + pieceRight) / 2 - column;
      const change = sign * (to - from) * share;
      const cell = (row - mask.top) * mask.width + column;
      mask.values[cell]! += change * (1 - place);
      if (column + 1 < mask.width) mask.values[cell + 1]! += change * place;
    }
  }
}

/** Writes the running mean of each row of `from` over 2 · reach + 1 samples to `to`; outside is 0. */
function boxFilterRows(from: Float32Array, to: Float32Array, width: number, height: number, reach: number): void {
  const share = 1 / (2 * reach + 1);
  for (let row = 0; row < height; row++) {
    const start = row * width;
    let sum = 0;
    for (let i = 0; i < Math.min(reach, width); i++) sum += from[start + i]!;
    for (let i = 0; i < width; i++) {
      if (i + reach < width) sum += from[start + i + reach]!;
      if (i > reach) sum -= from[start + i - reach - 1]!;
      to[start + i] = sum * share;
    }
  }
}

/** The same down the columns: all of them at once, row by row, each mean from the one above it. */
function boxFilterColumns(from: Float32Array, to: Float32Array, width: number, height: number, reach: number): void {
  const share = 1 / (2 * reach + 1);
  for (let column = 0; column < width; column++) {
    let sum = 0;
    for (let row = 0; row <= Math.min(reach, height - 1); row++) sum += from[row * width + column]!;
    to[column] = sum * share;
  }
  for (let row = 1; row < height; row++) {
    const start = row * width;
    const entering = row + reach < height ? (row + reach) * width : -1;
    const leaving = row > reach ? (row - reach - 1) * width : -1;
    for (let i = 0; i < width; i++) {
      const gained = entering < 0 ? 0 : from[entering + i]!;
      const lost = leaving < 0 ? 0 : from[leaving + i]!;
      to[start + i] = to[start + i - width]! + (gained - lost) * share;
    }
  }
}

function square(value: number): number {
  return value * value;
}

/** Linear light to an sRGB grey level in [0, 1]; above 0.7 it bends over like film instead of clipping. */
function encode(linear: number): number {
  const shoulder = 0.7;
  const bent = linear < shoulder ? linear : 1 - (1 - shoulder) * Math.exp((shoulder - linear) / (1 - shoulder));
  return bent <= 0.0031308 ? 12.92 * bent : 1.055 * bent ** (1 / 2.4) - 0.055;
}
