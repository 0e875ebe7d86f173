/** A process that fills a watch cache with pods and tells its parent what each of them retains of memory. */
import { allDefinitions } from "../../api/index.ts";
import { ObjectMemory } from "../../apiserver/registry/object-memory.ts";
import { ObjectCodec, PendingWrite } from "../../apiserver/registry/stored-object.ts";
import { ResourceCache } from "../../apiserver/watch-cache/resource-cache.ts";
import type { KubeObject } from "../../machinery/object.ts";

const collect = (globalThis as unknown as { gc(): void }).gc;
const count = 2000;
const warmBytes = 256 * 1024;

function container(name: string): object {
  const probe = { httpGet: { path: "/healthz", port: 8080, scheme: "HTTP" }, periodSeconds: 10, timeoutSeconds: 1, failureThreshold: 3 };
  const env = Array.from({ length: 6 }, (_, index) => ({ name: `VARIABLE_${index}`, value: `value ${index}` }));
  const resources = { limits: { cpu: "1", memory: "1Gi" }, requests: { cpu: "100m", memory: "128Mi" } };
  return { name, image: `registry.example/team/${name}:1.2.3`, env, resources, livenessProbe: probe, readinessProbe: probe, imagePullPolicy: "IfNotPresent" };
}

function pod(index: number, label: string): KubeObject {
  const owned = (name: string) => Object.fromEntries(Array.from({ length: 40 }, (_, field) => [`f:${name}-${field}`, { ".": {} }]));
  const entry = (manager: string) => ({
    manager,
    operation: "Update",
    apiVersion: "v1",
    time: "2026-01-01T00:00:00Z",
    fieldsType: "FieldsV1",
    fieldsV1: owned(manager),
  });
  const metadata = {
    name: `pod-${index}`,
    namespace: "default",
    labels: { app: "web", step: label },
    managedFields: [entry("kubectl"), entry("kubelet")],
    uid: `uid-${index}`,
  };
  const spec = { containers: [container("web"), container("sidecar")], restartPolicy: "Always", schedulerName: "default-scheduler" };
  return { kind: "Pod", apiVersion: "v1", metadata, spec, status: { phase: "Pending" } } as unknown as KubeObject;
}

/** After two turns: references that were followed in one stay until it is over, buffers until they have been swept. */
async function used(): Promise<number> {
  for (let turn = 0; turn < 2; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
    collect();
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

const definition = allDefinitions.find(({ kind, group }) => kind === "Pod" && group === "");
if (definition === undefined || process.send === undefined) throw new Error("cannot measure: there are no pods, or nobody to tell");
const codec = new ObjectCodec(definition, false, new ObjectMemory(warmBytes));
const cache = new ResourceCache("/registry/pods/", { minimum: 10, maximum: 100, windowMs: 0 });
let revision = 0;

async function write(label: string): Promise<void> {
  for (let index = 0; index < count; index++) {
    const key = `/registry/pods/default/pod-${index}`;
    const current = new PendingWrite(codec, key, pod(index, label)).committed(++revision);
    cache.apply({ revision, key, current, previous: cache.get(key), at: revision });
    if (index % 200 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}

await write("warm-up");
cache.reset([], revision);
const before = await used();
await write("one");
const first = ((await used()) - before) / count;
await write("two");
for (const stored of cache.range("/registry/pods/"))
  if (stored.object.metadata.labels?.["step"] !== "two") throw new Error(`cannot find the change of ${stored.key}`);
const afterChanges = ((await used()) - before) / count;
process.send({ first, afterChanges });
process.disconnect?.();
