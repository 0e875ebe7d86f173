import assert from "node:assert/strict";
import { test } from "node:test";
import packet from "dns-packet";
import type { Service } from "../api/core/v1/service.ts";
import { upstreamsOf } from "./forwarder.ts";
import { frame, readFrames } from "./frames.ts";
import type { ClusterView } from "./records.ts";
import { type ResponderOptions, respond } from "./responder.ts";

const addresses = Array.from({ length: 60 }, (_, i) => `10.128.0.${i + 1}`);
const external: Service = {
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "out", namespace: "shop", uid: "1" },
  spec: { type: "ExternalName", externalName: "example.com" },
};
const many: Service = { apiVersion: "v1", kind: "Service", metadata: { name: "many", namespace: "shop", uid: "2" }, spec: { clusterIP: "None" } };
const view: ClusterView = {
  service: (_namespace, name) => [external, many].find((each) => each.metadata.name === name),
  hasNamespace: () => true,
  slices: () => [
    { apiVersion: "", kind: "", metadata: { name: "", uid: "" }, addressType: "IPv4", endpoints: addresses.map((address) => ({ addresses: [address] })) },
  ],
  serviceByClusterIP: () => undefined,
  slicesByAddress: () => [],
};

function options(forward: ResponderOptions["forward"] = () => Promise.reject(new Error("offline"))): ResponderOptions {
  return { domain: "cluster.local", view, ttlSeconds: 5, forward, onForwardFailure: () => {} };
}

function query(name: string, type: packet.RecordType, additionals?: packet.OptAnswer[]): Buffer {
  return packet.encode({
    type: "query",
    id: 77,
    flags: packet.RECURSION_DESIRED,
    questions: [{ name, type }],
    ...(additionals === undefined ? {} : { additionals }),
  });
}

async function ask(message: Buffer, transport: "udp" | "tcp" = "udp", responder = options()): Promise<packet.DecodedPacket & { rcode?: string }> {
  const reply = await respond(message, transport, responder);
  assert.ok(reply !== undefined);
  return packet.decode(reply);
}

test("an answer too long for UDP is cut and marked, and whole over TCP", async () => {
  const name = "many.shop.svc.cluster.local";
  const short = await ask(query(name, "A"));
  assert.equal(short.flag_tc, true);
  assert.equal(short.answers?.length, 0);
  assert.equal((await ask(query(name, "A"), "tcp")).answers?.length, addresses.length);
});

test("a missing name is NXDOMAIN with the zone's authority, so that it may be remembered", async () => {
  const reply = await ask(query("gone.shop.svc.cluster.local", "A"));
  assert.equal(reply.rcode, "NXDOMAIN");
  assert.equal(reply.authorities?.[0]?.type, "SOA");
  assert.equal(reply.id, 77);
});

test("an alias comes with what the outside knows of its target", async () => {
  const outside = packet.encode({ type: "response", id: 1, answers: [{ type: "A", name: "example.com", data: "192.0.2.1", ttl: 60 }] });
  const reply = await ask(
    query("out.shop.svc.cluster.local", "A"),
    "udp",
    options(() => Promise.resolve(outside)),
  );
  assert.deepEqual(
    reply.answers?.map((record) => [record.type, "data" in record ? record.data : ""]),
    [
      ["CNAME", "example.com"],
      ["A", "192.0.2.1"],
    ],
  );
});

test("what cannot be forwarded is SERVFAIL, what cannot be read FORMERR or nothing", async () => {
  assert.equal((await ask(query("example.com", "A"))).rcode, "SERVFAIL");
  assert.equal(await respond(Buffer.from("short"), "udp", options()), undefined);
  const broken = Buffer.concat([query("a.b", "A").subarray(0, 12), Buffer.from([0xc0])]);
  assert.equal((await ask(broken)).rcode, "FORMERR");
});

test("framed messages survive any cutting of the stream", async () => {
  const bytes = Buffer.concat([frame(Buffer.from("one")), frame(Buffer.from("three"))]);
  async function* single() {
    for (const byte of bytes) yield Buffer.from([byte]);
  }
  const read: string[] = [];
  for await (const message of readFrames(single())) read.push(message.toString());
  assert.deepEqual(read, ["one", "three"]);
});

test("resolvers are read from resolv.conf", () => {
  assert.deepEqual(
    upstreamsOf("search x\nnameserver 10.0.0.2\nnameserver fe80::1%eth0\n# nameserver 1.1.1.1\n").map((each) => each.address),
    ["10.0.0.2", "fe80::1"],
  );
});
