import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type HttpScene, startHttpScene } from "../../testing/api-server/http-scene.ts";
import { Exposition } from "./families.ts";

const maps = "/api/v1/namespaces/default/configmaps";

describe("/metrics", () => {
  let scene: HttpScene;
  before(async () => {
    scene = await startHttpScene();
  });
  after(() => scene.close());

  /** Samples by name and labels, in the order of their names. */
  const samples = async (): Promise<Map<string, number>> => {
    const { text, headers } = await scene.get("/metrics");
    assert.match(String(headers["content-type"]), /^text\/plain; version=0\.0\.4/);
    const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ") + 1))]));
  };

  const request = (verb: string, scope: string, more: string, name = "apiserver_request_total") =>
    `${name}{verb="${verb}",group="",version="v1",resource="configmaps",subresource="",scope="${scope}",component="apiserver",${more}}`;

  test("requests are counted by verb, scope, dry run and code", async () => {
    const object = { metadata: { name: "m" } };
    await scene.send("POST", `${maps}?dryRun=All`, object);
    await scene.send("POST", maps, object);
    await scene.send("POST", maps, object);
    await scene.get(maps);
    await scene.get("/api/v1/configmaps");
    await scene.get(`${maps}/m`);
    const applied = { apiVersion: "v1", kind: "ConfigMap", ...object };
    await scene.send("PATCH", `${maps}/m?fieldManager=t`, applied, { "content-type": "application/apply-patch+yaml" });
    await scene.send("DELETE", maps);
    const found = await samples();
    const total = (verb: string, scope: string, code: number, dryRun = "") => found.get(request(verb, scope, `dry_run="${dryRun}",code="${code}"`));
    assert.equal(total("POST", "resource", 201, "All"), 1);
    assert.equal(total("POST", "resource", 201), 1);
    assert.equal(total("POST", "resource", 409), 1);
    assert.equal(total("LIST", "namespace", 200), 1);
    assert.equal(total("LIST", "cluster", 200), 1);
    assert.equal(total("GET", "resource", 200), 1);
    assert.equal(total("APPLY", "resource", 200), 1);
    assert.equal(total("DELETECOLLECTION", "namespace", 200), 1);
    assert.equal(found.get(request("GET", "resource", 'dry_run="",le="+Inf"', "apiserver_request_duration_seconds_bucket")), 1);
    assert.equal(found.get(request("GET", "resource", 'le="1000"', "apiserver_response_sizes_bucket")), 1);
  });

  test("watches under way and their events are counted", async () => {
    const path = "/api/v1/namespaces/default/secrets";
    const watching = scene.get(`${path}?watch=1&timeoutSeconds=1`);
    await scene.send("POST", path, { metadata: { name: "s" } });
    const during = await samples();
    const labels = 'verb="WATCH",group="",version="v1",resource="secrets",subresource="",scope="namespace",component="apiserver"';
    assert.equal(during.get(`apiserver_longrunning_requests{${labels}}`), 1);
    await watching;
    const found = await samples();
    assert.equal(found.get(`apiserver_longrunning_requests{${labels}}`), 0);
    assert.equal(found.get('apiserver_watch_events_total{group="",version="v1",resource="secrets"}'), 1);
    assert.equal(found.get('apiserver_current_inflight_requests{request_kind="readOnly"}'), 1, "this very request");
  });

  test("what a client makes up becomes no label", async () => {
    await scene.get("/apis/made.up/v1/things");
    await scene.get(`${maps}/m/madeup`);
    await scene.get("/made/up");
    const { text } = await scene.get("/metrics");
    assert.doesNotMatch(text, /made.?up/);
  });

  test("the names that dashboards ask for are there", async () => {
    await scene.get("/livez");
    await scene.get("/api/v1/endpoints");
    const found = [...(await samples()).keys()];
    for (const start of [
      "apiserver_request_sli_duration_seconds_bucket{",
      'apiserver_requested_deprecated_apis{group="",version="v1",resource="endpoints"',
      'apiserver_storage_objects{resource="deployments.apps"}',
      'apiserver_resource_objects{group="apps",resource="deployments"}',
      'etcd_request_duration_seconds_bucket{operation="create",group="",resource="configmaps"',
      'etcd_requests_total{operation="create",group="",resource="configmaps"}',
      'apiserver_storage_size_bytes{storage_cluster_id="etcd-0"}',
      "apiserver_flowcontrol_dispatched_requests_total{",
      'authentication_attempts{result="success"}',
      'authorization_attempts_total{result="allowed"}',
      "kubernetes_build_info{",
      'kubernetes_healthcheck{name="ping",type="livez"}',
      'kubernetes_healthchecks_total{name="ping",status="success",type="livez"}',
      "apiserver_tls_handshake_errors_total",
      "process_cpu_seconds_total",
      "process_resident_memory_bytes",
    ]) {
      assert.ok(
        found.some((key) => key.startsWith(start)),
        start,
      );
    }
  });
});

test("buckets cumulate, labels are escaped, and families without samples are left out", async () => {
  const exposition = new Exposition();
  exposition.counter("unused_total", "Never counted.", "a");
  const histogram = exposition.histogram("h", "Some.", [1, 2], "l").cell('a"\\\n');
  for (const value of [0.5, 1, 1.5, 9]) histogram.observe(value);
  const label = 'l="a\\"\\\\\\n"';
  assert.equal(
    await exposition.text(),
    [
      "# HELP h Some.",
      "# TYPE h histogram",
      `h_bucket{${label},le="1"} 2`,
      `h_bucket{${label},le="2"} 3`,
      `h_bucket{${label},le="+Inf"} 4`,
      `h_sum{${label}} 12`,
      `h_count{${label}} 4`,
      "",
    ].join("\n"),
  );
});
