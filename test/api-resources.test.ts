/**
 * Every resource that discovery names, through everything that may be done to it, in JSON and in protobuf; and every
 * stable operation of Kubernetes v1.36. Nothing here knows a kind: a new one is covered by being served.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { examples } from "../src/api/examples.ts";
import { allDefinitions } from "../src/api/index.ts";
import type { AnyResourceDefinition } from "../src/api/resource.ts";
import { deleteOptions } from "../src/machinery/meta.ts";
import { dropNulls } from "../src/machinery/nil-fields.ts";
import { decodeWatchEvent } from "../src/machinery/protobuf.ts";
import { partialObjectMetadataList } from "../src/machinery/table.ts";
import { referenceFolder, withoutReference } from "../src/testing/reference.ts";
import {
  type ApiScene,
  apiVersionOf,
  collectionPath,
  discoveryAccept,
  eventually,
  fromProtobuf,
  type Json,
  protobuf,
  startApiScene,
  tableAccept,
  toProtobuf,
  typedAccept,
} from "./support/api-scene.ts";

const patchTypes = {
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
  json: "application/json-patch+json",
  apply: "application/apply-patch+yaml",
};

/** Names that mean something; the others are made up. */
const names: Readonly<Record<string, readonly string[]>> = {
  "networking.k8s.io/ipaddresses": ["10.96.77.0", "10.96.77.1", "10.96.77.2", "10.96.77.3"],
};

/** What an example lacks in a cluster that has objects of its own. */
const specs: Readonly<Record<string, (index: number) => object>> = {
  "/resourcequotas": () => ({ spec: { hard: { pods: "1000" } } }),
  "networking.k8s.io/servicecidrs": (index) => ({ spec: { cidrs: [`10.97.${index}.0/24`] } }),
};

function sample(definition: AnyResourceDefinition, index: number): Json {
  const key = `${definition.group}/${definition.resource}`;
  // Events and autoscalers are stored once and served twice.
  const name = names[key]?.[index] ?? ["walk", definition.group.split(".")[0] || "core", definition.version, index].join("-");
  return {
    apiVersion: apiVersionOf(definition),
    kind: definition.kind,
    ...examples[key],
    ...specs[key]?.(index),
    metadata: { name, ...(definition.namespaced ? { namespace: "default" } : {}), labels: { walk: definition.version, index: `i${index}` } },
  };
}

let scene: ApiScene;
before(async () => {
  scene = await startApiScene(0);
});
after(() => scene.close());

const served = allDefinitions.filter(({ virtual }) => virtual !== true);

test("discovery names exactly the kinds that are walked here, and those that are not stored", async () => {
  const listed: string[] = [];
  for (const path of ["/api", "/apis"]) {
    const { body } = await scene.expect(200, "GET", path, { accept: discoveryAccept });
    for (const { metadata, versions } of body.items) {
      for (const { version, resources } of versions) for (const { resource } of resources) listed.push(`${metadata.name ?? ""}/${version}/${resource}`);
    }
  }
  assert.deepEqual(listed.sort(), allDefinitions.map(({ group, version, resource }) => `${group}/${version}/${resource}`).sort());
});

describe("every stored kind", () => {
  for (const definition of served) test(`${apiVersionOf(definition)} ${definition.resource}`, () => walk(definition));
});

async function walk(definition: AnyResourceDefinition): Promise<void> {
  const all = collectionPath(definition);
  const selected = `${all}?labelSelector=walk=${definition.version}`;
  const first = sample(definition, 0);
  const one = `${all}/${first.metadata.name}`;

  await dryRun(all, first);
  await scene.expect(201, "POST", all, { body: first });
  await createInProtobuf(definition, all);
  await readEveryForm(definition, all, one);
  const { resourceVersion } = (await scene.expect(200, "GET", selected)).body.metadata;
  await patchEveryWay(definition, one);
  await replace(one);
  await watchChanges(definition, `${selected},index=i0&watch=true&resourceVersion=${resourceVersion}&allowWatchBookmarks=true`);
  if (definition.status?.verbs.includes("update") === true) await writeStatus(one);
  await remove(definition, all, selected, one);
}

