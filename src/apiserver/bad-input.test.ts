/** Malformed requests: each gets the Status that Kubernetes gives, never a 5xx, and changes nothing. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type HttpScene, startHttpScene } from "../testing/api-server/http-scene.ts";
import type { Answer } from "../testing/http2-exchange.ts";

interface Case {
  readonly name: string;
  readonly method?: string;
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  readonly code: number;
  readonly reason?: string;
  readonly message?: RegExp;
  /** Field paths of the causes. */
  readonly fields?: readonly string[];
}

const maps = "/api/v1/namespaces/default/configmaps";
const pods = "/api/v1/namespaces/default/pods";
const map = (metadata: object, rest: object = {}) => ({ apiVersion: "v1", kind: "ConfigMap", metadata, ...rest });
const merge = { "content-type": "application/merge-patch+json" };
const json = { "content-type": "application/json-patch+json" };
const strategic = { "content-type": "application/strategic-merge-patch+json" };
const apply = { "content-type": "application/apply-patch+yaml" };
const yaml = { "content-type": "application/yaml" };
const protobuf = { "content-type": "application/vnd.kubernetes.protobuf" };
const deep = `{"metadata":{"name":"deep"},"data":${'{"a":'.repeat(20_000)}1${"}".repeat(20_001)}`;

