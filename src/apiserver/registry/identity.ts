/** Uids. */
import type { Random } from "../../machinery/clock.ts";

const digits = Uint8Array.from("0123456789abcdef", (digit) => digit.charCodeAt(0));
const dash = 0x2d;
const version = 0x34; // 4
const variant = 8;

/** RFC 9562 version 4. Written in one go: a text put together of pieces is copied several times until it is stored. */
export function newUid(random: Random): string {
  const [a, b, c, d] = [word(random), word(random), word(random), word(random)] as const;
  // biome-ignore format: a group of the uid a line
  return String.fromCharCode(
    digit(a, 28), digit(a, 24), digit(a, 20), digit(a, 16), digit(a, 12), digit(a, 8), digit(a, 4), digit(a, 0), dash,
    digit(b, 28), digit(b, 24), digit(b, 20), digit(b, 16), dash,
    version, digit(b, 8), digit(b, 4), digit(b, 0), dash,
    digits[variant | ((c >>> 28) & 3)]!, digit(c, 24), digit(c, 20), digit(c, 16), dash,
    digit(c, 12), digit(c, 8), digit(c, 4), digit(c, 0), digit(d, 28), digit(d, 24), digit(d, 20), digit(d, 16), digit(d, 12), digit(d, 8), digit(d, 4), digit(d, 0),
  );
}

/** 32 bits. */
function word(random: Random): number {
  return Math.floor(random() * 0x1_0000_0000);
}

/** The hexadecimal digit at this bit. */
function digit(word: number, shift: number): number {
  return digits[(word >>> shift) & 15]!;
}
