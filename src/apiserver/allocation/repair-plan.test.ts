import assert from "node:assert/strict";
import { test } from "node:test";
import type { Service } from "../../api/core/v1/service.ts";
import type { IPAddress } from "../../api/networking/v1/ip-address.ts";
import { timeText } from "../../machinery/time.ts";
import { object } from "../authentication/fixtures.ts";
import { ipAddressOf } from "./address-claims.ts";
import { parseCidr } from "./ip-range.ts";
import { planRepair } from "./repair-plan.ts";

const ranges = ["10.0.0.0/8", "fd00::/112"].map(parseCidr);
const now = Date.UTC(2026, 0, 1);
const service = (name: string, ...clusterIPs: string[]) => object<Service>("Service", name, "shop", { spec: { type: "ClusterIP", clusterIPs } });

function address(text: string, owner: Service, { ageMs = 0, labels }: { ageMs?: number; labels?: Record<string, string> } = {}): [string, IPAddress] {
  const { metadata, spec } = ipAddressOf(text, owner);
  const creationTimestamp = timeText(now - ageMs);
  return [
    text,
    object<IPAddress>("IPAddress", text, "", { metadata: { ...metadata, ...(labels && { labels }), creationTimestamp }, spec } as Partial<IPAddress>),
  ];
}

const a = service("a", "10.0.0.1");
const b = service("b", "10.0.0.1");
const gone = service("gone", "10.0.0.9");

function gatewayAddress(text: string): [string, IPAddress] {
  const [name, found] = address(text, a);
  return [name, { ...found, spec: { parentRef: { group: "gateway.networking.k8s.io", resource: "gateways", namespace: "n", name: "g" } } }];
}

/** What is written, and who is told what for a reason. */
const scenarios: readonly { name: string; services: Service[]; addresses: [string, IPAddress][]; repairs: string[] }[] = [
  { name: "in step", services: [a], addresses: [address("10.0.0.1", a)], repairs: [] },
  { name: "headless and external Services have none", services: [service("h", "None")], addresses: [], repairs: [] },
  { name: "an IPAddress is missing", services: [a], addresses: [], repairs: ["+10.0.0.1 for a: Service a ClusterIPNotAllocated"] },
  {
    name: "both families",
    services: [service("d", "10.0.0.4", "fd00::0:4")],
    addresses: [],
    repairs: ["+10.0.0.4 for d: Service d ClusterIPNotAllocated", "+fd00::4 for d: Service d ClusterIPNotAllocated"],
  },
  {
    name: "it names a Service that does not have it",
    services: [a],
    addresses: [address("10.0.0.1", gone)],
    repairs: ["-10.0.0.1 +10.0.0.1 for a: Service a ClusterIPNotAllocated"],
  },
  {
    name: "it is not the allocator's",
    services: [a],
    addresses: [address("10.0.0.1", a, { labels: {} })],
    repairs: ["-10.0.0.1 +10.0.0.1 for a: Service a silently"],
  },
  {
    name: "two have one address: it is whose name it bears",
    services: [a, b],
    addresses: [address("10.0.0.1", b)],
    repairs: ["Service a ClusterIPAlreadyAllocated"],
  },
  {
    name: "two have one address that nobody holds: the first has it",
    services: [a, b],
    addresses: [],
    repairs: ["+10.0.0.1 for a: Service a ClusterIPNotAllocated", "Service b ClusterIPAlreadyAllocated"],
  },
  { name: "its Service may be on its way", services: [], addresses: [address("10.0.0.9", gone, { ageMs: 59_000 })], repairs: [] },
  {
    name: "it leaked",
    services: [],
    addresses: [address("10.0.0.9", gone, { ageMs: 60_000 })],
    repairs: ["-10.0.0.9: IPAddress 10.0.0.9 IPAddressNotAllocated"],
  },
  {
    name: "no range has it",
    services: [service("far", "192.168.0.1")],
    addresses: [],
    repairs: ["Service far ClusterIPOutOfRange"],
  },
  {
    name: "its Service has another address, and maybe gets this one",
    services: [a],
    addresses: [address("10.0.0.1", a), address("10.0.0.2", a, { ageMs: 9_000 })],
    repairs: [],
  },
  {
    name: "its Service has another address",
    services: [a],
    addresses: [address("10.0.0.1", a), address("10.0.0.2", a, { ageMs: 10_000 })],
    repairs: ["-10.0.0.2: IPAddress 10.0.0.2 IPAddressWrongReference"],
  },
  {
    name: "it is the allocator's and names no Service",
    services: [],
    addresses: [gatewayAddress("10.0.0.3")],
    repairs: ["-10.0.0.3: IPAddress 10.0.0.3 IPAddressNotAllocated"],
  },
  { name: "others' are left alone", services: [], addresses: [address("10.0.0.9", gone, { ageMs: 1e9, labels: { mine: "yes" } })], repairs: [] },
];

for (const { name, services, addresses, repairs } of scenarios) {
  test(`repair: ${name}`, () => {
    const planned = planRepair(services, new Map(addresses), ranges, now).map(({ remove, create, about, event }) => {
      const writes = [
        ...(remove === undefined ? [] : [`-${remove.metadata.name}`]),
        ...(create === undefined ? [] : [`+${create.metadata.name} for ${create.spec.parentRef.name}`]),
      ];
      return `${writes.length === 0 ? "" : `${writes.join(" ")}: `}${about.kind} ${about.metadata.name} ${event?.reason ?? "silently"}`;
    });
    assert.deepEqual(planned, repairs);
  });
}

test("what users are told", () => {
  const text = (services: Service[], addresses: [string, IPAddress][]) =>
    planRepair(services, new Map(addresses), ranges, now).map(({ event }) => event?.message);
  assert.deepEqual(text([a], []), ["Cluster IP [IPv4]: 10.0.0.1 is not allocated; repairing"]);
  assert.deepEqual(text([a], [address("10.0.0.1", gone)]), ["the ClusterIP [IPv4]: 10.0.0.1 for Service shop/a has a wrong reference; repairing"]);
  assert.deepEqual(text([a, b], [address("10.0.0.1", a)]), ["Cluster IP [IPv4]:10.0.0.1 was assigned to multiple services; please recreate service"]);
  assert.deepEqual(text([], [gatewayAddress("10.0.0.3")]), [
    "IPAddress 10.0.0.3 appears to have been modified, not referencing a Service &{gateway.networking.k8s.io gateways n g}: cleaning up",
  ]);
});
