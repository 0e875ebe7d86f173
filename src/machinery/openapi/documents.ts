/**
 * The documents: one swagger 2.0 for everything (/openapi/v2), one OpenAPI 3 a group and version (/openapi/v3/…) and
 * their index. Plain objects, made from resources by pure functions; kinds that come and go (custom resources) make the
 * document of their group version anew.
 */

import { deleteOptions, status } from "../meta.ts";
import type { MessageSchema } from "../schema.ts";
import { bareReference, definitionsOf, type GroupVersionKindRef, type JsonObject, listSchemaOf, type OpenApiVersion } from "./definitions.ts";
import { groupVersionPath, type OpenApiResource, type OpenApiSubresource, type Operation, operationsOf } from "./operations.ts";
import { type Parameter, prettyParameter } from "./parameters.ts";

export interface OpenApiInput {
  /** Such as v1.36.0. */
  readonly gitVersion: string;
  readonly resources: readonly OpenApiResource[];
  /** Subresources of another kind than their resource. */
  readonly subresources?: readonly OpenApiSubresource[];
}

const json = "application/json";
const yaml = "application/yaml";
const proto = "application/vnd.kubernetes.protobuf";
const answerTypes = [json, yaml, proto];
const streamTypes = [`${json};stream=watch`, `${proto};stream=watch`];
/** Body types of PATCH; kubectl looks for the strategic one to decide how it may patch a kind. */
export const patchTypes = [
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
  "application/apply-patch+yaml",
] as const;

const metaPrefix = "io.k8s.apimachinery.pkg.apis.meta.v1";
const patchName = `${metaPrefix}.Patch`;

const codeTexts: Readonly<Record<number, string>> = { 200: "OK", 201: "Created", 202: "Accepted" };

/** Swagger 2.0 of all resources. */
export function openApiV2(input: OpenApiInput): JsonObject {
  const operations = allOperations(input, input.resources);
  return {
    swagger: "2.0",
    info: { title: "Kubernetes", version: input.gitVersion },
    paths: pathsOf(2, operations),
    definitions: definitionsOf(2, schemasOf(operations), kindsOf(input)),
    securityDefinitions: { BearerToken: { description: "Bearer Token authentication", type: "apiKey", name: "authorization", in: "header" } },
    security: [{ BearerToken: [] }],
  };
}

/** OpenAPI 3 of one group and version. */
export function openApiV3(input: OpenApiInput, groupVersion: { group: string; version: string }): JsonObject {
  const resources = input.resources.filter(({ group, version }) => group === groupVersion.group && version === groupVersion.version);
  const operations = allOperations(input, resources);
  return {
    openapi: "3.0.0",
    info: { title: "Kubernetes", version: input.gitVersion },
    paths: pathsOf(3, operations),
    components: {
      schemas: definitionsOf(3, schemasOf(operations), kindsOf(input)),
      securitySchemes: { BearerToken: { type: "apiKey", description: "Bearer Token authentication", name: "authorization", in: "header" } },
    },
  };
}

/** `api/v1`, `apis/apps/v1`: keys of the index, sorted. */
export function openApiV3Paths(resources: readonly OpenApiResource[]): string[] {
  return [...new Set(resources.map((resource) => groupVersionPath(resource).slice(1)))].sort();
}

