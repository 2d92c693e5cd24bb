/** Draws patterns as a square grid of grey pictures on a canvas. */

export interface PictureGrid {
  /** Side length of a picture in pixels. */
  readonly size: number;
  /** Pictures a row, and rows. */
  readonly side: number;
  /** A value times this is a share of white. */
  readonly displayScale: number;
}

/** Empty pixels between pictures. */
const gap = 2;

/**
 * Fills the grid row by row; places without a picture stay empty.
 * @param pictures values of one picture each, row-major [size, size]
 */
export function drawGrid(canvas: HTMLCanvasElement, pictures: readonly Float32Array[], grid: PictureGrid): void {
  const { size, side, displayScale } = grid;
  const pitch = size + gap;
  canvas.width = side * pitch - gap;
  canvas.height = canvas.width;
  const context = canvas.getContext("2d")!;
  pictures.slice(0, side * side).forEach((picture, place) => {
    const image = context.createImageData(size, size);
    picture.forEach((value, i) => {
      // The clamped array rounds and keeps within 0 and 255.
      image.data.fill(value * displayScale * 255, 4 * i, 4 * i + 3);
      image.data[4 * i + 3] = 255;
    });
    context.putImageData(image, (place % side) * pitch, Math.floor(place / side) * pitch);
  });
}
