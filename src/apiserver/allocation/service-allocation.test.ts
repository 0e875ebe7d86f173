import assert from "node:assert/strict";
import { test } from "node:test";
import { type Service, type ServicePort, services } from "../../api/core/v1/service.ts";
import { type ServiceCIDR, serviceCIDRs } from "../../api/networking/v1/service-cidr.ts";
import { StatusError } from "../../machinery/status.ts";
import { createMemoryStore } from "../../storage/memory/index.ts";
import { VirtualClock } from "../../testing/virtual-clock.ts";
import { FakeReader } from "../admission/fake-reader.ts";
import { object } from "../authentication/fixtures.ts";
import type { AddressClaims } from "./address-claims.ts";
import { addressBand, pickFree, portBand } from "./bands.ts";
import { serviceAllocationHook } from "./service-allocation.ts";

type Spec = Partial<Service["spec"]>;

function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

/** IPAddresses in a map from address to the Service's name. */
function claimsIn(claimed: Map<string, string>): AddressClaims {
  return {
    claim: async (address, { metadata }) => !claimed.has(address) && claimed.set(address, metadata.name).has(address),
    release: async (address, { metadata }) => void (claimed.get(address) === metadata.name && claimed.delete(address)),
  };
}

function setup(...cidrs: string[]) {
  const reader = new FakeReader().put(serviceCIDRs, object<ServiceCIDR>("ServiceCIDR", "kubernetes", "", { spec: { cidrs } }));
  const ended = new AbortController();
  const claimed = new Map<string, string>();
  const store = createMemoryStore({ clock: new VirtualClock() });
  const hook = serviceAllocationHook(reader, { store, random: seededRandom(42), claims: claimsIn(claimed), signal: ended.signal });
  let counter = 0;
  /** With both fields of the address, as the registry's own preparation leaves them. */
  const make = (name: string, spec: Spec, uid = `uid-${++counter}`): Service => {
    const { clusterIP = spec.clusterIPs?.[0], clusterIPs = clusterIP === undefined ? undefined : [clusterIP] } = spec;
    const both = clusterIP === undefined || clusterIPs === undefined ? {} : { clusterIP, clusterIPs };
    return object<Service>("Service", name, "shop", { metadata: { uid }, spec: { type: "ClusterIP", ...spec, ...both } });
  };
  /** As the registry does it: hook, store, commit; what the hook throws is the answer. */
  const write = async (service: Service, old?: Service): Promise<Service> => {
    const reservation = await hook.prepare(old === undefined ? "CREATE" : "UPDATE", service, old, false);
    reader.put(services, structuredClone(service));
    await reservation.commit();
    return service;
  };
  const remove = async (service: Service): Promise<void> => {
    const reservation = await hook.prepare("DELETE", undefined, service, false);
    reader.remove(services, `shop/${service.metadata.name}`);
    await reservation.commit();
  };
  return { reader, claimed, hook, make, write, remove };
}

const port = (number: number, rest: Partial<ServicePort> = {}): ServicePort => ({ port: number, protocol: "TCP", ...rest });

async function refusal(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "";
  } catch (error) {
    return error instanceof StatusError ? `${error.code} ${error.message}` : String(error);
  }
}

test("a Service gets an address of the range's upper band, both fields and its families", async () => {
  const { make, write } = setup("10.96.0.0/12");
  const { spec } = await write(make("a", {}));
  assert.deepEqual([spec.ipFamilies, spec.ipFamilyPolicy, spec.clusterIPs], [["IPv4"], "SingleStack", [spec.clusterIP]]);
  const [, , third = 0, fourth = 0] = (spec.clusterIP ?? "").split(".").map(Number);
  assert.ok(third * 256 + fourth > 256, spec.clusterIP ?? "none");
});

test("an address is had once, whoever asks, and comes back with its Service", async () => {
  const { make, write, remove } = setup("10.96.0.0/16");
  const first = await write(make("a", { clusterIP: "10.96.0.10", clusterIPs: ["10.96.0.10"] }));
  assert.equal(
    await refusal(write(make("b", { clusterIPs: ["10.96.0.10"] }))),
    '422 Service "b" is invalid: spec.clusterIPs: Invalid value: ["10.96.0.10"]: failed to allocate IP 10.96.0.10: provided IP is already allocated',
  );
  assert.match(
    await refusal(write(make("b", { clusterIPs: ["192.168.0.1"] }))),
    /failed to allocate IP 192.168.0.1: the provided network does not match the current range$/,
  );
  for (const edge of ["10.96.0.0", "10.96.255.255"]) assert.match(await refusal(write(make("b", { clusterIPs: [edge] }))), /does not match the current range$/);
  await remove(first);
  assert.equal((await write(make("b", { clusterIPs: ["10.96.0.10"] }))).spec.clusterIP, "10.96.0.10");
});

