/** What there is to ask for: every kind with an object that is valid, and every subresource with a body of its own. */
import { examples } from "../../api/examples.ts";
import { allDefinitions } from "../../api/index.ts";
import type { AnyResourceDefinition } from "../../api/resource.ts";
import { apiVersionOf } from "../../machinery/object.ts";
import { type MessageSchema, message } from "../../machinery/schema.ts";

export interface Subject {
  readonly definition: AnyResourceDefinition;
  /** Of the collection. */
  readonly path: string;
  /** Without metadata.name. */
  readonly object: Record<string, unknown>;
  readonly subresources: readonly SubresourceSubject[];
}

export interface SubresourceSubject {
  readonly name: string;
  readonly schema: MessageSchema;
  readonly body: Record<string, unknown>;
}

const nothingKnown = message("none", "no body is known", {});

const bodies: Readonly<Record<string, Record<string, unknown>>> = {
  binding: { target: { kind: "Node", name: "a" } },
  eviction: {},
  token: { spec: { audiences: ["https://kubernetes.default.svc.cluster.local"], expirationSeconds: 3600 } },
  scale: { spec: { replicas: 2 } },
};

export const subjects: readonly Subject[] = allDefinitions.map(subjectOf);

function subjectOf(definition: AnyResourceDefinition): Subject {
  const { group, version, resource, kind, namespaced } = definition;
  const prefix = group === "" ? "/api" : `/apis/${group}`;
  const example = (examples[`${group}/${resource}`] ?? {}) as Record<string, unknown>;
  const object = { apiVersion: apiVersionOf(definition), kind, metadata: {}, ...example };
  return {
    definition,
    path: `${prefix}/${version}${namespaced ? "/namespaces/default" : ""}/${resource}`,
    object,
    subresources: subresourcesOf(definition, object),
  };
}

function subresourcesOf(definition: AnyResourceDefinition, object: Record<string, unknown>): SubresourceSubject[] {
  const same = [...(definition.status === undefined ? [] : ["status"]), ...Object.keys(definition.subresources ?? {})];
  const others = Object.entries(definition.otherSubresources ?? {});
  return [
    ...same.map((name) => ({ name, schema: definition.schema, body: object })),
    ...(definition.scale === undefined
      ? []
      : [{ name: "scale", schema: nothingKnown, body: { apiVersion: "autoscaling/v1", kind: "Scale", metadata: {}, ...bodies["scale"] } }]),
    ...others.map(([name, other]) => ({
      name,
      schema: other.schema ?? nothingKnown,
      body: { apiVersion: apiVersionOf(other), kind: other.kind, metadata: {}, ...bodies[name] },
    })),
  ];
}
