/** Ranges of cluster IPs: says that they are ready, and holds those back whose addresses are still in use. */
import type { IPAddress } from "../../api/networking/v1/ip-address.ts";
import type { ServiceCIDR } from "../../api/networking/v1/service-cidr.ts";
import type { ComponentContext } from "../../client/component.ts";
import { isConflict, isNotFound } from "../../client/errors.ts";
import { ipAddresses, serviceCIDRs } from "../../client/resources.ts";
import { cidrContains, parseIp } from "../../machinery/ip.ts";
import { timeText } from "../../machinery/time.ts";
import type { Controller } from "../controller.ts";
import { createQueue, runLoop } from "../shared/loop.ts";
import { cidrsOf, decideServiceCIDR, finalizer, type ServiceCIDRDecision } from "./decide.ts";

/** Addresses that others made hold no range back. */
const allocated = "ipaddress.kubernetes.io/managed-by=ipallocator.k8s.io";

export const serviceCIDRController: Controller = {
  name: "service-cidr-controller",
  account: "service-cidrs-controller",
  run: (context) => {
    const ranges = context.informers.informer(serviceCIDRs);
    const addresses = context.informers.informer(ipAddresses, { labelSelector: allocated });
    const queue = createQueue(context);
    // A range that comes or goes may free another, or be the one that another relied on.
    const enqueueAll = () => {
      for (const { metadata } of ranges.list()) queue.add(metadata.name);
    };
    ranges.addHandler({ add: enqueueAll, update: enqueueAll, delete: enqueueAll });
    addresses.addHandler({
      delete: ({ metadata }: IPAddress) => {
        const ip = parseIp(metadata.name);
        for (const range of ranges.list()) {
          const isGoing = range.metadata.deletionTimestamp !== undefined;
          if (isGoing && ip !== undefined && cidrsOf(range).some((cidr) => cidrContains(cidr, ip))) queue.add(range.metadata.name);
        }
      },
    });
    const reconcile = async (name: string) => {
      const range = ranges.get(name);
      if (range === undefined) return undefined;
      const others = [...ranges.list()].filter(({ metadata }) => metadata.name !== name);
      const decision = decideServiceCIDR(range, others, addresses.list(), context.clock.now());
      if (decision.do === "wait") return { afterMs: decision.ms };
      try {
        await perform(context, range, decision);
      } catch (error) {
        // What changed meanwhile brings it back here.
        if (!isNotFound(error) && !isConflict(error)) throw error;
      }
      return undefined;
    };
    return runLoop(context, { queue, reconcile });
  },
};

async function perform({ client, clock }: ComponentContext, range: ServiceCIDR, decision: ServiceCIDRDecision): Promise<void> {
  const objects = client.of(serviceCIDRs);
  const { finalizers = [] } = range.metadata;
  const withFinalizers = (names: string[]) => objects.update({ ...range, metadata: { ...range.metadata, finalizers: names } });
  if (decision.do === "protect") await withFinalizers([...finalizers, finalizer]);
  if (decision.do === "release") await withFinalizers(finalizers.filter((name) => name !== finalizer));
  if (decision.do !== "report") return;
  const { status, reason, message } = decision;
  const condition = { type: "Ready", status, reason, message, lastTransitionTime: timeText(clock.now()) };
  await objects.patch(range.metadata.name, { status: { conditions: [condition] } }, { type: "strategic" }, "status");
}
