/** Names and uids that the server makes up. */
import type { Random } from "../../machinery/clock.ts";

/** Without vowels and look-alikes, so that no words and no misreadings come about. */
const alphabet = "bcdfghjklmnpqrstvwxz2456789";
const suffixLength = 5;
/** 63 less the suffix: generated names fit a label. */
const maxBaseLength = 58;

export function generatedName(base: string, random: Random): string {
  let suffix = "";
  for (let index = 0; index < suffixLength; index++) suffix += alphabet[Math.floor(random() * alphabet.length)];
  return base.slice(0, maxBaseLength) + suffix;
}

/** RFC 9562 version 4. */
export function newUid(random: Random): string {
  const digits = Array.from({ length: 32 }, () => Math.floor(random() * 16));
  digits[12] = 4;
  digits[16] = 8 + (digits[16]! & 3);
  const text = digits.map((digit) => digit.toString(16)).join("");
  return `${text.slice(0, 8)}-${text.slice(8, 12)}-${text.slice(12, 16)}-${text.slice(16, 20)}-${text.slice(20)}`;
}
