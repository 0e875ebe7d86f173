/** Uids. */
import type { Random } from "../../machinery/clock.ts";

/** RFC 9562 version 4. */
export function newUid(random: Random): string {
  const digits = Array.from({ length: 32 }, () => Math.floor(random() * 16));
  digits[12] = 4;
  digits[16] = 8 + (digits[16]! & 3);
  const text = digits.map((digit) => digit.toString(16)).join("");
  return `${text.slice(0, 8)}-${text.slice(8, 12)}-${text.slice(12, 16)}-${text.slice(16, 20)}-${text.slice(20)}`;
}