async function dryRun(all: string, object: Json): Promise<void> {
  const dry = { ...object, metadata: { ...object.metadata } };
  const { body } = await scene.expect(201, "POST", `${all}?dryRun=All`, { body: dry });
  assert.ok(body.metadata.uid);
  await scene.expect(404, "GET", `${all}/${object.metadata.name}`);
}

async function createInProtobuf(definition: AnyResourceDefinition, all: string): Promise<void> {
  const second = sample(definition, 1);
  const sent = { body: toProtobuf(definition.schema, second), type: protobuf, accept: typedAccept };
  const created = await scene.expect(201, "POST", `${all}?fieldValidation=Strict`, sent);
  assert.equal(created.headers["content-type"], protobuf);
  assert.equal(fromProtobuf(definition.schema, created.bytes).metadata.name, second.metadata.name);
}

async function readEveryForm(definition: AnyResourceDefinition, all: string, one: string): Promise<void> {
  const { name } = sample(definition, 0).metadata;
  // Controllers may write in between; both forms of one revision are the same object.
  await eventually(async () => {
    const asJson = await scene.expect(200, "GET", one);
    const asProtobuf = await scene.expect(200, "GET", one, { accept: typedAccept });
    assert.deepEqual(fromProtobuf(definition.schema, asProtobuf.bytes), asInProtobuf(definition, asJson.body));
  });
  const narrowed = (await scene.expect(200, "GET", `${all}?fieldSelector=metadata.name=${name}`)).body;
  assert.deepEqual([narrowed.kind, narrowed.items.length], [`${definition.kind}List`, 1]);
  const table = (await scene.expect(200, "GET", all, { accept: tableAccept })).body;
  assert.deepEqual([table.kind, table.rows.length > 0], ["Table", true]);
  for (const { cells } of table.rows) assert.equal(cells.length, table.columnDefinitions.length);
  const metadata = await scene.expect(200, "GET", all, { accept: `${protobuf};as=PartialObjectMetadataList;g=meta.k8s.io;v=v1` });
  const partial = fromProtobuf(partialObjectMetadataList, metadata.bytes);
  assert.ok(partial.items.some((item: Json) => item.metadata.name === name));
}

/** Kind and apiVersion of objects inside objects, and nulls, have no place in protobuf, in Kubernetes as here. */
function asInProtobuf({ schema }: AnyResourceDefinition, object: Json): Json {
  for (const claim of object.spec?.volumeClaimTemplates ?? []) {
    delete claim.kind;
    delete claim.apiVersion;
  }
  dropNulls(schema, object);
  return object;
}

async function patchEveryWay(definition: AnyResourceDefinition, one: string): Promise<void> {
  const annotated = (key: string) => ({ metadata: { annotations: { [key]: "1" } } });
  await scene.expect(200, "PATCH", one, { type: patchTypes.merge, body: annotated("merge") });
  await scene.expect(200, "PATCH", one, { type: patchTypes.strategic, body: annotated("strategic") });
  const operations = [{ op: "add", path: "/metadata/annotations/json", value: "1" }];
  await scene.expect(200, "PATCH", one, { type: patchTypes.json, body: operations });
  const applied = { apiVersion: apiVersionOf(definition), kind: definition.kind, ...annotated("apply") };
  const { body } = await scene.expect(200, "PATCH", `${one}?fieldManager=walk&force=true`, { type: patchTypes.apply, body: applied });
  const { merge, strategic, json, apply } = body.metadata.annotations;
  assert.deepEqual([merge, strategic, json, apply], ["1", "1", "1", "1"]);
  assert.ok(body.metadata.managedFields.some((entry: Json) => entry.manager === "walk" && entry.operation === "Apply"));
}

