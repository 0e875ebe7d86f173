/** The audit events of one request, from its arrival to its end. */
import type { Status } from "../../machinery/status.ts";
import type { RequestInfo, UserInfo } from "../contract.ts";
import type { AuditDecision, AuditLevel, AuditPolicy, AuditStage } from "./policy.ts";
import { auditDecision } from "./policy.ts";

/** audit.k8s.io/v1 Event. */
export interface AuditEvent {
  readonly kind: "Event";
  readonly apiVersion: "audit.k8s.io/v1";
  readonly level: AuditLevel;
  readonly auditID: string;
  readonly stage: AuditStage;
  readonly requestURI: string;
  readonly verb: string;
  readonly user: object;
  readonly [field: string]: unknown;
}

/** Takes events without delay; what it cannot keep it says in the log. */
export interface AuditBackend {
  record(event: AuditEvent): void;
  /** Resolves when everything recorded has been written. */
  close(): Promise<void>;
}

export interface AuditOptions {
  readonly policy: AuditPolicy;
  readonly backends: readonly AuditBackend[];
}

export interface AuditedRequest {
  readonly auditId: string;
  readonly url: string;
  readonly info: RequestInfo;
  readonly user: UserInfo;
  /** As whom the user acts, where impersonating. */
  readonly impersonated?: UserInfo;
  readonly sourceIPs: readonly string[];
  readonly userAgent: string;
  /** Milliseconds since the epoch. */
  readonly receivedAt: number;
}

type Recorded = Readonly<Record<string, unknown>>;

export class AuditTrail {
  readonly decision: AuditDecision;
  readonly #options: AuditOptions;
  readonly #request: AuditedRequest;
  readonly #now: () => number;
  readonly #annotations: Record<string, string> = {};
  #requestObject: unknown;
  #responseObject: unknown;
  #ended = false;

  constructor(options: AuditOptions, request: AuditedRequest, now: () => number) {
    this.#options = options;
    this.#request = request;
    this.#now = now;
    this.decision = auditDecision(options.policy, request.info, request.user);
  }

  get wantsRequest(): boolean {
    return this.decision.level === "Request" || this.decision.level === "RequestResponse";
  }

  get wantsResponse(): boolean {
    return this.decision.level === "RequestResponse";
  }

  /** The first value of a key stays, as in Kubernetes. */
  annotate(key: string, value: string): void {
    this.#annotations[key] ??= value;
  }

  requestBody(object: unknown): void {
    if (this.wantsRequest && this.#request.info.isResourceRequest) this.#requestObject = object;
  }

  responseBody(object: unknown): void {
    if (this.wantsResponse) this.#responseObject = object;
  }

  received(): void {
    this.#emit("RequestReceived", {});
  }

  /** Headers have gone out and the body takes its time: watches. */
  started(code: number): void {
    this.#emit("ResponseStarted", { responseStatus: { metadata: {}, code } });
  }

  /** Once; a Status is that of a failure. */
  completed(code: number, status?: Status): void {
    this.#end("ResponseComplete", code, status);
  }

  /** The server itself failed. */
  panicked(code: number, status?: Status): void {
    this.#end("Panic", code, status);
  }

  #end(stage: AuditStage, code: number, status: Status | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    const { reason, message, details } = status ?? {};
    const failure = status === undefined ? {} : { status: "Failure", message, reason, details };
    if (status !== undefined) this.responseBody(status);
    this.#emit(stage, {
      responseStatus: { metadata: {}, ...failure, code },
      ...(this.#requestObject === undefined ? {} : { requestObject: this.#stripped(this.#requestObject) }),
      ...(this.#responseObject === undefined ? {} : { responseObject: this.#stripped(this.#responseObject) }),
    });
  }

  #stripped(object: unknown): unknown {
    return this.decision.omitManagedFields ? withoutManagedFields(object) : object;
  }

  #emit(stage: AuditStage, fields: Recorded): void {
    const { level, omitStages } = this.decision;
    if (level === "None" || omitStages.includes(stage)) return;
    const { auditId, url, info, user, impersonated, sourceIPs, userAgent, receivedAt } = this.#request;
    const event: AuditEvent = {
      kind: "Event",
      apiVersion: "audit.k8s.io/v1",
      level,
      auditID: auditId,
      stage,
      requestURI: url,
      verb: info.verb,
      user: userOf(user),
      ...(impersonated === undefined ? {} : { impersonatedUser: userOf(impersonated) }),
      sourceIPs,
      userAgent,
      ...(info.isResourceRequest ? { objectRef: objectRef(info) } : {}),
      ...fields,
      requestReceivedTimestamp: microTime(receivedAt),
      stageTimestamp: microTime(this.#now()),
      ...(Object.keys(this.#annotations).length === 0 ? {} : { annotations: { ...this.#annotations } }),
    };
    for (const backend of this.#options.backends) backend.record(event);
  }
}

function userOf({ name, uid, groups, extra }: UserInfo): object {
  return { username: name, ...(uid === undefined ? {} : { uid }), groups, ...(extra === undefined ? {} : { extra }) };
}

function objectRef({ resource, namespace, name, group, version, subresource }: RequestInfo): object {
  const fields = { resource, namespace, name, apiGroup: group, apiVersion: version, subresource };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ""));
}

function microTime(ms: number): string {
  return new Date(ms).toISOString().replace("Z", "000Z");
}

/** Of an object, or of each item of a list. */
function withoutManagedFields(object: unknown): unknown {
  if (typeof object !== "object" || object === null) return object;
  const { metadata, items } = object as { metadata?: Recorded; items?: readonly unknown[] };
  const { managedFields: _managedFields, ...rest } = metadata ?? {};
  return { ...object, ...(metadata === undefined ? {} : { metadata: rest }), ...(Array.isArray(items) ? { items: items.map(withoutManagedFields) } : {}) };
}
