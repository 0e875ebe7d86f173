/** A request on its way through the chain, and what comes out of it, before any wire form. */
import type { AnyResourceDefinition } from "../api/resource.ts";
import type { KubeObject } from "../machinery/object.ts";
import type { MessageSchema } from "../machinery/schema.ts";
import type { Status } from "../machinery/status.ts";
import type { TableColumn } from "../machinery/table.ts";
import type { RequestContext } from "./contract.ts";
import type { Body } from "./registry/decode.ts";
import type { ListResult } from "./registry/read.ts";
import type { ResourceStore } from "./registry/resource-store.ts";
import type { StoredObject } from "./registry/stored-object.ts";
import type { WatchSession } from "./watch-cache/session.ts";

export interface ApiCall extends RequestContext {
  /** Undefined when there is none. Read from the wire only when asked for. */
  body(): Promise<Body | undefined>;
  /** Product name of the User-Agent; the field manager of those that name none. */
  readonly userAgent: string;
}

/** What the wire forms of an object that is no resource of its own need to know of its kind. */
export interface ObjectForm {
  readonly schema: MessageSchema;
  /** Absent for what has no Table. */
  readonly columns?: readonly TableColumn<KubeObject>[];
}

export type ApiResult =
  | { readonly type: "object"; readonly code: number; readonly definition: AnyResourceDefinition; readonly object: StoredObject | KubeObject }
  /** The object of a subresource or virtual kind, or a Status. */
  | { readonly type: "plain"; readonly code: number; readonly form: ObjectForm; readonly object: KubeObject | Omit<Status, "code"> }
  | { readonly type: "list"; readonly resource: ResourceStore; readonly list: ListResult }
  | { readonly type: "plainList"; readonly definition: AnyResourceDefinition; readonly items: readonly KubeObject[] }
  | WatchResult;

export interface WatchResult {
  readonly type: "watch";
  readonly resource: ResourceStore;
  readonly watch: WatchSession;
}

/** Everything that is answered in one piece. */
export type SingleResult = Exclude<ApiResult, WatchResult>;
