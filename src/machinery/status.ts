/**
 * The closed catalogue of API errors. Every failure a client can see is made by one of these functions, with the
 * code, reason, message and details that Kubernetes gives (k8s.io/apimachinery/pkg/api/errors is the reference;
 * messages are part of the API because clients match on them).
 */

export type StatusReason =
  | "Unauthorized"
  | "Forbidden"
  | "NotFound"
  | "AlreadyExists"
  | "Conflict"
  | "Gone"
  | "Invalid"
  | "ServerTimeout"
  | "Timeout"
  | "TooManyRequests"
  | "BadRequest"
  | "MethodNotAllowed"
  | "NotAcceptable"
  | "RequestEntityTooLarge"
  | "UnsupportedMediaType"
  | "InternalError"
  | "Expired"
  | "ServiceUnavailable"
  | "StoreReadError"
  | "";

export interface StatusCause {
  reason?: string;
  message?: string;
  field?: string;
}

export interface StatusDetails {
  name?: string;
  group?: string;
  kind?: string;
  uid?: string;
  causes?: StatusCause[];
  retryAfterSeconds?: number;
}

/** metav1.Status as it goes over the wire. */
export interface Status {
  kind: "Status";
  apiVersion: "v1";
  metadata: { continue?: string; resourceVersion?: string };
  status: "Success" | "Failure";
  message?: string;
  reason?: StatusReason;
  details?: StatusDetails;
  code: number;
}

/** A failure that a client is to see. */
export class StatusError extends Error {
  override readonly name = "StatusError";
  readonly status: Status;

  constructor(status: Omit<Status, "kind" | "apiVersion" | "metadata" | "status"> & { metadata?: Status["metadata"] }, options?: ErrorOptions) {
    super(status.message ?? status.reason ?? `status ${status.code}`, options);
    this.status = { kind: "Status", apiVersion: "v1", metadata: status.metadata ?? {}, status: "Failure", ...pruned(status) };
  }

  get code(): number {
    return this.status.code;
  }

  get reason(): StatusReason {
    return this.status.reason ?? "";
  }
}

function pruned(status: { message?: string; reason?: StatusReason; details?: StatusDetails; code: number }) {
  const { message, reason, details, code } = status;
  return {
    ...(message === undefined ? {} : { message }),
    ...(reason === undefined || reason === "" ? {} : { reason }),
    ...(details === undefined ? {} : { details }),
    code,
  };
}

/** Group and plural resource name, as in `deployments.apps`. */
export interface GroupResource {
  readonly group: string;
  readonly resource: string;
}

export function groupResourceText(gr: GroupResource): string {
  return gr.group === "" ? gr.resource : `${gr.resource}.${gr.group}`;
}

function details(gr: GroupResource, name: string): StatusDetails {
  return { ...(name === "" ? {} : { name }), ...(gr.group === "" ? {} : { group: gr.group }), kind: gr.resource };
}

export function notFound(gr: GroupResource, name: string): StatusError {
  return new StatusError({
    code: 404,
    reason: "NotFound",
    message: `${groupResourceText(gr)} "${name}" not found`,
    details: details(gr, name),
  });
}

const notServed = { code: 404, reason: "NotFound", message: "the server could not find the requested resource", details: {} } as const;

/** A resource that a served group version does not have. */
export function pathNotFound(): StatusError {
  return new StatusError(notServed);
}

/** A path under which nothing is served: over HTTP a page of plain text, which clients take for this Status. */
export class PageNotFoundError extends StatusError {
  constructor() {
    super(notServed);
  }
}

export function alreadyExists(gr: GroupResource, name: string): StatusError {
  return new StatusError({
    code: 409,
    reason: "AlreadyExists",
    message: `${groupResourceText(gr)} "${name}" already exists`,
    details: details(gr, name),
  });
}

/** `reason` continues the sentence after the object's name. */
export function conflict(gr: GroupResource, name: string, reason: string): StatusError {
  return new StatusError({
    code: 409,
    reason: "Conflict",
    message: `Operation cannot be fulfilled on ${groupResourceText(gr)} "${name}": ${reason}`,
    details: details(gr, name),
  });
}

/** The optimistic-lock failure: what RetryOnConflict waits for. */
export function staleVersion(gr: GroupResource, name: string): StatusError {
  return conflict(gr, name, "the object has been modified; please apply your changes to the latest version and try again");
}