test("a full range says so, and every address is given out before", async () => {
  const { make, write } = setup("10.0.0.0/28");
  const given = new Set<string>();
  for (let index = 0; index < 14; index++) given.add((await write(make(`s${index}`, {}))).spec.clusterIP ?? "");
  assert.equal(given.size, 14);
  assert.equal(await refusal(write(make("more", {}))), "500 Internal error occurred: failed to allocate a serviceIP: range is full");
});

test("a second ServiceCIDR is used when the first is full", async () => {
  const { make, write, reader } = setup("10.0.0.0/30");
  await write(make("a", {}));
  await write(make("b", {}));
  reader.put(serviceCIDRs, object<ServiceCIDR>("ServiceCIDR", "more", "", { spec: { cidrs: ["10.9.0.0/24"] } }));
  assert.match((await write(make("c", {}))).spec.clusterIP ?? "", /^10\.9\.0\./);
});

test("headless and ExternalName Services get no address", async () => {
  const { make, write } = setup("10.96.0.0/16");
  const headless = (await write(make("h", { clusterIP: "None", clusterIPs: ["None"], selector: { a: "b" } }))).spec;
  assert.deepEqual([headless.clusterIP, headless.clusterIPs, headless.ipFamilies, headless.ipFamilyPolicy], ["None", ["None"], ["IPv4"], "SingleStack"]);
  const selectorless = (await write(make("s", { clusterIP: "None" }))).spec;
  assert.deepEqual([selectorless.clusterIPs, selectorless.ipFamilies, selectorless.ipFamilyPolicy], [["None"], ["IPv4", "IPv6"], "RequireDualStack"]);
  const external = (await write(make("e", { type: "ExternalName", externalName: "example.com" }))).spec;
  assert.deepEqual([external.clusterIP, external.clusterIPs, external.ipFamilies], [undefined, undefined, undefined]);
});

test("changes of type release and allocate", async () => {
  const { make, write } = setup("10.96.0.0/16");
  const cluster = await write(make("a", { type: "NodePort", ports: [port(80)] }));
  const [ip, nodePort] = [cluster.spec.clusterIP ?? "", cluster.spec.ports?.[0]?.nodePort ?? 0];
  const external = await write(make("a", { type: "ExternalName", externalName: "x", ports: [port(80)] }, cluster.metadata.uid), cluster);
  assert.equal((await write(make("b", { clusterIPs: [ip], type: "NodePort", ports: [port(80, { nodePort })] }))).spec.clusterIP, ip);
  const back = await write(make("a", { type: "ClusterIP", ports: [port(80)] }, cluster.metadata.uid), external);
  assert.notEqual(back.spec.clusterIP, ip);
  assert.equal(back.spec.ports?.[0]?.nodePort, undefined);
});

test("node ports: chosen ones once, free ones above the static band, TCP and UDP share", async () => {
  const { make, write, remove } = setup("10.96.0.0/16");
  const dns =
    (await write(make("dns", { type: "NodePort", ports: [port(53, { name: "udp", protocol: "UDP" }), port(53, { name: "tcp" }), port(80)] }))).spec.ports ?? [];
  assert.equal(dns[0]?.nodePort, dns[1]?.nodePort);
  assert.notEqual(dns[0]?.nodePort, dns[2]?.nodePort);
  for (const item of dns) assert.ok((item.nodePort ?? 0) >= 30_086 && (item.nodePort ?? 0) <= 32_767, String(item.nodePort));
  const chosen = await write(make("a", { type: "NodePort", ports: [port(80, { nodePort: 30_080 })] }));
  assert.equal(
    await refusal(write(make("b", { type: "NodePort", ports: [port(443), port(80, { nodePort: 30_080 })] }))),
    '422 Service "b" is invalid: spec.ports[1].nodePort: Invalid value: 30080: provided port is already allocated',
  );
  assert.match(
    await refusal(write(make("b", { type: "NodePort", ports: [port(80, { nodePort: 80 })] }))),
    /spec.ports\[0\].nodePort: Invalid value: 80: provided port is not in the valid range. The range of valid ports is 30000-32767$/,
  );
  await remove(chosen);
  assert.equal((await write(make("b", { type: "NodePort", ports: [port(80, { nodePort: 30_080 })] }))).spec.ports?.[0]?.nodePort, 30_080);
});

