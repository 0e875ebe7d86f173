/** Node ports of several API servers over one store: whatever they do at the same moment, a port has one owner. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { type Service, services } from "../../api/core/v1/service.ts";
import { serviceCIDRs } from "../../api/networking/v1/service-cidr.ts";
import { Client } from "../../client/client.ts";
import * as resources from "../../client/resources.ts";
import { systemClock } from "../../cluster/system-clock.ts";
import { StatusError } from "../../machinery/status.ts";
import { seededRandom } from "../../storage/contract-tools.ts";
import { createMemoryStore } from "../../storage/memory/index.ts";
import { type Store, StoreUnavailableError } from "../../storage/store.ts";
import { storeOver } from "../../storage/store-over.ts";
import { admin, startTestServer } from "../../testing/api-server/test-server.ts";
import { silentLogger } from "../../testing/silent-logger.ts";
import type { ApiServer } from "../server.ts";
import { ipAddressClaims } from "./address-claims.ts";
import { allClaims, portKey } from "./port-claims.ts";
import { repairPorts } from "./repair.ts";
import { serviceAllocationHook } from "./service-allocation.ts";
import { nodePortsOf } from "./service-kind.ts";

const nodePorts = { from: 30_000, to: 30_063 };
const life = new AbortController();
const { signal } = life;
after(() => life.abort());

async function startServer(store: Store) {
  const { server, close }: { server: ApiServer; close(): Promise<void> } = await startTestServer({
    store,
    writeHooks: (reader) => [
      serviceAllocationHook(reader, {
        store,
        signal,
        nodePorts,
        random: seededRandom(7),
        claims: ipAddressClaims(() => server.transport(admin), silentLogger, signal),
      }),
    ],
  });
  return { server, close, shop: new Client(server.transport(admin), signal).of(resources.services).in("shop") };
}

type Scene = Awaited<ReturnType<typeof scene>>;

/** `seconds` is what the second server sees of the store. */
async function scene(seconds: (store: Store) => Store = (store) => store) {
  const store = createMemoryStore({ clock: systemClock });
  const [one, two] = await Promise.all([startServer(store), startServer(seconds(store))]);
  const client = new Client(one.server.transport(admin), signal);
  await client.of(resources.serviceCIDRs).create({ metadata: { name: "kubernetes" }, spec: { cidrs: ["10.96.0.0/16"] } });
  for (const { server } of [one, two]) await server.reader.getFresh(serviceCIDRs, "", "kubernetes");
  const close = async () => {
    await Promise.all([one.close(), two.close()]);
    await store.close();
  };
  return { store, one, two, shops: [one.shop, two.shop] as const, close };
}

async function inScene(body: (scene: Scene) => Promise<void>, seconds?: (store: Store) => Store): Promise<void> {
  const made = await scene(seconds);
  try {
    await body(made);
  } finally {
    await made.close();
  }
}

const nodePort = (name: string, ...ports: number[]) => ({
  metadata: { name },
  spec: {
    type: "NodePort",
    ports: ports.map((port, index) => ({ name: `p${index}`, port: 80 + index, protocol: "TCP", ...(port > 0 && { nodePort: port }) })),
  },
});

async function refusal(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => "",
    (error: unknown) => (error instanceof StatusError ? `${error.code} ${error.message}` : String(error)),
  );
}

/** Every port that a Service has is claimed for it, nothing else is, and no two have the same. */
async function check({ store, one }: Scene): Promise<void> {
  const all = (await one.shop.list()).items as readonly Service[];
  const owned = all.flatMap((service) => [...new Set(nodePortsOf(service))].map((port) => `${port} ${service.metadata.uid}`)).sort();
  assert.equal(new Set(owned.map((text) => text.slice(0, 5))).size, owned.length, `a port is had twice: ${owned.join(", ")}`);
  assert.deepEqual((await allClaims(store)).map(({ port, uid }) => `${port} ${uid}`).sort(), owned);
}

test("of two servers that are asked for the same port at the same moment one gives it", () =>
  inScene(async (made) => {
    for (let port = nodePorts.from; port < nodePorts.from + 32; port++) {
      const answers = await Promise.all(made.shops.map((shop, index) => refusal(shop.create(nodePort(`s${port}-${index}`, port)))));
      const [loser] = answers.filter((answer) => answer !== "");
      assert.equal(answers.filter((answer) => answer === "").length, 1, answers.join("; "));
      assert.match(
        loser ?? "",
        new RegExp(`^422 Service "s${port}-\\d" is invalid: spec.ports\\[0\\].nodePort: Invalid value: ${port}: provided port is already allocated$`),
      );
    }
    await check(made);
  }));

test("two servers give out every port of the range at random, each once", () =>
  inScene(
    async (made) => {
      // The same seed: they choose the same ports.
      await Promise.all(Array.from({ length: 64 }, (_, index) => made.shops[index % 2]?.create(nodePort(`s${index}`, 0))));
      await check(made);
      assert.equal((await allClaims(made.store)).length, 64);
      for (const shop of made.shops)
        assert.equal(await refusal(shop.create(nodePort("more", 0))), "500 Internal error occurred: failed to allocate a nodePort: range is full");
    },
    (store) => lagging(store, 10),
  ));

test("a port that one server gave back the other gives out at once, though it has not heard of it", () =>
  inScene(
    async (made) => {
      const [first, second] = made.shops;
      await first.create(nodePort("a", 30_040));
      assert.match(await refusal(second.create(nodePort("b", 30_040))), /provided port is already allocated/);
      await first.delete("a");
      await second.create(nodePort("b", 30_040));
      await first.patch("b", { spec: { type: "ClusterIP" } }, { type: "merge" });
      await second.create(nodePort("c", 30_040));
      await check(made);
    },
    (store) => lagging(store, 30),
  ));

