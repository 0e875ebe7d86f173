import assert from "node:assert/strict";
import { test } from "node:test";
import type { Container } from "../../api/core/v1/container.ts";
import { testPod } from "../pod/testing.ts";
import { containerEnvironment, EnvironmentError } from "./environment.ts";
import { serviceEnvironment } from "./service-environment.ts";

const facts = { podIps: ["10.0.0.5", "fd00::5"], nodeIps: ["192.0.2.1"], nodeName: "n", allocatable: { cpu: "4", memory: "8Gi" } };
const base64 = (text: string) => Buffer.from(text).toString("base64");
const meta = (name: string) => ({ name, uid: name });
const configMaps: Record<string, object> = { settings: { data: { "b-1": "two", a: "one" } } };
const secrets: Record<string, object> = { hidden: { data: { key: base64("value\n") } } };

function environment(container: Partial<Container>, services = new Map<string, string>()): Record<string, string> {
  const made = containerEnvironment(
    { name: "main", ...container },
    {
      pod: testPod(),
      facts,
      services,
      configMap: (name) =>
        configMaps[name] === undefined ? undefined : ({ apiVersion: "v1", kind: "ConfigMap", metadata: meta(name), ...configMaps[name] } as never),
      secret: (name) => (secrets[name] === undefined ? undefined : ({ apiVersion: "v1", kind: "Secret", metadata: meta(name), ...secrets[name] } as never)),
    },
  );
  return Object.fromEntries([...made].map(([name, value]) => [name, Buffer.from(value).toString()]));
}

test("envFrom keeps odd keys and prefixes, env overrides and refers to it", () => {
  const env = environment({
    envFrom: [{ prefix: "#@!", configMapRef: { name: "settings" } }, { configMapRef: { name: "settings" } }, { secretRef: { name: "hidden" } }],
    env: [
      { name: "a", value: "$(a)+$(key)$(LATER)" },
      { name: "LATER", value: "x" },
    ],
  });
  assert.deepEqual(env, { "#@!a": "one", "#@!b-1": "two", a: "one+value\n$(LATER)", "b-1": "two", key: "value\n", LATER: "x" });
});

test("fields and resources of the pod, with node allocatable as the default limit", () => {
  const from = (fieldPath: string) => ({ name: fieldPath, valueFrom: { fieldRef: { fieldPath } } });
  const resource = (name: string, divisor?: string) => ({
    name,
    valueFrom: { resourceFieldRef: { resource: name, ...(divisor === undefined ? {} : { divisor }) } },
  });
  const env = environment({
    resources: { requests: { cpu: "250m" }, limits: { cpu: "1250m" } },
    env: [
      from("metadata.name"),
      from("status.podIP"),
      from("status.podIPs"),
      from("status.hostIP"),
      resource("limits.cpu"),
      resource("requests.cpu"),
      resource("limits.memory"),
      resource("limits.memory", "1Mi"),
    ],
  });
  assert.deepEqual(Object.values(env), ["web", "10.0.0.5", "10.0.0.5,fd00::5", "192.0.2.1", "2", "1", "8192"]);
  assert.equal(environment({ env: [{ name: "M", valueFrom: { resourceFieldRef: { resource: "limits.memory" } } }] })["M"], "8589934592");
});

test("missing objects and keys are errors unless optional", () => {
  const key = (more: object) => ({ env: [{ name: "X", valueFrom: { configMapKeyRef: { key: "nope", name: "settings", ...more } } }] });
  assert.throws(() => environment(key({})), new EnvironmentError("couldn't find key nope in ConfigMap default/settings"));
  assert.throws(() => environment(key({ name: "absent" })), new EnvironmentError('configmap "absent" not found'));
  assert.deepEqual(environment(key({ optional: true })), {});
  assert.throws(() => environment({ envFrom: [{ secretRef: { name: "absent" } }] }), new EnvironmentError('secret "absent" not found'));
  assert.deepEqual(environment({ envFrom: [{ secretRef: { name: "absent", optional: true } }] }), {});
});

test("Services give docker-links variables: the namespace's own, and kubernetes always", () => {
  const service = (name: string, namespace: string, clusterIP: string, ports: object[]) =>
    ({ metadata: { ...meta(name), namespace }, spec: { clusterIP, ports } }) as never;
  const all = [
    service("kubernetes", "default", "10.96.0.1", [{ name: "https", port: 443 }]),
    service("my-db", "team", "10.96.0.7", [
      { port: 5432, protocol: "TCP" },
      { name: "stats", port: 9, protocol: "UDP" },
    ]),
    service("headless", "team", "None", [{ port: 1 }]),
    service("other", "elsewhere", "10.96.0.8", [{ port: 1 }]),
  ];
  const variables = Object.fromEntries(serviceEnvironment(all, "team", true));
  assert.deepEqual(
    Object.keys(variables).filter((name) => /HEADLESS|OTHER/.test(name)),
    [],
  );
  assert.deepEqual(
    [
      "KUBERNETES_SERVICE_HOST",
      "KUBERNETES_SERVICE_PORT_HTTPS",
      "KUBERNETES_PORT",
      "MY_DB_SERVICE_PORT",
      "MY_DB_SERVICE_PORT_STATS",
      "MY_DB_PORT_9_UDP_PROTO",
      "MY_DB_PORT_5432_TCP_ADDR",
    ].map((name) => variables[name]),
    ["10.96.0.1", "443", "tcp://10.96.0.1:443", "5432", "9", "udp", "10.96.0.7"],
  );
  assert.ok(!("MY_DB_SERVICE_HOST" in Object.fromEntries(serviceEnvironment(all, "team", false))), "enableServiceLinks: false");
});
