/** What every service of the server works with. */
import type { Clock } from "../../machinery/clock.ts";
import type { Logger } from "../../machinery/logger.ts";
import type { MvccStore } from "../mvcc/mvcc-store.ts";
import type { Limits } from "./check.ts";
import type { Header } from "./protocol.ts";

/**
 * The etcd that this server passes for: the first with progress notifications that clients trust (see ../etcd/version.ts),
 * so that Kubernetes' API server uses them here too.
 */
export const EMULATED_VERSION = "3.5.13";

/** Any number that no uint64 trouble of JavaScript touches; there is only ever one member. */
export const MEMBER_ID = 0xc0_4ac1e;
const CLUSTER_ID = 0xc0_4ac1e_c1;
/** One leader since ever. */
export const RAFT_TERM = 1;

export interface ServerContext {
  readonly store: MvccStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits: Limits;
  /** Milliseconds between the notifications of a watch that asked for them and has nothing else to say. */
  readonly progressIntervalMs: number;
  /** Member name, and where clients reach it. */
  readonly name: string;
  clientUrls(): readonly string[];
  /** Aborts when the server stops: streams end. */
  readonly stopping: AbortSignal;
  /** Whether the last write failed for want of room: then the alarm is on, until a write succeeds. */
  readonly space: { exceeded: boolean };
  /** For snapshots on their way. */
  readonly temporaryFolder: string;
}

/** The revision is the store's newest where none is given. */
export function header(context: ServerContext, revision = context.store.revision): Header {
  return { cluster_id: CLUSTER_ID, member_id: MEMBER_ID, revision, raft_term: RAFT_TERM };
}