/** The index at /openapi/v3: clients fetch a document again when its hash changes. */
export function openApiV3Index(hashes: Readonly<Record<string, string>>): JsonObject {
  const paths = Object.entries(hashes).map(([path, hash]) => [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` }] as const);
  return { paths: Object.fromEntries(paths) };
}

function allOperations(input: OpenApiInput, resources: readonly OpenApiResource[]): Operation[] {
  return resources.flatMap((resource) => operationsOf(resource, input.subresources));
}

function schemasOf(operations: readonly Operation[]): Set<MessageSchema> {
  const schemas = new Set<MessageSchema>();
  for (const { body, answer } of operations) {
    schemas.add(answer);
    if (body !== undefined && body !== "patch") schemas.add(body);
  }
  return schemas;
}

/** Which kinds a definition stands for: its own, and for the options and Status every group's. */
function kindsOf({ resources, subresources = [] }: OpenApiInput): Map<string, GroupVersionKindRef[]> {
  const kinds = new Map<string, GroupVersionKindRef[]>();
  const add = (name: string, { group, version, kind }: GroupVersionKindRef) => {
    const known = kinds.get(name) ?? [];
    if (!known.some((other) => other.group === group && other.version === version && other.kind === kind)) known.push({ group, version, kind });
    kinds.set(name, known);
  };
  for (const resource of resources) {
    add(resource.schema.name, resource);
    add(listSchemaOf(resource.schema).name, { ...resource, kind: `${resource.kind}List` });
    add(deleteOptions.name, { ...resource, kind: "DeleteOptions" });
  }
  for (const subresource of subresources) add(subresource.schema.name, subresource);
  add(status.name, { group: "", version: "v1", kind: "Status" });
  return kinds;
}

function pathsOf(version: OpenApiVersion, operations: readonly Operation[]): JsonObject {
  const paths: Record<string, JsonObject> = {};
  for (const operation of [...operations].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))) {
    const shared = [...operation.pathParameters, prettyParameter].map((parameter) => renderParameter(version, parameter));
    const rendered = version === 2 ? renderV2(operation) : renderV3(operation);
    paths[operation.path] = { parameters: shared, ...paths[operation.path], [operation.method]: rendered };
  }
  return paths;
}

function renderParameter(version: OpenApiVersion, { name, in: where, type, doc }: Parameter): JsonObject {
  const required = where === "path" ? { required: true } : {};
  const shape = { type, uniqueItems: true };
  const head = { name, in: where, description: doc, ...required };
  return version === 2 ? { ...head, ...shape } : { ...head, schema: shape };
}

function extensions({ action, kind }: Operation): JsonObject {
  return { "x-kubernetes-action": action, "x-kubernetes-group-version-kind": { group: kind.group, kind: kind.kind, version: kind.version } };
}

function answerTypesOf({ streams }: Operation): string[] {
  return streams ? [...answerTypes, ...streamTypes] : answerTypes;
}

function bodyName(body: MessageSchema | "patch"): string {
  return body === "patch" ? patchName : body.name;
}

function renderV2(operation: Operation): JsonObject {
  const { body, bodyOptional, answer } = operation;
  const schema = bareReference(2, answer.name);
  const bodyParameter =
    body === undefined ? [] : [{ name: "body", in: "body", ...(bodyOptional === true ? {} : { required: true }), schema: bareReference(2, bodyName(body)) }];
  const codes = operation.codes.map((code) => [code, { description: codeTexts[code], schema }] as const);
  return {
    description: operation.doc,
    consumes: body === "patch" ? patchTypes : ["*/*"],
    produces: answerTypesOf(operation),
    schemes: ["https"],
    tags: [operation.tag],
    operationId: operation.id,
    parameters: [...bodyParameter, ...operation.parameters.map((parameter) => renderParameter(2, parameter))],
    responses: { ...Object.fromEntries(codes), 401: { description: "Unauthorized" } },
    ...extensions(operation),
  };
}

function renderV3(operation: Operation): JsonObject {
  const { body, bodyOptional, answer } = operation;
  const content = (types: readonly string[], name: string) => Object.fromEntries(types.map((type) => [type, { schema: bareReference(3, name) }]));
  const bodyTypes = body === "patch" ? patchTypes : ["*/*"];
  const codes = operation.codes.map((code) => [code, { description: codeTexts[code], content: content(answerTypesOf(operation), answer.name) }] as const);
  return {
    description: operation.doc,
    tags: [operation.tag],
    operationId: operation.id,
    ...(operation.parameters.length === 0 ? {} : { parameters: operation.parameters.map((parameter) => renderParameter(3, parameter)) }),
    ...(body === undefined ? {} : { requestBody: { content: content(bodyTypes, bodyName(body)), ...(bodyOptional === true ? {} : { required: true }) } }),
    responses: { ...Object.fromEntries(codes), 401: { description: "Unauthorized" } },
    ...extensions(operation),
  };
}