const cases: readonly Case[] = [
  { name: "a body that is no JSON", method: "POST", path: maps, body: "{", code: 400, reason: "BadRequest", message: /json/ },
  {
    name: "a configuration to apply that looks like JSON, and is YAML in which brackets stand in text",
    method: "PATCH",
    path: `${maps}/flow?fieldManager=m`,
    headers: apply,
    body: `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"flow","finalizers":['}']}}`,
    code: 422,
    fields: ["metadata.finalizers", "metadata.finalizers[0]"],
  },
  {
    name: "a configuration to apply that looks like JSON, and is YAML with escapes of its own",
    method: "PATCH",
    path: `${maps}/flow?fieldManager=m`,
    headers: apply,
    body: `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"flow"},"data":{"\\x2f":"a"}}`,
    code: 422,
    fields: ["data[/]"],
  },
  { name: "an empty body", method: "POST", path: maps, body: "", code: 400, reason: "BadRequest" },
  { name: "a body that is a list", method: "POST", path: maps, body: "[]", code: 400, reason: "BadRequest" },
  { name: "a body that is null, which sets nothing", method: "POST", path: maps, body: "null", code: 422, fields: ["metadata.name"] },
  {
    name: "a body of another kind",
    method: "POST",
    path: maps,
    body: { apiVersion: "v1", kind: "Pod", metadata: { name: "x" } },
    code: 400,
    reason: "BadRequest",
  },
  {
    name: "a body of another version",
    method: "POST",
    path: maps,
    body: map({ name: "x" }, { apiVersion: "v2" }),
    code: 400,
    message: /no kind "ConfigMap" is registered for version "v2"/,
  },
  {
    name: "a number for a string",
    method: "POST",
    path: maps,
    body: map({ name: "x" }, { data: { a: 1 } }),
    code: 400,
    reason: "BadRequest",
    message: /ConfigMap in version "v1" cannot be handled as a ConfigMap/,
  },
  { name: "metadata that is text", method: "POST", path: maps, body: map("x" as unknown as object), code: 400, reason: "BadRequest" },
  {
    name: "an unknown field under Strict",
    method: "POST",
    path: `${maps}?fieldValidation=Strict`,
    body: map({ name: "x" }, { foo: 1 }),
    code: 400,
    message: /strict decoding error: unknown field "foo"/,
  },
  {
    name: "a duplicate field under Strict",
    method: "POST",
    path: `${maps}?fieldValidation=Strict`,
    body: '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"},"data":{},"data":{}}',
    code: 400,
    message: /duplicate field "data"/,
  },
  {
    name: "an unknown fieldValidation",
    method: "POST",
    path: `${maps}?fieldValidation=Maybe`,
    body: map({ name: "x" }),
    code: 422,
    reason: "Invalid",
    fields: ["fieldValidation"],
  },
  { name: "an unknown dryRun", method: "POST", path: `${maps}?dryRun=Some`, body: map({ name: "x" }), code: 422, reason: "Invalid", fields: ["dryRun"] },
  {
    name: "an over-long field manager",
    method: "POST",
    path: `${maps}?fieldManager=${"m".repeat(129)}`,
    body: map({ name: "x" }),
    code: 422,
    fields: ["fieldManager"],
  },
  {
    name: "neither name nor generateName",
    method: "POST",
    path: maps,
    body: map({}),
    code: 422,
    reason: "Invalid",
    message: /name or generateName is required/,
    fields: ["metadata.name"],
  },
  {
    name: "an illegal name",
    method: "POST",
    path: maps,
    body: map({ name: "Not_Legal" }),
    code: 422,
    reason: "Invalid",
    message: /a lowercase RFC 1123 subdomain must consist of/,
    fields: ["metadata.name"],
  },
  { name: "an over-long name", method: "POST", path: maps, body: map({ name: "a".repeat(254) }), code: 422, fields: ["metadata.name"] },
  {
    name: "an illegal label key and value",
    method: "POST",
    path: maps,
    body: map({ name: "x", labels: { "a b": "ok", ok: "not ok" } }),
    code: 422,
    fields: ["metadata.labels", "metadata.labels"],
  },
  {
    name: "an over-long annotation",
    method: "POST",
    path: maps,
    body: map({ name: "x", annotations: { a: "x".repeat(300_000) } }),
    code: 422,
    message: /Too long/,
    fields: ["metadata.annotations"],
  },
  {
    name: "an owner without uid",
    method: "POST",
    path: maps,
    body: map({ name: "x", ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: "p", uid: "" }] }),
    code: 422,
  },
  {
    name: "a namespace that is not the URL's",
    method: "POST",
    path: maps,
    body: map({ name: "x", namespace: "other" }),
    code: 400,
    message: /the namespace of the provided object does not match the namespace sent on the request/,
  },
  {
    name: "a resourceVersion on create",
    method: "POST",
    path: maps,
    body: map({ name: "x", resourceVersion: "1" }),
    code: 400,
    message: /resourceVersion should not be set on objects to be created/,
  },
  { name: "an illegal data key", method: "POST", path: maps, body: map({ name: "x" }, { data: { "a b": "" } }), code: 422, fields: ["data[a b]"] },
  {
    name: "a name that exists",
    method: "POST",
    path: maps,
    body: map({ name: "a" }),
    code: 409,
    reason: "AlreadyExists",
    message: /configmaps "a" already exists/,
  },
  { name: "deep nesting", method: "POST", path: maps, body: deep, code: 400, reason: "BadRequest" },
  {
    name: "an unknown media type",
    method: "POST",
    path: maps,
    body: "x",
    headers: { "content-type": "text/plain" },
    code: 415,
    reason: "UnsupportedMediaType",
  },
  {
    name: "bytes that are no protobuf",
    method: "POST",
    path: maps,
    body: "k8s",
    headers: { "content-type": "application/vnd.kubernetes.protobuf" },
    code: 400,
    reason: "BadRequest",
  },
  { name: "broken YAML", method: "POST", path: maps, body: "a: [", headers: { "content-type": "application/yaml" }, code: 400, reason: "BadRequest" },
  { name: "an answer form that there is not", path: maps, headers: { accept: "application/xml" }, code: 406, reason: "NotAcceptable" },
  {
    name: "a Table of a review",
    method: "POST",
    path: "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
    body: {},
    headers: { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" },
    code: 406,
    reason: "NotAcceptable",
  },
  { name: "an object that is not there", path: `${maps}/absent`, code: 404, reason: "NotFound", message: /configmaps "absent" not found/ },
  {
    name: "a resource that is not there",
    path: "/api/v1/namespaces/default/widgets",
    code: 404,
    reason: "NotFound",
    message: /the server could not find the requested resource/,
  },
  {
    name: "a POST to what is listed across namespaces",
    method: "POST",
    path: "/api/v1/configmaps",
    body: map({ name: "a" }),
    code: 405,
    reason: "MethodNotAllowed",
  },
  {
    name: "a POST of nothing",
    method: "POST",
    path: maps,
    code: 400,
    message:
      /^the object provided is unrecognized \(must be of type ConfigMap\): couldn't get version\/kind; json parse error: unexpected end of JSON input \(<empty>\)$/,
  },
  { name: "a resource that is not there", path: "/apis/apps/v1/widgets", code: 404, reason: "NotFound" },
  { name: "a subresource that is not there", path: `${maps}/a/status`, code: 404, reason: "NotFound" },
  { name: "a namespace for a cluster-scoped kind", path: "/api/v1/namespaces/default/nodes", code: 404 },
  { name: "a POST to one object", method: "POST", path: `${maps}/a`, body: map({ name: "a" }), code: 405, reason: "MethodNotAllowed" },
  { name: "a PUT to a collection", method: "PUT", path: maps, body: map({ name: "a" }), code: 405, reason: "MethodNotAllowed" },
  { name: "an unknown method", method: "PROPFIND", path: maps, code: 405, reason: "MethodNotAllowed" },
  { name: "a collection delete of a kind without it", method: "DELETE", path: "/api/v1/namespaces", code: 405, reason: "MethodNotAllowed" },
  {
    name: "an update of what is not there",
    method: "PUT",
    path: `${pods}/absent`,
    body: { apiVersion: "v1", kind: "Pod", metadata: { name: "absent" }, spec: { containers: [{ name: "c", image: "i" }] } },
    code: 404,
    reason: "NotFound",
  },
  {
    name: "another name in the body than in the URL",
    method: "PUT",
    path: `${maps}/a`,
    body: map({ name: "b" }),
    code: 400,
    message: /the name of the object \(b\) does not match the name on the URL \(a\)/,
  },
  {
    name: "a stale resourceVersion",
    method: "PUT",
    path: `${maps}/a`,
    body: map({ name: "a", resourceVersion: "1" }),
    code: 409,
    reason: "Conflict",
    message: /the object has been modified/,
  },
  {
    name: "a resourceVersion that is no number",
    method: "PUT",
    path: `${maps}/a`,
    body: map({ name: "a", resourceVersion: "new" }),
    code: 422,
    reason: "Invalid",
  },
  {
    name: "another uid",
    method: "PUT",
    path: `${maps}/a`,
    body: map({ name: "a", uid: "another" }),
    code: 409,
    reason: "Conflict",
    message: /Precondition failed: UID in precondition: another/,
  },
  { name: "a merge patch that is a list", method: "PATCH", path: `${maps}/a`, body: "[]", headers: merge, code: 400, reason: "BadRequest" },
  {
    name: "a JSON patch of something absent",
    method: "PATCH",
    path: `${maps}/a`,
    body: [{ op: "remove", path: "/data/absent" }],
    headers: json,
    code: 422,
    reason: "Invalid",
  },
  { name: "a JSON patch with an unknown operation", method: "PATCH", path: `${maps}/a`, body: [{ op: "jump", path: "/data" }], headers: json, code: 422 },
  { name: "a strategic patch with a wrong type", method: "PATCH", path: `${maps}/a`, body: { data: 1 }, headers: strategic, code: 422 },
  { name: "a patch that renames", method: "PATCH", path: `${maps}/a`, body: { metadata: { name: "b" } }, headers: merge, code: 400 },
  {
    name: "a patch of a stale version",
    method: "PATCH",
    path: `${maps}/a`,
    body: { metadata: { resourceVersion: "1" } },
    headers: merge,
    code: 409,
    reason: "Conflict",
  },
  { name: "a patch of what is not there", method: "PATCH", path: `${maps}/absent`, body: {}, headers: merge, code: 404, reason: "NotFound" },
  { name: "a patch of an unknown type", method: "PATCH", path: `${maps}/a`, body: {}, headers: { "content-type": "application/json" }, code: 415 },
  { name: "a forced patch that is no apply", method: "PATCH", path: `${maps}/a?force=true`, body: {}, headers: merge, code: 422, fields: ["force"] },
  { name: "an apply without field manager", method: "PATCH", path: `${maps}/a`, body: map({ name: "a" }), headers: apply, code: 422, fields: ["fieldManager"] },
  {
    name: "an apply of another kind",
    method: "PATCH",
    path: `${maps}/a?fieldManager=m`,
    body: { apiVersion: "v1", kind: "Secret" },
    headers: apply,
    code: 400,
  },
  {
    name: "an apply of an unknown field",
    method: "PATCH",
    path: `${maps}/a?fieldManager=m`,
    body: map({ name: "a" }, { foo: 1 }),
    headers: apply,
    code: 400,
    message: /field not declared in schema/,
  },
  { name: "an unknown propagation policy", method: "DELETE", path: `${maps}/a?propagationPolicy=Sideways`, code: 422, fields: ["propagationPolicy"] },
  {
    name: "a uid precondition that fails",
    method: "DELETE",
    path: `${maps}/a`,
    body: { kind: "DeleteOptions", apiVersion: "v1", preconditions: { uid: "another" } },
    code: 409,
    reason: "Conflict",
  },
  { name: "a delete with a grace that is no number", method: "DELETE", path: `${maps}/a?gracePeriodSeconds=soon`, code: 400 },
  { name: "a delete with a body of another kind", method: "DELETE", path: `${maps}/a`, body: { kind: "Pod", apiVersion: "v1" }, code: 400 },
  { name: "a label selector that cannot be read", path: `${maps}?labelSelector=a%20in%20(`, code: 400, reason: "BadRequest" },
  { name: "a field selector that cannot be read", path: `${maps}?fieldSelector=a`, code: 400, reason: "BadRequest" },
  { name: "a field that cannot be selected by", path: `${maps}?fieldSelector=data.a%3Db`, code: 400, reason: "BadRequest" },
  { name: "a limit that is no number", path: `${maps}?limit=many`, code: 400, reason: "BadRequest" },
  { name: "a continue token that is none", path: `${maps}?limit=1&continue=x`, code: 400, reason: "BadRequest" },
  {
    name: "a continue token that leaves its folder",
    path: `${maps}?limit=1&continue=${Buffer.from('{"v":"meta.k8s.io/v1","rv":5,"start":"../secrets"}').toString("base64url")}`,
    code: 400,
  },
  { name: "a resourceVersion to read that is no number", path: `${maps}?resourceVersion=new`, code: 400 },
  {
    name: "a binding without target",
    method: "POST",
    path: `${pods}/absent/binding`,
    body: { apiVersion: "v1", kind: "Binding", metadata: { name: "absent" }, target: {} },
    code: 422,
    fields: ["target.name"],
  },
  {
    name: "an eviction of what is not there",
    method: "POST",
    path: `${pods}/absent/eviction`,
    body: { apiVersion: "policy/v1", kind: "Eviction", metadata: { name: "absent" } },
    code: 404,
  },
];

