/** Sends pod statuses to the API server, the newest only, and deletes pods that have ended. */
import type { Pod, PodStatus } from "../../api/core/v1/pod.ts";
import type { Client } from "../../client/client.ts";
import { errorText, isConflict, isNotFound } from "../../client/errors.ts";
import { pods } from "../../client/resources.ts";
import type { Clock } from "../../machinery/clock.ts";
import { sameJson } from "../../machinery/json.ts";
import type { Logger } from "../../machinery/logger.ts";
import { mergeStatus } from "./merge-status.ts";

export interface StatusWriterOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** The API object as last seen. */
  held(podUid: string): Pod | undefined;
}

interface Pending {
  readonly pod: Pod;
  readonly status: PodStatus;
  /** All of the pod's resources are free: delete the object once its status is written. */
  readonly final: boolean;
}

export class StatusWriter {
  readonly #options: StatusWriterOptions;
  readonly #pending = new Map<string, Pending>();
  readonly #writing = new Map<string, Promise<void>>();
  /** What was last written, since the informer sees it a little later. */
  readonly #written = new Map<string, Pod>();

  constructor(options: StatusWriterOptions) {
    this.#options = options;
  }

  /** Returns at once; a newer status replaces one that waits. */
  set(pod: Pod, status: PodStatus, final: boolean): void {
    const { uid } = pod.metadata;
    if (!final && !this.#pending.has(uid) && !this.#writing.has(uid)) {
      const base = this.#newest(uid) ?? pod;
      if (sameJson(base.status ?? {}, mergeStatus(base.status, status, this.#options.clock.now()))) return;
    }
    this.#pending.set(uid, { pod, status, final });
    if (this.#writing.has(uid)) return;
    const run = this.#drain(uid).finally(() => this.#writing.delete(uid));
    this.#writing.set(uid, run);
  }

  forget(podUid: string): void {
    this.#pending.delete(podUid);
    this.#written.delete(podUid);
  }

  async settled(): Promise<void> {
    await Promise.all(this.#writing.values());
  }

  async #drain(uid: string): Promise<void> {
    const { clock, logger, signal } = this.#options;
    for (let failures = 0; !signal.aborted; ) {
      const next = this.#pending.get(uid);
      if (next === undefined) return;
      this.#pending.delete(uid);
      try {
        await this.#write(next);
        failures = 0;
      } catch (error) {
        if (isNotFound(error) || signal.aborted) return;
        failures++;
        if (!isConflict(error)) logger.warn({ pod: next.pod.metadata.name, error: errorText(error) }, "cannot write pod status");
        if (!this.#pending.has(uid)) this.#pending.set(uid, next);
        await clock.sleep(Math.min(100 * 2 ** failures, 10_000), signal).catch(() => {});
      }
    }
  }

  async #write({ pod, status, final }: Pending): Promise<void> {
    const { client, clock } = this.#options;
    const { name, namespace = "", uid } = pod.metadata;
    const base = this.#newest(uid) ?? pod;
    const merged = mergeStatus(base.status, status, clock.now());
    const resource = client.of(pods).in(namespace);
    if (!sameJson(base.status ?? {}, merged)) {
      this.#written.set(uid, await resource.patch(name, statusPatch(uid, base.status, merged), { type: "strategic" }, "status"));
    }
    if (final) await resource.delete(name, { gracePeriodSeconds: 0, preconditions: { uid } });
  }

  #newest(uid: string): Pod | undefined {
    const held = this.#options.held(uid);
    const written = this.#written.get(uid);
    if (held === undefined || written === undefined) return held ?? written;
    return Number(written.metadata.resourceVersion) > Number(held.metadata.resourceVersion) ? written : held;
  }
}

/**
 * Only what changed, so that what others write to the status meanwhile stays. Conditions merge by type and addresses by
 * ip; the uid makes sure that a later pod of the same name is not meant.
 */
export function statusPatch(uid: string, before: PodStatus | undefined, after: PodStatus): object {
  const old = (before ?? {}) as Record<string, unknown>;
  const now = after as Record<string, unknown>;
  const patch: Record<string, unknown> = {};
  for (const key of new Set([...Object.keys(old), ...Object.keys(now)])) {
    if (sameJson(old[key], now[key])) continue;
    const mergeKey = mergeKeys[key];
    if (mergeKey === undefined) patch[key] = now[key] ?? null;
    else patch[key] = listPatch(mergeKey, (old[key] ?? []) as Item[], (now[key] ?? []) as Item[]);
  }
  return { metadata: { uid }, status: patch };
}

type Item = Record<string, unknown>;

const mergeKeys: Record<string, string> = { conditions: "type", podIPs: "ip", hostIPs: "ip" };

/** Elements that are new or differ, with null for what they lost, and deletions for those that went. */
function listPatch(mergeKey: string, before: readonly Item[], after: readonly Item[]): Item[] {
  const changed = after.flatMap((item) => {
    const known = before.find((candidate) => candidate[mergeKey] === item[mergeKey]);
    if (known !== undefined && sameJson(known, item)) return [];
    const lost = Object.keys(known ?? {}).filter((key) => item[key] === undefined);
    return [{ ...item, ...Object.fromEntries(lost.map((key) => [key, null])) }];
  });
  const gone = before.filter((item) => !after.some((candidate) => candidate[mergeKey] === item[mergeKey]));
  return [...changed, ...gone.map((item) => ({ [mergeKey]: item[mergeKey], $patch: "delete" }))];
}