/** Read, change, write, and again if somebody else was faster. */
async function replace(path: string): Promise<void> {
  await eventually(async () => {
    const { body } = await scene.expect(200, "GET", path);
    body.metadata.annotations.replaced = "1";
    const written = await scene.expect(200, "PUT", path, { body });
    assert.equal(written.body.metadata.annotations.replaced, "1");
  });
}

/** The changes of the patches above, told in both encodings, each as the object that the write answered. */
async function watchChanges(definition: AnyResourceDefinition, path: string): Promise<void> {
  const [lines, frames] = await Promise.all([scene.open(path), scene.open(path, typedAccept)]);
  assert.deepEqual([lines.code, frames.code], [200, 200]);
  const told = JSON.parse((await lines.next()).toString());
  const framed = decodeWatchEvent(await frames.next());
  lines.close();
  frames.close();
  assert.equal(told.type, "MODIFIED");
  assert.equal(framed.type, "MODIFIED");
  assert.deepEqual(fromProtobuf(definition.schema, framed.object), asInProtobuf(definition, told.object));
}

async function writeStatus(one: string): Promise<void> {
  await scene.expect(200, "PATCH", `${one}/status`, { type: patchTypes.merge, body: { metadata: { annotations: { status: "1" } } } });
  await eventually(async () => {
    const { bytes } = await scene.expect(200, "GET", `${one}/status`, { accept: typedAccept });
    await scene.expect(200, "PUT", `${one}/status`, { body: bytes, type: protobuf, accept: typedAccept });
  });
}

async function remove(definition: AnyResourceDefinition, all: string, selected: string, one: string): Promise<void> {
  const options = toProtobuf(deleteOptions, {
    apiVersion: apiVersionOf(definition),
    kind: "DeleteOptions",
    propagationPolicy: "Background",
    gracePeriodSeconds: 0,
  });
  const preview = await scene.expect([200, 202], "DELETE", `${one}?dryRun=All`);
  assert.ok(preview.body.kind === "Status" || preview.body.kind === definition.kind);
  await scene.expect([200, 202], "DELETE", one, { body: options, type: protobuf, accept: typedAccept });
  if (!slowToGo.has(definition.resource)) await eventually(() => scene.expect(404, "GET", one));
  if (!(definition.verbs ?? ["deletecollection"]).includes("deletecollection")) {
    await scene.expect([200, 202], "DELETE", `${all}/${sample(definition, 1).metadata.name}`);
  } else {
    const { body } = await scene.expect(200, "DELETE", selected);
    assert.equal(body.kind, `${definition.kind}List`);
  }
  await eventually(async () => {
    const left = (await scene.expect(200, "GET", selected)).body.items;
    if (slowToGo.has(definition.resource)) for (const { metadata } of left) assert.ok(metadata.deletionTimestamp);
    else assert.deepEqual(left, []);
  });
}

/** Their controller waits ten seconds before it lets go of the finalizer, as upstream. */
const slowToGo = new Set(["servicecidrs"]);

