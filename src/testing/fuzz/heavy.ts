/** Requests that are made to cost the server as much as they can: each as large as the limits let it be, or larger. */
import { bodyLimits } from "../../apiserver/registry/body-limits.ts";
import type { FuzzRequest } from "./requests.ts";

const maxBytes = 3 * 1024 * 1024 - 2000;
/** As many as one list or object may have, and a little less. */
const many = bodyLimits.wide - 200;

export interface HeavyRequest extends FuzzRequest {
  readonly name: string;
  /** What it must be answered with, at the best of times. */
  readonly code: number;
}

const maps = "/api/v1/namespaces/default/configmaps";
const pods = "/api/v1/namespaces/default/pods";
const jsonPatch = "application/json-patch+json";
const strategic = "application/strategic-merge-patch+json";
const apply = "application/apply-patch+yaml";
const protobuf = "application/vnd.kubernetes.protobuf";

function request(name: string, code: number, method: string, url: string, type: string, body: string | Uint8Array | undefined): HeavyRequest {
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  return {
    name,
    code,
    method,
    url: url.includes("?") || method === "GET" ? url : `${url}?dryRun=All`,
    headers: type === "" ? {} : { "content-type": type },
    body: bytes,
  };
}

const json = (name: string, code: number, body: string, url = maps) => request(name, code, "POST", url, "application/json", body);
const yaml = (name: string, code: number, body: string) => request(name, code, "POST", maps, "application/yaml", body);
const patch = (name: string, code: number, url: string, type: string, body: string) => request(name, code, "PATCH", url, type, body);
const get = (name: string, code: number, url: string) => request(name, code, "GET", url, "", undefined);

/** `count` items, or as many as fit a body. */
function items(count: number, item: (index: number) => string, separator = ","): string {
  const parts: string[] = [];
  for (let index = 0, size = 0; index < count; index++) {
    const text = item(index);
    size += text.length + 1;
    if (size > maxBytes) break;
    parts.push(text);
  }
  return parts.join(separator);
}

const map = (rest: string, meta = "") => `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"${meta}}${rest}}`;
const pod = (containers: string, rest = "") => `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"x"},"spec":{"containers":${containers}${rest}}}`;
const container = (rest: string) => `[{"name":"c","image":"i",${rest}}]`;
const one = '[{"name":"c","image":"i"}]';

function shapes(): HeavyRequest[] {
  return [
    json("a string of 3 MiB", 422, map(`,"data":{"a":"${"x".repeat(maxBytes - 200)}"}`)),
    json("a string of escapes", 201, map(`,"data":{"a":"${"\\u0041".repeat(500_000)}"}`)),
    json("as many keys as may be", 201, map(`,"data":{${items(many, (i) => `"k${i}":""`)}}`)),
    json("more keys than may be", 413, map(`,"data":{${items(1_000_000, (i) => `"k${i}":""`)}}`)),
    json("a key again and again", 413, map(`,"data":{${items(1_000_000, () => '"k":""')}}`)),
    json("objects with keys of their own", 413, map(`,"x":[${items(1_000_000, (i) => `{"k${i}":0}`)}]`)),
    json("empty lists in a list", 413, map(`,"x":[${items(1_000_000, () => "[]")}]`)),
    json("duplicates under a long key", 201, map(`,"${"k".repeat(1_000_000)}":{${items(many / 2, (i) => `"k${i}":1,"k${i}":1`)}}`)),
    json("integers beyond 2^53", 201, map(`,"x":[${items(many, () => "9007199254740993")}]`)),
    json("an integer of 3 million digits", 400, map(`,"x":${"9".repeat(maxBytes - 200)}`)),
    json("a fraction of 3 million digits", 201, map(`,"x":0.${"9".repeat(maxBytes - 200)}`)),
    json("nesting without end", 400, "[".repeat(maxBytes)),
    json("nesting as deep as may be, again and again", 413, map(`,"x":[${items(10_000, () => `${"[".repeat(990)}${"]".repeat(990)}`)}]`)),
    json("backslashes without end", 400, `["${'\\"'.repeat(maxBytes / 2 - 100)}`),
    json("spaces", 400, `${" ".repeat(maxBytes)}{`),
    json("unknown fields", 201, map(`,${items(many, (i) => `"u${i}":0`)}`)),
  ];
}

