/** Query strings, headers and paths around a request. */
import type { Dice } from "./dice.ts";

const numbers = ["", "0", "1", "-1", "5", "500", "x", "1.5", "9223372036854775807", "99999999999999999999", "+1", "0x1", "1e3", " 1"];
const booleans = ["", "true", "false", "1", "0", "TRUE", "maybe", "True"];
const labelSelectors = [
  "a=b",
  "a==b,c!=d",
  "!a",
  "a",
  "a in (b,c)",
  "a notin ()",
  "a in (",
  "a>1",
  "a<x",
  "(",
  ")",
  ",",
  "a,,b",
  "=",
  "a=b=c",
  "ü=1",
  "a in (b)(c)",
  " a = b ",
  "a!",
  "!",
  "in in (in)",
  "a/b/c=d",
  "-a",
  "a\u0000b",
  "x".repeat(70),
  "*",
  "a=*",
];
const fieldSelectors = [
  "metadata.name=a",
  "metadata.name!=a",
  "metadata.namespace=default",
  "spec.nodeName=n",
  "status.phase=Running",
  "type=Normal",
  "a",
  "=",
  "\\",
  "a\\=b=c",
  "metadata.name=a\\,b",
  "metadata.name==a,metadata.name=b",
  ",",
  "metadata.name=",
  "spec.x=1",
  "__proto__=1",
  "constructor=x",
  "metadata.uid=1",
];
const tokens = [
  "x",
  "%%%",
  "e30",
  "bnVsbA",
  ...[
    { v: "meta.k8s.io/v1", rv: 5, start: "a" },
    { v: "meta.k8s.io/v1", rv: -1, start: "a\u0000" },
    { v: "meta.k8s.io/v1", rv: 5, start: "../secrets" },
    { v: "meta.k8s.io/v1", rv: 0, start: "a" },
    { v: "meta.k8s.io/v1", rv: 1e15, start: "a" },
    { v: { toString: 1 }, rv: 5, start: "a" },
    { v: [[[]]], rv: [], start: {} },
    { v: "v2", rv: 5, start: "a" },
    { v: "meta.k8s.io/v1", rv: 1.5, start: "" },
    [],
  ].map((token) => Buffer.from(JSON.stringify(token)).toString("base64url")),
];

const values: Readonly<Record<string, readonly string[]>> = {
  dryRun: ["All", "All", "", "None", "all"],
  fieldValidation: ["Strict", "Warn", "Ignore", "", "strict"],
  fieldManager: ["m", "", "kubectl", "a b", "ü", "\n", "m".repeat(129), "m/1"],
  force: booleans,
  limit: numbers,
  continue: tokens,
  labelSelector: labelSelectors,
  fieldSelector: fieldSelectors,
  resourceVersion: numbers,
  resourceVersionMatch: ["", "Exact", "NotOlderThan", "x"],
  pretty: booleans,
  watch: booleans,
  timeoutSeconds: numbers,
  sendInitialEvents: booleans,
  allowWatchBookmarks: booleans,
  gracePeriodSeconds: numbers,
  propagationPolicy: ["", "Orphan", "Foreground", "Background", "x"],
  orphanDependents: booleans,
  includeObject: ["", "None", "Object", "Metadata", "x"],
  ignoreStoreReadErrorWithClusterBreakingPotential: booleans,
  shardSelector: ["", "x"],
  container: ["c", "", "x"],
  follow: booleans,
  tailLines: numbers,
  __proto__x: ["1"],
};
const names = Object.keys(values);

/** With its question mark; "" for none. */
export function query(dice: Dice, likely: readonly string[]): string {
  const parts = Array.from({ length: dice.pick([0, 0, 1, 1, 2, 3]) }, () => {
    const name = dice.chance(0.7) && likely.length > 0 ? dice.pick(likely) : dice.pick(names);
    return `${name}=${escaped(dice, dice.pick(values[name] ?? ["x"]))}`;
  });
  if (dice.chance(0.02)) parts.push(dice.pick(["%", "=", "&&", "%zz=%", "a", "%00=%00", "+=+", "a[]=b", ";a=1"]));
  return parts.length === 0 ? "" : `?${parts.join("&")}`;
}

function escaped(dice: Dice, value: string): string {
  if (dice.chance(0.95)) return encodeURIComponent(value);
  // As a careless client would send it; node lets no other bytes through.
  return value.replace(/[^\x21-\x7e]/g, "");
}

