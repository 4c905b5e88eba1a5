import { encode } from 'uqr';

/** A QR code as the outline of its dark squares, each of size 1, in a square of `size`. */
export interface QrCode {
  readonly size: number;
  /** The `d` of an SVG path. */
  readonly path: string;
}

/** The quiet zone around a QR code, in squares (ISO/IEC 18004). */
const border = 4;

/** @returns undefined if the text is too long for a QR code that a phone still reads from a screen. */
export function qrCode(text: string): QrCode | undefined {
  if (text.length > 500) return undefined;
  const { data, size } = encode(text, { ecc: 'M', border });
  const rows = data.map((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : '')).join(''));
  return { size, path: rows.join('') };
}
