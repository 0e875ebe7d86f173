/** kube-apiserver's --audit-* flags, the same for the log and the webhook, and the backends that they make. */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type AuditMode, auditBackend, auditModes, type BatchLimits, logBatches, webhookBatches } from "../apiserver/audit/backends.ts";
import { type AuditDelegate, Losses } from "../apiserver/audit/delegate.ts";
import { type AuditFormat, auditFormats, FileAuditDelegate } from "../apiserver/audit/file-delegate.ts";
import { parseAuditPolicy } from "../apiserver/audit/policy.ts";
import type { AuditBackend, AuditOptions } from "../apiserver/audit/trail.ts";
import { defaultTruncation, truncating } from "../apiserver/audit/truncate.ts";
import { WebhookAuditDelegate } from "../apiserver/audit/webhook-delegate.ts";
import { post } from "../apiserver/remote/webhook.ts";
import type { Logger } from "../machinery/logger.ts";
import type { ClusterConfig } from "./config.ts";
import type { Layout } from "./layout.ts";
import { systemClock } from "./system-clock.ts";
import { webhookServer } from "./webhook-server.ts";

/** `audit-log-batch-max-size` is the key auditLogBatchMaxSize, as commander makes it. */
interface BackendFlags {
  readonly Mode: AuditMode;
  readonly BatchBufferSize: number;
  readonly BatchMaxSize: number;
  /** Seconds. */
  readonly BatchMaxWait: number;
  readonly BatchThrottleEnable: boolean;
  /** Batches a second. */
  readonly BatchThrottleQps: number;
  readonly BatchThrottleBurst: number;
  readonly TruncateEnabled: boolean;
  /** Bytes. */
  readonly TruncateMaxBatchSize: number;
  readonly TruncateMaxEventSize: number;
}

type LogFlags = { readonly [K in keyof BackendFlags as `auditLog${K}`]?: BackendFlags[K] };
type WebhookFlags = { readonly [K in keyof BackendFlags as `auditWebhook${K}`]?: BackendFlags[K] };

export interface AuditFlags extends LogFlags, WebhookFlags {
  /** `-` for standard output. Default: audit.log among the cluster's logs. */
  readonly auditLogPath?: string;
  readonly auditLogFormat?: AuditFormat;
  readonly auditLogCompress?: boolean;
  /** Days; 0: however old. */
  readonly auditLogMaxage?: number;
  /** Files; 0: however many. */
  readonly auditLogMaxbackup?: number;
  /** Megabytes; 0: however large. */
  readonly auditLogMaxsize?: number;
  readonly auditWebhookConfigFile?: string;
  /** Seconds. */
  readonly auditWebhookInitialBackoff?: number;
}

const backendFlags: readonly (keyof BackendFlags)[] = [
  "Mode",
  "BatchBufferSize",
  "BatchMaxSize",
  "BatchMaxWait",
  "BatchThrottleEnable",
  "BatchThrottleQps",
  "BatchThrottleBurst",
  "TruncateEnabled",
  "TruncateMaxBatchSize",
  "TruncateMaxEventSize",
];

/** All that do not name a file. */
export const auditFlagNames = [
  ...backendFlags.flatMap((flag) => [`auditLog${flag}` as const, `auditWebhook${flag}` as const]),
  "auditLogFormat",
  "auditLogCompress",
  "auditLogMaxage",
  "auditLogMaxbackup",
  "auditLogMaxsize",
  "auditWebhookInitialBackoff",
] as const satisfies readonly (keyof AuditFlags)[];

type Plugin = "Log" | "Webhook";

function flagsOf(flags: AuditFlags, plugin: Plugin): Partial<BackendFlags> {
  return Object.fromEntries(
    backendFlags.map((flag) => [flag, flags[`audit${plugin}${flag}`]]).filter(([, value]) => value !== undefined),
  ) as Partial<BackendFlags>;
}

/** Refuses what no backend could be made of, by the flag's name. */
export function checkAuditFlags(flags: AuditFlags): void {
  for (const plugin of ["Log", "Webhook"] as const) checkBackend(flagsOf(flags, plugin), `--audit-${plugin.toLowerCase()}`);
  if (flags.auditLogFormat !== undefined && !auditFormats.includes(flags.auditLogFormat)) {
    throw new Error(`cannot use ${JSON.stringify(flags.auditLogFormat)} for --audit-log-format: it must be one of ${auditFormats.join(", ")}`);
  }
}

