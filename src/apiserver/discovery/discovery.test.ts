import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type HttpScene, startHttpScene } from "../../testing/api-server/http-scene.ts";

describe("discovery", () => {
  let scene: HttpScene;
  before(async () => {
    scene = await startHttpScene();
  });
  after(() => scene.close());

  test("/apis/ lists groups, and each answers with a trailing slash (AM-01)", async () => {
    const { body } = await scene.get("/apis/");
    assert.equal(body.kind, "APIGroupList");
    assert.ok(body.groups.length > 15);
    for (const group of body.groups) {
      const answer = await scene.get(`/apis/${group.name}/`);
      assert.equal(answer.body.kind, "APIGroup");
      assert.ok(answer.body.versions.some((version: { groupVersion: string }) => version.groupVersion === answer.body.preferredVersion.groupVersion));
    }
  });

  for (const [groupVersion, resource] of [
    ["v1", "namespaces"],
    ["admissionregistration.k8s.io/v1", "validatingwebhookconfigurations"],
    ["apps/v1", "deployments"],
    ["authentication.k8s.io/v1", "tokenreviews"],
    ["authorization.k8s.io/v1", "selfsubjectaccessreviews"],
    ["autoscaling/v1", "horizontalpodautoscalers"],
    ["autoscaling/v2", "horizontalpodautoscalers"],
    ["batch/v1", "jobs"],
    ["certificates.k8s.io/v1", "certificatesigningrequests"],
    ["coordination.k8s.io/v1", "leases"],
    ["discovery.k8s.io/v1", "endpointslices"],
    ["events.k8s.io/v1", "events"],
    ["networking.k8s.io/v1", "ingresses"],
    ["node.k8s.io/v1", "runtimeclasses"],
    ["policy/v1", "poddisruptionbudgets"],
    ["scheduling.k8s.io/v1", "priorityclasses"],
    ["storage.k8s.io/v1", "csinodes"],
  ] as const) {
    test(`${groupVersion} lists ${resource}`, async () => {
      const { body } = await scene.get(groupVersion === "v1" ? "/api/v1" : `/apis/${groupVersion}`);
      assert.equal(body.kind, "APIResourceList");
      assert.equal(body.groupVersion, groupVersion);
      assert.ok(body.resources.some(({ name }: { name: string }) => name === resource));
    });
  }

  test("the aggregated form echoes its media type, has an ETag and answers 304 (AM-02)", async () => {
    const type = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
    const accept = `${type},application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json`;
    const apis = await scene.get("/apis", { accept });
    assert.equal(apis.headers["content-type"], type);
    const apps = apis.body.items.find((item: { metadata: { name: string } }) => item.metadata.name === "apps");
    const deployments = apps.versions[0].resources.find((item: { resource: string }) => item.resource === "deployments");
    assert.deepEqual(
      deployments.subresources.map((item: { subresource: string }) => item.subresource),
      ["scale", "status"],
    );
    const core = await scene.get("/api", { accept });
    assert.deepEqual(core.body.items.length, 1);
    const again = await scene.get("/apis", { accept, "if-none-match": String(apis.headers["etag"]) });
    assert.equal(again.code, 304);
  });

  test("/version names Kubernetes 1.36 (AM-03)", async () => {
    const { body } = await scene.get("/version");
    assert.equal(body.major, "1");
    assert.match(body.minor, /^36/);
    assert.match(body.gitVersion, /^v1\.36\.\d+/);
  });

  test("health: ok, verbose, one check, and 404 for an unknown one", async () => {
    assert.equal((await scene.get("/readyz")).text, "ok");
    assert.match((await scene.get("/livez?verbose")).text, /^\[\+\]ping ok\n[\s\S]*livez check passed\n$/);
    assert.equal((await scene.get("/healthz/etcd")).text, "ok");
    assert.equal((await scene.get("/healthz/absent")).code, 404);
  });

  test("/metrics counts requests under Kubernetes' names", async () => {
    await scene.get("/api/v1/namespaces/default/configmaps");
    const { text } = await scene.get("/metrics");
    assert.match(text, /apiserver_request_total\{[^}]*verb="LIST"[^}]*resource="configmaps"[^}]*code="200"/);
  });

  test("a path or group that is not there is a page of plain text, a version or resource of a group that is there a Status", async () => {
    const paths = ["/absent", "/apis/example.com", "/apis/example.com/v1/widgets", "/livez/absent", "/openapi/v3/absent", "//api/v1/nodes"];
    for (const path of paths) {
      const { code, headers, text } = await scene.get(path);
      assert.deepEqual([code, headers["content-type"], text], [404, "text/plain; charset=utf-8", "404 page not found\n"], path);
    }
    for (const path of ["/api/v9", "/api/v9/pods", "/api/v1//nodes", "/apis/apps/v9", "/apis/apps/v9/deployments", "/apis/apps/v1/widgets"]) {
      const { code, body } = await scene.get(path);
      assert.deepEqual([code, body.kind, body.reason], [404, "Status", "NotFound"], path);
    }
    assert.equal((await scene.send("HEAD", "/api/v1/nodes")).code, 405);
  });
});
