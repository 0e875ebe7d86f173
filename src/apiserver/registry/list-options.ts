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

/** Throws 400 for values of the wrong form, 422 for combinations that make no sense. `streams`: watches may begin with a list (KEP-3157). */
export function parseListQuery(query: URLSearchParams, watch: boolean, streams = true): ListQuery {
  const sent: ListQuery = {
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
  // Without streaming lists a watch that names no revision has initial events too, but says nothing of it.
  const parsed = streams ? withDefaults(sent) : sent;
  const errors = watch ? watchErrors(parsed, streams) : listErrors(parsed);
  if (errors.length > 0) throw invalid("meta.k8s.io", "ListOptions", "", errors);
  return withDefaults(parsed);
}

/** Since streaming lists came, a watch that names no revision is one: its initial events end with a bookmark, if it takes them. */
function withDefaults(query: ListQuery): ListQuery {
  const { watch, sendInitialEvents, resourceVersion, resourceVersionMatch } = query;
  if (!watch || sendInitialEvents !== undefined || resourceVersionMatch !== "" || (resourceVersion !== "" && resourceVersion !== "0")) return query;
  return { ...query, sendInitialEvents: true, resourceVersionMatch: "NotOlderThan" };
}

/** Decimal digits of 64 bits as a revision; anything else is a 400. `where` goes before the message, as for lists. */
export function parseRevision(text: string, where = ""): number {
  const problem = !/^\d+$/.test(text) ? "invalid syntax" : isUnsigned64(text) ? "" : "value out of range";
  if (problem === "") return Number(text);
  const quoted = JSON.stringify(text);
  throw badRequest(`${where}resourceVersion: Invalid value: ${quoted}: strconv.ParseUint: parsing ${quoted}: ${problem}`);
}

function isUnsigned64(digits: string): boolean {
  return digits.length < 20 || (digits.length < 100 && BigInt(digits) < 1n << 64n);
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
  if (value === null) return undefined;
  const problem = !/^[+-]?\d+$/.test(value) ? "invalid syntax" : isSigned64(value) ? "" : "value out of range";
  if (problem !== "") throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(value)}: ${problem}`);
  return Number(value);
}

function isSigned64(text: string): boolean {
  return text.length < 19 || (text.length < 100 && BigInt.asIntN(64, BigInt(text)) === BigInt(text));
}

function listErrors(options: ListQuery): readonly FieldError[] {
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

function watchErrors(options: ListQuery, streams: boolean): readonly FieldError[] {
  const errors: FieldError[] = [];
  const match = options.resourceVersionMatch;
  const forbid = (detail: string) => errors.push(fieldError.forbidden("resourceVersionMatch", detail));
  if (options.sendInitialEvents !== undefined && match !== "NotOlderThan") forbid("sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
  if (options.sendInitialEvents !== undefined && !streams) {
    const detail = "sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled";
    errors.push(fieldError.forbidden("sendInitialEvents", detail));
  }
  if (match === "") return errors;
  if (options.sendInitialEvents === undefined) forbid("resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided");
  if (match !== "NotOlderThan") errors.push(fieldError.notSupported("resourceVersionMatch", match, ["NotOlderThan"]));
  if (options.continue !== "") forbid("resourceVersionMatch is forbidden when continue is provided");
  return errors;
}
