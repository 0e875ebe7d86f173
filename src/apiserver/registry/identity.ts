/** Uids. */
import type { Random } from "../../machinery/clock.ts";

/** RFC 9562 version 4. */
export function newUid(random: Random): string {
  const [a, b, c, d] = [word(random), word(random), word(random), word(random)] as const;
  const variant = "89ab"[Number.parseInt(c[0]!, 16) & 3];
  return `${a}-${b.slice(0, 4)}-4${b.slice(5)}-${variant}${c.slice(1, 4)}-${c.slice(4)}${d}`;
}

const bytes = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** Eight hexadecimal digits. */
function word(random: Random): string {
  const bits = Math.floor(random() * 0x1_0000_0000);
  return `${bytes[bits >>> 24]}${bytes[(bits >>> 16) & 0xff]}${bytes[(bits >>> 8) & 0xff]}${bytes[bits & 0xff]}`;
}
