import assert from "node:assert/strict";
import { test } from "node:test";
import { type Namespace, namespaces } from "../../api/core/v1/namespace.ts";
import { resourceClaims } from "../../api/resource/v1/resource-claim.ts";
import { resourceClaimTemplates } from "../../api/resource/v1/resource-claim-template.ts";
import type { KubeObject } from "../../machinery/object.ts";
import { object } from "../authentication/fixtures.ts";
import { deviceAdminAccess } from "./device-admin-access.ts";
import { FakeReader } from "./fake-reader.ts";
import { refusalOf } from "./fixtures.ts";

const needsLabel = "Forbidden: admin access to devices requires the `resource.kubernetes.io/admin-access: true` label on the containing namespace";
const labelled = (value: string) => ({ metadata: { labels: { "resource.kubernetes.io/admin-access": value } }, spec: {} });

const requests = (adminAccess: boolean) => ({
  devices: {
    requests: [
      { name: "a", exactly: {} },
      { name: "b", exactly: { adminAccess } },
    ],
  },
});
const claim = (namespace: string, asked: boolean, given?: boolean) =>
  object<KubeObject & { spec: object; status?: object }>("ResourceClaim", "c", namespace, {
    spec: requests(asked),
    ...(given !== undefined && { status: { allocation: { devices: { results: [{ adminAccess: given }] } } } }),
  });
const template = (namespace: string) => object<KubeObject & { spec: object }>("ResourceClaimTemplate", "t", namespace, { spec: { spec: requests(true) } });

test("devices are given for administration in labelled namespaces only", async () => {
  const reader = new FakeReader().put(
    namespaces,
    object<Namespace>("Namespace", "plain", "", { spec: {} }),
    object<Namespace>("Namespace", "no", "", labelled("false")),
    object<Namespace>("Namespace", "admin", "", labelled("true")),
  );
  const plugin = deviceAdminAccess(reader);
  const claims = { definition: resourceClaims };
  const status = { ...claims, subresource: "status" };
  const asked = `ResourceClaim.resource.k8s.io "c" is invalid: spec.devices.requests[1].adminAccess: ${needsLabel}`;
  assert.equal(await refusalOf(plugin, { ...claims, object: claim("plain", true) }), asked);
  assert.equal(await refusalOf(plugin, { ...claims, object: claim("no", true) }), asked);
  assert.equal(await refusalOf(plugin, { ...claims, object: claim("admin", true) }), "");
  assert.equal(await refusalOf(plugin, { ...claims, object: claim("plain", false) }), "");
  assert.equal(await refusalOf(plugin, { ...claims, object: claim("plain", true), oldObject: claim("plain", true) }), "", "it was granted once");
  assert.equal(
    await refusalOf(plugin, { definition: resourceClaimTemplates, object: template("plain") }),
    `ResourceClaimTemplate.resource.k8s.io "t" is invalid: spec.devices.requests[1].adminAccess: ${needsLabel}`,
  );
  assert.equal(await refusalOf(plugin, { definition: resourceClaimTemplates, object: template("admin") }), "");
  assert.equal(
    await refusalOf(plugin, { ...status, object: claim("plain", false, true), oldObject: claim("plain", false) }),
    `ResourceClaim.resource.k8s.io "c" is invalid: status.allocation.devices.results[0].adminAccess: ${needsLabel}`,
  );
  assert.equal(await refusalOf(plugin, { ...status, object: claim("admin", false, true), oldObject: claim("admin", false) }), "");
  assert.equal(await refusalOf(plugin, { ...status, object: claim("plain", false, true), oldObject: claim("plain", false, true) }), "");
  assert.equal(await refusalOf(plugin, { ...status, object: claim("plain", false, false), oldObject: claim("plain", false) }), "");
});
