import assert from "node:assert/strict";
import { test } from "node:test";
import { pods } from "../api/core/v1/pod.ts";
import { services } from "../api/core/v1/service.ts";
import { createMemoryStore } from "../storage/memory/index.ts";
import { silentLogger } from "../testing/silent-logger.ts";
import { VirtualClock } from "../testing/virtual-clock.ts";
import { startApiServer, systemUser } from "./api-server.ts";
import { apiServerSettings, type SettingsFlags } from "./api-server-settings.ts";
import { type AuditFlags, checkAuditFlags } from "./audit-flags.ts";
import { createSigningKey } from "./certificates.ts";

test("flags say sizes and times in the API server's units", () => {
  assert.deepEqual(apiServerSettings({}), { disabledPlugins: [] });
  const flags: SettingsFlags = {
    serviceNodePortRange: "31000+99",
    eventTtl: 7200,
    etcdCompactionInterval: 0,
    requestTimeout: 30,
    maxRequestsInflight: 800,
    enablePriorityAndFairness: true,
    minRequestTimeout: 60,
    goawayChance: 0.001,
    corsAllowedOrigins: ["//a\\.example\\.com(:|$)"],
    strictTransportSecurityDirectives: ["max-age=31536000", "includeSubDomains"],
    profiling: false,
    shutdownDelayDuration: 5,
    featureGates: ["APIResponseCompression=false"],
    defaultNotReadyTolerationSeconds: 30,
    enableAdmissionPlugins: ["PodSecurity"],
    disableAdmissionPlugins: ["DefaultStorageClass", "MutatingAdmissionWebhook"],
  };
  assert.deepEqual(apiServerSettings(flags), {
    nodePorts: { from: 31_000, to: 31_099 },
    eventTtlSeconds: 7200,
    compactionIntervalMs: 0,
    requestTimeoutMs: 30_000,
    inFlight: { reading: 800, mutating: 200 },
    priorityAndFairness: true,
    minRequestTimeoutSeconds: 60,
    goawayChance: 0.001,
    corsAllowedOrigins: ["//a\\.example\\.com(:|$)"],
    strictTransportSecurity: "max-age=31536000; includeSubDomains",
    profiling: false,
    shutdownDelayMs: 5_000,
    features: { compressResponses: false },
    tolerationSeconds: { notReady: 30 },
    disabledPlugins: ["DefaultStorageClass", "MutatingAdmissionWebhook"],
  });
  assert.deepEqual(apiServerSettings({ serviceNodePortRange: "8080" }).nodePorts, { from: 8080, to: 8080 });
  const unlimited = { maxRequestsInflight: 0, maxMutatingRequestsInflight: 0, enablePriorityAndFairness: false };
  assert.deepEqual(apiServerSettings(unlimited).inFlight, { reading: 0, mutating: 0 });
  const { isOffered } = apiServerSettings({ runtimeConfig: ["batch/v1=false"] });
  assert.deepEqual([isOffered?.({ group: "batch", version: "v1", resource: "jobs" }), isOffered?.(pods)], [false, true]);
});

