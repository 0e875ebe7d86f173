/**
 * Picks a free number of a range for callers who did not ask for a certain one. The lower part of the range is left
 * to those who do, until the upper part is full (KEP-3070 for cluster IPs, KEP-3668 for node ports).
 */
import type { Random } from "../../machinery/clock.ts";

/** Offsets from 0 to `size` - 1; those below `reserved` are for static use. */
export interface Band {
  readonly size: number;
  readonly reserved: number;
}

/** Cluster IPs: between 16 and 256 addresses, a sixteenth of the range. Small ranges have no reserve. */
export function addressBand(size: number): Band {
  return { size, reserved: reserve(size, 16, 256) };
}

/** Node ports: between 16 and 128 ports, a thirty-second of the range. */
export function portBand(size: number): Band {
  return { size, reserved: reserve(size, 32, 128) };
}

function reserve(size: number, step: number, max: number): number {
  const min = 16;
  if (size <= min) return 0;
  return Math.min(Math.max(min, Math.floor(size / step)), max);
}

/** Luck finds a place at once unless the range is nearly full. */
const randomTries = 16;

/** A free offset, or undefined when there is none. */
export function pickFree({ size, reserved }: Band, isFree: (offset: number) => boolean, random: Random): number | undefined {
  return pickWithin(reserved, size, isFree, random) ?? pickWithin(0, reserved, isFree, random);
}

function pickWithin(from: number, to: number, isFree: (offset: number) => boolean, random: Random): number | undefined {
  const count = to - from;
  if (count <= 0) return undefined;
  for (let tries = 0; tries < randomTries; tries++) {
    const offset = from + Math.floor(random() * count);
    if (isFree(offset)) return offset;
  }
  const start = Math.floor(random() * count);
  for (let step = 0; step < count; step++) {
    const offset = from + ((start + step) % count);
    if (isFree(offset)) return offset;
  }
  return undefined;
}
