/**
 * Deals each flow a hand of queues (KEP-1040, shuffle sharding): two flows rarely share all of theirs, so that a heavy
 * flow leaves every other at least one queue of its own.
 */
import { createHash } from "node:crypto";

/** 64 bits that stand for a flow. */
export function flowHash(schema: string, distinguisher: string): bigint {
  return createHash("sha256").update(schema).update("\0").update(distinguisher).digest().readBigUInt64LE();
}

/** `handSize` different numbers below `queues`, always the same ones for one hash. */
export function dealHand(hash: bigint, queues: number, handSize: number): number[] {
  const hand: number[] = [];
  let rest = hash;
  for (let dealt = 0; dealt < Math.min(handSize, queues); dealt++) {
    const left = BigInt(queues - dealt);
    let card = Number(rest % left);
    rest /= left;
    // The card's place among those not dealt yet.
    for (const taken of [...hand].sort((a, b) => a - b)) if (card >= taken) card++;
    hand.push(card);
  }
  return hand;
}
