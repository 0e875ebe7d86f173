/** One request after the other from a seed; request N of a seed is always the same. */
import type { Dice } from "./dice.ts";
import { diceOf } from "./dice.ts";
import { mutated } from "./mutate.ts";
import { jsonPatch, mergePatch, strategicPatch } from "./patches.ts";
import { deleteParameters, headers, otherPaths, query, readParameters, strayed, writeParameters } from "./query.ts";
import { type Subject, subjects } from "./subjects.ts";
import { encoded, type Form, garbled, mediaTypes } from "./wire.ts";

export interface FuzzRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: Uint8Array | undefined;
}

/** What kind of requests; a campaign draws from one of them or all. */
export type Family = "reads" | "bodies" | "patches" | "deletes";

/** As often as they are listed. */
export const families: readonly Family[] = ["reads", "reads", "bodies", "bodies", "bodies", "patches", "patches", "patches", "deletes"];

/** Reviews and the like only take bodies. */
const storedSubjects = subjects.filter(({ definition }) => definition.virtual !== true);
const objectNames = ["a", "b", "c"];

export function fuzzRequest(seed: number, index: number, from: readonly Family[] = families): FuzzRequest {
  const dice = diceOf(seed * 10_000_019 + index);
  const family = dice.pick(from);
  const subject = dice.pick(family === "bodies" ? subjects : storedSubjects);
  const request = makers[family](dice, subject);
  const url = dice.chance(0.04) ? strayed(dice, request.url) : request.url;
  const method = dice.chance(0.02) ? dice.pick(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "PROPFIND", "CONNECT"]) : request.method;
  return { ...request, url, method };
}

const makers: Readonly<Record<Family, (dice: Dice, subject: Subject) => FuzzRequest>> = { reads, bodies, patches, deletes };

function target(dice: Dice, { path, definition }: Subject): string {
  const place =
    definition.namespaced && dice.chance(0.15) ? path.replace("/namespaces/default", dice.pick(["", "/namespaces/x", "/namespaces/kube-system"])) : path;
  return dice.chance(0.5) ? place : `${place}/${dice.pick(objectNames)}`;
}

function reads(dice: Dice, subject: Subject): FuzzRequest {
  const own = subject.subresources.length > 0 && dice.chance(0.15) ? `/a/${dice.pick(subject.subresources).name}` : "";
  const path = dice.chance(0.03) ? dice.pick(otherPaths) : own === "" ? target(dice, subject) : subject.path + own;
  return { method: "GET", url: path + query(dice, readParameters), headers: headers(dice), body: undefined };
}

function namedObject(subject: Subject, body: object, name: string): object {
  const { metadata } = body as { metadata?: object };
  const named = { ...body, metadata: { name, ...(subject.definition.namespaced ? { namespace: "default" } : {}), ...metadata } };
  return named;
}

/** POST and PUT, to the kind itself or a subresource. */
function bodies(dice: Dice, subject: Subject): FuzzRequest {
  const name = dice.pick(objectNames);
  const sub = subject.subresources.length > 0 && dice.chance(0.3) ? dice.pick(subject.subresources) : undefined;
  const base = namedObject(subject, sub?.body ?? subject.object, name);
  const schema = sub?.schema ?? subject.definition.schema;
  const replaces = dice.chance(0.4);
  const metadataName = (base as { metadata: { name: string } }).metadata.name;
  const one = `${subject.path}/${metadataName}${sub === undefined ? "" : `/${sub.name}`}`;
  const url = replaces || sub !== undefined ? one : subject.path;
  const sent = sentBody(dice, dice.pick(["json", "json", "json", "yaml", "protobuf"]), schema, mutated(dice, schema, base));
  return { method: replaces && sub?.name !== "binding" ? "PUT" : "POST", url: url + query(dice, writeParameters), ...sent };
}

function sentBody(dice: Dice, form: Form, schema: Subject["definition"]["schema"], value: object): Pick<FuzzRequest, "headers" | "body"> {
  const bytes = encoded(form, schema, value);
  const named = dice.chance(0.03)
    ? dice.pick([...Object.values(mediaTypes), "text/plain", "", "application/json; charset=utf-8", "APPLICATION/JSON"])
    : mediaTypes[form];
  return { headers: { ...headers(dice), "content-type": named }, body: dice.chance(0.1) ? garbled(dice, form, bytes) : bytes };
}

const patchForms = [
  ["application/json-patch+json", jsonPatch],
  ["application/merge-patch+json", mergePatch],
  ["application/strategic-merge-patch+json", strategicPatch],
  ["application/apply-patch+yaml", (dice, schema, object) => mutated(dice, schema, object)],
] satisfies readonly (readonly [string, typeof jsonPatch])[];

function patches(dice: Dice, subject: Subject): FuzzRequest {
  const sub = subject.subresources.length > 0 && dice.chance(0.2) ? dice.pick(subject.subresources) : undefined;
  const base = namedObject(subject, sub?.body ?? subject.object, dice.pick(objectNames));
  const { name } = (base as { metadata: { name: string } }).metadata;
  const [mediaType, make] = dice.pick(patchForms);
  const patch = make(dice, sub?.schema ?? subject.definition.schema, base) as object;
  const applies = mediaType.startsWith("application/apply");
  const form: Form = applies && dice.chance(0.5) ? "yaml" : "json";
  const bytes = encoded(form, subject.definition.schema, patch);
  const asked = query(dice, writeParameters);
  const manager = applies && dice.chance(0.9) ? `${asked === "" ? "?" : "&"}fieldManager=${dice.pick(["m", "n"])}${dice.chance(0.3) ? "&force=true" : ""}` : "";
  return {
    method: "PATCH",
    url: `${subject.path}/${name}${sub === undefined ? "" : `/${sub.name}`}${asked}${manager}`,
    headers: { ...headers(dice), "content-type": dice.chance(0.97) ? mediaType : dice.pick(patchForms)[0] },
    body: dice.chance(0.08) ? garbled(dice, form, bytes) : bytes,
  };
}

const deleteOptions = [
  {},
  { gracePeriodSeconds: 0 },
  { propagationPolicy: "Foreground" },
  { propagationPolicy: "x" },
  { preconditions: { uid: "x" } },
  { preconditions: { resourceVersion: "1" } },
  { preconditions: 1 },
  { orphanDependents: true },
  { orphanDependents: true, propagationPolicy: "Orphan" },
  { dryRun: ["All"] },
  { dryRun: ["x"] },
  { gracePeriodSeconds: "x" },
  { gracePeriodSeconds: -5 },
  { kind: "Pod" },
  { apiVersion: "x/y/z" },
];

function deletes(dice: Dice, subject: Subject): FuzzRequest {
  const options = { kind: "DeleteOptions", apiVersion: dice.pick(["v1", "meta.k8s.io/v1"]), ...dice.pick(deleteOptions) };
  const body = dice.chance(0.4) ? Buffer.from(JSON.stringify(options)) : undefined;
  const one = dice.chance(0.9) ? `/${dice.pick(objectNames)}` : "";
  return {
    method: "DELETE",
    url: subject.path + one + query(dice, deleteParameters),
    headers: { ...headers(dice), ...(body === undefined ? {} : { "content-type": "application/json" }) },
    body: body !== undefined && dice.chance(0.1) ? garbled(dice, "json", body) : body,
  };
}
