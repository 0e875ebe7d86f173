/** What a proxy backend is: something that makes the machine's packet filter agree with plans. */
import type { ServicePortPlan } from "./plan.ts";

/** What an application wrote: everything, or what differs, which may be nothing. */
export type Applied = "full" | "partial";

export interface ProxyBackend {
  readonly name: "nftables" | "iptables" | "userspace";
  /** Idempotent and atomic. After a rejection the next call starts from scratch. */
  apply(plans: readonly ServicePortPlan[], signal: AbortSignal): Promise<Applied>;
  /** Removes everything that apply ever made. */
  clear(signal: AbortSignal): Promise<void>;
}

/** Runs a program with text on its standard input; rejects with what it said when it fails. */
export type RunProgram = (program: string, args: readonly string[], input: string, signal: AbortSignal) => Promise<string>;
