/** Conditions of a transaction. Pure. */
import type { KeyValue } from "../store.ts";
import type { Compare } from "./protocol.ts";
import { versionOf } from "./range.ts";

/**
 * Whether the condition holds for all keys found under it. A key that is not there has version, revisions and lease 0;
 * no condition on its value holds.
 */
export function holds(compare: Compare, found: readonly KeyValue[]): boolean {
  if (found.length > 0) return found.every((kv) => holdsFor(compare, difference(compare, kv)));
  return compare.target !== "VALUE" && holdsFor(compare, -wanted(compare));
}

function holdsFor({ result }: Compare, sign: number): boolean {
  switch (result) {
    case "EQUAL":
      return sign === 0;
    case "NOT_EQUAL":
      return sign !== 0;
    case "GREATER":
      return sign > 0;
    case "LESS":
      return sign < 0;
  }
}

/** Positive when the key's is above what it is compared with. */
function difference(compare: Compare, kv: KeyValue): number {
  switch (compare.target) {
    case "VALUE":
      return Buffer.compare(kv.value, compare.value ?? new Uint8Array(0));
    case "VERSION":
      return versionOf(kv) - wanted(compare);
    case "CREATE":
      return kv.createRevision - wanted(compare);
    case "MOD":
      return kv.modRevision - wanted(compare);
    case "LEASE":
      return kv.lease - wanted(compare);
  }
}

function wanted({ target, version = 0, create_revision = 0, mod_revision = 0, lease = 0 }: Compare): number {
  switch (target) {
    case "VERSION":
      return version;
    case "CREATE":
      return create_revision;
    case "MOD":
      return mod_revision;
    case "LEASE":
      return lease;
    case "VALUE":
      return 0;
  }
}
