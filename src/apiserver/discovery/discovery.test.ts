import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { decodeEnvelope } from "../../machinery/protobuf.ts";
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
    assert.deepEqual(deployments.responseKind, { group: "", version: "", kind: "Deployment" });
    assert.deepEqual(deployments.subresources[0].responseKind, { group: "autoscaling", version: "v1", kind: "Scale" });
    assert.deepEqual(apps.metadata, { name: "apps" });
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
    for (const path of ["/healthz/absent", "/healthz/", "/livez/", "/readyz/", "/healthz/ping/", "/healthz//ping"]) {
      assert.equal((await scene.get(path)).code, 404, path);
    }
    for (const method of ["HEAD", "POST", "PUT", "DELETE", "OPTIONS"]) assert.equal((await scene.send(method, "/healthz")).code, 200, method);
  });

  test("health: what cannot be left out is said, once and in order, to those who want to know", async () => {
    assert.equal((await scene.get("/livez?exclude=zebra")).text, "ok");
    const verbose = await scene.get("/livez?verbose&exclude=zebra&exclude=etcd&exclude=apple&exclude=zebra");
    assert.deepEqual(
      [verbose.headers["content-type"], verbose.text],
      [
        "text/plain; charset=utf-8",
        '[+]ping ok\n[+]log ok\n[+]etcd excluded: ok\nwarn: some health checks cannot be excluded: no matches for "apple","zebra"\nlivez check passed\n',
      ],
    );
  });

  test("health: why a check fails is for those who ask for it, not for everybody", async () => {
    const broken = { name: "broken", check: () => Promise.reject(new Error("out of tea")) };
    const http = await startHttpScene({ healthChecks: [broken] });
    const all = await http.get("/healthz");
    assert.deepEqual([all.code, all.text], [500, "[+]ping ok\n[+]log ok\n[+]etcd ok\n[-]broken failed: reason withheld\nhealthz check failed\n"]);
    assert.equal((await http.get("/healthz?exclude=broken")).text, "ok");
    assert.deepEqual([(await http.get("/livez/broken")).code, (await http.get("/livez/broken")).text], [500, "internal server error: out of tea\n"]);
    await http.close();
  });

  test("documents of the API are for GET; those above them take any method", async () => {
    const answers: [path: string, codes: Record<string, number>][] = [
      ["/version", { GET: 200, HEAD: 405, POST: 405 }],
      ["/version/below", { GET: 404 }],
      ["/api", { GET: 200, HEAD: 405, DELETE: 405 }],
      ["/api/v1", { GET: 200, HEAD: 405, PATCH: 405 }],
      ["/apis", { GET: 200, HEAD: 200, POST: 200 }],
      ["/apis/apps", { GET: 200, HEAD: 200, OPTIONS: 200 }],
      ["/apis/apps/v1", { GET: 200, HEAD: 405, POST: 405 }],
      ["/", { GET: 200, HEAD: 200, POST: 200 }],
      ["/index.html", { GET: 200 }],
    ];
    for (const [path, codes] of answers) {
      for (const [method, code] of Object.entries(codes)) assert.equal((await scene.send(method, path)).code, code, `${method} ${path}`);
    }
  });

  test("documents come in the forms that objects have, and indented for people", async () => {
    const protobuf = "application/vnd.kubernetes.protobuf";
    for (const [path, kind, framed] of [
      ["/api", "APIVersions", true],
      ["/apis", "APIGroupList", false],
      ["/api/v1", "APIResourceList", true],
      ["/apis/apps", "APIGroup", false],
      ["/apis/apps/v1", "APIResourceList", true],
    ] as const) {
      const yaml = await scene.get(path, { accept: "application/yaml" });
      assert.deepEqual([yaml.headers["content-type"], yaml.text.includes(`kind: ${kind}\n`)], ["application/yaml", true], path);
      const message = await scene.get(path, { accept: `${protobuf},application/json` });
      const { kind: enveloped, raw } = decodeEnvelope(message.bytes);
      assert.deepEqual([message.headers["content-type"], enveloped], [protobuf, kind], path);
      assert.ok(raw.length > 0);
      const refused = await scene.get(path, { accept: "text/html" });
      const types = "application/json, application/yaml, application/vnd.kubernetes.protobuf";
      assert.equal(refused.code, 406);
      assert.equal(
        refused.body.message,
        framed ? `406: Not Acceptable\n\nAvailable representations: ${types}` : `only the following media types are accepted: ${types}`,
      );
      assert.match((await scene.get(path, { "user-agent": "curl/8" })).text, /^\{\n {2}"kind"/);
      assert.match((await scene.get(path)).text, /^\{"kind"/);
      assert.equal((await scene.get(path)).headers["etag"], undefined);
    }
    assert.equal((await scene.get("/version", { accept: "text/html" })).body.message, "406: Not Acceptable\n\nAvailable representations: application/json");
    for (const path of ["/version", "/"]) assert.match((await scene.get(path)).text, /^\{\n {2}"/);
  });

  test("resources tell what version of them is stored", async () => {
    const hashes = async (path: string) =>
      Object.fromEntries(
        (await scene.get(path)).body.resources.map(({ name, storageVersionHash }: { name: string; storageVersionHash?: string }) => [name, storageVersionHash]),
      );
    const core = await hashes("/api/v1");
    assert.deepEqual([core["pods"], core["events"], core["pods/status"], core["bindings"]], ["xPOwRZ+Yhw8=", "r2yiGXH7wu8=", undefined, undefined]);
    assert.equal((await hashes("/apis/events.k8s.io/v1"))["events"], "r2yiGXH7wu8=");
    const scalers = ["v1", "v2"].map(async (version) => (await hashes(`/apis/autoscaling/${version}`))["horizontalpodautoscalers"]);
    assert.deepEqual(await Promise.all(scalers), ["qwQve8ut294=", "qwQve8ut294="]);
    assert.equal((await scene.get("/api/v1")).body.apiVersion, undefined);
    assert.equal((await scene.get("/apis/apps/v1")).body.apiVersion, "v1");
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
      assert.equal(headers["cache-control"], "no-cache, private");
    }
    for (const path of ["/api/v9", "/api/v9/pods", "/api/v1//nodes", "/apis/apps/v9", "/apis/apps/v9/deployments", "/apis/apps/v1/widgets"]) {
      const { code, body } = await scene.get(path);
      assert.deepEqual([code, body.kind, body.reason], [404, "Status", "NotFound"], path);
    }
    assert.equal((await scene.send("HEAD", "/api/v1/nodes")).code, 405);
  });
});
