/** Query parameters of list, watch and deletecollection (metav1.ListOptions): parsed, defaulted and checked together. */
import { badRequest, type FieldError, fieldError, invalid } from "../../machinery/status.ts";

export interface ListQuery {
  readonly labelSelector: string;
  readonly fieldSelector: string;
  readonly watch: boolean;
  readonly allowWatchBookmarks: boolean;
  readonly sendInitialEvents: boolean | undefined;
  readonly resourceVersion: string;
  readonly resourceVersionMatch: string;
  readonly timeoutSeconds: number | undefined;
  readonly limit: number;
  readonly continue: string;
}

/** Throws 400 for values of the wrong form, 422 for combinations that make no sense. */
export function parseListQuery(query: URLSearchParams, watch: boolean): ListQuery {
  const parsed: ListQuery = {
    labelSelector: query.get("labelSelector") ?? "",
    fieldSelector: query.get("fieldSelector") ?? "",
    watch,
    allowWatchBookmarks: booleanOf(query, "allowWatchBookmarks") ?? false,
    sendInitialEvents: booleanOf(query, "sendInitialEvents"),
    resourceVersion: query.get("resourceVersion") ?? "",
    resourceVersionMatch: query.get("resourceVersionMatch") ?? "",
    timeoutSeconds: integerOf(query, "timeoutSeconds"),
    limit: Math.max(0, integerOf(query, "limit") ?? 0),
    continue: query.get("continue") ?? "",
  };
  const errors = watch ? watchErrors(parsed) : listErrors(parsed);
  if (errors.length > 0) throw invalid("meta.k8s.io", "ListOptions", "", errors);
  return parsed;
}

/** Decimal digits as a revision; anything else is a 400 like Kubernetes'. */
export function parseRevision(text: string): number {
  if (!/^\d{1,15}$/.test(text))
    throw badRequest(`resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Number(text);
}

/** Go's conversion of query values: "0", "false" in any case and, for a bare key, "" are false or true as there. */
export function booleanOf(query: URLSearchParams, name: string): boolean | undefined {
  const value = query.get(name);
  if (value === null) return undefined;
  const lower = value.toLowerCase();
  return !(lower === "false" || lower === "0");
}

export function integerOf(query: URLSearchParams, name: string): number | undefined {
  const value = query.get(name);
  if (value === null || value === "") return undefined;
  if (!/^[+-]?\d{1,18}$/.test(value)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`);
  return Number(value);
}

function listErrors(options: ListQuery): FieldError[] {
  const errors: FieldError[] = [];
  const match = options.resourceVersionMatch;
  if (match !== "") {
    const forbid = (detail: string) => errors.push(fieldError.forbidden("resourceVersionMatch", detail));
    if (options.resourceVersion === "") forbid("resourceVersionMatch is forbidden unless resourceVersion is provided");
    if (options.continue !== "") forbid("resourceVersionMatch is forbidden when continue is provided");
    if (match !== "Exact" && match !== "NotOlderThan") errors.push(fieldError.notSupported("resourceVersionMatch", match, ["Exact", "NotOlderThan", ""]));
    if (match === "Exact" && options.resourceVersion === "0") forbid('resourceVersionMatch "exact" is forbidden for resourceVersion "0"');
  }
  if (options.sendInitialEvents !== undefined) errors.push(fieldError.forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list"));
  return errors;
}

function watchErrors(options: ListQuery): FieldError[] {
  const errors: FieldError[] = [];
  const match = options.resourceVersionMatch;
  const forbid = (detail: string) => errors.push(fieldError.forbidden("resourceVersionMatch", detail));
  if (options.sendInitialEvents !== undefined && match !== "NotOlderThan") forbid("sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
  if (match === "") return errors;
  if (options.sendInitialEvents === undefined) forbid("resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided");
  if (match !== "NotOlderThan") errors.push(fieldError.notSupported("resourceVersionMatch", match, ["NotOlderThan"]));
  if (options.continue !== "") forbid("resourceVersionMatch is forbidden when continue is provided");
  return errors;
}