function objects(): HeavyRequest[] {
  return [
    json("labels", 201, map("", `,"labels":{${items(many, (i) => `"k${i}":""`)}}`)),
    json("illegal labels", 422, map("", `,"labels":{${items(many, (i) => `"-${i}":"-"`)}}`)),
    json("a label of 3 MiB", 422, map("", `,"labels":{"a":"${"x".repeat(maxBytes - 200)}"}`)),
    json("a name of 3 MiB", 422, `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"${"x.".repeat(maxBytes / 2 - 200)}!"}}`),
    json(
      "owners that all control",
      422,
      map("", `,"ownerReferences":[${items(many, (i) => `{"apiVersion":"v1","kind":"Pod","name":"${i}","uid":"${i}","controller":true}`)}]`),
    ),
    json("finalizers", 201, map("", `,"finalizers":[${items(many, (i) => `"a/${i}"`)}]`)),
    json(
      "managed fields",
      201,
      map(
        "",
        `,"managedFields":[${items(many, (i) => `{"manager":"m${i}","operation":"Apply","apiVersion":"v1","fieldsType":"FieldsV1","fieldsV1":{"f:data":{}}}`)}]`,
      ),
    ),
    json("containers", 201, pod(`[${items(many, (i) => `{"name":"c${i}","image":"i"}`)}]`), pods),
    json("containers without anything", 422, pod(`[${items(many, () => "{}")}]`), pods),
    json("containers of one name", 422, pod(`[${items(many, () => '{"name":"c","image":"i"}')}]`), pods),
    json("variables", 201, pod(container(`"env":[${items(many, (i) => `{"name":"E${i}"}`)}]`)), pods),
    json("ports", 201, pod(container(`"ports":[${items(many, (i) => `{"containerPort":${i + 1},"hostPort":${i + 1}}`)}]`)), pods),
    json(
      "mounts",
      201,
      pod(container(`"volumeMounts":[${items(many, (i) => `{"name":"v","mountPath":"/${i}"}`)}]`), ',"volumes":[{"name":"v","emptyDir":{}}]'),
      pods,
    ),
    json("volumes", 201, pod(one, `,"volumes":[${items(many, (i) => `{"name":"v${i}","emptyDir":{}}`)}]`), pods),
    json("limits", 201, pod(container(`"resources":{"limits":{${items(many, (i) => `"example.com/a${i}":"1"`)}}}`)), pods),
    json("a quantity of 3 million digits", 201, pod(container(`"resources":{"limits":{"cpu":"${"9".repeat(maxBytes - 400)}"}}`)), pods),
    json(
      "spreading",
      201,
      pod(one, `,"topologySpreadConstraints":[${items(many, (i) => `{"maxSkew":1,"topologyKey":"a${i}","whenUnsatisfiable":"DoNotSchedule"}`)}]`),
      pods,
    ),
    json("tolerations", 201, pod(one, `,"tolerations":[${items(many, (i) => `{"key":"a${i}","operator":"Exists"}`)}]`), pods),
    json(
      "a secret of 2 MiB",
      422,
      `{"apiVersion":"v1","kind":"Secret","metadata":{"name":"x"},"data":{"a":"${"AAAA".repeat(700_000)}"}}`,
      "/api/v1/namespaces/default/secrets",
    ),
  ];
}

