import assert from "node:assert/strict";
import { test } from "node:test";
import { type Lease, leases } from "../../api/coordination/v1/lease.ts";
import { FakeApi } from "../../testing/fake-api.ts";
import { renewIdentity, serverName } from "./server-identity.ts";

const now = Date.UTC(2026, 0, 1);
const { signal } = new AbortController();

test("a server's name is made of its host's", () => {
  assert.match(serverName("a"), /^apiserver-[a-z2-7]{26}$/);
  // base32 of the first 16 bytes of sha256("a"), as any tool gives it.
  assert.equal(serverName("a"), "apiserver-zklycewkdo64v6wcggzzui64ju");
});

test("each life of a server takes its lease over; those of servers long gone are deleted", async () => {
  const api = new FakeApi();
  const of = (hostname: string) => (api.all(leases) as Lease[]).find((lease) => lease.metadata.name === serverName(hostname));
  await renewIdentity(api.transport, { hostname: "a", holder: "1" }, now, signal);
  await renewIdentity(api.transport, { hostname: "b", holder: "1" }, now, signal);
  assert.deepEqual(of("a")?.metadata.labels, { "apiserver.kubernetes.io/identity": "kube-apiserver", "kubernetes.io/hostname": "a" });
  await renewIdentity(api.transport, { hostname: "a", holder: "1" }, now + 10_000, signal);
  assert.deepEqual([of("a")?.spec.acquireTime, of("a")?.spec.renewTime], ["2026-01-01T00:00:00.000000Z", "2026-01-01T00:00:10.000000Z"]);
  await renewIdentity(api.transport, { hostname: "a", holder: "2" }, now + 3_600_000, signal);
  assert.equal(of("a")?.spec.holderIdentity, `${serverName("a")}_2`);
  assert.equal(of("a")?.spec.acquireTime, "2026-01-01T01:00:00.000000Z");
  assert.ok(of("b"), "an hour is not over");
  await renewIdentity(api.transport, { hostname: "a", holder: "2" }, now + 3_600_001, signal);
  assert.equal(of("b"), undefined);
});
