/** Keeps IPAddresses in step with Services: at start, once a minute, and when one is deleted. */
import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { type Event, events } from "../../api/core/v1/event.ts";
import { services } from "../../api/core/v1/service.ts";
import { type IPAddress, ipAddresses } from "../../api/networking/v1/ip-address.ts";
import { serviceCIDRs } from "../../api/networking/v1/service-cidr.ts";
import type { Clock } from "../../machinery/clock.ts";
import type { Logger } from "../../machinery/logger.ts";
import type { Draft, KubeObject } from "../../machinery/object.ts";
import { StatusError } from "../../machinery/status.ts";
import type { Transport } from "../../machinery/transport.ts";
import type { ObjectReader } from "../contract.ts";
import { isCidr, parseCidr } from "./ip-range.ts";
import { planRepair, type Repair } from "./repair-plan.ts";

export interface RepairOptions {
  readonly reader: ObjectReader;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

const periodMs = 60_000;
/** Deletions come in bursts; and that of a Service takes its IPAddress along. */
const settleMs = 1_000;

export async function keepAddressesInStep(options: RepairOptions): Promise<void> {
  const { reader, clock, logger, signal } = options;
  const told = new Set<string>();
  let wake = new AbortController();
  reader.subscribe(ipAddresses, (type) => type === "DELETED" && wake.abort(), signal);
  while (!signal.aborted) {
    try {
      await repairOnce(options, told);
    } catch (error) {
      if (!signal.aborted) logger.warn({ err: error }, "cannot repair cluster IPs; trying again");
    }
    await clock.sleep(periodMs, AbortSignal.any([signal, wake.signal])).catch(() => undefined);
    wake = new AbortController();
    await clock.sleep(settleMs, signal).catch(() => undefined);
  }
}

/** `told` remembers what has been said, so that what stays wrong is said once. */
export async function repairOnce({ reader, transport, clock, signal }: RepairOptions, told: Set<string>): Promise<void> {
  const addresses = new Map<string, IPAddress>();
  for (const address of reader.list(ipAddresses)) addresses.set(address.metadata.name, address);
  const ranges = [...reader.list(serviceCIDRs)].flatMap(({ spec }) => spec.cidrs ?? []).flatMap((text) => (isCidr(text) ? [parseCidr(text)] : []));
  // Before the first range is known every address would seem to lie outside.
  if (ranges.length === 0) return;
  const repairs = planRepair(reader.list(services), addresses, ranges, clock.now());
  const said = new Set<string>();
  for (const repair of repairs) {
    const { about, event } = repair;
    const key = `${about.metadata.uid} ${event?.message}`;
    said.add(key);
    if (!(await perform(repair, transport, signal)) || event === undefined || told.has(key)) continue;
    await transport.create({ resource: events, namespace: about.metadata.namespace ?? "default" }, eventOf(about, event, clock.now()), {}, signal);
    told.add(key);
  }
  for (const key of told) if (!said.has(key)) told.delete(key);
}

/** False when somebody, another server perhaps, was faster: the next round looks again. */
async function perform({ remove, create }: Repair, transport: Transport, signal: AbortSignal): Promise<boolean> {
  try {
    if (remove !== undefined) {
      const { name, uid, resourceVersion = "" } = remove.metadata;
      await transport.delete({ resource: ipAddresses, name }, { preconditions: { uid, resourceVersion } }, signal);
    }
    if (create !== undefined) await transport.create({ resource: ipAddresses }, create, {}, signal);
    return true;
  } catch (error) {
    if (error instanceof StatusError && (error.code === 409 || error.code === 404)) return false;
    throw error;
  }
}

const controller = "ipallocator-repair-controller";

/** As recorders of events.k8s.io write them. */
function eventOf(about: KubeObject, { reason, message }: NonNullable<Repair["event"]>, nowMs: number): Draft<Event> {
  const { kind, apiVersion, metadata } = about;
  const { name, namespace, uid, resourceVersion } = metadata;
  return {
    metadata: { name: `${name}.${randomBytes(8).toString("hex")}`, namespace: namespace ?? "default" },
    involvedObject: {
      kind,
      apiVersion,
      name,
      ...(namespace === undefined ? {} : { namespace }),
      uid,
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    },
    type: "Warning",
    reason,
    action: reason.startsWith("ClusterIP") ? "ClusterIPAllocation" : "IPAddressAllocation",
    message,
    eventTime: new Date(nowMs).toISOString().replace("Z", "000Z"),
    reportingComponent: controller,
    reportingInstance: `${controller}-${hostname()}`,
  };
}
