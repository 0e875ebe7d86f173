/** What a method and URL mean, by the rules of k8s.io/apiserver's RequestInfoFactory. */

import { pathSegmentNameErrors } from "../../machinery/names.ts";
import type { RequestInfo } from "../contract.ts";
import { fieldRequirement } from "../registry/selection.ts";

const namespaceSubresources = new Set(["status", "finalize"]);

const verbs: Readonly<Record<string, string>> = {
  POST: "create",
  GET: "get",
  HEAD: "get",
  PUT: "update",
  PATCH: "patch",
  DELETE: "delete",
};

/** `path` is without the query, still percent-encoded. */
export function parseRequestInfo(method: string, path: string, query: URLSearchParams): RequestInfo {
  const parts = path.split("/").filter((part) => part !== "");
  const [apiPrefix = ""] = parts;
  const grouped = apiPrefix === "apis";
  if ((apiPrefix !== "api" && !grouped) || parts.length < (grouped ? 4 : 3)) return nonResource(method, path);
  const group = grouped ? decodeSegment(parts[1]!) : "";
  const version = decodeSegment(parts[grouped ? 2 : 1]!);
  const rest = parts.slice(grouped ? 3 : 2);
  const watchPath = rest[0] === "watch" && rest.length > 1;
  if (watchPath) rest.shift();
  return resourceInfo({ path, apiPrefix, group, version }, rest, watchPath ? "watch" : (verbs[method] ?? ""), query);
}

function nonResource(method: string, path: string): RequestInfo {
  const none = { apiPrefix: "", group: "", version: "", namespace: "", resource: "", subresource: "", name: "", rest: "" };
  return { ...none, isResourceRequest: false, path, verb: method.toLowerCase() };
}

function resourceInfo(
  base: { path: string; apiPrefix: string; group: string; version: string },
  segments: readonly string[],
  methodVerb: string,
  query: URLSearchParams,
): RequestInfo {
  let parts = segments;
  let namespace = "";
  if (parts[0] === "namespaces" && parts.length > 1) {
    namespace = decodeSegment(parts[1]!);
    // /namespaces/{name}/status is about the namespace, /namespaces/{name}/pods about what is in it.
    if (parts.length > 2 && !namespaceSubresources.has(parts[2]!)) parts = parts.slice(2);
  }
  const [resource = "", name = "", subresource = "", ...rest] = parts;
  const decodedName = decodeSegment(name);
  const verb = collectionVerb(methodVerb, decodedName, query);
  return {
    ...base,
    isResourceRequest: true,
    verb,
    namespace,
    resource: decodeSegment(resource),
    subresource: decodeSegment(subresource),
    name: decodedName !== "" || (verb !== "list" && verb !== "watch") ? decodedName : selectedName(query),
    rest: rest.join("/"),
  };
}

/** Without a name, get and delete mean the collection. */
function collectionVerb(verb: string, name: string, query: URLSearchParams): string {
  if (name === "" && verb === "delete") return "deletecollection";
  if (verb !== "get") return verb;
  const watch = query.get("watch");
  const watches = watch !== null && watch !== "false" && watch !== "0";
  if (name === "") return watches ? "watch" : "list";
  return verb;
}

/** A list that can only hold one object is authorized as reading that one. */
function selectedName(query: URLSearchParams): string {
  const name = fieldRequirement(query.get("fieldSelector") ?? "", "metadata.name") ?? "";
  return pathSegmentNameErrors(name).length > 0 ? "" : name;
}

/** Malformed escapes stand for themselves: such a name will not be found. */
function decodeSegment(segment: string): string {
  if (!segment.includes("%")) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
