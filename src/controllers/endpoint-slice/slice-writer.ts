/** Performs slice plans, and does not plan again before the cache has seen them. */
import type { EndpointSlice } from "../../api/discovery/v1/endpoint-slice.ts";
import type { Client } from "../../client/client.ts";
import { isNotFound } from "../../client/errors.ts";
import { endpointSlices } from "../../client/resources.ts";
import type { Clock } from "../../machinery/clock.ts";
import type { SlicePlan } from "./plan.ts";

export const serviceNameLabel = "kubernetes.io/service-name";
export const managedByLabel = "endpointslice.kubernetes.io/managed-by";
export const serviceController = "endpointslice-controller.k8s.io";
export const mirroringController = "endpointslicemirroring-controller.k8s.io";

/** Index of slices by `namespace/service/manager`. */
export const sliceIndex = "managedService";

export function sliceKey(namespace: string, service: string, manager: string): string {
  return `${namespace}/${service}/${manager}`;
}

export function sliceIndexValues({ metadata }: EndpointSlice): string[] {
  const service = metadata.labels?.[serviceNameLabel];
  return service === undefined ? [] : [sliceKey(metadata.namespace ?? "", service, metadata.labels?.[managedByLabel] ?? "")];
}

/** A slice may have come and gone while the watch was broken: then it never shows. */
const patienceMs = 10_000;

export class SliceWriter {
  readonly #client: Client;
  readonly #clock: Clock;
  /** By owner: the slices written last, with the revision that the cache must have reached. */
  readonly #written = new Map<string, { readonly revisions: Map<string, string>; atMs: number }>();

  constructor(client: Client, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  /** True while the cache lacks a slice written for this owner, or shows one of an earlier revision: planning on it would write twice. */
  isStale(owner: string, cached: Iterable<EndpointSlice>): boolean {
    const written = this.#written.get(owner);
    if (written === undefined || this.#clock.now() - written.atMs > patienceMs) return false;
    const seen = new Map([...cached].map((slice) => [slice.metadata.uid, slice.metadata.resourceVersion ?? "0"]));
    for (const [uid, revision] of written.revisions) if (!seen.has(uid) || BigInt(seen.get(uid)!) < BigInt(revision)) return true;
    return false;
  }

  /** A slice that someone else deleted is waited for no longer. */
  deleted(owner: string, slice: EndpointSlice): void {
    this.#written.get(owner)?.revisions.delete(slice.metadata.uid);
  }

  forget(owner: string): void {
    this.#written.delete(owner);
  }

  async perform(owner: string, plan: SlicePlan): Promise<void> {
    const slices = this.#client.of(endpointSlices);
    for (const draft of plan.create) this.#note(owner, await slices.create(draft));
    for (const slice of plan.update) this.#note(owner, await slices.update(slice));
    for (const slice of plan.delete) {
      this.deleted(owner, slice);
      await slices
        .in(slice.metadata.namespace ?? "")
        .delete(slice.metadata.name)
        .catch((error: unknown) => {
          if (!isNotFound(error)) throw error;
        });
    }
  }

  #note(owner: string, slice: EndpointSlice): void {
    const written = this.#written.get(owner) ?? { revisions: new Map<string, string>(), atMs: 0 };
    written.revisions.set(slice.metadata.uid, slice.metadata.resourceVersion ?? "0");
    written.atMs = this.#clock.now();
    this.#written.set(owner, written);
  }
}