function lagging(store: Store, ms: number): Store {
  return storeOver(store, {
    async *watch(request, over) {
      for await (const batch of store.watch(request, over)) {
        await wait(ms);
        yield batch;
      }
    },
  });
}

test("updates claim what is new and give back what is not used any more", () =>
  inScene(async (made) => {
    const [first, second] = made.shops;
    await first.create(nodePort("a", 30_040, 0));
    await second.patch("a", { spec: nodePort("a", 30_041, 30_042, 0).spec }, { type: "merge" });
    await check(made);
    await first.create(nodePort("b", 30_040));
    assert.match(await refusal(first.patch("b", { spec: nodePort("b", 30_040, 30_041).spec }, { type: "merge" })), /ports\[1\].nodePort: Invalid value: 30041/);
    await first.patch("a", { spec: { type: "LoadBalancer", externalTrafficPolicy: "Local" } }, { type: "merge" });
    await check(made);
    assert.equal((await allClaims(made.store)).length, 5, "the port of the health check is one of them");
    await first.patch("a", { metadata: { finalizers: ["example.org/wait"] } }, { type: "merge" });
    await second.delete("a");
    assert.equal((await allClaims(made.store)).length, 5, "it is still there");
    await second.patch("a", { metadata: { finalizers: null } }, { type: "merge" });
    await check(made);
    await second.create(nodePort("c", 30_041, 30_042));
    await check(made);
  }));

test("a dry run claims nothing and tells what would be refused; other Services cost no write more", () =>
  inScene(
    async (made) => {
      const [first, second] = made.shops;
      await first.create(nodePort("a", 30_040));
      const before = (await made.store.status()).revision;
      assert.match(await refusal(second.create(nodePort("b", 30_040), { dryRun: true })), /provided port is already allocated/);
      const dry = (await second.create(nodePort("b", 30_041, 0), { dryRun: true })) as Service;
      assert.ok((dry.spec.ports?.[1]?.nodePort ?? 0) > 0);
      assert.equal((await made.store.status()).revision, before);
      await second.create(nodePort("b", 30_041));
      assert.equal((await made.store.status()).revision, before + 2, "its IPAddress, and the Service with its port");
      await second.create({ metadata: { name: "c" }, spec: { ports: [{ port: 80, protocol: "TCP" }] } });
      assert.equal((await made.store.status()).revision, before + 4);
      assert.equal((await allClaims(made.store)).length, 2);
    },
    (store) => lagging(store, 10),
  ));

for (const seed of [1, 2, 3]) {
  test(`whatever two servers over an unreliable store do, claims and Services agree (seed ${seed})`, () => {
    const random = seededRandom(seed);
    return inScene(
      async (made) => {
        const worker = async (shop: Scene["shops"][number], id: number) => {
          for (let step = 0; step < 40; step++) await refusal(randomWrite(shop, random, `s${id}-${Math.floor(random() * 4)}`));
        };
        await Promise.all([0, 1, 2, 3].map((id) => worker(made.shops[id % 2] as Scene["shops"][number], id % 2)));
        await check(made);
        const { reader } = made.two.server;
        await reader.getFresh(services, "shop", "none");
        assert.ok([...reader.list(services)].length > 1);
      },
      (store) => unreliable(lagging(store, 2), random),
    );
  });
}

function randomWrite(shop: Scene["shops"][number], random: () => number, name: string): Promise<unknown> {
  const port = () => (random() < 0.3 ? 0 : nodePorts.from + Math.floor(random() * 12));
  const wanted = nodePort(name, ...Array.from({ length: 1 + Math.floor(random() * 3) }, port));
  const dice = random();
  if (dice < 0.4) return shop.create(wanted);
  if (dice < 0.7) return shop.patch(name, { spec: wanted.spec }, { type: "merge" });
  if (dice < 0.8) return shop.patch(name, { spec: { type: random() < 0.5 ? "ClusterIP" : "NodePort" } }, { type: "merge" });
  return shop.delete(name);
}

/** Some writes fail, with or without having been made. */
function unreliable(store: Store, random: () => number): Store {
  return storeOver(store, {
    txn: async (request, over) => {
      if (random() < 0.05) throw new StoreUnavailableError("cannot write: refused");
      const answer = await store.txn(request, over);
      if (random() < 0.05) throw new StoreUnavailableError("cannot write: no answer");
      return answer;
    },
  });
}

test("Services from before there were claims get theirs, and what nobody has any more is free again", () =>
  inScene(async (made) => {
    const { store, one, shops } = made;
    await shops[0].create(nodePort("old", 30_040));
    const [claim] = await allClaims(store);
    await store.txn({
      compare: [],
      success: [
        { type: "delete", start: portKey(30_040) },
        { type: "put", key: portKey(30_050), value: Buffer.from("?") },
      ],
      failure: [],
    });
    assert.match(await refusal(shops[1].create(nodePort("new", 30_050))), /already allocated/);
    const transport = one.server.transport(admin);
    const repair = () => repairPorts({ store, nodePorts, reader: one.server.reader, transport, clock: systemClock, logger: silentLogger, signal }, new Set());
    await repair();
    await check(made);
    assert.deepEqual(
      (await allClaims(store)).map(({ uid }) => uid),
      [claim?.uid],
    );
    await shops[1].create(nodePort("new", 30_050));
    const told = (await new Client(transport, signal).of(resources.events).in("shop").list()).items.map(({ reason, message }) => [reason, message]);
    assert.deepEqual(told, [["PortNotAllocated", "Port 30040 is not allocated; repairing"]]);
    const { revision } = await store.status();
    await repair();
    assert.equal((await store.status()).revision, revision, "nothing is left to repair");
  }));
