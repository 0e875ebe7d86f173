/** Short stable names for templates. */

/** FNV-1a, 32 bits, over UTF-8. */
export function fnv32a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}

const safeAlphabet = "bcdfghjklmnpqrstvwxz2456789";

/** No vowels and no look-alikes, so that a hash spells nothing (util/rand.SafeEncodeString). */
export function safeEncode(text: string): string {
  let encoded = "";
  for (let i = 0; i < text.length; i++) encoded += safeAlphabet[text.charCodeAt(i) % safeAlphabet.length];
  return encoded;
}

/** JSON with keys sorted at every level: equal values give equal text, whatever order their keys were written in. */
export function canonicalJson(value: unknown): string {
  if (typeof value === "bigint") return value.toString();
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(",")}}`;
}

/** Hash of a template; `collisionCount` gives another one when two templates met in the same. */
export function templateHash(template: unknown, collisionCount: number | undefined): string {
  const hash = fnv32a(canonicalJson(template) + (collisionCount === undefined ? "" : `#${collisionCount}`));
  return safeEncode(String(hash));
}
