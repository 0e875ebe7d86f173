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

/** A piece of the path between slashes, escaped ones included. */
interface Segment {
  readonly text: string;
  /** Still percent-encoded. */
  readonly raw: string;
}

/** `path` is without the query, still percent-encoded. */
export function parseRequestInfo(method: string, path: string, query: URLSearchParams): RequestInfo {
  const segments = segmentsOf(path);
  const apiPrefix = segments[0]?.text ?? "";
  const grouped = apiPrefix === "apis";
  if ((apiPrefix !== "api" && !grouped) || segments.length < (grouped ? 4 : 3)) return nonResource(method, path);
  const group = grouped ? segments[1]!.text : "";
  const version = segments[grouped ? 2 : 1]!.text;
  const first = grouped ? 3 : 2;
  const prefix = segments[first]?.text ?? "";
  const special = (prefix === "watch" || prefix === "proxy") && segments.length > first + 1;
  return resourceInfo({ path, apiPrefix, group, version }, segments.slice(special ? first + 1 : first), special ? prefix : (verbs[method] ?? ""), query);
}

function segmentsOf(path: string): Segment[] {
  let start = 0;
  let end = path.length;
  while (start < end && path[start] === "/") start++;
  while (end > start && path[end - 1] === "/") end--;
  if (start === end) return [];
  const trimmed = path.slice(start, end);
  if (!trimmed.includes("%")) return trimmed.split("/").map(plainSegment);
  return trimmed.split(/\/|%2F/i).map((raw) => ({ text: decodeSegment(raw), raw }));
}

function plainSegment(raw: string): Segment {
  return { text: raw, raw };
}

function nonResource(method: string, path: string): RequestInfo {
  const none = { apiPrefix: "", group: "", version: "", namespace: "", resource: "", subresource: "", name: "", rest: "" };
  return { ...none, isResourceRequest: false, path, verb: method.toLowerCase() };
}

function resourceInfo(
  base: { path: string; apiPrefix: string; group: string; version: string },
  segments: readonly Segment[],
  pathVerb: string,
  query: URLSearchParams,
): RequestInfo {
  const inNamespace = segments[0]?.text === "namespaces" && segments.length > 1;
  // /namespaces/{name}/status is about the namespace, /namespaces/{name}/pods about what is in it.
  const parts = inNamespace && segments.length > 2 && !namespaceSubresources.has(segments[2]!.text) ? segments.slice(2) : segments;
  const named = parts[1]?.text ?? "";
  const { path, apiPrefix, group, version } = base;
  return {
    path,
    apiPrefix,
    group,
    version,
    isResourceRequest: true,
    verb: collectionVerb(pathVerb, named, query),
    namespace: inNamespace ? segments[1]!.text : "",
    resource: parts[0]?.text ?? "",
    subresource: pathVerb === "proxy" ? "" : (parts[2]?.text ?? ""),
    name: named === "" && pathVerb === "get" ? selectedName(query) : named,
    rest: restOf(parts, pathVerb === "proxy" ? 2 : 3),
  };
}

function restOf(parts: readonly Segment[], from: number): string {
  if (parts.length <= from) return "";
  return parts
    .slice(from)
    .map(({ raw }) => raw)
    .join("/");
}

/** Without a name, get and delete mean the collection. */
function collectionVerb(verb: string, name: string, query: URLSearchParams): string {
  if (name !== "") return verb;
  if (verb === "delete") return "deletecollection";
  if (verb !== "get") return verb;
  const watch = query.get("watch")?.toLowerCase();
  return watch !== undefined && watch !== "false" && watch !== "0" ? "watch" : "list";
}

/** A list that can only hold one object is authorized as reading that one. */
function selectedName(query: URLSearchParams): string {
  const name = fieldRequirement(query.get("fieldSelector") ?? "", "metadata.name") ?? "";
  return pathSegmentNameErrors(name).length > 0 ? "" : name;
}

/** Malformed escapes stand for themselves: such a name will not be found. */
function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