test("what cannot be used is refused by the flag's name", () => {
  const settings: [SettingsFlags, RegExp][] = [
    [{ serviceNodePortRange: "40000-30000" }, /cannot use "40000-30000" for --service-node-port-range/],
    [{ serviceNodePortRange: "1-70000" }, /--service-node-port-range/],
    [{ serviceNodePortRange: "some" }, /--service-node-port-range/],
    [{ eventTtl: 0 }, /cannot use 0 for --event-ttl/],
    [{ requestTimeout: 0 }, /--request-timeout/],
    [{ maxRequestsInflight: 0, maxMutatingRequestsInflight: 0 }, /no request would ever be served/],
    [{ goawayChance: 0.03 }, /cannot use 0.03 for --goaway-chance: it can not be less than 0 or greater than 0\.02/],
    [{ corsAllowedOrigins: ["example.com"] }, /cannot use --cors-allowed-origins example\.com: regular expression does not pin to start\/end of host/],
    [{ corsAllowedOrigins: ["//(a$"] }, /cannot use --cors-allowed-origins .*missing closing \)/],
    [{ strictTransportSecurityDirectives: ["max-age"] }, /cannot use --strict-transport-security-directives max-age: allowed values are/],
    [{ runtimeConfig: ["apps/v9=true"] }, /group version apps\/v9 that has not been registered/],
    [{ featureGates: ["Unheard=true"] }, /unrecognized feature gate: Unheard/],
    [{ enableAdmissionPlugins: ["Nonsense"] }, /cannot use --enable-admission-plugins Nonsense: there is no such plugin/],
    [{ enableAdmissionPlugins: ["EventRateLimit"] }, /EventRateLimit: this API server does not have it/],
    [{ enableAdmissionPlugins: ["Priority"], disableAdmissionPlugins: ["Priority"] }, /Priority: it is disabled too/],
    [{ disableAdmissionPlugins: ["RBACEscalation"] }, /there is no such plugin/],
  ];
  for (const [flags, expected] of settings) assert.throws(() => apiServerSettings(flags), expected);
  const audit: [AuditFlags, RegExp][] = [
    [{ auditLogMode: "loud" as "batch" }, /cannot use "loud" for --audit-log-mode/],
    [{ auditWebhookBatchBufferSize: 0 }, /cannot use 0 for --audit-webhook-batch-buffer-size/],
    [{ auditWebhookBatchThrottleQps: 0 }, /--audit-webhook-batch-throttle-qps/],
    [{ auditLogTruncateMaxBatchSize: 10 }, /--audit-log-truncate-max-batch-size/],
    [{ auditLogFormat: "xml" as "json" }, /--audit-log-format/],
  ];
  for (const [flags, expected] of audit) assert.throws(() => checkAuditFlags(flags), expected);
  checkAuditFlags({ auditWebhookBatchThrottleQps: 0, auditWebhookBatchThrottleEnable: false });
});

test("the API server does as it was told", async () => {
  const life = new AbortController();
  const clock = new VirtualClock();
  const server = await startApiServer({
    store: createMemoryStore({ clock }),
    clock,
    random: () => 0.5,
    logger: silentLogger,
    signal: life.signal,
    serviceAccountKey: await createSigningKey(),
    serviceSubnet: "10.96.0.0/16",
    clusterDomain: "cluster.local",
    advertiseAddress: "192.0.2.1",
    advertisePort: 6443,
    settings: apiServerSettings({
      serviceNodePortRange: "31000-31099",
      defaultNotReadyTolerationSeconds: 30,
      defaultUnreachableTolerationSeconds: 60,
      disableAdmissionPlugins: ["ServiceAccount"],
    }),
  });
  const transport = server.transport(systemUser);
  const service = (nodePort?: number) => ({
    metadata: { name: `s-${nodePort}` },
    spec: { type: "NodePort", ports: [{ port: 80, ...(nodePort && { nodePort }) }] },
  });
  const create = (nodePort?: number) => transport.create({ resource: services, namespace: "default" }, service(nodePort), {}, life.signal);
  await assert.rejects(create(30_080), /The range of valid ports is 31000-31099/);
  const { spec } = (await create()) as unknown as { spec: { ports: { nodePort: number }[] } };
  assert.ok(spec.ports[0]!.nodePort >= 31_000 && spec.ports[0]!.nodePort <= 31_099);
  // Without the plugin nobody misses its service account.
  const pod = { metadata: { name: "p" }, spec: { containers: [{ name: "c", image: "i" }] } };
  const created = (await transport.create({ resource: pods, namespace: "default" }, pod, {}, life.signal)) as unknown as {
    spec: { tolerations: { key: string; tolerationSeconds: number }[]; serviceAccountName?: string };
  };
  assert.deepEqual(
    created.spec.tolerations.map(({ key, tolerationSeconds }) => `${key} ${tolerationSeconds}`),
    ["node.kubernetes.io/not-ready 30", "node.kubernetes.io/unreachable 60"],
  );
  assert.equal(created.spec.serviceAccountName, undefined);
  await server.close();
  life.abort(new Error("the test has ended"));
});