export function forbidden(gr: GroupResource, name: string, reason: string): StatusError {
  const subject = name === "" ? `${groupResourceText(gr)} is forbidden` : `${groupResourceText(gr)} "${name}" is forbidden`;
  return new StatusError({ code: 403, reason: "Forbidden", message: `${subject}: ${reason}`, details: details(gr, name) });
}

export function unauthorized(message = "Unauthorized"): StatusError {
  return new StatusError({ code: 401, reason: "Unauthorized", message });
}

export function badRequest(message: string): StatusError {
  return new StatusError({ code: 400, reason: "BadRequest", message });
}

export function methodNotSupported(gr: GroupResource, action: string): StatusError {
  return new StatusError({
    code: 405,
    reason: "MethodNotAllowed",
    message: `${action} is not supported on resources of kind "${groupResourceText(gr)}"`,
    details: details(gr, ""),
  });
}

/** A path that is served, but not to this method: as kube-apiserver's router says it, which knows no resources. */
export function methodNotAllowed(): StatusError {
  const message = "the server does not allow this method on the requested resource";
  return new StatusError({ code: 405, reason: "MethodNotAllowed", message, details: {} });
}

export function expired(message: string, continueToken?: string): StatusError {
  return new StatusError({
    code: 410,
    reason: "Expired",
    message,
    ...(continueToken === undefined ? {} : { metadata: { continue: continueToken } }),
  });
}

export function tooManyRequests(message: string, retryAfterSeconds: number): StatusError {
  return new StatusError({ code: 429, reason: "TooManyRequests", message, details: { retryAfterSeconds } });
}

export function requestEntityTooLarge(message: string): StatusError {
  return new StatusError({ code: 413, reason: "RequestEntityTooLarge", message });
}

export function notAcceptable(accepted: readonly string[]): StatusError {
  return new StatusError({
    code: 406,
    reason: "NotAcceptable",
    message: `only the following media types are accepted: ${accepted.join(", ")}`,
  });
}

export function unsupportedMediaType(accepted: readonly string[]): StatusError {
  return new StatusError({
    code: 415,
    reason: "UnsupportedMediaType",
    message: `the body of the request was in an unknown format - accepted media types include: ${accepted.join(", ")}`,
  });
}

export function serverTimeout(gr: GroupResource, action: string, retryAfterSeconds: number): StatusError {
  return new StatusError({
    code: 504,
    reason: "Timeout",
    message: `Timeout: ${action} of ${groupResourceText(gr)} did not finish in time`,
    details: { ...details(gr, ""), retryAfterSeconds },
  });
}

export function serviceUnavailable(message: string): StatusError {
  return new StatusError({ code: 503, reason: "ServiceUnavailable", message });
}

/** What exists in Kubernetes and not (yet) here says so plainly. */
export function notImplemented(what: string): StatusError {
  return new StatusError({ code: 501, reason: "", message: `${what} is not implemented by this server` });
}

/** `cause` is logged, never sent. */
export function internalError(message: string, cause?: unknown): StatusError {
  return new StatusError(
    { code: 500, reason: "InternalError", message: `Internal error occurred: ${message}`, details: { causes: [{ message }] } },
    cause === undefined ? undefined : { cause },
  );
}

/** A body of a few mebibytes can break more rules than anybody reads, in gigabytes of words: these are told. */
const maxFieldErrors = 1000;
const maxValueCharacters = 16 * 1024;
/** Of all values together; those that come after are cut shorter. */
const maxAllCharacters = 512 * 1024;
const shortValueCharacters = 100;

/** Values as text, cut where they get too long to be told, and each written once however often it is blamed. */
function boundedTexts(): (value: unknown) => string {
  const known = new Map<unknown, string>();
  let total = 0;
  return (value) => {
    let text = known.get(value);
    if (text === undefined) {
      text = goValue(value);
      known.set(value, text);
    }
    const room = total < maxAllCharacters ? maxValueCharacters : shortValueCharacters;
    if (text.length > room) text = `${text.slice(0, room)}...`;
    total += text.length;
    return text;
  };
}