test("load balancers get node ports unless they decline, and a health check port for local traffic", async () => {
  const { make, write } = setup("10.96.0.0/16");
  const local = (await write(make("l", { type: "LoadBalancer", externalTrafficPolicy: "Local", ports: [port(80)] }))).spec;
  assert.ok((local.ports?.[0]?.nodePort ?? 0) > 0 && (local.healthCheckNodePort ?? 0) > 0 && local.healthCheckNodePort !== local.ports?.[0]?.nodePort);
  const without = (await write(make("w", { type: "LoadBalancer", allocateLoadBalancerNodePorts: false, ports: [port(80)] }))).spec;
  assert.deepEqual([without.ports?.[0]?.nodePort, without.healthCheckNodePort], [undefined, undefined]);
  assert.ok(without.clusterIP);
});

test("a write that fails gives back what it took, also the address before a bad port", async () => {
  const { make, write, hook } = setup("10.96.0.0/16");
  const bad = make("bad", { type: "NodePort", clusterIPs: ["10.96.0.7"], ports: [port(80, { nodePort: 1 })] });
  assert.match(await refusal(write(bad)), /not in the valid range/);
  const abandoned = await hook.prepare("CREATE", make("lost", { clusterIPs: ["10.96.0.7"], ports: [] }), undefined, false);
  assert.match(await refusal(write(make("ok", { clusterIPs: ["10.96.0.7"] }))), /provided IP is already allocated/);
  await abandoned.rollback();
  assert.equal((await write(make("ok", { clusterIPs: ["10.96.0.7"] }))).spec.clusterIP, "10.96.0.7");
});

test("an update keeps its addresses while events of older versions arrive", async () => {
  const { make, write, hook, reader } = setup("10.96.0.0/16");
  const first = await write(make("a", { type: "NodePort", ports: [port(80)] }));
  const next = structuredClone(first);
  next.spec.ports = [...(next.spec.ports ?? []), port(81)];
  const reservation = await hook.prepare("UPDATE", next, first, false);
  reader.put(services, structuredClone(first));
  const taken = next.spec.ports?.[1]?.nodePort ?? 0;
  assert.match(await refusal(write(make("b", { type: "NodePort", ports: [port(80, { nodePort: taken })] }))), /provided port is already allocated/);
  reader.put(services, structuredClone(next));
  reservation.commit();
  assert.match(await refusal(write(make("c", { type: "NodePort", ports: [port(80, { nodePort: taken })] }))), /provided port is already allocated/);
});

test("what existing Services hold is known from the start", async () => {
  const reader = new FakeReader().put(serviceCIDRs, object<ServiceCIDR>("ServiceCIDR", "kubernetes", "", { spec: { cidrs: ["10.96.0.0/16"] } }));
  reader.put(
    services,
    object<Service>("Service", "old", "shop", {
      spec: { type: "NodePort", clusterIP: "10.96.0.5", clusterIPs: ["10.96.0.5"], ports: [port(80, { nodePort: 31_000 })] },
    }),
  );
  const store = createMemoryStore({ clock: new VirtualClock() });
  const hook = serviceAllocationHook(reader, { store, random: Math.random, claims: claimsIn(new Map()), signal: new AbortController().signal });
  const asks = (spec: Spec) => hook.prepare("CREATE", object<Service>("Service", "new", "shop", { spec: { type: "NodePort", ...spec } }), undefined, false);
  assert.match(await refusal(asks({ clusterIP: "10.96.0.5", clusterIPs: ["10.96.0.5"] })), /already allocated/);
  assert.match(await refusal(asks({ ports: [port(80, { nodePort: 31_000 })] })), /already allocated/);
});

