/**
 * Which node may see which object, kept as counts: for each object the number of pods of each node that refer to it.
 * One look-up answers a check, also for a ConfigMap that thousands of pods mount.
 */
import { type PersistentVolume, persistentVolumes } from "../../api/core/v1/persistent-volume.ts";
import { type Pod, pods } from "../../api/core/v1/pod.ts";
import { objectKey } from "../../machinery/object.ts";
import type { ObjectReader } from "../contract.ts";
import { podReferences, vertex, volumeSecretReferences } from "./node-references.ts";

interface PodEdges {
  readonly node: string;
  readonly references: ReadonlySet<string>;
}

interface VolumeEdges {
  readonly claim: string;
  readonly secrets: ReadonlySet<string>;
}

export class NodeGraph {
  readonly #pods = new Map<string, PodEdges>();
  /** Vertex -> node -> pods of that node that refer to it. */
  readonly #counts = new Map<string, Map<string, number>>();
  readonly #volumes = new Map<string, VolumeEdges>();
  /** Secret -> persistent volumes that are mounted with it. */
  readonly #volumesOfSecret = new Map<string, Set<string>>();

  /** Follows the reader until `signal` aborts. */
  constructor(reader: ObjectReader, signal: AbortSignal) {
    reader.subscribe(pods, (type, pod) => this.#setPod(pod, type !== "DELETED"), signal);
    reader.subscribe(persistentVolumes, (type, volume) => this.#setVolume(volume, type !== "DELETED"), signal);
  }

  /** Does a pod of `node` refer to the object, directly or through the volume of a claim? */
  reaches(node: string, target: string): boolean {
    if (this.#counts.get(target)?.has(node) === true) return true;
    for (const volume of this.#volumesOfSecret.get(target) ?? []) if (this.reachesVolume(node, volume)) return true;
    return false;
  }

  /** Does a pod of `node` use the claim that the persistent volume is bound to? */
  reachesVolume(node: string, volume: string): boolean {
    const claim = this.#volumes.get(volume)?.claim;
    return claim !== undefined && this.#counts.get(claim)?.has(node) === true;
  }

  #setPod(pod: Pod, present: boolean): void {
    const key = objectKey(pod);
    const known = this.#pods.get(key);
    const node = pod.spec?.nodeName ?? "";
    const next = present && node !== "" ? { node, references: podReferences(pod) } : undefined;
    if (next !== undefined) for (const target of next.references) this.#count(target, next.node, 1);
    if (known !== undefined) for (const target of known.references) this.#count(target, known.node, -1);
    if (next === undefined) this.#pods.delete(key);
    else this.#pods.set(key, next);
  }

  #count(target: string, node: string, by: 1 | -1): void {
    const nodes = this.#counts.get(target) ?? new Map<string, number>();
    const count = (nodes.get(node) ?? 0) + by;
    if (count === 0) nodes.delete(node);
    else nodes.set(node, count);
    if (nodes.size === 0) this.#counts.delete(target);
    else this.#counts.set(target, nodes);
  }

  #setVolume(volume: PersistentVolume, present: boolean): void {
    const { name } = volume.metadata;
    for (const secret of this.#volumes.get(name)?.secrets ?? []) this.#volumesOfSecret.get(secret)?.delete(name);
    this.#volumes.delete(name);
    const claim = volume.spec?.claimRef;
    if (!present || claim?.name === undefined) return;
    const secrets = volumeSecretReferences(volume);
    this.#volumes.set(name, { claim: vertex("pvc", claim.namespace ?? "", claim.name), secrets });
    for (const secret of secrets) {
      const volumes = this.#volumesOfSecret.get(secret) ?? new Set<string>();
      this.#volumesOfSecret.set(secret, volumes.add(name));
    }
  }
}