export const readParameters = [
  "labelSelector",
  "fieldSelector",
  "limit",
  "continue",
  "resourceVersion",
  "resourceVersionMatch",
  "watch",
  "sendInitialEvents",
  "allowWatchBookmarks",
  "timeoutSeconds",
  "includeObject",
  "pretty",
];
export const writeParameters = ["dryRun", "fieldValidation", "fieldManager", "force", "pretty"];
export const deleteParameters = ["dryRun", "gracePeriodSeconds", "propagationPolicy", "orphanDependents", "resourceVersion", "labelSelector"];

const accepts = [
  "application/json",
  "application/json",
  "*/*",
  "application/vnd.kubernetes.protobuf",
  "application/vnd.kubernetes.protobuf,application/json",
  "application/json;as=Table;v=v1;g=meta.k8s.io",
  "application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json",
  "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io",
  "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io",
  "application/vnd.kubernetes.protobuf;as=PartialObjectMetadata;v=v1;g=meta.k8s.io",
  "application/yaml",
  "application/yaml;as=Table;v=v1;g=meta.k8s.io",
  "application/json;as=Nothing",
  "application/json;as=APIGroupDiscoveryList;v=v2;g=apidiscovery.k8s.io",
  ";;;",
  "application/json;q=0",
  "text/html",
  "application/xml",
  'a/b;c="d;e,f"',
  ",",
  "application/json;q=x;__proto__=1",
];

const extraHeaders: readonly (readonly [string, readonly string[]])[] = [
  ["impersonate-user", ["jane", "", "system:admin", "system:serviceaccount:default:default"]],
  ["impersonate-group", ["system:masters", "x"]],
  ["impersonate-uid", ["1"]],
  ["impersonate-extra-a%2Fb", ["1"]],
  ["impersonate-extra-%zz", ["1"]],
  ["user-agent", ["kubectl/v1.36.0", "curl/8", "", "ü/1", "a".repeat(300)]],
  ["authorization", ["Bearer x", "Bearer ", "Basic eDp5", "Bearer a.b.c", "Bearer eyJhbGciOiJub25lIn0.e30.", "Bearer abcdef.0123456789abcdef"]],
  ["audit-id", ["x", "a".repeat(200), "ü"]],
  ["accept-encoding", ["gzip", "gzip;q=0", "*"]],
  ["x-remote-user", ["admin"]],
  ["if-none-match", ["*", '"x"']],
  ["content-encoding", ["gzip"]],
  ["x-stream-protocol-version", ["v4.channel.k8s.io"]],
];

export function headers(dice: Dice): Record<string, string> {
  const given: Record<string, string> = {};
  if (dice.chance(0.2)) given["accept"] = dice.pick(accepts);
  if (dice.chance(0.08)) {
    const [name, texts] = dice.pick(extraHeaders);
    given[name] = dice.pick(texts);
  }
  return given;
}

const oddSegments = [
  "..",
  ".",
  "%2e%2e",
  "%2f",
  "a%2Fb",
  "%00",
  "%zz",
  "%",
  "%E4%B8",
  "%C3%BC",
  "watch",
  "namespaces",
  "a b",
  "*",
  "__proto__",
  "constructor",
  ":",
  "x".repeat(300),
  "A",
];

/** A path that is off by a segment, now and then. */
export function strayed(dice: Dice, path: string): string {
  const parts = path.split("/");
  const at = 1 + dice.below(parts.length);
  const roll = dice.below(5);
  if (roll === 0) parts.splice(at, 1);
  else if (roll === 1) parts.splice(at, 0, dice.pick(oddSegments));
  else if (roll === 2) parts[at] = dice.pick(oddSegments);
  else if (roll === 3) parts.splice(at, 0, parts[at] ?? "");
  else parts.splice(3, 0, "watch");
  return parts.join("/");
}

export const otherPaths = [
  "/",
  "/api",
  "/apis",
  "/api/v1",
  "/apis/apps",
  "/apis/apps/v1",
  "/version",
  "/healthz",
  "/livez/ping",
  "/readyz/etcd",
  "/openid/v1/jwks",
  "/.well-known/openid-configuration",
  "/openapi/v3",
  "/openapi/v3/api/v1",
  "/logs",
  "/logs/x",
  "/x",
  "//",
  "/api/v1/",
  "/apis/x/y/z",
  "*",
];
