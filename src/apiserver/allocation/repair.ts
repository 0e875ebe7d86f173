/** Keeps IPAddresses and claims of node ports in step with Services: at start, once a minute, and when an IPAddress is deleted. */
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
import { addClaim, allClaims, dropClaim, type PortStore } from "./port-claims.ts";
import { type PortRange, type PortRepair, planPortRepair } from "./port-repair-plan.ts";
import { planRepair, type Repair } from "./repair-plan.ts";
import { defaultNodePorts } from "./service-allocation.ts";

export interface RepairOptions {
  readonly store: PortStore;
  /** As for the allocator. */
  readonly nodePorts?: PortRange;
  readonly reader: ObjectReader;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

const periodMs = 60_000;
/** Deletions come in bursts; and that of a Service takes its IPAddress along. */
const settleMs = 1_000;

export async function keepAllocationsInStep(options: RepairOptions): Promise<void> {
  const { reader, clock, logger, signal } = options;
  const told = { addresses: new Set<string>(), ports: new Set<string>() };
  let wake = new AbortController();
  reader.subscribe(ipAddresses, (type) => type === "DELETED" && wake.abort(), signal);
  while (!signal.aborted) {
    try {
      await repairAddresses(options, told.addresses);
      await repairPorts(options, told.ports);
    } catch (error) {
      if (!signal.aborted) logger.warn({ err: error }, "cannot repair cluster IPs and node ports; trying again");
    }
    await clock.sleep(periodMs, AbortSignal.any([signal, wake.signal])).catch(() => undefined);
    wake = new AbortController();
    await clock.sleep(settleMs, signal).catch(() => undefined);
  }
}

/** What users are to hear of a repair. */
interface Notice {
  readonly about: KubeObject;
  readonly reason: string;
  readonly message: string;
  readonly action: string;
  readonly controller: string;
}

/** `told` remembers what has been said, so that what stays wrong is said once. */
export async function repairAddresses(options: RepairOptions, told: Set<string>): Promise<void> {
  const { reader, transport, clock, signal } = options;
  const addresses = new Map<string, IPAddress>();
  for (const address of reader.list(ipAddresses)) addresses.set(address.metadata.name, address);
  const ranges = [...reader.list(serviceCIDRs)].flatMap(({ spec }) => spec.cidrs ?? []).flatMap((text) => (isCidr(text) ? [parseCidr(text)] : []));
  // Before the first range is known every address would seem to lie outside.
  if (ranges.length === 0) return;
  const repairs = planRepair(reader.list(services), addresses, ranges, clock.now()).map((repair) => ({
    notice: repair.event && {
      ...repair.event,
      about: repair.about,
      action: repair.event.reason.startsWith("ClusterIP") ? "ClusterIPAllocation" : "IPAddressAllocation",
      controller: "ipallocator-repair-controller",
    },
    perform: () => perform(repair, transport, signal),
  }));
  await carryOut(options, repairs, told);
}

/** The same for node ports. */
export async function repairPorts(options: RepairOptions, told: Set<string>): Promise<void> {
  const { store, reader, nodePorts = defaultNodePorts } = options;
  const claims = await allClaims(store);
  // The cache has then come at least to where the claims were read.
  await reader.getFresh(services, "default", "kubernetes");
  const repairs = planPortRepair(reader.list(services), claims, nodePorts).map((repair) => ({
    notice: repair.event && { ...repair.event, action: "PortAllocation", controller: "portallocator-repair-controller" },
    perform: () => performPort(repair, store),
  }));
  await carryOut(options, repairs, told);
}

async function carryOut(
  { transport, clock, signal }: RepairOptions,
  repairs: readonly { readonly notice: Notice | undefined; perform(): Promise<boolean> }[],
  told: Set<string>,
): Promise<void> {
  const said = new Set<string>();
  for (const { notice, perform } of repairs) {
    const key = `${notice?.about.metadata.uid} ${notice?.message}`;
    said.add(key);
    if (!(await perform()) || notice === undefined || told.has(key)) continue;
    await transport.create({ resource: events, namespace: notice.about.metadata.namespace ?? "default" }, eventOf(notice, clock.now()), {}, signal);
    told.add(key);
  }
  for (const key of told) if (!said.has(key)) told.delete(key);
}

/** False when a write was faster. */
async function performPort({ port, remove, create }: PortRepair, store: PortStore): Promise<boolean> {
  if (remove !== undefined && !(await dropClaim(store, remove))) return false;
  return create === undefined || addClaim(store, port, create);
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

/** As recorders of events.k8s.io write them. */
function eventOf({ about, reason, message, action, controller }: Notice, nowMs: number): Draft<Event> {
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
    action,
    message,
    eventTime: new Date(nowMs).toISOString().replace("Z", "000Z"),
    reportingComponent: controller,
    reportingInstance: `${controller}-${hostname()}`,
  };
}
