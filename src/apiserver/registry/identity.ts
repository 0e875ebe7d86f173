/** Uids. */
import type { Random } from "../../machinery/clock.ts";

/** RFC 9562 version 4. */
export function newUid(random: Random): string {
  const [a, b, c, d] = [word(random), word(random), word(random), word(random)] as const;
  const variant = "89ab"[Number.parseInt(c[0]!, 16) & 3];
  return `${a}-${b.slice(0, 4)}-4${b.slice(5)}-${variant}${c.slice(1, 4)}-${c.slice(4)}${d}`;
}

/** Eight hexadecimal digits. */
function word(random: Random): string {
  return Math.floor(random() * 0x1_0000_0000)
    .toString(16)
    .padStart(8, "0");
}
