/** What one write needs to know of the request it serves, and the registry's standing dependencies. */
import type { StrategyContext } from "../../api/resource.ts";
import type { Clock, Random } from "../../machinery/clock.ts";
import type { Logger } from "../../machinery/logger.ts";
import { timeText } from "../../machinery/time.ts";
import type { Store } from "../../storage/store.ts";
import type { AdmissionChain } from "../admission-chain.ts";
import type { UserInfo, WriteHook } from "../contract.ts";
import type { Follower } from "../watch-cache/follower.ts";
import type { Pause } from "./pause.ts";
import type { ResourceStore } from "./resource-store.ts";

export interface RegistryContext {
  readonly follower: Follower;
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly admission: AdmissionChain;
  readonly hooks: readonly WriteHook[];
  /** Default an hour. */
  readonly eventTtlSeconds?: number;
  /** Whether watches may begin with a list (KEP-3157). Default true. */
  readonly watchList?: boolean;
  /** Of watches; see SessionContext. */
  readonly minRequestTimeoutSeconds?: number;
}

export interface WriteRequest {
  readonly resource: ResourceStore;
  readonly namespace: string;
  /** "" for create. */
  readonly name: string;
  readonly subresource: string;
  readonly user: UserInfo;
  readonly dryRun: boolean;
  /** fieldManager, or what stands before the first slash of the User-Agent. */
  readonly fieldManager: string;
  /** CreateOptions, UpdateOptions, PatchOptions or DeleteOptions as sent: for admission. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly signal: AbortSignal;
  /** Called between the steps of the write. */
  readonly pause: Pause;
  /** False for writes of the server itself, past admission. */
  readonly admitted: boolean;
  warn(text: string): void;
  annotate(key: string, value: string): void;
}

export function strategyContext(context: RegistryContext, request: WriteRequest): StrategyContext {
  return { now: context.clock.now(), user: request.user };
}

/** RFC 3339 in whole seconds, as metadata timestamps are. */
export function timestamp(milliseconds: number): string {
  return timeText(milliseconds);
}