function checkBackend(flags: Partial<BackendFlags>, prefix: string): void {
  const { Mode: mode, TruncateMaxBatchSize: batch = defaultTruncation.maxBatchSize, TruncateMaxEventSize: event = defaultTruncation.maxEventSize } = flags;
  if (mode !== undefined && !auditModes.includes(mode)) {
    throw new Error(`cannot use ${JSON.stringify(mode)} for ${prefix}-mode: it must be one of ${auditModes.join(", ")}`);
  }
  const positive = { "batch-buffer-size": flags.BatchBufferSize, "batch-max-size": flags.BatchMaxSize, "truncate-max-event-size": event } as const;
  for (const [name, value = 1] of Object.entries(positive)) {
    if (!(value > 0)) throw new Error(`cannot use ${value} for ${prefix}-${name}: it must be a positive number`);
  }
  if (flags.BatchThrottleEnable !== false) {
    for (const [name, value = 1] of Object.entries({ "batch-throttle-qps": flags.BatchThrottleQps, "batch-throttle-burst": flags.BatchThrottleBurst })) {
      if (!(value > 0)) throw new Error(`cannot use ${value} for ${prefix}-${name}: it must be a positive number`);
    }
  }
  if (batch < event) throw new Error(`cannot use ${batch} for ${prefix}-truncate-max-batch-size: it must not be less than the largest event (${event})`);
}

/** Undefined without a policy: nothing is audited. */
export function auditOf({ auditPolicy, apiServer = {} }: ClusterConfig, layout: Layout, logger: Logger): AuditOptions | undefined {
  if (auditPolicy === undefined) return undefined;
  const hook =
    apiServer.auditWebhookConfigFile === undefined ? [] : [backend("Webhook", webhookDelegate(apiServer.auditWebhookConfigFile, apiServer), apiServer, logger)];
  return {
    policy: parseAuditPolicy(readFileSync(auditPolicy, "utf8")),
    backends: [backend("Log", fileDelegate(apiServer, layout, logger), apiServer, logger), ...hook],
  };
}

function fileDelegate(flags: AuditFlags, layout: Layout, logger: Logger): AuditDelegate {
  const { auditLogPath, auditLogFormat, auditLogCompress, auditLogMaxage, auditLogMaxbackup, auditLogMaxsize } = flags;
  return new FileAuditDelegate({
    path: auditLogPath ?? join(layout.logs, "audit.log"),
    logger,
    now: systemClock.now,
    ...(auditLogFormat === undefined ? {} : { format: auditLogFormat }),
    ...(auditLogCompress === undefined ? {} : { compress: auditLogCompress }),
    ...(auditLogMaxage === undefined ? {} : { maxAgeDays: auditLogMaxage }),
    ...(auditLogMaxbackup === undefined ? {} : { maxBackups: auditLogMaxbackup }),
    ...(auditLogMaxsize === undefined ? {} : { maxBytes: auditLogMaxsize * 1024 * 1024 }),
  });
}

/** For one batch of events. */
const webhookTimeoutMs = 30_000;

function webhookDelegate(file: string, { auditWebhookInitialBackoff }: AuditFlags): AuditDelegate {
  const server = webhookServer(file, systemClock, webhookTimeoutMs);
  return new WebhookAuditDelegate({
    post: async (body, signal) => void (await post(server, body, signal)),
    clock: systemClock,
    random: Math.random,
    ...(auditWebhookInitialBackoff === undefined ? {} : { initialBackoffMs: auditWebhookInitialBackoff * 1000 }),
  });
}

const defaults = { Log: { mode: "blocking", batches: logBatches }, Webhook: { mode: "batch", batches: webhookBatches } } as const;

function backend(plugin: Plugin, delegate: AuditDelegate, all: AuditFlags, logger: Logger): AuditBackend {
  const flags = flagsOf(all, plugin);
  const losses = new Losses(logger);
  const { mode, batches } = defaults[plugin];
  const limits = {
    maxEventSize: flags.TruncateMaxEventSize ?? defaultTruncation.maxEventSize,
    maxBatchSize: flags.TruncateMaxBatchSize ?? defaultTruncation.maxBatchSize,
  };
  const kept = flags.TruncateEnabled === true ? truncating(delegate, limits, losses) : delegate;
  return auditBackend(flags.Mode ?? mode, { delegate: kept, losses, clock: systemClock }, batchesOf(flags, batches));
}

function batchesOf(flags: Partial<BackendFlags>, { throttle, ...others }: BatchLimits): BatchLimits {
  const isThrottled = flags.BatchThrottleEnable ?? throttle !== undefined;
  const { qps, burst } = throttle ?? webhookBatches.throttle!;
  return {
    bufferSize: flags.BatchBufferSize ?? others.bufferSize,
    maxBatchSize: flags.BatchMaxSize ?? others.maxBatchSize,
    maxBatchWaitMs: flags.BatchMaxWait === undefined ? others.maxBatchWaitMs : flags.BatchMaxWait * 1000,
    parallel: others.parallel,
    ...(isThrottled ? { throttle: { qps: flags.BatchThrottleQps ?? qps, burst: flags.BatchThrottleBurst ?? burst } } : {}),
  };
}

/** Paths are absolute once they are kept; `-` is none. */
export function absoluteLogPath(path: string): string {
  return path === "-" || path === "" ? path : resolve(path);
}
