import assert from "node:assert/strict";
import { test } from "node:test";
import type { IPAddress } from "../../api/networking/v1/ip-address.ts";
import type { ServiceCIDR } from "../../api/networking/v1/service-cidr.ts";
import { ipAddresses, serviceCIDRs } from "../../client/resources.ts";
import { timeText } from "../../machinery/time.ts";
import { controllerScene } from "../../testing/controller-scene.ts";
import { decideServiceCIDR, finalizer } from "./decide.ts";
import { serviceCIDRController } from "./service-cidr-controller.ts";

const now = Date.UTC(2026, 0, 1);
const ready = { type: "Ready", status: "True", reason: "", message: "", lastTransitionTime: timeText(now) };

interface Facts {
  finalizers?: string[];
  deletedMsAgo?: number;
  conditions?: object[];
}

function range(name: string, cidrs: string[], { finalizers = [finalizer], deletedMsAgo, conditions }: Facts = {}): ServiceCIDR {
  const deletion = deletedMsAgo === undefined ? {} : { deletionTimestamp: timeText(now - deletedMsAgo) };
  return { metadata: { name, finalizers, ...deletion }, spec: { cidrs }, ...(conditions && { status: { conditions } }) } as unknown as ServiceCIDR;
}

const address = (name: string) => ({ metadata: { name } }) as unknown as IPAddress;
const small = ["10.1.0.0/24"];

const scenarios: readonly [name: string, own: ServiceCIDR, others: ServiceCIDR[], addresses: string[], decision: string][] = [
  ["new", range("a", small, { finalizers: [] }), [], [], "protect"],
  ["protected", range("a", small), [], [], "report True "],
  ["reported", range("a", small, { conditions: [ready] }), [], [], "nothing"],
  ["deleted, unused, at once", range("a", small, { deletedMsAgo: 0 }), [], [], "wait 10000"],
  ["deleted, unused, after the grace", range("a", small, { deletedMsAgo: 10_000 }), [], ["10.2.0.1"], "release"],
  ["deleted, used", range("a", small, { deletedMsAgo: 60_000, conditions: [ready] }), [], ["10.1.0.9"], "report False Terminating"],
  ["deleted, used, all in a wider range", range("a", small, { deletedMsAgo: 60_000 }), [range("b", ["10.0.0.0/8"])], ["10.1.0.9"], "release"],
  [
    "deleted, used, the wider range goes too",
    range("a", small, { deletedMsAgo: 60_000 }),
    [range("b", ["10.0.0.0/8"], { deletedMsAgo: 0 })],
    ["10.1.0.9"],
    "report False Terminating",
  ],
  ["deleted, its used part lies in a narrower range", range("a", small, { deletedMsAgo: 60_000 }), [range("b", ["10.1.0.0/28"])], ["10.1.0.9"], "release"],
  ["deleted, the second family is used", range("a", [...small, "fd00::/112"], { deletedMsAgo: 60_000 }), [], ["fd00::5"], "report False Terminating"],
  ["deleted, held by somebody else's finalizer", range("a", small, { deletedMsAgo: 60_000, finalizers: ["x/y"] }), [], [], "nothing"],
];

for (const [name, own, others, addresses, expected] of scenarios) {
  test(`a service CIDR that is ${name}`, () => {
    const decision = decideServiceCIDR(own, others, addresses.map(address), now);
    const rest = decision.do === "wait" ? [decision.ms] : decision.do === "report" ? [decision.status, decision.reason] : [];
    assert.equal([decision.do, ...rest].join(" "), expected);
  });
}

test("a range is protected and ready, stays while an address is used, and goes after it", async () => {
  const { api, clock, start, settle, end } = controllerScene();
  const labels = { "ipaddress.kubernetes.io/managed-by": "ipallocator.k8s.io" };
  api.put(ipAddresses, { metadata: { name: "10.1.0.9", labels }, spec: { parentRef: { resource: "services", name: "web" } } });
  api.put(serviceCIDRs, { metadata: { name: "extra" }, spec: { cidrs: small } });
  const now = () => api.all(serviceCIDRs)[0];
  await start(serviceCIDRController);
  await settle();
  assert.deepEqual(now()?.metadata.finalizers, [finalizer]);
  assert.equal(now()?.status?.conditions?.[0]?.status, "True");
  api.put(serviceCIDRs, { ...now()!, metadata: { ...now()!.metadata, deletionTimestamp: timeText(clock.now()) } });
  await settle(20_000);
  assert.deepEqual([now()?.status?.conditions?.[0]?.status, now()?.status?.conditions?.[0]?.reason], ["False", "Terminating"]);
  api.remove(ipAddresses, "", "10.1.0.9");
  await settle();
  assert.equal(now(), undefined);
  await end();
});
