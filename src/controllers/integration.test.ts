/** The controllers against the real API server, scheduler and simulated nodes: what the fake API server cannot show. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { isNotFound } from "../client/errors.ts";
import {
  configMaps,
  controllerRevisions,
  daemonSets,
  deployments,
  endpointSlices,
  endpoints,
  jobs,
  namespaces,
  nodes,
  podDisruptionBudgets,
  pods,
  replicaSets,
  serviceAccounts,
  services,
  statefulSets,
} from "../client/resources.ts";
import { StatusError } from "../machinery/status.ts";
import { createCluster, type InProcessCluster } from "../testing/create-cluster.ts";

let cluster: InProcessCluster;
before(async () => {
  cluster = await createCluster({ nodes: 3 });
});
after(() => cluster.stop());

/** Polls until `ready` gives something truthy. */
async function eventually<T>(what: string, ready: () => Promise<T | undefined | false | null>, seconds = 15): Promise<T> {
  for (const deadline = Date.now() + seconds * 1000; Date.now() < deadline; ) {
    const found = await ready();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`not within ${seconds} s: ${what}`);
}

/** A namespace with its default service account, as every test of Kubernetes begins. */
async function newNamespace(name: string): Promise<string> {
  await cluster.client.of(namespaces).create({ metadata: { name }, spec: {} });
  await eventually(`service account in ${name}`, () => cluster.client.of(serviceAccounts).in(name).find("default"));
  await eventually(`root CA in ${name}`, () => cluster.client.of(configMaps).in(name).find("kube-root-ca.crt"));
  return name;
}

const template = (labels: Record<string, string>, image = "v1", annotations: Record<string, string> = {}) =>
  ({ metadata: { labels, annotations }, spec: { containers: [{ name: "c", image, ports: [{ name: "http", containerPort: 8080 }] }] } }) as never;

