/**
 * Every key's versions since the last compaction, found two ways: by key (a sorted map of newest versions, each
 * pointing at the one before it) and by revision (a log in the order of writing). Pure data structure: knows nothing of
 * disks, waiting or who reads. Values need not be here: a store on disk keeps only the recent ones.
 */
import { CompactedError, FutureRevisionError, prefixEnd, type StoreEvent } from "../store.ts";
import { compareKeys, type KeyRange } from "./key-order.ts";
import { SortedMap } from "./sorted-map.ts";

export interface Version {
  readonly key: string;
  readonly modRevision: number;
  /** Revision that made this life of the key; 0 marks a deletion. */
  readonly createRevision: number;
  readonly lease: number;
  /** Writes since the creation, 0 for a deletion. */
  readonly version: number;
  /** Number in the order of writing, over all revisions; what a journal finds a value by. */
  readonly sequence: number;
  /** The version it replaced, a deletion included; undefined for the first and after compaction. */
  older: Version | undefined;
  /** Undefined when it has to be asked for from the journal. */
  value: Uint8Array | undefined;
  /** The event watchers are given, made once for all of them; dropped together with the value. */
  event: StoreEvent | undefined;
}

export interface NewVersion {
  readonly key: string;
  readonly value: Uint8Array;
  /** A deletion has an empty value. */
  readonly deleted: boolean;
  readonly lease: number;
}

/** A store starts at revision 1 with nothing in it, as etcd does. */
export const FIRST_REVISION = 1;
const LAST_KEY = prefixEnd("");

export class History {
  readonly #newest = new SortedMap<Version>();
  /** All versions above the compaction, in the order of writing. */
  #log: Version[] = [];
  #revision = FIRST_REVISION;
  #compactRevision = 0;
  #sequence = 0;
  #liveKeys = 0;

  /** The newest revision, written down or not. */
  get revision(): number {
    return this.#revision;
  }

  get compactRevision(): number {
    return this.#compactRevision;
  }

  /** Keys that exist at the newest revision. */
  get liveKeys(): number {
    return this.#liveKeys;
  }

  /** The newest version of a key that exists. */
  find(key: string): Version | undefined {
    return alive(this.#newest.get(key));
  }

  /** Versions of the range as of `revision`, in key order. */
  range(range: KeyRange, revision: number): Version[] {
    const found: Version[] = [];
    const visit = (newest: Version | undefined) => {
      const version = alive(asOf(newest, revision));
      if (version !== undefined) found.push(version);
    };
    if (range.end === undefined) visit(this.#newest.get(range.start));
    else if (compareKeys(range.start, range.end) < 0) this.#newest.forEach(range.start, range.end, visit);
    return found;
  }

  /** Refuses revisions that cannot be read. `newest` is what readers may see. */
  check(revision: number, newest: number): void {
    if (revision < this.#compactRevision) throw new CompactedError(revision, this.#compactRevision);
    if (revision > newest) throw new FutureRevisionError(`revision ${revision} has not been reached; the newest is ${newest}`);
  }

  /** Adds a version at `revision`, which is the newest or the one after it. */
  append(change: NewVersion, revision: number): Version {
    const { key, value, deleted, lease } = change;
    const older = this.#newest.get(key);
    return this.#add({
      key,
      modRevision: revision,
      createRevision: deleted ? 0 : (alive(older)?.createRevision ?? revision),
      lease,
      version: deleted ? 0 : versionAfter(older),
      sequence: this.#sequence + 1,
      older,
      value,
      event: undefined,
    });
  }

  /**
   * Adds what a journal has kept; sequences may leave gaps, revisions and sequences only grow. Where the journal did not
   * count, a key whose first writes have been compacted counts from the oldest one kept, as its second.
   */
  load(kept: Pick<Version, "key" | "modRevision" | "createRevision" | "lease" | "sequence"> & { readonly version?: number }): Version {
    const { key, modRevision, createRevision, lease, sequence } = kept;
    const older = this.#newest.get(key);
    const known = alive(older) !== undefined || createRevision === modRevision;
    const version = kept.version ?? (createRevision === 0 ? 0 : known ? versionAfter(older) : 2);
    return this.#add({ key, modRevision, createRevision, lease, version, sequence, older, value: undefined, event: undefined });
  }

  /** After a load: the counter, which compaction may have left ahead of every version kept. */
  raise(revision: number): void {
    this.#revision = Math.max(this.#revision, revision);
  }

  #add(added: Version): Version {
    this.#newest.set(added.key, added);
    this.#liveKeys += liveness(added) - liveness(added.older);
    this.#log.push(added);
    this.#revision = added.modRevision;
    this.#sequence = added.sequence;
    return added;
  }

  /** Takes back everything above `revision`, newest first. */
  rollback(revision: number, undone: (version: Version) => void): void {
    for (let version = this.#log.at(-1); version !== undefined && version.modRevision > revision; version = this.#log.at(-1)) {
      this.#log.pop();
      if (version.older === undefined) this.#newest.delete(version.key);
      else this.#newest.set(version.key, version.older);
      this.#liveKeys -= liveness(version) - liveness(version.older);
      undone(version);
    }
    this.#revision = revision;
  }

  /** Every version that a read at or above the compaction and up to `newest` can see, deletions included, in the order of writing. */
  versions(newest: number): Version[] {
    const found: Version[] = [];
    this.#newest.forEach("", LAST_KEY, (current) => {
      for (let version: Version | undefined = current; version !== undefined; version = version.older) {
        if (version.modRevision > newest) continue;
        if (version.createRevision !== 0 || version.modRevision > this.#compactRevision) found.push(version);
        if (version.modRevision <= this.#compactRevision) break;
      }
    });
    return found.sort((a, b) => a.sequence - b.sequence);
  }

  /**
   * Forgets versions that no read at or above `revision` can see, and returns them. Deletions at or below it go too.
   * Only keys written since the last compaction have any, so the log up to `revision` names them all.
   */
  compact(revision: number): Version[] {
    const dropped: Version[] = [];
    const end = this.indexOf(revision + 1);
    for (let index = 0; index < end; index++) {
      const version = this.#log[index] as Version;
      const older = alive(version.older);
      if (older !== undefined) dropped.push(older);
      version.older = undefined;
      if (version.createRevision !== 0) continue;
      dropped.push(version);
      if (this.#newest.get(version.key) === version) this.#newest.delete(version.key);
    }
    this.#log = this.#log.slice(end);
    this.#compactRevision = revision;
    return dropped;
  }

  /** Length of the log: indexes below it are versions, shifted down by compaction. */
  get length(): number {
    return this.#log.length;
  }

  /** By index in the log. */
  version(index: number): Version | undefined {
    return this.#log[index];
  }

  /** Index in the log of the first version at or above `revision`. */
  indexOf(revision: number): number {
    let low = 0;
    let high = this.#log.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#log[middle] as Version).modRevision < revision) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Undefined for a deletion. */
export function alive(version: Version | undefined): Version | undefined {
  return version === undefined || version.createRevision === 0 ? undefined : version;
}

function versionAfter(older: Version | undefined): number {
  return (alive(older)?.version ?? 0) + 1;
}

function liveness(version: Version | undefined): number {
  return alive(version) === undefined ? 0 : 1;
}

function asOf(newest: Version | undefined, revision: number): Version | undefined {
  let version = newest;
  while (version !== undefined && version.modRevision > revision) version = version.older;
  return version;
}