test("families follow the policy and what the cluster has", async () => {
  const dual = setup("10.96.0.0/16", "fd00::/112");
  const both = (await dual.write(dual.make("a", { ipFamilyPolicy: "PreferDualStack" }))).spec;
  assert.deepEqual(both.ipFamilies, ["IPv4", "IPv6"]);
  assert.match(both.clusterIPs?.[1] ?? "", /^fd00::/);
  const six = (await dual.write(dual.make("b", { ipFamilies: ["IPv6"] }))).spec;
  assert.match(six.clusterIP ?? "", /^fd00::/);
  assert.deepEqual((await dual.write(dual.make("c", { clusterIPs: ["fd00::77"] }))).spec.ipFamilies, ["IPv6"]);
  const single = setup("10.96.0.0/16");
  assert.deepEqual((await single.write(single.make("a", { ipFamilyPolicy: "PreferDualStack" }))).spec.ipFamilies, ["IPv4"]);
  assert.match(
    await refusal(single.write(single.make("b", { ipFamilies: ["IPv6"] }))),
    /spec.ipFamilies\[0\]: Invalid value: "IPv6": not configured on this cluster$/,
  );
  assert.match(
    await refusal(single.write(single.make("b", { ipFamilyPolicy: "RequireDualStack" }))),
    /this cluster is not configured for dual-stack services$/,
  );
  const narrowed = structuredClone(both);
  const before = dual.make("a", both, "uid-1");
  const after = await dual.write(dual.make("a", { ...narrowed, ipFamilyPolicy: "SingleStack" }, "uid-1"), before);
  assert.deepEqual([after.spec.ipFamilies, after.spec.clusterIPs], [["IPv4"], [both.clusterIP]]);
});

test("families, policy and addresses that contradict each other", async () => {
  const single = setup("10.96.0.0/16");
  const dual = setup("10.96.0.0/16", "fd00::/112");
  const policy = (value: string, text: string) => `spec.ipFamilyPolicy: Invalid value: "${value}": ${text}`;
  const several = (what: string) => policy("SingleStack", `must be 'RequireDualStack' or 'PreferDualStack' when multiple ${what} are specified`);
  const two = ["10.96.0.9", "fd00::9"];
  const creates: [typeof single, Spec, string][] = [
    [single, { ipFamilies: ["IPv4", "IPv6"] }, several("IP families")],
    [dual, { clusterIPs: two }, several("cluster IPs")],
    [single, { clusterIPs: ["fd00::9"] }, 'spec.clusterIPs[0]: Invalid value: ["fd00::9"]: IPv6 is not configured on this cluster'],
    [dual, { clusterIP: "10.96.0.8", clusterIPs: ["10.96.0.9"] }, 'spec.clusterIPs: Invalid value: ["10.96.0.9"]: first value must match `clusterIP`'],
  ];
  for (const [{ make, write }, spec, expected] of creates) assert.equal(await refusal(write(make("n", spec))), `422 Service "n" is invalid: ${expected}`);
  const old = await dual.write(dual.make("o", { ipFamilyPolicy: "RequireDualStack", clusterIPs: two }));
  const updates: [Spec, string][] = [
    [{ clusterIPs: ["10.96.0.9"] }, policy("RequireDualStack", "must be 'SingleStack' to release the secondary cluster IP")],
    [{ ipFamilies: ["IPv4"] }, policy("RequireDualStack", "must be 'SingleStack' to release the secondary IP family")],
  ];
  for (const [change, expected] of updates) {
    const next = structuredClone({ ...old, spec: { ...old.spec, ...change } });
    assert.equal(await refusal(dual.write(next, old)), `422 Service "o" is invalid: ${expected}`);
  }
});

test("a Service that prefers two stacks has what the cluster had, until it is asked for", async () => {
  const { make, write, reader } = setup("10.96.0.0/16");
  const old = await write(make("p", { ipFamilyPolicy: "PreferDualStack" }));
  const free = (await write(make("f", { clusterIP: "None", ipFamilies: ["IPv6"] }))).spec;
  assert.deepEqual([free.ipFamilyPolicy, free.ipFamilies], ["RequireDualStack", ["IPv6", "IPv4"]], "without a selector any family goes");
  reader.put(serviceCIDRs, object<ServiceCIDR>("ServiceCIDR", "six", "", { spec: { cidrs: ["fd00::/112"] } }));
  const touched = await write(structuredClone(old), old);
  assert.deepEqual(touched.spec.ipFamilies, ["IPv4"]);
  const asked = structuredClone({ ...old, spec: { ...old.spec, ipFamilyPolicy: "RequireDualStack" } });
  assert.deepEqual((await write(asked, touched)).spec.ipFamilies, ["IPv4", "IPv6"]);
});

