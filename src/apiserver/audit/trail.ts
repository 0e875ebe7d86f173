/** The audit events of one request, from its arrival to its end. */
import type { Status } from "../../machinery/status.ts";
import { microTimeText } from "../../machinery/time.ts";
import type { ImpersonatedUser } from "../authentication/impersonation.ts";
import type { RequestInfo, UserInfo } from "../contract.ts";
import type { LossListener } from "./delegate.ts";
import type { AuditDecision, AuditLevel, AuditPolicy, AuditStage } from "./policy.ts";

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

export interface AuditBackend {
  /**
   * Takes an event. A promise where the request has to wait for it: of false when the event was lost, for which a request
   * that has only begun is refused.
   */
  record(event: AuditEvent): Promise<boolean> | undefined;
  /** Resolves when everything recorded has been kept or is lost. */
  close(): Promise<void>;
  /** Requests wait for it. */
  readonly blocks?: boolean;
  /** Told of what is lost. */
  onLost?(listener: LossListener): void;
}

export interface AuditOptions {
  readonly policy: AuditPolicy;
  readonly backends: readonly AuditBackend[];
  /** A request was refused because it could not be recorded. */
  onRejected?(): void;
}

export interface AuditedRequest {
  readonly auditId: string;
  readonly url: string;
  readonly info: RequestInfo;
  /** Who asks, whomever it impersonates. */
  readonly user: UserInfo;
  readonly sourceIPs: readonly string[];
  readonly userAgent: string;
  /** Milliseconds since the epoch. */
  readonly receivedAt: number;
}

type Recorded = Readonly<Record<string, unknown>>;

const maxUserAgent = 1024;
const truncated = "...TRUNCATED";

export class AuditTrail {
  readonly #backends: readonly AuditBackend[];
  readonly #decision: AuditDecision;
  readonly #request: AuditedRequest;
  readonly #now: () => number;
  /** The request waits for its record, and its answer for the last of it. */
  readonly waits: boolean;
  readonly #annotations: Record<string, string> = {};
  #impersonated: ImpersonatedUser | undefined;
  #requestObject: unknown;
  #responseObject: unknown;
  #ended = false;

  /** `decision` is that of the policy for this request, and not None. */
  constructor(backends: readonly AuditBackend[], decision: AuditDecision, request: AuditedRequest, now: () => number) {
    this.#backends = backends;
    this.#decision = decision;
    this.#request = request;
    this.#now = now;
    this.waits = backends.some(({ blocks }) => blocks === true);
  }

  get wantsResponse(): boolean {
    return this.#decision.level === "RequestResponse";
  }

  /** The first value of a key stays, as in Kubernetes. */
  annotate(key: string, value: string): void {
    this.#annotations[key] ??= value;
  }

  impersonates(impersonated: ImpersonatedUser): void {
    this.#impersonated = impersonated;
  }

  /** The body of a write. At every level it tells which object is meant; what is in it is shown from Request on. */
  requestBody(read: () => unknown): void {
    const { isResourceRequest, verb } = this.#request.info;
    const shown = this.#decision.level !== "Metadata";
    if (isResourceRequest && (shown || namingVerbs.has(verb))) this.#requestObject = read();
  }

  responseBody(object: unknown): void {
    if (this.wantsResponse) this.#responseObject = object;
  }

  /** Undefined when there is nothing to wait for. */
  received(): Promise<boolean> | undefined {
    return this.#emit("RequestReceived", {});
  }

  /** The answer has begun and takes its time: watches, logs, exec. */
  started(code: number): void {
    this.#emit("ResponseStarted", { responseStatus: { metadata: {}, code } });
  }

  /** Nobody knows who asks: the one event of such a request. */
  refused(message: string): void {
    this.#ended = true;
    this.#emit("ResponseStarted", { responseStatus: { metadata: {}, message, code: 401 } });
  }

  /** Once; a Status is that of a failure. The answer is to wait for the promise, if there is one. */
  completed(code: number, status?: Status): Promise<boolean> | undefined {
    return this.#end("ResponseComplete", code, status);
  }

  /** The server itself failed. */
  panicked(code: number, status?: Status): Promise<boolean> | undefined {
    return this.#end("Panic", code, status);
  }

