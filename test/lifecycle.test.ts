/** A cluster's own life on this machine: up, repair, down, side by side, and nothing left behind. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { loadClusterConfig, nodeAddress } from "../src/cluster/config.ts";
import { layoutOf } from "../src/cluster/layout.ts";
import { eventually, startTestCluster, type TestCluster, whyNoCluster } from "./support/cluster.ts";

interface Component {
  name: string;
  node: string;
  pid: number;
  health: string;
}

async function components(cluster: TestCluster): Promise<{ state: string; components: Component[] }> {
  return JSON.parse((await cluster.coracle("status", "-o", "json")).stdout);
}

async function pidOf(cluster: TestCluster, name: string): Promise<number> {
  const found = (await components(cluster)).components.find((component) => component.name === name);
  assert.ok(found, `${name} is not in the status`);
  return found.pid;
}

const page = (text: string) => `apiVersion: v1
kind: Pod
metadata: {name: page, labels: {app: page}}
spec:
  terminationGracePeriodSeconds: 0
  containers:
  - name: httpd
    image: coracle.local/busybox:1
    command: [sh, -c, "mkdir /www; echo ${text} > /www/index.html; httpd -f -p 8080 -h /www"]
    readinessProbe: {tcpSocket: {port: 8080}, periodSeconds: 1}
---
apiVersion: v1
kind: Service
metadata: {name: page}
spec: {type: NodePort, selector: {app: page}, ports: [{port: 80, targetPort: 8080}]}
`;

async function servePage(cluster: TestCluster, text: string): Promise<string> {
  await cluster.kubectl("apply -f -", { input: page(text) });
  await cluster.kubectl("wait --for=condition=Ready pod/page --timeout=60s");
  const port = await cluster.kubectl("get service page -o jsonpath={.spec.ports[0].nodePort}");
  const config = await loadClusterConfig(layoutOf(cluster).configFile);
  assert.ok(config);
  return `http://${nodeAddress(config, "node-1")}:${port}/`;
}

const fetched = (url: string) => eventually(async () => (await fetch(url, { signal: AbortSignal.timeout(2_000) })).text(), 20_000);

describe("a cluster's life", { skip: whyNoCluster(), concurrency: false }, () => {
  let one: TestCluster;
  let url: string;

  before(async () => {
    one = await startTestCluster("life-one");
    url = await servePage(one, "first");
  });
  after(async () => {
    await one?.remove();
  });

  test("up again changes nothing and says so by its exit code", async () => {
    const before = await components(one);
    const { code } = await one.coracle("up");
    assert.equal(code, 0);
    assert.deepEqual(
      (await components(one)).components.map(({ pid }) => pid),
      before.components.map(({ pid }) => pid),
    );
    assert.equal(before.state, "running");
    assert.equal(await fetched(url), "first\n");
  });

  test("two clusters run side by side and do not see each other", async () => {
    const two = await startTestCluster("life-two");
    try {
      const other = await servePage(two, "second");
      assert.notEqual(other, url);
      assert.equal(await fetched(other), "second\n");
      assert.equal(await fetched(url), "first\n");
      assert.equal((await two.kubectl("get pods -A -o name")).trim(), "pod/page");
    } finally {
      await two.remove();
    }
    assert.equal(await fetched(url), "first\n");
    assert.deepEqual(leftovers(two.name), []);
  });

  test("a node process that is killed comes back by itself and leaves its containers alone", async () => {
    const id = await one.kubectl("get pod page -o jsonpath={.status.containerStatuses[0].containerID}");
    const pid = await pidOf(one, "kubelet");
    process.kill(pid, "SIGKILL");
    assert.equal(await fetched(url), "first\n", "pods serve while their kubelet is away");
    await eventually(async () => ((await components(one)).state === "running" && (await pidOf(one, "kubelet")) !== pid ? true : undefined));
    assert.equal(await one.kubectl("get pod page -o jsonpath={.status.containerStatuses[0].containerID}"), id);
    assert.equal(await one.kubectl("get pod page -o jsonpath={.status.containerStatuses[0].restartCount}"), "0");
  });

  test("a control plane that is killed is told of by status and repaired by up; its nodes go on", async () => {
    const kubelet = await pidOf(one, "kubelet");
    const roles = () => one.kubectl("get clusterroles,clusterrolebindings,roles,rolebindings -A -o jsonpath={.items[*].metadata.resourceVersion}");
    const before = await roles();
    process.kill(await pidOf(one, "kube-apiserver"), "SIGKILL");
    const status = await eventually(async () => {
      const report = await components(one);
      return report.state === "degraded" ? report : undefined;
    });
    assert.equal(status.components.find(({ name }) => name === "kube-apiserver")?.health, "stopped");
    assert.equal(await fetched(url), "first\n");
    assert.equal((await one.coracle("up")).code, 0);
    await eventually(async () => ((await components(one)).state === "running" ? true : undefined));
    assert.equal(await pidOf(one, "kubelet"), kubelet);
    assert.equal(await one.kubectl("get pod page -o jsonpath={.status.containerStatuses[0].restartCount}"), "0");
    assert.equal(await roles(), before, "what a start finds as it should be it does not write: it needs no room on the disk");
  });

  test("containerd that is killed is noticed and started again", async () => {
    const pid = await pidOf(one, "containerd");
    process.kill(pid, "SIGKILL");
    await eventually(async () => ((await pidOf(one, "containerd")) !== pid && (await components(one)).state === "running" ? true : undefined));
    assert.equal(await fetched(url), "first\n");
  });

  test("logs are printed by component", async () => {
    assert.match((await one.coracle("logs", "kubelet")).stdout, /INFO +kubelet node registered/);
    const { code, stderr } = await one.coracle("logs", "kube-nothing");
    assert.equal(code, 1);
    assert.match(stderr, /cannot print the log of "kube-nothing": there are control-plane/);
  });

  test("down leaves nothing behind, and state survives until up", async () => {
    await one.kubectl("create configmap kept --from-literal=a=b");
    assert.equal((await one.coracle("down")).code, 0);
    assert.deepEqual(leftovers(one.name), []);
    assert.equal((await components(one)).state, "stopped");
    assert.equal((await one.coracle("down")).code, 0, "down again is as good");
    assert.equal((await one.coracle("up")).code, 0);
    assert.equal(await one.kubectl("get configmap kept -o jsonpath={.data.a}"), "b");
    assert.equal(await fetched(url), "first\n", "the pod runs again");
    assert.equal((await one.coracle("down", "--purge")).code, 0);
    assert.equal(existsSync(one.dataDir), false);
  });

  test("a control plane told to stop takes its nodes and containers with it", async () => {
    const cluster = await startTestCluster("life-three");
    try {
      await servePage(cluster, "third");
      process.kill(await pidOf(cluster, "kube-apiserver"), "SIGTERM");
      await eventually(async () => (processesOf(cluster.name).length === 0 ? true : undefined));
    } finally {
      await cluster.remove();
    }
    assert.deepEqual(leftovers(cluster.name), []);
  });
});

/** Whatever of a cluster is still on this machine, in words. */
function leftovers(name: string): string[] {
  const text = (program: string, ...args: string[]) => execFileSync(program, args, { encoding: "utf8" });
  const lines = [
    ...text("ip", "netns")
      .split("\n")
      .filter((line) => line.includes(`coracle-${name}-`)),
    ...text("nft", "list", "tables")
      .split("\n")
      .filter((line) => line.includes(`coracle-${name}`)),
    ...readFileSync("/proc/self/mountinfo", "utf8")
      .split("\n")
      .filter((line) => line.includes(`/${name}/`) || line.includes(`coracle-${name}-`)),
    ...processesOf(name),
  ];
  for (const tree of ["/sys/fs/cgroup", ...readdirSync("/sys/fs/cgroup").map((controller) => join("/sys/fs/cgroup", controller))]) {
    if (existsSync(join(tree, "coracle", name))) lines.push(join(tree, "coracle", name));
  }
  if (existsSync(join("/run/coracle", name))) lines.push(join("/run/coracle", name));
  return lines;
}

/** Living processes whose command line or cgroup names the cluster; zombies, which wait for their parent, do not live. */
function processesOf(name: string): string[] {
  const found: string[] = [];
  for (const pid of readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
      const cgroup = readFileSync(`/proc/${pid}/cgroup`, "utf8");
      const isOurs =
        command.includes(`/run/coracle/${name}/`) || cgroup.includes(`/coracle/${name}/`) || (command.includes("main.js") && command.includes(` ${name}`));
      if (isOurs && command !== "" && !command.includes("cli/main.js")) found.push(`${pid} ${command}`);
    } catch {
      // It ended while we looked.
    }
  }
  return found;
}
