import assert from "node:assert/strict";
import { test } from "node:test";
import type { Service } from "../../api/core/v1/service.ts";
import { object } from "../authentication/fixtures.ts";
import type { PortClaim } from "./port-claims.ts";
import { planPortRepair } from "./port-repair-plan.ts";

const range = { from: 30_000, to: 32_767 };
const service = (name: string, ...nodePorts: number[]) =>
  object<Service>("Service", name, "shop", {
    metadata: { uid: name },
    spec: { type: "NodePort", ports: nodePorts.map((nodePort, index) => ({ port: index + 1, protocol: "TCP", nodePort })) },
  });
const claim = (port: number, uid: string): PortClaim => ({ port, uid, modRevision: 7 });

const scenarios: readonly { name: string; services: Service[]; claims: PortClaim[]; repairs: string[] }[] = [
  { name: "in step", services: [service("a", 30_080)], claims: [claim(30_080, "a")], repairs: [] },
  { name: "the same port for two protocols is one port", services: [service("a", 30_053, 30_053)], claims: [claim(30_053, "a")], repairs: [] },
  {
    name: "from before there were claims",
    services: [service("a", 30_080, 30_081)],
    claims: [],
    repairs: ["+30080 for a; a: Port 30080 is not allocated; repairing", "+30081 for a; a: Port 30081 is not allocated; repairing"],
  },
  { name: "nobody's claim goes", services: [service("a")], claims: [claim(30_080, "gone")], repairs: ["-30080"] },
  {
    name: "a claim of one who has it not goes to the one who has",
    services: [service("a", 30_080), service("b")],
    claims: [claim(30_080, "b")],
    repairs: ["-30080 +30080 for a; a: Port 30080 is not allocated; repairing"],
  },
  {
    name: "of two the one that claims it keeps it",
    services: [service("a", 30_080), service("b", 30_080)],
    claims: [claim(30_080, "b")],
    repairs: ["a: Port 30080 was assigned to multiple services; please recreate service"],
  },
  {
    name: "of two without a claim the first has it",
    services: [service("a", 30_080), service("b", 30_080)],
    claims: [],
    repairs: ["+30080 for a; a: Port 30080 is not allocated; repairing", "b: Port 30080 was assigned to multiple services; please recreate service"],
  },
  {
    name: "outside of the range nothing can be done",
    services: [service("a", 8080)],
    claims: [],
    repairs: ["a: Port 8080 is not within the port range 30000-32767; please recreate service"],
  },
];

for (const { name, services, claims, repairs } of scenarios) {
  test(`repair of node ports: ${name}`, () => {
    const planned = planPortRepair(services, claims, range).map(({ port, remove, create, event }) => {
      const writes = [...(remove === undefined ? [] : [`-${remove.port}`]), ...(create === undefined ? [] : [`+${port} for ${create.metadata.name}`])];
      return [...(writes.length === 0 ? [] : [writes.join(" ")]), ...(event === undefined ? [] : [`${event.about.metadata.name}: ${event.message}`])].join(
        "; ",
      );
    });
    assert.deepEqual(planned, repairs);
  });
}