  #end(stage: AuditStage, code: number, status: Status | undefined): Promise<boolean> | undefined {
    if (this.#ended) return undefined;
    this.#ended = true;
    const { reason, message, details } = status ?? {};
    const failure = status === undefined ? {} : { status: "Failure", message, reason, details };
    if (status !== undefined) this.responseBody(status);
    const showsRequest = this.#requestObject !== undefined && this.#decision.level !== "Metadata";
    return this.#emit(stage, {
      responseStatus: { metadata: {}, ...failure, code },
      ...(showsRequest ? { requestObject: this.#stripped(this.#requestObject) } : {}),
      ...(this.#responseObject === undefined ? {} : { responseObject: this.#stripped(this.#responseObject) }),
    });
  }

  #stripped(object: unknown): unknown {
    return this.#decision.omitManagedFields ? withoutManagedFields(object) : object;
  }

  #emit(stage: AuditStage, fields: Recorded): Promise<boolean> | undefined {
    const { level, omitStages } = this.#decision;
    if (omitStages.includes(stage)) return undefined;
    const { auditId, url, info, user, sourceIPs, userAgent, receivedAt } = this.#request;
    const event: AuditEvent = {
      kind: "Event",
      apiVersion: "audit.k8s.io/v1",
      level,
      auditID: auditId,
      stage,
      requestURI: url,
      verb: info.verb,
      user: userOf(user),
      ...impersonationOf(this.#impersonated),
      sourceIPs,
      userAgent: userAgent.length > maxUserAgent ? userAgent.slice(0, maxUserAgent - truncated.length) + truncated : userAgent,
      ...(info.isResourceRequest ? { objectRef: objectRef(info, this.#requestObject) } : {}),
      ...fields,
      requestReceivedTimestamp: microTimeText(receivedAt),
      stageTimestamp: microTimeText(this.#now()),
      ...(Object.keys(this.#annotations).length === 0 ? {} : { annotations: { ...this.#annotations } }),
    };
    const waits = this.#backends.map((backend) => backend.record(event)).filter((wait) => wait instanceof Promise);
    return waits.length === 0 ? undefined : Promise.all(waits).then((kept) => kept.every(Boolean));
  }
}

/** Their bodies are objects that name themselves; patches do not. */
const namingVerbs: ReadonlySet<string> = new Set(["create", "update"]);

function impersonationOf(impersonated: ImpersonatedUser | undefined): Recorded {
  if (impersonated === undefined) return {};
  const { user, constraint } = impersonated;
  return { impersonatedUser: userOf(user), ...(constraint === undefined ? {} : { authenticationMetadata: { impersonationConstraint: constraint } }) };
}

function userOf({ name, uid, groups, extra }: UserInfo): object {
  return { username: name, ...(uid === undefined ? {} : { uid }), groups, ...(extra === undefined ? {} : { extra }) };
}

/** What the URL does not say of the object, its body may. */
function objectRef({ verb, resource, namespace, name, group, version, subresource }: RequestInfo, body: unknown): object {
  const metadata = namingVerbs.has(verb) ? metadataOf(body) : {};
  const fields = {
    resource,
    namespace: namespace === "" ? metadata["namespace"] : namespace,
    name: name === "" ? metadata["name"] : name,
    uid: metadata["uid"],
    apiGroup: group,
    apiVersion: version,
    resourceVersion: metadata["resourceVersion"],
    subresource,
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => typeof value === "string" && value !== ""));
}

function metadataOf(body: unknown): Recorded {
  const metadata = typeof body === "object" && body !== null ? (body as { metadata?: unknown }).metadata : undefined;
  return typeof metadata === "object" && metadata !== null ? (metadata as Recorded) : {};
}

/** Of an object, or of each item of a list. */
function withoutManagedFields(object: unknown): unknown {
  if (typeof object !== "object" || object === null) return object;
  const { metadata, items } = object as { metadata?: Recorded; items?: readonly unknown[] };
  const { managedFields: _managedFields, ...rest } = metadata ?? {};
  return { ...object, ...(metadata === undefined ? {} : { metadata: rest }), ...(Array.isArray(items) ? { items: items.map(withoutManagedFields) } : {}) };
}