/** The answer to one request by its whole message: clients print it, and some match on it. */
const messages: readonly (readonly [
  name: string,
  code: number,
  message: string,
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
])[] = [
  ["limit", 400, 'strconv.ParseInt: parsing "many": invalid syntax', "GET", `${maps}?limit=many`],
  ["timeoutSeconds", 400, 'strconv.ParseInt: parsing "soon": invalid syntax', "GET", `${maps}?timeoutSeconds=soon`],
  ["gracePeriodSeconds", 400, 'strconv.ParseInt: parsing "soon": invalid syntax', "DELETE", `${maps}/a?gracePeriodSeconds=soon`],
  [
    "a match without a revision",
    422,
    'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided',
    "GET",
    `${maps}?resourceVersionMatch=Exact`,
  ],
  [
    "an unknown match",
    422,
    'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Unsupported value: "Roughly": supported values: "Exact", "NotOlderThan", ""',
    "GET",
    `${maps}?resourceVersion=1&resourceVersionMatch=Roughly`,
  ],
  [
    "exactly any revision",
    422,
    'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"',
    "GET",
    `${maps}?resourceVersion=0&resourceVersionMatch=Exact`,
  ],
  [
    "a match with a continue token",
    422,
    'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden when continue is provided',
    "GET",
    `${maps}?resourceVersion=1&resourceVersionMatch=Exact&continue=x`,
  ],
  [
    "a streaming list that is no watch",
    422,
    'ListOptions.meta.k8s.io "" is invalid: sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list',
    "GET",
    `${maps}?sendInitialEvents=true`,
  ],
  [
    "initial events without a match",
    422,
    'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
    "GET",
    `${maps}?watch=true&sendInitialEvents=true`,
  ],
  [
    "a match on a plain watch",
    422,
    'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
    "GET",
    `${maps}?watch=true&resourceVersion=1&resourceVersionMatch=NotOlderThan`,
  ],
  [
    "a continue token with a revision",
    400,
    "specifying resource version is not allowed when using continue",
    "GET",
    `${maps}?limit=1&resourceVersion=1&continue=${Buffer.from('{"v":"meta.k8s.io/v1","rv":1,"start":"a"}').toString("base64url")}`,
  ],
  [
    "a continue token of another version",
    400,
    "invalid continue token: continue key is not valid: server does not recognize this encoded version v9",
    "GET",
    `${maps}?limit=1&continue=${Buffer.from('{"v":"v9","rv":1,"start":"a"}').toString("base64url")}`,
  ],
  [
    "a continue token without a revision",
    400,
    "invalid continue token: continue key is not valid: incorrect encoded start resourceVersion (version meta.k8s.io/v1)",
    "GET",
    `${maps}?limit=1&continue=${Buffer.from('{"v":"meta.k8s.io/v1","rv":0,"start":"a"}').toString("base64url")}`,
  ],
  [
    "a field that cannot be selected by",
    400,
    '"data.a" is not a known field selector: only "metadata.name", "metadata.namespace"',
    "GET",
    `${maps}?fieldSelector=data.a%3Db`,
  ],
  ["a field of a kind with fields of its own", 400, "field label not supported: spec.x", "GET", `${pods}?fieldSelector=spec.x%3Db`],
  ["a name with a slash is one with a subresource", 404, "the server could not find the requested resource", "GET", `${maps}/a%2Fb`],
  ["a name of dots", 400, `Name parameter invalid: "..": may not be '..'`, "GET", `${maps}/%2e%2e`],
  [
    "dryRun",
    422,
    'CreateOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["Some"]: supported values: "All"',
    "POST",
    `${maps}?dryRun=Some`,
    map({ name: "x" }),
  ],
  [
    "fieldValidation",
    422,
    'UpdateOptions.meta.k8s.io "" is invalid: fieldValidation: Unsupported value: "Maybe": supported values: "", "Ignore", "Strict", "Warn"',
    "PUT",
    `${maps}/a?fieldValidation=Maybe`,
    map({ name: "a" }),
  ],
  [
    "a field manager that is too long",
    422,
    'CreateOptions.meta.k8s.io "" is invalid: fieldManager: Too long: may not be more than 128 bytes',
    "POST",
    `${maps}?fieldManager=${"m".repeat(129)}`,
    map({ name: "x" }),
  ],
  [
    "a field manager that cannot be printed",
    422,
    'CreateOptions.meta.k8s.io "" is invalid: fieldManager: Invalid value: "a\\n": invalid character U+000A (at position 1)',
    "POST",
    `${maps}?fieldManager=a%0A`,
    map({ name: "x" }),
  ],
  [
    "an apply without field manager",
    422,
    'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
    "PATCH",
    `${maps}/a`,
    map({ name: "a" }),
    apply,
  ],
  [
    "force without apply",
    422,
    'PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: may not be specified for non-apply patch',
    "PATCH",
    `${maps}/a?force=true`,
    {},
    merge,
  ],
  [
    "propagationPolicy",
    422,
    'DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Unsupported value: "Sideways": supported values: "Foreground", "Background", "Orphan", "nil"',
    "DELETE",
    `${maps}/a?propagationPolicy=Sideways`,
  ],
  [
    "both ways to say what happens to dependents",
    422,
    'DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Invalid value: "Orphan": orphanDependents and deletionPropagation cannot be both set',
    "DELETE",
    `${maps}/a?propagationPolicy=Orphan&orphanDependents=true`,
  ],
  [
    "a resourceVersion precondition that fails",
    409,
    'Operation cannot be fulfilled on ConfigMap "a": the ResourceVersion in the precondition (1) does not match the ResourceVersion in record (RV). The object might have been modified',
    "DELETE",
    `${maps}/a`,
    { kind: "DeleteOptions", apiVersion: "v1", preconditions: { resourceVersion: "1" } },
  ],
  [
    "a uid precondition that fails",
    409,
    'Operation cannot be fulfilled on ConfigMap "a": the UID in the precondition (other) does not match the UID in record (UID). The object might have been deleted and then recreated',
    "DELETE",
    `${maps}/a`,
    { kind: "DeleteOptions", apiVersion: "v1", preconditions: { uid: "other" } },
  ],
  [
    "a stale resourceVersion",
    409,
    'Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again',
    "PUT",
    `${maps}/a`,
    map({ name: "a", resourceVersion: "1" }),
  ],
  [
    "another namespace on create",
    400,
    "the namespace of the provided object does not match the namespace sent on the request",
    "POST",
    maps,
    map({ name: "x", namespace: "other" }),
  ],
  [
    "another namespace on a subresource",
    400,
    "the namespace of the provided object does not match the namespace sent on the request",
    "POST",
    `${pods}/absent/binding`,
    { apiVersion: "v1", kind: "Binding", metadata: { name: "absent", namespace: "other" }, target: { name: "n" } },
  ],
  [
    "a generation below zero",
    422,
    'ConfigMap "x" is invalid: metadata.generation: Invalid value: -1: must be greater than or equal to 0',
    "POST",
    maps,
    map({ name: "x", generation: -1 }),
  ],
  [
    "another namespace on update",
    400,
    "the namespace of the provided object does not match the namespace sent on the request",
    "PUT",
    `${maps}/a`,
    map({ name: "a", namespace: "other" }),
  ],
  ["no name on update", 400, "the name of the object (a based on URL) was undeterminable: name must be provided", "PUT", `${maps}/a`, map({})],
  [
    "a version that nobody has heard of",
    400,
    'ConfigMap in version "v2" cannot be handled as a ConfigMap: no kind "ConfigMap" is registered for version "v2" in scheme "pkg/api/legacyscheme/scheme.go:30"',
    "POST",
    maps,
    map({ name: "x" }, { apiVersion: "v2" }),
  ],
  [
    "another version",
    400,
    "the API version in the data (apps/v1beta1) does not match the expected API version (apps/v1)",
    "POST",
    "/apis/apps/v1/namespaces/default/deployments",
    { apiVersion: "apps/v1beta1", kind: "Deployment", metadata: { name: "x" } },
  ],
  [
    "another kind",
    400,
    'Pod in version "v1" cannot be handled as a ConfigMap: converting (v1.Pod) to (core.ConfigMap): unknown conversion',
    "PUT",
    `${maps}/a`,
    { apiVersion: "v1", kind: "Pod" },
  ],
  [
    "another kind for a subresource",
    400,
    'Pod in version "v1" cannot be handled as a Binding: converting (v1.Pod) to (core.Binding): unknown conversion',
    "POST",
    `${pods}/absent/binding`,
    { apiVersion: "v1", kind: "Pod" },
  ],
  [
    "a group version of too many parts",
    400,
    'the object provided is unrecognized (must be of type ConfigMap): unexpected GroupVersion string: a/b/c ({"apiVersion":"a/b/c"})',
    "POST",
    maps,
    { apiVersion: "a/b/c" },
  ],
  [
    "a group without a version",
    400,
    `ConfigMap in version "" cannot be handled as a ConfigMap: Object 'apiVersion' is missing in '{"apiVersion":"apps/"}'`,
    "POST",
    maps,
    { apiVersion: "apps/" },
  ],
  [
    "names that are null",
    422,
    'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required',
    "POST",
    maps,
    '{"kind":null,"apiVersion":null}',
  ],
  [
    "text after the object",
    400,
    `the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: invalid character 'x' after top-level value ({"kind":"ConfigMap"} x)`,
    "POST",
    maps,
    '{"kind":"ConfigMap"} x',
  ],
  [
    "a subresource's body that is empty",
    400,
    "the object provided is unrecognized (must be of type Binding): couldn't get version/kind; json parse error: unexpected end of JSON input (<empty>)",
    "POST",
    `${pods}/absent/binding`,
    "",
  ],
  ["YAML of nothing", 422, 'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required', "POST", maps, "", yaml],
  [
    "YAML in flow style",
    422,
    'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required',
    "POST",
    maps,
    "{kind: ConfigMap}",
    yaml,
  ],
  [
    "YAML that begins as JSON",
    422,
    'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required',
    "POST",
    maps,
    '{"kind": ConfigMap}',
    yaml,
  ],
  [
    "YAML that is none",
    400,
    "the object provided is unrecognized (must be of type ConfigMap): yaml: line 2: mapping values are not allowed in this context (613a20310a623a20633a2064)",
    "POST",
    maps,
    "a: 1\nb: c: d",
    yaml,
  ],
  [
    "YAML of a mere word",
    400,
    String.raw`the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: json: cannot unmarshal string into Go value of type struct { APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" } (616263)`,
    "POST",
    maps,
    "abc",
    yaml,
  ],
  [
    "YAML that is no UTF-8",
    400,
    "the object provided is unrecognized (must be of type ConfigMap): yaml: invalid leading UTF-8 octet (613a20fffe)",
    "POST",
    maps,
    Buffer.from([0x61, 0x3a, 0x20, 0xff, 0xfe]),
    yaml,
  ],
  [
    "an alias without its anchor",
    400,
    "the object provided is unrecognized (must be of type ConfigMap): yaml: unknown anchor 'b' referenced (613a202a62)",
    "POST",
    maps,
    "a: *b",
    yaml,
  ],
  [
    "no protobuf",
    400,
    "the object provided is unrecognized (must be of type ConfigMap): provided data does not appear to be a protobuf message, expected prefix [107 56 115 0] ({})",
    "POST",
    maps,
    "{}",
    protobuf,
  ],
  ["protobuf of nothing", 400, "the object provided is unrecognized (must be of type ConfigMap): empty data (<empty>)", "POST", maps, "", protobuf],
  ["an empty envelope", 400, "the object provided is unrecognized (must be of type ConfigMap): empty body (6b387300)", "POST", maps, "k8s\0", protobuf],
  [
    "an envelope cut short",
    400,
    "the object provided is unrecognized (must be of type ConfigMap): unexpected EOF (6b3873000a7f)",
    "POST",
    maps,
    "k8s\0\n\x7f",
    protobuf,
  ],
  [
    "protobuf of another kind",
    400,
    'Pod in version "v1" cannot be handled as a ConfigMap: converting (v1.Pod) to (core.ConfigMap): unknown conversion',
    "POST",
    maps,
    "k8s\0\n\x09\n\x02v1\x12\x03Pod",
    protobuf,
  ],
  [
    "a message whose fields are of other types",
    400,
    'ConfigMap in version "v1" cannot be handled as a ConfigMap: proto: wrong wireType = 0 for field ObjectMeta',
    "POST",
    maps,
    "k8s\0\n\x0f\n\x02v1\x12\x09ConfigMap\x12\x02\x08\x01",
    protobuf,
  ],
  [
    "a media type with broken parameters",
    415,
    "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf",
    "POST",
    maps,
    "{}",
    { "content-type": "application/json; a" },
  ],
  [
    "a deletion's body of another kind",
    400,
    'no kind "Pod" is registered for version "v1" in scheme "pkg/apis/meta/internalversion/scheme/register.go:27"',
    "DELETE",
    `${maps}/a`,
    { apiVersion: "v1", kind: "Pod" },
  ],
  ["a deletion's body that is a Status", 400, "converting (v1.Status) to (v1.DeleteOptions): unknown conversion", "DELETE", `${maps}/a`, { kind: "Status" }],
  ["a deletion's body that is no JSON", 400, "couldn't get version/kind; json parse error: unexpected end of JSON input", "DELETE", `${maps}/a`, "{"],
  [
    "a deletion's body with a wrong type",
    400,
    "json: cannot unmarshal string into Go struct field DeleteOptions.gracePeriodSeconds of type int64",
    "DELETE",
    `${maps}/a`,
    { gracePeriodSeconds: "5" },
  ],
  ["a deletion's empty envelope", 400, "empty body", "DELETE", `${maps}/a`, "k8s\0", protobuf],
  [
    "a deletion's options in any version",
    404,
    'configmaps "absent" not found',
    "DELETE",
    `${maps}/absent`,
    { apiVersion: "nonsense/v7", kind: "DeleteOptions" },
  ],
  [
    "a wrong type",
    400,
    'ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field ConfigMap.data of type string',
    "POST",
    maps,
    map({ name: "x" }, { data: { a: 1 } }),
  ],
  [
    "unknown and duplicate fields together",
    400,
    'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "foo", unknown field "metadata.bar", duplicate field "data"',
    "POST",
    `${maps}?fieldValidation=Strict`,
    '{"apiVersion":"v1","kind":"ConfigMap","foo":1,"metadata":{"name":"x","bar":1},"data":{},"data":{}}',
  ],
  [
    "a key twice in YAML",
    400,
    'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: yaml: unmarshal errors:\n  line 4: key "data" already set in map',
    "POST",
    `${maps}?fieldValidation=Strict`,
    "kind: ConfigMap\nmetadata: {name: x}\ndata: {}\ndata: {}\n",
    { "content-type": "application/yaml" },
  ],
  [
    "a key twice in a configuration",
    400,
    'error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n  line 3: key "data" already set in map',
    "PATCH",
    `${maps}/a?fieldManager=m&fieldValidation=Strict`,
    "apiVersion: v1\ndata: {}\ndata: {}\nkind: ConfigMap\n",
    apply,
  ],
  [
    "an unknown media type",
    415,
    "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf",
    "POST",
    maps,
    "x",
    { "content-type": "text/plain" },
  ],
  [
    "a patch of an unknown type",
    415,
    "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json, application/apply-patch+yaml",
    "PATCH",
    `${maps}/a`,
    {},
    { "content-type": "text/plain" },
  ],
  [
    "an answer form that there is not",
    406,
    "only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf",
    "GET",
    maps,
    undefined,
    { accept: "text/html" },
  ],
  [
    "more operations than a JSON patch may have",
    413,
    "Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001",
    "PATCH",
    `${maps}/a`,
    Array.from({ length: 10_001 }, () => ({ op: "test", path: "/a" })),
    json,
  ],
  [
    "a duplicate port name",
    422,
    'Pod "x" is invalid: spec.containers[0].ports[1].name: Duplicate value: "web"',
    "POST",
    pods,
    podWith({
      ports: [
        { containerPort: 80, name: "web" },
        { containerPort: 81, name: "web" },
      ],
    }),
  ],
  [
    "a host port taken twice",
    422,
    'Pod "x" is invalid: spec.containers[0].ports[1].hostPort: Duplicate value: "TCP//80"',
    "POST",
    pods,
    podWith({
      ports: [
        { containerPort: 80, hostPort: 80 },
        { containerPort: 81, hostPort: 80 },
      ],
    }),
  ],
  [
    "a duplicate service port",
    422,
    'Service "x" is invalid: spec.ports[1]: Duplicate value: {"port":80,"protocol":"TCP"}',
    "POST",
    "/api/v1/namespaces/default/services",
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "x" },
      spec: {
        ports: [
          { port: 80, name: "a" },
          { port: 80, name: "b" },
        ],
      },
    },
  ],
];

