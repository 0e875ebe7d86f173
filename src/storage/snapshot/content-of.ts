import { type Content, ContentHash } from "./content-hash.ts";
import type { SnapshotSource } from "./source.ts";

/** Reads everything. */
export async function contentOf(source: SnapshotSource, signal: AbortSignal): Promise<Content> {
  const hash = new ContentHash();
  for await (const kvs of source.read(signal)) for (const kv of kvs) hash.add(kv);
  return hash.result();
}