/** Invalid (422): all field errors of one object at once. */
export function invalid(group: string, kind: string, name: string, found: readonly FieldError[]): StatusError {
  const errors = found.slice(0, maxFieldErrors);
  const valueText = boundedTexts();
  const texts = errors.map((error) => `${error.field}: ${fieldErrorDetail(error, valueText)}`);
  if (found.length > errors.length) texts.push(`and ${found.length - errors.length} more errors`);
  const joined = texts.length === 1 ? texts[0] : `[${texts.join(", ")}]`;
  return new StatusError({
    code: 422,
    reason: "Invalid",
    message: `${group === "" ? kind : `${kind}.${group}`} "${name}" is invalid: ${joined ?? ""}`,
    details: {
      ...(name === "" ? {} : { name }),
      ...(group === "" ? {} : { group }),
      ...(kind === "" ? {} : { kind }),
      causes: errors.map((error) => ({ reason: error.type, message: fieldErrorDetail(error, valueText), field: error.field })),
    },
  });
}

export type FieldErrorType =
  | "FieldValueNotFound"
  | "FieldValueRequired"
  | "FieldValueDuplicate"
  | "FieldValueInvalid"
  | "FieldValueNotSupported"
  | "FieldValueForbidden"
  | "FieldValueTooLong"
  | "FieldValueTooMany"
  | "InternalError"
  | "FieldValueTypeInvalid";

/** k8s.io/apimachinery/pkg/util/validation/field.Error. */
export interface FieldError {
  readonly type: FieldErrorType;
  /** Path such as `spec.containers[0].ports[1].containerPort`. */
  readonly field: string;
  /** The offending value, printed Go-style in the message; absent where none is printed. */
  readonly value?: unknown;
  readonly detail: string;
}

export const fieldError = {
  required: (field: string, detail = ""): FieldError => ({ type: "FieldValueRequired", field, detail }),
  invalid: (field: string, value: unknown, detail: string): FieldError => ({ type: "FieldValueInvalid", field, value, detail }),
  forbidden: (field: string, detail: string): FieldError => ({ type: "FieldValueForbidden", field, detail }),
  duplicate: (field: string, value: unknown): FieldError => ({ type: "FieldValueDuplicate", field, value, detail: "" }),
  notFound: (field: string, value: unknown): FieldError => ({ type: "FieldValueNotFound", field, value, detail: "" }),
  notSupported: (field: string, value: unknown, supported: readonly string[]): FieldError => ({
    type: "FieldValueNotSupported",
    field,
    value,
    detail: supported.length === 0 ? "" : `supported values: ${supported.map((v) => JSON.stringify(v)).join(", ")}`,
  }),
  tooLong: (field: string, maxLength: number): FieldError => ({
    type: "FieldValueTooLong",
    field,
    detail: `may not be more than ${maxLength} ${maxLength === 1 ? "byte" : "bytes"}`,
  }),
  tooMany: (field: string, actual: number, max: number): FieldError => ({
    type: "FieldValueTooMany",
    field,
    value: actual,
    detail: `must have at most ${max} ${max === 1 ? "item" : "items"}`,
  }),
  typeInvalid: (field: string, value: unknown, detail: string): FieldError => ({ type: "FieldValueTypeInvalid", field, value, detail }),
} as const;

const typeText: Record<FieldErrorType, string> = {
  FieldValueNotFound: "Not found",
  FieldValueRequired: "Required value",
  FieldValueDuplicate: "Duplicate value",
  FieldValueInvalid: "Invalid value",
  FieldValueNotSupported: "Unsupported value",
  FieldValueForbidden: "Forbidden",
  FieldValueTooLong: "Too long",
  FieldValueTooMany: "Too many",
  InternalError: "Internal error",
  FieldValueTypeInvalid: "Invalid value",
};

/** `field: Type: value: detail`, without the field. */
function fieldErrorDetail(error: FieldError, valueText: (value: unknown) => string = goValue): string {
  const head = typeText[error.type];
  const omitsValue = ["FieldValueRequired", "FieldValueForbidden", "FieldValueTooLong", "InternalError"].includes(error.type) || !("value" in error);
  const value = omitsValue ? "" : `: ${valueText(error.value)}`;
  return `${head}${value}${error.detail === "" ? "" : `: ${error.detail}`}`;
}

export function fieldErrorText(error: FieldError): string {
  return `${error.field}: ${fieldErrorDetail(error)}`;
}

/** Go prints strings quoted, nil as null, structures as JSON. */
function goValue(value: unknown): string {
  if (value === undefined || value === null) return "null";
  if (typeof value === "bigint") return value.toString();
  return JSON.stringify(value);
}