function otherForms(): HeavyRequest[] {
  const bomb = `a0: &a0 [x,x,x,x,x,x,x,x,x]\n${items(30, (i) => `a${i + 1}: &a${i + 1} [${items(9, () => `*a${i}`)}]`, "\n")}`;
  const merges = `a: &a {${items(400, (i) => `k${i}: `)}}\nb:\n${items(20_000, () => "- <<: *a", "\n")}`;
  return [
    yaml("YAML: aliases of aliases", 400, bomb),
    yaml("YAML: merges", 400, merges),
    yaml("YAML: nesting without end", 400, `a: ${"[".repeat(1_000_000)}`),
    yaml("YAML: many keys", 413, `apiVersion: v1\ndata:\n${items(150_000, (i) => `  k${i}: v`, "\n")}`),
    yaml("YAML: anchors", 413, `a:\n${items(200_000, (i) => `- &a${i} x`, "\n")}`),
    patch(
      "apply: keys",
      200,
      `${maps}/base?fieldManager=m&dryRun=All`,
      apply,
      `{"apiVersion":"v1","kind":"ConfigMap","data":{${items(many, (i) => `"k${i}":""`)}}}`,
    ),
    patch(
      "apply: containers",
      201,
      `${pods}/y?fieldManager=m&dryRun=All`,
      apply,
      `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"y"},"spec":{"containers":[${items(many, (i) => `{"name":"c${i}","image":"i"}`)}]}}`,
    ),
    patch(
      "apply: containers of one name",
      400,
      `${pods}/y?fieldManager=m&dryRun=All`,
      apply,
      `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"y"},"spec":{"containers":[${items(many, () => '{"name":"c","image":"i"}')}]}}`,
    ),
    patch(
      "strategic: variables",
      422,
      `${pods}/base`,
      strategic,
      `{"spec":{"containers":[{"name":"c","env":[${items(many, (i) => `{"name":"E${i}","value":"x"}`)}]}]}}`,
    ),
    patch(
      "strategic: deletions",
      422,
      `${pods}/base`,
      strategic,
      `{"spec":{"containers":[{"name":"c","env":[${items(many, (i) => `{"name":"E${i}","$patch":"delete"}`)}]}]}}`,
    ),
    patch(
      "strategic: order",
      200,
      `${pods}/base`,
      strategic,
      `{"spec":{"containers":[{"name":"c","$setElementOrder/env":[${items(many, (i) => `{"name":"E${i}"}`)}]}]}}`,
    ),
    patch("strategic: primitives", 200, `${maps}/base`, strategic, `{"metadata":{"$deleteFromPrimitiveList/finalizers":[${items(many, (i) => `"b/${i}"`)}]}}`),
    patch(
      "JSON patch: inserts at the head",
      413,
      `${pods}/base`,
      jsonPatch,
      `[${items(many, () => '{"op":"add","path":"/spec/containers/0/env/0","value":{"name":"X"}}')}]`,
    ),
    patch("JSON patch: copies", 422, `${maps}/base`, jsonPatch, `[${items(many, () => '{"op":"copy","from":"/data","path":"/metadata/x"}')}]`),
    patch("JSON patch: more operations than may be", 413, `${maps}/base`, jsonPatch, `[${items(10_001, () => '{"op":"test","path":"/a"}')}]`),
    patch("JSON patch: a path of 3 MiB", 422, `${maps}/base`, jsonPatch, `[{"op":"remove","path":"${"/a".repeat(1_500_000)}"}]`),
    request("protobuf: empty entries", 413, "POST", maps, protobuf, envelope("ConfigMap", Buffer.alloc(3_000_000, Buffer.from([0x12, 0])))),
    request("protobuf: empty containers", 413, "POST", pods, protobuf, envelope("Pod", field(2, Buffer.alloc(3_000_000, Buffer.from([0x12, 0]))))),
    request("protobuf: groups", 400, "POST", pods, protobuf, envelope("Pod", Buffer.alloc(3_000_000, 0x7b))),
  ];
}

function reads(): HeavyRequest[] {
  const select = (kind: string, text: string) => `${pods}?${kind}=${encodeURIComponent(text)}`;
  return [
    get("a set of labels", 200, select("labelSelector", `a notin (${items(8000, (i) => `v${i}`)})`)),
    get(
      "labels that must not be",
      200,
      select(
        "labelSelector",
        items(8000, (i) => `!v${i}`),
      ),
    ),
    get(
      "names that must not be",
      200,
      select(
        "fieldSelector",
        items(2500, (i) => `metadata.name!=v${i}`),
      ),
    ),
    get("a continue token that nests", 400, `${pods}?continue=${Buffer.from(`{"v":${"[".repeat(20_000)}${"]".repeat(20_000)}}`).toString("base64url")}`),
    get("parameters", 200, `${pods}?${"a&".repeat(30_000)}`),
    get("percents", 200, `/api/v1/namespaces/${"%41".repeat(20_000)}/pods`),
    get("slashes", 404, `/api/v1/${"a/".repeat(30_000)}`),
  ];
}

export function heavyRequests(): HeavyRequest[] {
  return [...shapes(), ...objects(), ...otherForms(), ...reads()];
}

/** What patches are for: a pod and a map of as much as they may hold. */
export function heavyObjects(): HeavyRequest[] {
  const real = (made: HeavyRequest, name: string): HeavyRequest => ({
    ...made,
    url: made.url.replace("?dryRun=All", ""),
    body: Buffer.from(Buffer.from(made.body!).toString().replace('"name":"x"', `"name":"${name}"`)),
  });
  return [
    real(json("the pod", 201, pod(container(`"env":[${items(many, (i) => `{"name":"E${i}"}`)}]`)), pods), "base"),
    real(json("the map", 201, map(`,"data":{"a":"${"x".repeat(200_000)}"}`, `,"finalizers":[${items(many - 10, (i) => `"a/${i}"`)}]`)), "base"),
  ];
}

function envelope(kind: string, raw: Uint8Array): Uint8Array {
  const typeMeta = Buffer.concat([field(1, Buffer.from("v1")), field(2, Buffer.from(kind))]);
  return Buffer.concat([Buffer.from([0x6b, 0x38, 0x73, 0]), field(1, typeMeta), field(2, raw)]);
}

/** A field of protobuf whose content has a length. */
function field(number: number, content: Uint8Array): Buffer {
  const length: number[] = [];
  let left = content.length;
  for (; left > 127; left >>>= 7) length.push((left & 127) | 128);
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...length, left]), content]);
}
