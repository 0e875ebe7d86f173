/** Workload controllers, scheduler and kubelets together, with real containers on two nodes. Row ids are those of the conformance tests' behaviours. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { busyboxImageName } from "../src/cluster/images.ts";
import { eventually, startTestCluster, type TestCluster, whyNoCluster } from "./support/cluster.ts";

const broken = "coracle.local/missing:1";

/** A pod template's spec around one shell line. */
const shell = (script: string, more: object = {}, container: object = {}) => ({
  terminationGracePeriodSeconds: 0,
  containers: [{ name: "main", image: busyboxImageName, command: ["sh", "-c", script], ...container }],
  ...more,
});
const forever = "sleep 1000000";

function workload(kind: string, name: string, spec: object, podSpec: object = shell(forever)): object {
  const labels = { app: name };
  return {
    apiVersion: kind === "ReplicationController" ? "v1" : "apps/v1",
    kind,
    metadata: { name, labels },
    spec: { ...(kind === "ReplicationController" ? {} : { selector: { matchLabels: labels } }), template: { metadata: { labels }, spec: podSpec }, ...spec },
  };
}

const job = (name: string, spec: object, podSpec: object) => ({
  apiVersion: "batch/v1",
  kind: "Job",
  metadata: { name },
  spec: { template: { spec: { restartPolicy: "Never", ...podSpec } }, ...spec },
});

interface Listed {
  metadata: { name: string; uid: string; labels: Record<string, string>; annotations: Record<string, string>; ownerReferences?: { controller?: boolean }[] };
  spec: { replicas: number; nodeName: string };
  status: { phase: string };
}

