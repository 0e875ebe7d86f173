/** `kubectl apply`: makes the cluster agree with manifests, by server-side apply under a field manager of its own. */
import { Client } from "../client/client.ts";
import * as resources from "../client/resources.ts";
import { apiVersionOf, type KubeObject, type ResourceRef } from "../machinery/object.ts";
import type { Transport } from "../machinery/transport.ts";
import { parseYamlDocuments, YamlError } from "../machinery/yaml-codec.ts";

export const fieldManager = "kubectl";

export interface Applied {
  readonly resource: ResourceRef;
  readonly object: KubeObject;
  /** `unchanged` when the object had all of this before. */
  readonly outcome: "created" | "configured" | "unchanged";
}

/** Manifests of a YAML (or JSON) text with one or more documents; empty documents are left out. */
export function parseManifests(text: string, source: string): KubeObject[] {
  return documentsOf(text, source).map((document, index) => checkManifest(document, `${source}, document ${index + 1}`));
}

function documentsOf(text: string, source: string): unknown[] {
  try {
    return parseYamlDocuments(text, { strict: true });
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    throw new Error(`cannot read ${source}: ${error.message}`, { cause: error });
  }
}

function checkManifest(document: unknown, source: string): KubeObject {
  const { apiVersion, kind, metadata } = document as Partial<KubeObject>;
  if (typeof apiVersion !== "string" || typeof kind !== "string" || typeof metadata?.name !== "string") {
    throw new Error(`cannot apply ${source}: apiVersion, kind and metadata.name must be set`);
  }
  return document as KubeObject;
}

/** The built-in resource of a kind; other kinds need discovery, which this command does not do yet. */
export function resourceOf(object: KubeObject): ResourceRef {
  const found = Object.values(resources).find((resource) => resource.kind === object.kind && apiVersionOf(resource) === object.apiVersion);
  if (found === undefined)
    throw new Error(`cannot apply ${object.kind} ${JSON.stringify(object.metadata.name)}: ${object.apiVersion} ${object.kind} is not a built-in kind`);
  return found as ResourceRef;
}

export async function apply(objects: readonly KubeObject[], transport: Transport, signal: AbortSignal, onApplied: (applied: Applied) => void): Promise<void> {
  const client = new Client(transport, signal);
  for (const object of objects) {
    const resource = resourceOf(object);
    const all = client.of(resource);
    const scoped = resource.namespaced ? all.in(object.metadata.namespace ?? "default") : all;
    const before = await scoped.find(object.metadata.name);
    const after = await scoped.patch(object.metadata.name, object, { type: "apply", fieldManager, force: true });
    const outcome = before === undefined ? "created" : before.metadata.resourceVersion === after.metadata.resourceVersion ? "unchanged" : "configured";
    onApplied({ resource, object: after, outcome });
  }
}

/** As kubectl prints it: `deployment.apps/web created`. */
export function appliedText({ resource, object, outcome }: Applied): string {
  const group = resource.group === "" ? "" : `.${resource.group}`;
  return `${resource.kind.toLowerCase()}${group}/${object.metadata.name} ${outcome}`;
}
