/**
 * Secrets and ConfigMaps that the pods of this node refer to, each followed by a watch of its own: the Node authorizer
 * lets a kubelet read these objects by name and no others. A watch lives as long as some pod refers to its object.
 */
import type { ConfigMap } from "../api/core/v1/config-map.ts";
import type { Pod } from "../api/core/v1/pod.ts";
import type { Secret } from "../api/core/v1/secret.ts";
import type { ComponentContext } from "../client/component.ts";
import { runReflector } from "../client/reflector.ts";
import { configMaps, secrets } from "../client/resources.ts";
import type { KubeObject, ResourceRef } from "../machinery/object.ts";
import { allContainers } from "./pod/spec.ts";

export type ObjectKind = "ConfigMap" | "Secret";

export interface ObjectReference {
  readonly kind: ObjectKind;
  readonly namespace: string;
  readonly name: string;
}

const resources = { ConfigMap: configMaps, Secret: secrets } as const;

/** Everything a pod's volumes, environment and pulls refer to; each object once. */
export function referencedObjects(pod: Pod): ObjectReference[] {
  const found = new Map<string, ObjectReference>();
  const add = (kind: ObjectKind, name: string | undefined) => {
    if (name === undefined || name === "") return;
    const reference = { kind, namespace: pod.metadata.namespace ?? "", name };
    found.set(keyOf(reference), reference);
  };
  for (const container of allContainers(pod)) {
    for (const source of container.envFrom ?? []) {
      add("ConfigMap", source.configMapRef?.name);
      add("Secret", source.secretRef?.name);
    }
    for (const { valueFrom } of container.env ?? []) {
      add("ConfigMap", valueFrom?.configMapKeyRef?.name);
      add("Secret", valueFrom?.secretKeyRef?.name);
    }
  }
  for (const volume of pod.spec.volumes ?? []) {
    add("ConfigMap", volume.configMap?.name);
    add("Secret", volume.secret?.secretName);
    for (const source of volume.projected?.sources ?? []) {
      add("ConfigMap", source.configMap?.name);
      add("Secret", source.secret?.name);
    }
  }
  for (const { name } of pod.spec.imagePullSecrets ?? []) add("Secret", name);
  return [...found.values()];
}

function keyOf({ kind, namespace, name }: ObjectReference): string {
  return `${kind}/${namespace}/${name}`;
}

interface Followed {
  readonly stop: AbortController;
  readonly users: Set<string>;
  readonly synced: PromiseWithResolvers<void>;
  object: KubeObject | undefined;
}

/** `onChange` hears the uid of every pod that refers to an object that has changed after it was first seen. */
export class ReferencedObjects {
  readonly #context: ComponentContext;
  readonly #onChange: (podUid: string) => void;
  readonly #followed = new Map<string, Followed>();
  readonly #running = new Set<Promise<void>>();

  constructor(context: ComponentContext, onChange: (podUid: string) => void) {
    this.#context = context;
    this.#onChange = onChange;
  }

  /** Follows what this version of the pod refers to, and no longer what only an earlier version did. */
  register(pod: Pod): void {
    const wanted = new Map(referencedObjects(pod).map((reference) => [keyOf(reference), reference]));
    for (const [key, followed] of this.#followed) if (!wanted.has(key)) this.#release(key, followed, pod.metadata.uid);
    for (const [key, reference] of wanted) this.#follow(key, reference).users.add(pod.metadata.uid);
  }

  unregister(podUid: string): void {
    for (const [key, followed] of this.#followed) this.#release(key, followed, podUid);
  }

  /** Resolves when the first state of all the pod's objects is known, whether they exist or not. */
  async synced(pod: Pod): Promise<void> {
    await Promise.all(referencedObjects(pod).map((reference) => this.#followed.get(keyOf(reference))?.synced.promise));
  }

  configMap(namespace: string, name: string): ConfigMap | undefined {
    return this.#followed.get(keyOf({ kind: "ConfigMap", namespace, name }))?.object as ConfigMap | undefined;
  }

  secret(namespace: string, name: string): Secret | undefined {
    return this.#followed.get(keyOf({ kind: "Secret", namespace, name }))?.object as Secret | undefined;
  }

  /** Settles once every watch has ended; they end with the component's signal. */
  async ended(): Promise<void> {
    await Promise.allSettled(this.#running);
  }

  #follow(key: string, reference: ObjectReference): Followed {
    const known = this.#followed.get(key);
    if (known !== undefined) return known;
    const followed: Followed = { stop: new AbortController(), users: new Set(), synced: Promise.withResolvers(), object: undefined };
    this.#followed.set(key, followed);
    const run = this.#run(reference, followed);
    this.#running.add(run);
    void run.finally(() => this.#running.delete(run));
    return followed;
  }

  #release(key: string, followed: Followed, podUid: string): void {
    if (!followed.users.delete(podUid) || followed.users.size > 0) return;
    this.#followed.delete(key);
    followed.stop.abort();
    followed.synced.resolve();
  }

  async #run(reference: ObjectReference, followed: Followed): Promise<void> {
    const { client, clock, random, logger, signal } = this.#context;
    const changed = (object: KubeObject | undefined) => {
      followed.object = object;
      for (const uid of followed.users) this.#onChange(uid);
    };
    await runReflector({
      transport: client.transport,
      resource: resources[reference.kind] as ResourceRef<KubeObject>,
      selection: { namespace: reference.namespace, fieldSelector: `metadata.name=${reference.name}` },
      sink: {
        replace: (objects) => {
          const object = objects[0];
          if (object?.metadata.resourceVersion !== followed.object?.metadata.resourceVersion) changed(object);
          followed.synced.resolve();
        },
        event: (event) => changed(event.type === "DELETED" ? undefined : event.object),
        progress: () => {},
      },
      clock,
      random,
      logger,
      signal: AbortSignal.any([signal, followed.stop.signal]),
    });
  }
}