describe("workloads", { skip: whyNoCluster(), concurrency: false }, () => {
  let cluster: TestCluster;
  const k = (args: string | readonly string[], options = {}) => cluster.kubectl(args, options);
  const field = (object: string, path: string) => k(["get", ...object.split(" "), "-o", `jsonpath={${path}}`]);
  const apply = (...items: object[]) => k("apply -f -", { input: items.map((item) => JSON.stringify(item)).join("\n") });
  const list = async (what: string): Promise<Listed[]> => JSON.parse(await k(`get ${what} -o json`)).items;
  const patch = (object: string, body: object) => k(["patch", ...object.split(" "), "--type=merge", "-p", JSON.stringify(body)]);
  const setEnv = (object: string, value: string) => k(`set env ${object} ROUND=${value}`);
  const rolledOut = (object: string) => k(`rollout status ${object} --timeout=30s`);
  const becomes = (object: string, path: string, wanted: string) =>
    eventually(async () => {
      assert.equal(await field(object, path), wanted);
      return true;
    }, 20_000);

  before(async () => {
    cluster = await startTestCluster("workloads", 2);
    await eventually(async () => ((await cluster.tryKubectl("get serviceaccount default")).code === 0 ? true : undefined));
  });
  after(async () => {
    await cluster?.remove();
  });

  // AP-04
  test("a Deployment adopts a matching ReplicaSet, goes on from its revision, and rolls", async () => {
    const revision = "deployment.kubernetes.io/revision";
    const labels = { app: "roll" };
    await apply({
      ...workload("ReplicaSet", "roll-old", { replicas: 2 }),
      metadata: { name: "roll-old", labels, annotations: { [revision]: "3546343826724305832" } },
      spec: { replicas: 2, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: shell(forever) } },
    });
    await becomes("replicaset roll-old", ".status.availableReplicas", "2");
    const writers = await k(["get", "pods", "-l", "app=roll", "--show-managed-fields", "-o", "jsonpath={.items[0].metadata.managedFields[*].manager}"]);
    assert.equal(writers, "kube-controller-manager kubelet");
    await apply(workload("Deployment", "roll", { replicas: 2 }, shell(forever, {}, { env: [{ name: "ROUND", value: "1" }] })));
    await rolledOut("deployment/roll");
    const sets = await list("replicasets -l app=roll");
    assert.deepEqual(
      sets.map(({ metadata }) => metadata.ownerReferences?.[0]?.controller),
      [true, true],
    );
    assert.equal(await field("deployment roll", `.metadata.annotations.deployment\\.kubernetes\\.io/revision`), "3546343826724305833");
    assert.equal(await field("replicaset roll-old", ".spec.replicas"), "0");
    await k("rollout undo deployment/roll");
    await rolledOut("deployment/roll");
    await k("delete deployment roll --wait=false");
  });

  // AP-04
  test("Recreate never lets old and new pods run together", async () => {
    await apply(workload("Deployment", "recreate", { replicas: 2, strategy: { type: "Recreate" } }));
    await rolledOut("deployment/recreate");
    const old = (await list("replicasets -l app=recreate"))[0]?.metadata.name ?? "";
    await setEnv("deployment/recreate", "2");
    await eventually(async () => {
      const pods = await list("pods -l app=recreate");
      const generations = new Set(pods.map(({ metadata }) => metadata.labels["pod-template-hash"]));
      assert.ok(generations.size <= 1, "old and new pods at once");
      return pods.length === 2 && !old.endsWith([...generations][0] ?? "") ? true : undefined;
    });
    await rolledOut("deployment/recreate");
    await k("delete deployment recreate --wait=false");
  });

  // AP-04
  test("a rollout that replaces a broken one comes through, and revisionHistoryLimit 0 leaves no old ReplicaSet", async () => {
    const spec = { replicas: 1, revisionHistoryLimit: 0, strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } } };
    await apply(workload("Deployment", "rollover", spec));
    await rolledOut("deployment/rollover");
    await k(`set image deployment/rollover main=${broken}`);
    await becomes("deployment rollover", ".status.updatedReplicas", "1");
    assert.equal(await field("deployment rollover", ".status.availableReplicas"), "1", "the old pod goes on meanwhile");
    await k([
      "patch",
      "deployment",
      "rollover",
      "-p",
      JSON.stringify({ spec: { template: { spec: { containers: [{ name: "main", image: busyboxImageName, env: [{ name: "ROUND", value: "2" }] }] } } } }),
    ]);
    await rolledOut("deployment/rollover");
    await eventually(async () => ((await list("replicasets -l app=rollover")).length === 1 ? true : undefined));
    await k("delete deployment rollover --wait=false");
  });

  // AP-04
  test("scaling during a stuck rollout is shared out in proportion", async () => {
    const spec = { replicas: 10, strategy: { rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } } };
    await apply(workload("Deployment", "share", spec));
    await rolledOut("deployment/share");
    await k(`set image deployment/share main=${broken}`);
    const replicas = async () => (await list("replicasets -l app=share")).map(({ spec }) => spec.replicas).sort((a, b) => b - a);
    const share = (wanted: number[]) =>
      eventually(async () => {
        assert.deepEqual(await replicas(), wanted);
        return true;
      });
    await share([8, 5]);
    await becomes("deployment share", ".status.availableReplicas", "8");
    await k("scale deployment share --replicas=30");
    await share([20, 13]);
    await k("delete deployment share --wait=false");
  });

  // AP-05, AP-06
  test("a status that was written by hand is put right, and the scale subresource scales", async () => {
    await apply(workload("Deployment", "scaled", { replicas: 1 }));
    await rolledOut("deployment/scaled");
    await k(["patch", "deployment", "scaled", "--subresource=status", "--type=merge", "-p", '{"status":{"readyReplicas":0,"availableReplicas":0}}']);
    await becomes("deployment scaled", ".status.readyReplicas", "1");
    await k(["patch", "deployment", "scaled", "--subresource=scale", "--type=merge", "-p", '{"spec":{"replicas":2}}']);
    await rolledOut("deployment/scaled");
    assert.equal(await field("deployment scaled", ".status.availableReplicas"), "2");
    await k("delete deployment scaled --wait=false");
  });

  // AP-06, AP-07
  for (const kind of ["ReplicaSet", "ReplicationController"]) {
    test(`a ${kind} adopts matching orphans and releases pods whose labels change`, async () => {
      const name = `own-${kind.toLowerCase()}`;
      await apply({ apiVersion: "v1", kind: "Pod", metadata: { name: `${name}-orphan`, labels: { app: name } }, spec: shell(forever) });
      await apply(workload(kind, name, { replicas: 1 }));
      await becomes(`pod ${name}-orphan`, ".metadata.ownerReferences[0].name", name);
      await becomes(`${kind} ${name}`, ".status.readyReplicas", "1");
      assert.equal((await list(`pods -l app=${name}`)).length, 1);
      await k(`label pod ${name}-orphan app=released --overwrite`);
      await becomes(`pod ${name}-orphan`, ".metadata.ownerReferences", "");
      await eventually(async () => ((await list(`pods -l app=${name}`)).length === 1 ? true : undefined));
      await k(`delete ${kind} ${name} --wait=false`);
      await k(`delete pod ${name}-orphan --wait=false`);
    });
  }

  // AP-07
  test("a quota's refusal shows as ReplicaFailure and goes when it no longer bites", async () => {
    await k("create namespace small");
    await k("create quota two --hard=pods=2 -n small");
    await k("apply -n small -f -", { input: JSON.stringify(workload("ReplicationController", "rc", { replicas: 3 })) });
    const failure = '.status.conditions[?(@.type=="ReplicaFailure")].status';
    await becomes("rc rc -n small", failure, "True");
    await k("scale rc rc -n small --replicas=2");
    await becomes("rc rc -n small", failure, "");
    await k("delete namespace small --wait=false");
  });

  // AP-02, AP-03
  test("a DaemonSet runs on every node, revives its pods, follows node labels, rolls and rolls back", async () => {
    await apply(workload("DaemonSet", "every", {}));
    await rolledOut("daemonset/every");
    const nodesOf = async () => (await list("pods -l app=every")).map(({ spec }) => spec.nodeName).sort();
    assert.deepEqual(await nodesOf(), ["node-1", "node-2"]);
    const [victim] = await list("pods -l app=every");
    await k(`delete pod ${victim?.metadata.name} --wait=false`);
    await eventually(async () => {
      const pods = await list("pods -l app=every");
      return pods.length === 2 && pods.every(({ metadata }) => metadata.uid !== victim?.metadata.uid) ? true : undefined;
    });
    await rolledOut("daemonset/every");
    await setEnv("daemonset/every", "2");
    await rolledOut("daemonset/every");
    const revisions = await list("controllerrevisions -l app=every");
    assert.deepEqual(revisions.map((revision) => (revision as unknown as { revision: number }).revision).sort(), [1, 2]);
    await k(`set image daemonset/every main=${broken}`);
    await becomes("daemonset every", ".status.updatedNumberScheduled", "1");
    const before = (await list("pods -l app=every")).map(({ metadata }) => metadata.uid);
    await k("rollout undo daemonset/every");
    await rolledOut("daemonset/every");
    const kept = (await list("pods -l app=every")).filter(({ metadata }) => before.includes(metadata.uid));
    assert.equal(kept.length, 1, "the pod that was not replaced is not restarted by the rollback");
    await patch("daemonset every", { spec: { template: { spec: { nodeSelector: { colour: "blue" } } } } });
    await eventually(async () => ((await nodesOf()).length === 0 ? true : undefined));
    await k("label node node-2 colour=blue");
    await eventually(async () => ((await nodesOf()).join() === "node-2" ? true : undefined));
    await k("label node node-2 colour-");
    await eventually(async () => ((await nodesOf()).length === 0 ? true : undefined));
    await k("delete daemonset every --wait=false");
  });

  // AP-09, AP-10
  test("a StatefulSet starts in order, halts at an unready pod, updates in reverse and by partition, and returns to its old revision", async () => {
    const probe = { readinessProbe: { exec: { command: ["test", "!", "-e", "/tmp/unready"] }, periodSeconds: 1, failureThreshold: 1 } };
    await apply(workload("StatefulSet", "ss", { replicas: 2, serviceName: "ss" }, shell(forever, {}, probe)));
    await rolledOut("statefulset/ss");
    const [first, second] = (await list("pods -l app=ss")) as [Listed, Listed];
    assert.deepEqual([first.metadata.name, second.metadata.name], ["ss-0", "ss-1"]);
    await k("exec ss-0 -- touch /tmp/unready");
    await becomes("statefulset ss", ".status.readyReplicas", "1");
    await k("scale statefulset ss --replicas=3");
    await becomes("statefulset ss", ".status.observedGeneration", "2");
    assert.equal((await cluster.tryKubectl("get pod ss-2")).code, 1, "it waits for ss-0");
    await k("exec ss-0 -- rm /tmp/unready");
    await becomes("statefulset ss", ".status.readyReplicas", "3");
    const revision = await field("statefulset ss", ".status.currentRevision");
    await patch("statefulset ss", { spec: { updateStrategy: { rollingUpdate: { partition: 2 } } } });
    await setEnv("statefulset/ss", "2");
    const revisionOf = (pod: string) => field(`pod ${pod}`, ".metadata.labels.controller-revision-hash");
    await rolledOut("statefulset/ss");
    const updated = await field("statefulset ss", ".status.updateRevision");
    assert.deepEqual(await Promise.all(["ss-0", "ss-1", "ss-2"].map(revisionOf)), [revision, revision, updated]);
    await patch("statefulset ss", { spec: { updateStrategy: { rollingUpdate: { partition: 0 } } } });
    await rolledOut("statefulset/ss");
    await becomes("statefulset ss", ".status.currentRevision", updated);
    await k("rollout undo statefulset/ss");
    await rolledOut("statefulset/ss");
    assert.equal(await field("statefulset ss", ".status.updateRevision"), revision, "an equal template has its old revision's name");
    await k("delete statefulset ss --wait=false");
  });

  // BA-01
  test("a Job runs its completions with local restarts, and takes its orphans back", async () => {
    const flaky = shell(
      "test -e /data/once || { touch /data/once; exit 1; }",
      {
        restartPolicy: "OnFailure",
        volumes: [{ name: "data", emptyDir: {} }],
      },
      { volumeMounts: [{ name: "data", mountPath: "/data" }] },
    );
    await apply(job("flaky", { completions: 3, parallelism: 2 }, flaky), job("steady", { parallelism: 1 }, shell(forever)));
    await becomes("job steady", ".status.ready", "1");
    const [pod] = await list("pods -l job-name=steady");
    const name = pod?.metadata.name ?? "";
    await patch(`pod ${name}`, { metadata: { ownerReferences: null } });
    await becomes(`pod ${name}`, ".metadata.ownerReferences[0].kind", "Job");
    await patch(`pod ${name}`, { metadata: { labels: null } });
    await becomes(`pod ${name}`, ".metadata.ownerReferences", "");
    assert.equal(await field(`pod ${name}`, ".metadata.finalizers"), "", "a released pod is no longer tracked");
    await k(`delete pod ${name} --wait=false`);
    await k("delete job steady --wait=false");
    await k("wait --for=condition=Complete job/flaky --timeout=30s");
    assert.equal(await field("job flaky", ".status.succeeded"), "3");
    assert.equal(await field("job flaky", '.status.conditions[?(@.type=="Complete")].reason'), "CompletionsReached");
  });

  // BA-02, BA-03
  test("indexed Jobs count failures by index, and stop by their policies", async () => {
    const odd = shell("test $(( JOB_COMPLETION_INDEX % 2 )) = 0");
    const indexed = { completions: 4, parallelism: 4, completionMode: "Indexed" };
    const onExit = (action: string) => ({ podFailurePolicy: { rules: [{ action, onExitCodes: { operator: "In", values: [1] } }] } });
    await apply(
      job("by-index", { ...indexed, backoffLimitPerIndex: 0 }, odd),
      job("none-may-fail", { ...indexed, backoffLimitPerIndex: 1, maxFailedIndexes: 0, ...onExit("FailIndex") }, odd),
      job("fails", { backoffLimit: 6, ...onExit("FailJob") }, shell("exit 1")),
      job("backs-off", { backoffLimit: 0 }, shell("exit 3")),
      job("one-is-enough", { ...indexed, successPolicy: { rules: [{ succeededIndexes: "0" }] } }, shell(`test $JOB_COMPLETION_INDEX = 0 || ${forever}`)),
    );
    const failed = async (name: string, reason: string) => {
      await k(`wait --for=condition=Failed job/${name} --timeout=30s`);
      assert.equal(await field(`job ${name}`, '.status.conditions[?(@.type=="Failed")].reason'), reason);
    };
    await failed("by-index", "FailedIndexes");
    assert.equal(await field("job by-index", ".status['failedIndexes','completedIndexes','failed','succeeded']"), "1,3 0,2 2 2");
    await failed("none-may-fail", "MaxFailedIndexesExceeded");
    await failed("fails", "PodFailurePolicy");
    await failed("backs-off", "BackoffLimitExceeded");
    await k("wait --for=condition=Complete job/one-is-enough --timeout=30s");
    assert.equal(await field("job one-is-enough", '.status.conditions[?(@.type=="SuccessCriteriaMet")].reason'), "SuccessPolicy");
    assert.equal(await field("job one-is-enough", '.status.conditions[?(@.type=="Complete")].reason'), "SuccessPolicy");
    assert.equal(await field("job one-is-enough", ".status['completedIndexes','ready','terminating']"), "0 0 0");
  });

  // AP-08
  test("a PodDisruptionBudget refuses evictions that would go below it", async () => {
    await apply(workload("Deployment", "kept", { replicas: 2 }), {
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata: { name: "kept" },
      spec: { minAvailable: 2, selector: { matchLabels: { app: "kept" } } },
    });
    await rolledOut("deployment/kept");
    await becomes("pdb kept", ".status['currentHealthy','desiredHealthy']", "2 2");
    assert.equal(await field("pdb kept", ".status.disruptionsAllowed"), "0");
    const name = (await list("pods -l app=kept"))[0]?.metadata.name ?? "";
    const evict = () =>
      cluster.tryKubectl(["create", "--raw", `/api/v1/namespaces/default/pods/${name}/eviction`, "-f", "-"], {
        input: JSON.stringify({ apiVersion: "policy/v1", kind: "Eviction", metadata: { name, namespace: "default" } }),
      });
    const refused = await evict();
    assert.notEqual(refused.code, 0);
    assert.match(refused.stderr, /Cannot evict pod as it would violate the pod's disruption budget/);
    await patch("pdb kept", { spec: { minAvailable: null, maxUnavailable: "50%" } });
    await becomes("pdb kept", ".status.disruptionsAllowed", "1");
    assert.equal((await evict()).code, 0);
    await k("delete deployment kept --wait=false");
    await k("delete pdb kept");
  });

  // AP-01
  test("a suspended CronJob starts nothing, its template starts a Job by hand, and ? stands for any", async () => {
    const template = { spec: { template: { spec: { restartPolicy: "Never", ...shell("true") } } } };
    await apply({
      apiVersion: "batch/v1",
      kind: "CronJob",
      metadata: { name: "tick" },
      spec: { schedule: "*/1 * * * ?", suspend: true, jobTemplate: template },
    });
    await k("create job --from=cronjob/tick by-hand");
    await k("wait --for=condition=Complete job/by-hand --timeout=30s");
    assert.equal(await field("cronjob tick", ".status.lastScheduleTime"), "");
  });

  // SC-02
  test("a pod that fits no node stays Pending and says why; the same host port goes to another node", async () => {
    const big = shell(forever, {}, { resources: { requests: { cpu: "1000" } } });
    const port = shell(forever, {}, { ports: [{ containerPort: 80, hostPort: 54_322 }] });
    const pod = (name: string, spec: object) => ({ apiVersion: "v1", kind: "Pod", metadata: { name, labels: { app: "fit" } }, spec });
    await apply(pod("big", big), pod("port-1", port), pod("port-2", port), pod("nowhere", shell(forever, { nodeSelector: { label: "nonempty" } })));
    await k("wait --for=condition=Ready pod/port-1 pod/port-2 --timeout=30s");
    assert.notEqual(await field("pod port-1", ".spec.nodeName"), await field("pod port-2", ".spec.nodeName"));
    await eventually(async () => {
      const events = await k("get events --field-selector reason=FailedScheduling,type=Warning");
      return /pod\/big .*2 Insufficient cpu/.test(events) && /pod\/nowhere /.test(events) ? true : undefined;
    });
    await k("delete pod -l app=fit --wait=false");
  });

  // NO-13
  test("a NoExecute taint evicts when toleration ends, and spares pods whose taint went in time", async () => {
    const toleration = (tolerationSeconds: number) => ({
      tolerations: [{ key: "evict", operator: "Exists", effect: "NoExecute", tolerationSeconds }],
      nodeName: "node-2",
    });
    const pod = (name: string, seconds: number) => ({ apiVersion: "v1", kind: "Pod", metadata: { name }, spec: shell(forever, toleration(seconds)) });
    await apply(pod("brief", 1), pod("patient", 6));
    await k("wait --for=condition=Ready pod/brief pod/patient --timeout=30s");
    await k("taint node node-2 evict=now:NoExecute");
    await k("wait --for=delete pod/brief --timeout=10s");
    await k("taint node node-2 evict:NoExecute-");
    await new Promise((resolve) => setTimeout(resolve, 6_000)); // Longer than it would have been tolerated.
    assert.equal(await field("pod patient", ".metadata.deletionTimestamp"), "");
    await k("delete pod patient --wait=false");
  });
});