describe("controllers in a cluster", () => {
  test("nodes get their pod CIDRs and lose the taint that they were born with", async () => {
    await eventually("three clean nodes", async () => {
      const all = (await cluster.client.of(nodes).list()).items;
      return all.length === 3 && all.every((node) => node.spec.podCIDR !== undefined && (node.spec.taints ?? []).length === 0);
    });
  });

  test("a deployment is rolled out, updated, exposed and collected", async () => {
    const namespace = await newNamespace("rollout");
    const web = cluster.client.of(deployments).in(namespace);
    await web.create({ metadata: { name: "web" }, spec: { replicas: 4, selector: { matchLabels: { app: "web" } }, template: template({ app: "web" }) } });
    await cluster.client
      .of(services)
      .in(namespace)
      .create({ metadata: { name: "web" }, spec: { selector: { app: "web" }, ports: [{ port: 80, targetPort: "http" }] } });
    const complete = (revision: string) => async () => {
      const { metadata, status } = await web.get("web");
      const done =
        status?.availableReplicas === 4 && status.updatedReplicas === 4 && status.replicas === 4 && status.observedGeneration === metadata.generation;
      return done && metadata.annotations?.["deployment.kubernetes.io/revision"] === revision;
    };
    await eventually("revision 1", complete("1"));
    await eventually("endpoints", async () => {
      const [slice] = (await cluster.client.of(endpointSlices).in(namespace).list()).items;
      const object = await cluster.client.of(endpoints).in(namespace).find("web");
      return slice?.endpoints?.filter((item) => item.conditions?.ready).length === 4 && object?.subsets?.[0]?.addresses?.length === 4;
    });
    await web.patch("web", { spec: { template: { spec: { containers: [{ name: "c", image: "v2" }] } } } }, { type: "strategic" });
    await eventually("revision 2", complete("2"));
    await web.delete("web", { propagationPolicy: "Foreground" });
    await eventually("nothing left", async () => {
      const left = [
        ...(await web.list()).items,
        ...(await cluster.client.of(replicaSets).in(namespace).list()).items,
        ...(await cluster.client.of(pods).in(namespace).list()).items,
      ];
      return left.length === 0;
    });
  });

  test("a daemon set runs everywhere, and its history has one revision a template", async () => {
    const namespace = await newNamespace("daemons");
    const sets = cluster.client.of(daemonSets).in(namespace);
    await sets.create({ metadata: { name: "agent" }, spec: { selector: { matchLabels: { app: "agent" } }, template: template({ app: "agent" }) } });
    await eventually("a pod a node", async () => (await sets.get("agent")).status?.numberAvailable === 3);
    await sets.patch("agent", { spec: { template: { spec: { containers: [{ name: "c", image: "v2" }] } } } }, { type: "strategic" });
    await eventually("all updated", async () => {
      const { status } = await sets.get("agent");
      return status?.updatedNumberScheduled === 3 && status.numberAvailable === 3;
    });
    const revisions = (await cluster.client.of(controllerRevisions).in(namespace).list()).items.map((item) => item.revision);
    assert.deepEqual(revisions.sort(), [1, 2]);
  });

  test("a job completes, and its pods are let go", async () => {
    const namespace = await newNamespace("work");
    const all = cluster.client.of(jobs).in(namespace);
    const pod = {
      metadata: { annotations: { "simulator.coracle.dev/run-seconds": "0" } },
      spec: { restartPolicy: "Never", containers: [{ name: "c", image: "i" }] },
    } as never;
    await all.create({ metadata: { name: "sum" }, spec: { completions: 5, parallelism: 2, completionMode: "Indexed", template: pod } });
    const done = await eventually("completion", async () => {
      const job = await all.get("sum");
      return job.status?.conditions?.some((item) => item.type === "Complete" && item.status === "True") && job;
    });
    const { succeeded, completedIndexes, ready, terminating, active } = done.status!;
    assert.deepEqual([succeeded, completedIndexes, ready, terminating, active], [5, "0-4", 0, 0, undefined]);
    const left = (await cluster.client.of(pods).in(namespace).list()).items;
    assert.equal(left.length, 5);
    await eventually("no finalizers", async () =>
      (await cluster.client.of(pods).in(namespace).list()).items.every((item) => (item.metadata.finalizers ?? []).length === 0),
    );
  });

  test("a failing job stops at its limit", async () => {
    const namespace = await newNamespace("failing");
    const all = cluster.client.of(jobs).in(namespace);
    const annotations = { "simulator.coracle.dev/run-seconds": "0", "simulator.coracle.dev/exit-code": "3" };
    const pod = { metadata: { annotations }, spec: { restartPolicy: "Never", containers: [{ name: "c", image: "i" }] } } as never;
    await all.create({ metadata: { name: "bad" }, spec: { backoffLimit: 0, template: pod } });
    const failed = await eventually("failure", async () => {
      const job = await all.get("bad");
      return job.status?.conditions?.find((item) => item.type === "Failed" && item.status === "True") && job;
    });
    assert.equal(failed.status?.failed, 1);
    assert.deepEqual(
      failed.status?.conditions?.map((item) => [item.type, item.reason]),
      [
        ["FailureTarget", "BackoffLimitExceeded"],
        ["Failed", "BackoffLimitExceeded"],
      ],
    );
  });

  test("a stateful set comes up in order and is updated in reverse", async () => {
    const namespace = await newNamespace("ordered");
    const sets = cluster.client.of(statefulSets).in(namespace);
    await sets.create({
      metadata: { name: "db" },
      spec: { replicas: 3, serviceName: "db", selector: { matchLabels: { app: "db" } }, template: template({ app: "db" }) },
    });
    await eventually("three replicas", async () => (await sets.get("db")).status?.availableReplicas === 3);
    await sets.patch("db", { spec: { template: { spec: { containers: [{ name: "c", image: "v2" }] } } } }, { type: "strategic" });
    await eventually("the update", async () => {
      const { status, metadata } = await sets.get("db");
      return status?.observedGeneration === metadata.generation && status?.currentRevision === status?.updateRevision && status?.updatedReplicas === 3;
    });
    const made = (await cluster.client.of(pods).in(namespace).list()).items.map((pod) => [pod.metadata.name, pod.spec.containers[0]?.image]);
    assert.deepEqual(
      made,
      [0, 1, 2].map((ordinal) => [`db-${ordinal}`, "v2"]),
    );
  });

  test("an eviction is granted while the budget lasts", async () => {
    const namespace = await newNamespace("budget");
    await cluster.client
      .of(replicaSets)
      .in(namespace)
      .create({
        metadata: { name: "web" },
        spec: { replicas: 2, selector: { matchLabels: { app: "web" } }, template: template({ app: "web" }) },
      });
    const budgets = cluster.client.of(podDisruptionBudgets).in(namespace);
    await budgets.create({ metadata: { name: "web" }, spec: { minAvailable: 2, selector: { matchLabels: { app: "web" } } } });
    await eventually("healthy pods", async () => (await budgets.get("web")).status?.currentHealthy === 2);
    const [pod] = (await cluster.client.of(pods).in(namespace).list()).items;
    const evict = () =>
      cluster.client
        .of(pods)
        .in(namespace)
        .createSubresource(pod!.metadata.name, "eviction", { apiVersion: "policy/v1", kind: "Eviction", metadata: { name: pod!.metadata.name, namespace } });
    await assert.rejects(evict(), (error: unknown) => error instanceof StatusError && error.code === 429);
    await budgets.patch("web", { spec: { minAvailable: 1 } }, { type: "merge" });
    await eventually("an allowed disruption", async () => (await budgets.get("web")).status?.disruptionsAllowed === 1);
    await evict();
    await eventually("a replacement", async () => {
      const all = (await cluster.client.of(pods).in(namespace).list()).items;
      return all.length === 2 && all.every((item) => item.metadata.uid !== pod!.metadata.uid);
    });
  });

  test("a namespace takes everything along", async () => {
    const namespace = await newNamespace("doomed");
    await cluster.client
      .of(deployments)
      .in(namespace)
      .create({
        metadata: { name: "web" },
        spec: { replicas: 3, selector: { matchLabels: { app: "web" } }, template: template({ app: "web" }) },
      });
    await cluster.client
      .of(configMaps)
      .in(namespace)
      .create({ metadata: { name: "map" } });
    await eventually("pods", async () => (await cluster.client.of(pods).in(namespace).list()).items.length === 3);
    await cluster.client.of(namespaces).delete(namespace);
    await eventually("the namespace's end", async () => (await cluster.client.of(namespaces).find(namespace)) === undefined);
    await assert.rejects(cluster.client.of(namespaces).get(namespace), isNotFound);
  });

  test("once all is done nothing is written any more but heartbeats", async () => {
    const revisions = async () => {
      const lists = await Promise.all(
        [deployments, replicaSets, daemonSets, jobs, pods, endpointSlices, endpoints].map((resource) => cluster.client.of(resource as typeof pods).list()),
      );
      return lists.flatMap((list) => list.items.map((item) => `${item.kind}/${item.metadata.name}/${item.metadata.resourceVersion}`));
    };
    const before = await revisions();
    await new Promise((resolve) => setTimeout(resolve, 500));
    assert.deepEqual(await revisions(), before);
  });
});
