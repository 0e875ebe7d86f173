import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";
import * as references from "../client/resources.ts";
import { referenceFolder } from "../testing/reference.ts";
import { allDefinitions } from "./index.ts";
import type { AnyResourceDefinition, Verb } from "./resource.ts";

const allVerbs: readonly Verb[] = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
const reference = new URL("operations.tsv", referenceFolder);

const key = (definition: AnyResourceDefinition) => `${definition.group}/${definition.version}/${definition.resource}`;

describe("the list of definitions", () => {
  it("names every resource once", () => {
    const keys = allDefinitions.map(key);
    assert.equal(new Set(keys).size, keys.length);
  });

  it("gives every definition the schema of its kind", () => {
    for (const definition of allDefinitions) assert.ok(definition.schema.name.endsWith(`.${definition.kind}`), key(definition));
  });

  it("has a typed reference in src/client/resources.ts for each", () => {
    const known = new Map(Object.values(references).map((reference) => [`${reference.group}/${reference.version}/${reference.resource}`, reference]));
    for (const definition of allDefinitions) {
      const { group, version, resource, kind, namespaced } = definition;
      assert.deepEqual(known.get(key(definition)), { group, version, resource, kind, namespaced });
    }
  });

  it("prints a name first wherever it names its own columns, events apart", () => {
    for (const definition of allDefinitions) {
      if (definition.ownColumns !== true || definition.kind === "Event") continue;
      assert.equal(definition.columns?.[0]?.name, "Name", key(definition));
    }
  });

  it("serves the operations of Kubernetes v1.36", { skip: existsSync(reference) ? false : "no reference tables here" }, () => {
    const expected = operationsByResource(readFileSync(reference, "utf8"));
    for (const definition of allDefinitions) {
      const found = expected.get(key(definition));
      assert.ok(found !== undefined, `${key(definition)} is not in the reference`);
      assert.deepEqual(verbsOf(definition), [...found].sort(), key(definition));
      expected.delete(key(definition));
      for (const [name, verbs] of subresourcesOf(definition)) {
        const operations = expected.get(`${key(definition)}/${name}`);
        assert.ok(operations !== undefined, `${key(definition)}/${name} is not in the reference`);
        if (!operations.has("connect")) assert.deepEqual([...verbs].sort(), [...operations].sort(), `${key(definition)}/${name}`);
        expected.delete(`${key(definition)}/${name}`);
      }
    }
    assert.deepEqual([...expected.keys()], servedElsewhere);
  });
});

/** Their schemas live with their servers: src/apiserver serves these two kinds from rooms of their own. */
const servedElsewhere = [
  "apiextensions.k8s.io/v1/customresourcedefinitions",
  "apiextensions.k8s.io/v1/customresourcedefinitions/status",
  "apiregistration.k8s.io/v1/apiservices",
  "apiregistration.k8s.io/v1/apiservices/status",
];

/** Watches have no operation of their own in the reference: whatever can be listed can be watched. */
function verbsOf(definition: AnyResourceDefinition): string[] {
  return [...(definition.verbs ?? allVerbs)].filter((verb) => verb !== "watch").sort();
}

function subresourcesOf(definition: AnyResourceDefinition): [string, readonly Verb[]][] {
  const views = { ...definition.subresources, ...(definition.status === undefined ? {} : { status: definition.status }), ...definition.otherSubresources };
  const list = Object.entries(views).map(([name, view]): [string, readonly Verb[]] => [name, view.verbs]);
  return definition.scale === undefined ? list : [...list, ["scale", ["get", "patch", "update"]]];
}

const verbOfAction: Record<string, string> = { post: "create", put: "update" };

/** `group/version/resource[/subresource]` -> verbs, for stable versions. */
function operationsByResource(table: string): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const line of table.split("\n").slice(1)) {
    const [, path = "", action = ""] = line.split("\t");
    const resource = resourceOf(path);
    if (resource === undefined || action === "") continue;
    const verbs = found.get(resource) ?? new Set();
    found.set(resource, verbs.add(verbOfAction[action] ?? action));
  }
  return found;
}

function resourceOf(path: string): string | undefined {
  const parts = path.split("/").slice(1);
  if (parts.includes("watch") || parts.includes("{path}")) return undefined;
  const [group, version, ...rest] = parts[0] === "api" ? ["", ...parts.slice(1)] : parts.slice(1);
  if (version === undefined || !/^v[0-9]+$/.test(version)) return undefined;
  const inNamespace = rest[0] === "namespaces" && rest[1] === "{namespace}" ? rest.slice(2) : rest;
  const [resource, ...more] = inNamespace;
  if (resource === undefined || resource === "") return undefined;
  const subresource = more.filter((part) => part !== "{name}")[0];
  return [group, version, resource, ...(subresource === undefined ? [] : [subresource])].join("/");
}
