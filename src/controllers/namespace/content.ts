/** Deletes what a namespace holds: pods first, the rest when they have ended (KEP-5080: a pod must not outlive its network policies). */
import type { Client } from "../../client/client.ts";
import { errorText, isNotFound } from "../../client/errors.ts";
import type { KubeObject, ResourceRef } from "../../machinery/object.ts";
import { StatusError } from "../../machinery/status.ts";
import type { DeletionReport, Remaining } from "./conditions.ts";

export interface Progress {
  readonly report: DeletionReport;
  /** When to look again; undefined when nothing is left. */
  readonly againMs: number | undefined;
}

/** Objects held by finalizers, and pods in their grace, are looked at this often. Upstream waits half their grace; pods tend to end sooner. */
const pollMs = 1000;

export async function deleteContent(client: Client, namespace: string, discover: () => Promise<readonly ResourceRef[]>): Promise<Progress> {
  let resources: readonly ResourceRef[];
  try {
    resources = (await discover()).filter((resource) => resource.namespaced);
  } catch (error) {
    return { report: { discoveryFailure: `Discovery failed for some groups: ${errorText(error)}`, contentFailures: [], remaining: [] }, againMs: pollMs };
  }
  const first = await deleteEach(client, namespace, resources.filter(isPods));
  if (!isDone(first)) return { report: first, againMs: pollMs };
  const rest = await deleteEach(
    client,
    namespace,
    resources.filter((resource) => !isPods(resource)),
  );
  return { report: rest, againMs: isDone(rest) ? undefined : pollMs };
}

function isPods(resource: ResourceRef): boolean {
  return resource.group === "" && resource.resource === "pods";
}

function isDone({ contentFailures, remaining }: DeletionReport): boolean {
  return contentFailures.length === 0 && remaining.every((item) => item.count === 0);
}

async function deleteEach(client: Client, namespace: string, resources: readonly ResourceRef[]): Promise<DeletionReport> {
  const contentFailures: string[] = [];
  const remaining: Remaining[] = [];
  for (const resource of resources) {
    try {
      remaining.push(await deleteAll(client, namespace, resource));
    } catch (error) {
      contentFailures.push(errorText(error));
    }
  }
  return { contentFailures, remaining };
}

/** Most resources of most namespaces are empty: a look saves the deletion. */
async function deleteAll(client: Client, namespace: string, resource: ResourceRef): Promise<Remaining> {
  const objects = client.of(resource).in(namespace);
  const before = await listIfServed(() => objects.list());
  if (before.length === 0) return remainingOf(resource, []);
  if (before.some((object) => object.metadata.deletionTimestamp === undefined)) {
    await objects.deleteCollection({ propagationPolicy: "Background" });
  }
  return remainingOf(resource, await listIfServed(() => objects.list()));
}

/** A kind that has gone since it was discovered holds nothing; one that cannot be listed cannot hold anything either. */
async function listIfServed(list: () => Promise<{ items: readonly KubeObject[] }>): Promise<readonly KubeObject[]> {
  try {
    return (await list()).items;
  } catch (error) {
    if (isNotFound(error) || (error instanceof StatusError && error.code === 405)) return [];
    throw error;
  }
}

function remainingOf({ resource, group }: ResourceRef, objects: readonly KubeObject[]): Remaining {
  const finalizers = new Map<string, number>();
  for (const object of objects) for (const name of object.metadata.finalizers ?? []) finalizers.set(name, (finalizers.get(name) ?? 0) + 1);
  return { resource, group, count: objects.length, finalizers };
}