function podWith(container: object) {
  return { apiVersion: "v1", kind: "Pod", metadata: { name: "x" }, spec: { containers: [{ name: "c", image: "i", ...container }] } };
}

describe("bad input", () => {
  let scene: HttpScene;
  const problems: unknown[] = [];
  before(async () => {
    scene = await startHttpScene({ logger: recordingLogger(problems) });
    await scene.send("POST", "/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name: "default" } });
    const created = await scene.send("POST", maps, map({ name: "a" }, { data: { k: "v" } }));
    assert.equal(created.code, 201);
  });
  after(() => scene.close());

  for (const item of cases) {
    test(item.name, async () => {
      const before = (await scene.store.status()).revision;
      const answer = await scene.send(item.method ?? "GET", item.path, item.body, item.headers);
      check(item, answer);
      assert.equal((await scene.store.status()).revision, before, "nothing has changed");
    });
  }

  for (const [name, code, message, method, path, body, headers] of messages) {
    test(`${name}: the whole message`, async () => {
      const { revision } = await scene.store.status();
      const { metadata } = (await scene.get(`${maps}/a`)).body;
      const answer = await scene.send(method, path, body, headers);
      assert.equal(answer.code, code, answer.text);
      assert.equal(answer.body.message, message.replace("(RV)", `(${metadata.resourceVersion})`).replace("(UID)", `(${metadata.uid})`));
      assert.equal((await scene.store.status()).revision, revision, "nothing has changed");
    });
  }

  test("under Warn the same problems are warnings, and under Ignore nothing", async () => {
    const body = '{"apiVersion":"v1","kind":"ConfigMap","foo":1,"metadata":{"name":"x"},"data":{},"data":{}}';
    const warningsOf = async (validation: string) => {
      const { code, headers } = await scene.send("POST", `${maps}?dryRun=All&fieldValidation=${validation}`, body);
      assert.equal(code, 201);
      return headers["warning"];
    };
    assert.equal(String(await warningsOf("Warn")), '299 - "unknown field \\"foo\\"", 299 - "duplicate field \\"data\\""');
    assert.equal(await warningsOf(""), await warningsOf("Warn"), "which is the default");
    assert.equal(await warningsOf("Ignore"), undefined);
  });

  test("warnings fit the head of an answer, however long the names of unknown fields", async () => {
    const fields = Array.from({ length: 90 }, (_, index) => `"${"f".repeat(1000)}${index}":1`).join(",");
    const { code, headers } = await scene.send("POST", `${maps}?dryRun=All`, `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"},${fields}}`);
    assert.equal(code, 201);
    assert.ok(String(headers["warning"]).length < 5000);
  });

  test("a body over 3 MiB is 413", async () => {
    const answer = await scene.send("POST", maps, map({ name: "big" }, { data: { a: "x".repeat(3 * 1024 * 1024) } }));
    assert.equal(answer.code, 413);
    assert.equal(answer.body.reason, "RequestEntityTooLarge");
    assert.equal(answer.body.message, "Request entity too large: limit is 3145728");
  });

  test("nothing of this was unexpected", () => assert.deepEqual(problems, []));
});

function check(item: Case, answer: Answer): void {
  assert.equal(answer.code, item.code, answer.text);
  const { body } = answer;
  assert.equal(body.kind, "Status");
  assert.equal(body.status, "Failure");
  assert.equal(body.code, item.code);
  if (item.reason !== undefined) assert.equal(body.reason, item.reason);
  if (item.message !== undefined) assert.match(body.message, item.message);
  if (item.fields !== undefined)
    assert.deepEqual(
      body.details.causes.map((cause: { field: string }) => cause.field),
      item.fields,
    );
}

function recordingLogger(problems: unknown[]) {
  const ignore = () => undefined;
  const record = (fields: object, message: string) => {
    problems.push({ message, error: String((fields as { err?: unknown }).err) });
  };
  const logger = { debug: ignore, info: ignore, warn: record, error: record, child: () => logger };
  return logger;
}
