/** What generators ask of chance, all from one seed. */
import type { Random } from "../../machinery/clock.ts";
import { seededRandom } from "../api-server/seeded-random.ts";

export interface Dice {
  /** Uniform in [0, n). */
  below(n: number): number;
  /** True so often, of 1. */
  chance(probability: number): boolean;
  pick<T>(from: readonly T[]): T;
  /** One of `of` where the odds allow, else undefined. */
  maybe<T>(probability: number, of: () => T): T | undefined;
}

export function diceOf(seed: number): Dice {
  const random: Random = seededRandom(seed);
  const below = (n: number) => Math.floor(random() * n);
  const chance = (probability: number) => random() < probability;
  return {
    below,
    chance,
    pick: (from) => from[below(from.length)]!,
    maybe: (probability, of) => (chance(probability) ? of() : undefined),
  };
}
