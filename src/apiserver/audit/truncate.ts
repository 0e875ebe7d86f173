/** Events that are too large lose what their request and answer hold; batches that are too large are cut up (--audit-*-truncate-*). */
import { stringifyJson } from "../../machinery/json-codec.ts";
import type { AuditDelegate, Losses } from "./delegate.ts";
import type { AuditEvent } from "./trail.ts";

/** Bytes of JSON. */
export interface TruncateLimits {
  readonly maxEventSize: number;
  readonly maxBatchSize: number;
}

export const defaultTruncation: TruncateLimits = { maxEventSize: 100 * 1024, maxBatchSize: 10 * 1024 * 1024 };

/** The same delegate, for events and batches within the limits. What is too large even without its objects is lost. */
export function truncating(delegate: AuditDelegate, limits: TruncateLimits, losses: Losses): AuditDelegate {
  return {
    plugin: delegate.plugin,
    process: async (events, ending) => {
      const { batches, lost } = withinLimits(events, limits);
      if (lost.length > 0) losses.report("truncate", new Error("event is too large even after truncating"), lost);
      for (const batch of batches) await delegate.process(batch, ending);
    },
    close: () => delegate.close(),
  };
}

export function withinLimits(events: readonly AuditEvent[], { maxEventSize, maxBatchSize }: TruncateLimits): { batches: AuditEvent[][]; lost: AuditEvent[] } {
  const batches: AuditEvent[][] = [];
  const lost: AuditEvent[] = [];
  let batchSize = Number.POSITIVE_INFINITY;
  for (const whole of events) {
    const event = sizeOf(whole) > maxEventSize && holdsObjects(whole) ? withoutObjects(whole) : whole;
    const size = sizeOf(event);
    if (size > maxEventSize) {
      lost.push(event);
      continue;
    }
    if (batchSize + size > maxBatchSize) {
      batches.push([]);
      batchSize = 0;
    }
    batches.at(-1)!.push(event);
    batchSize += size;
  }
  return { batches, lost };
}

function sizeOf(event: AuditEvent): number {
  return Buffer.byteLength(stringifyJson(event));
}

function holdsObjects({ level }: AuditEvent): boolean {
  return level === "Request" || level === "RequestResponse";
}

function withoutObjects({ requestObject: _request, responseObject: _response, annotations, ...event }: AuditEvent): AuditEvent {
  return { ...event, annotations: { ...(annotations as object | undefined), "audit.k8s.io/truncated": "true" } } as AuditEvent;
}