test("a ServiceCIDR that is not ready gives nothing out", async () => {
  const { make, write, reader } = setup("10.0.0.0/30");
  const conditions = [{ type: "Ready", status: "False", reason: "Terminating", message: "", lastTransitionTime: "2026-01-01T00:00:00Z" }];
  reader.put(serviceCIDRs, object<ServiceCIDR>("ServiceCIDR", "more", "", { spec: { cidrs: ["10.9.0.0/24"] }, status: { conditions } }));
  assert.match(await refusal(write(make("a", { clusterIPs: ["10.9.0.1"] }))), /does not match the current range$/);
});

test("a health check port is one of the node ports", async () => {
  const { make, write } = setup("10.96.0.0/16");
  const local = (healthCheckNodePort: number) => make("l", { type: "LoadBalancer", externalTrafficPolicy: "Local", healthCheckNodePort, ports: [port(80)] });
  assert.match(
    await refusal(write(local(99))),
    /^500 .*failed to allocate requested HealthCheck NodePort 99: provided port is not in the valid range. The range of valid ports is 30000-32767$/,
  );
  assert.equal((await write(local(30_099))).spec.healthCheckNodePort, 30_099);
});

test("bands: the static part is used only when the rest is full", () => {
  assert.deepEqual(
    [addressBand(14), addressBand(254), addressBand(1 << 20)],
    [
      { size: 14, reserved: 0 },
      { size: 254, reserved: 16 },
      { size: 1 << 20, reserved: 256 },
    ],
  );
  assert.deepEqual(portBand(2768), { size: 2768, reserved: 86 });
  const taken = new Set<number>();
  const order: number[] = [];
  for (let offset = 0; offset !== undefined && order.length < 64; ) {
    const next = pickFree({ size: 64, reserved: 16 }, (candidate) => !taken.has(candidate), seededRandom(order.length + 1));
    assert.ok(next !== undefined && !taken.has(next));
    taken.add(next);
    order.push(next);
    offset = next;
  }
  assert.ok(order.slice(0, 48).every((offset) => offset >= 16));
  assert.equal(
    pickFree({ size: 64, reserved: 16 }, (candidate) => !taken.has(candidate), Math.random),
    undefined,
  );
});

test("every address is claimed before it is given, and given back with its write, its change and its Service", async () => {
  const { claimed, hook, make, write, remove } = setup("10.96.0.0/16");
  const first = await write(make("a", { clusterIPs: ["10.96.0.10"] }));
  assert.deepEqual([...claimed], [["10.96.0.10", "a"]]);
  const external = await write({ ...first, spec: { type: "ExternalName", externalName: "elsewhere.example" } }, first);
  assert.deepEqual([...claimed], []);
  const back = await write({ ...external, spec: { type: "ClusterIP", clusterIP: "10.96.0.10", clusterIPs: ["10.96.0.10"] } }, external);
  await remove(back);
  assert.deepEqual([...claimed], []);
  const undone = await hook.prepare("CREATE", make("b", { clusterIPs: ["10.96.0.11"] }), undefined, false);
  assert.deepEqual([...claimed], [["10.96.0.11", "b"]]);
  await undone.rollback();
  const dry = await hook.prepare("CREATE", make("b", {}), undefined, true);
  await dry.rollback();
  assert.deepEqual([...claimed], []);
});

test("what another server has claimed is taken, seen yet or not", async () => {
  const { claimed, make, write } = setup("10.0.0.0/29");
  for (const last of [1, 2, 3, 4, 5]) claimed.set(`10.0.0.${last}`, "elsewhere");
  assert.match(await refusal(write(make("a", { clusterIPs: ["10.0.0.3"] }))), /provided IP is already allocated$/);
  assert.equal((await write(make("a", {}))).spec.clusterIP, "10.0.0.6");
  assert.match(await refusal(write(make("b", {}))), /^500 .*range is full$/);
  claimed.delete("10.0.0.2");
  assert.equal((await write(make("b", {}))).spec.clusterIP, "10.0.0.2", "a lost race leaves nothing behind");
});