/** Operations that are not expected of this server, by path. */
const notServed: readonly (readonly [path: RegExp, why: string])[] = [
  [/^\/apis\/[^/]+\/v\d+(alpha|beta)\d+\//, "alpha and beta versions are off by default, as in Kubernetes"],
  [/^\/apis\/(internal\.apiserver|storagemigration)\.k8s\.io\/$/, "groups that have no stable version"],
  [/^\/apis\/(apiextensions|apiregistration)\.k8s\.io\//, "custom resources and aggregation are not built yet"],
  [/^\/logs\//, "an API server's own log files are not served"],
];

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly action: string;
}

function operations(): Operation[] {
  const lines = readFileSync(new URL("operations.tsv", referenceFolder), "utf8").trimEnd().split("\n").slice(1);
  return lines
    .map((line) => line.split("\t"))
    .map(([method = "", path = "", action = ""]) => ({ method, path, action }))
    .filter(({ path }) => !notServed.some(([pattern]) => pattern.test(path)));
}

/** What POST to a subresource takes. */
const subresourceBodies: Readonly<Record<string, object>> = {
  binding: { apiVersion: "v1", kind: "Binding", metadata: { name: "walk-core-v1-2" }, target: { kind: "Node", name: "n" } },
  eviction: { apiVersion: "policy/v1", kind: "Eviction", metadata: { name: "walk-core-v1-2" } },
  token: { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: { audiences: ["a"] } },
};

/** Bodies of the kinds that are only asked, never stored. */
const questions: Readonly<Record<string, object>> = {
  bindings: { metadata: { name: "walk-core-v1-2" }, target: { kind: "Node", name: "n" } },
  tokenreviews: { spec: { token: "x" } },
  selfsubjectreviews: {},
  subjectaccessreviews: { spec: { user: "jane", resourceAttributes: { verb: "get", resource: "pods" } } },
  selfsubjectaccessreviews: { spec: { resourceAttributes: { verb: "get", resource: "pods" } } },
  localsubjectaccessreviews: { spec: { user: "jane", resourceAttributes: { namespace: "default", verb: "get", resource: "pods" } } },
  selfsubjectrulesreviews: { spec: { namespace: "default" } },
};

describe("every stable operation of the reference", { skip: withoutReference }, () => {
  before(async () => {
    for (const definition of served) {
      const object = sample(definition, 2);
      await scene.expect(201, "POST", collectionPath(definition), { body: object });
    }
  });

  test("is served", async () => {
    const problems: string[] = [];
    for (const operation of operations()) {
      const { method, path, action } = operation;
      const { code, text } = await perform(operation);
      // What is connected to does not exist here; that it was tried is what counts.
      const fine = action === "connect" ? ![404, 405, 501].includes(code) : code < 300;
      if (!fine) problems.push(`${method} ${path}: ${code} ${text.slice(0, 300)}`);
    }
    assert.deepEqual(problems, []);
  });
});

/** As a dry run wherever it would write, so that no operation disturbs the next. */
async function perform({ method, path, action }: Operation): Promise<{ code: number; text: string }> {
  const definition = definitionOf(path);
  const real = path
    .replace("{namespace}", "default")
    .replace("{name}", definition === undefined ? "" : nameOf(definition))
    .replace("{path}", "some/path");
  if (path.includes("/watch/")) {
    const stream = await scene.open(real);
    stream.close();
    return { code: stream.code, text: "" };
  }
  if (action === "connect") return scene.send(method, real);
  const [, subresource = ""] = /\{name\}\/(\w+)$/.exec(path) ?? [];
  const url = method === "GET" ? real : `${real}?dryRun=All`;
  if (method === "PATCH") return scene.send(method, url, { type: patchTypes.merge, body: {} });
  if (method === "PUT") return scene.send(method, url, { body: await currentOf(real, subresource) });
  if (method === "POST") return scene.send(method, url, { body: subresourceBodies[subresource] ?? questionOr(definition) });
  return scene.send(method, url);
}

/** The resource that a path is about; undefined outside the groups. */
function definitionOf(path: string): AnyResourceDefinition | undefined {
  const plain = path.replace("/watch/", "/");
  return allDefinitions
    .filter((definition) => {
      const base = collectionPath(definition, "{namespace}");
      const everywhere = base.replace("/namespaces/{namespace}", "");
      return [base, everywhere].some((prefix) => plain === prefix || plain.startsWith(`${prefix}/{name}`));
    })
    .at(-1);
}

function nameOf(definition: AnyResourceDefinition): string {
  return definition.resource === "componentstatuses" ? "etcd-0" : sample(definition, 2).metadata.name;
}

async function currentOf(path: string, subresource: string): Promise<Json> {
  // Finalizing takes the namespace, which has no reading form of its own.
  const { body } = await scene.expect(200, "GET", subresource === "finalize" ? path.replace("/finalize", "") : path);
  return body;
}

function questionOr(definition: AnyResourceDefinition | undefined): Json {
  if (definition === undefined) return undefined;
  const question = questions[definition.resource];
  if (question === undefined) return sample(definition, 3);
  return { apiVersion: apiVersionOf(definition), kind: definition.kind, ...question };
}
