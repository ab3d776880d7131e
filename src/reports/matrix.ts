import { qrcode, type DrawingContext } from 'bwip-js/generic';

/** A matrix code as the outline of its dark modules, an SVG path of `size` units a side, without its quiet zone. */
export interface MatrixCode {
  readonly path: string;
  readonly size: number;
}

/** Units in which a module is drawn. */
const MODULE = 10;

/** A QR code of a text, of level Q: a quarter of it may be lost, as a fax or a fold does. */
export function matrixCode(text: string): MatrixCode {
  const options = { bcid: 'qrcode', text, eclevel: 'Q', scale: MODULE, padding: 0 };
  return qrcode<MatrixCode>(options, new Outline());
}

/** Of what the library can draw, a matrix code takes filled polygons alone. */
class Outline implements DrawingContext<MatrixCode> {
  #path = '';
  #size = 0;

  scale(sx: number, sy: number): [number, number] {
    return [sx, sy];
  }

  measure(): { width: number; ascent: number; descent: number } {
    return { width: 0, ascent: 0, descent: 0 };
  }

  init(width: number): void {
    this.#size = width;
  }

  polygon(points: [number, number][]): void {
    this.#path += `M${points.map(([x, y]) => `${x} ${y}`).join('L')}Z`;
  }

  line(): void {
    throw new TypeError('a matrix code has no lines');
  }

  hexagon(): void {
    throw new TypeError('a matrix code has no hexagons');
  }

  ellipse(): void {
    throw new TypeError('a matrix code has no circles');
  }

  text(): void {
    throw new TypeError('a matrix code has no text');
  }

  fill(): void {
    // All are black; they are filled where they are drawn.
  }

  end(): MatrixCode {
    return { path: this.#path, size: this.#size };
  }
}
