import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { Pod } from "../api/core/v1/pod.ts";
import { configMaps, leases, nodes, pods, secrets, services } from "../client/resources.ts";
import { busyboxImageName } from "../testing/images.ts";
import { busyboxPod, eventLines, isReady, isRunning, type KubeletScene, kubeletScene, podGone, podUntil } from "../testing/kubelet-scene.ts";
import { insideNamespaces, namespacesDirectory, runInNamespaces, skipWithoutContainers } from "../testing/namespaces.ts";
import { cgroupfsPath } from "./cgroups.ts";

if (!insideNamespaces) {
  test("the kubelet on real containers", { skip: skipWithoutContainers() }, () => runInNamespaces(import.meta.filename));
} else {
  let scene: KubeletScene;
  before(async () => {
    scene = await kubeletScene(namespacesDirectory);
    await scene.startKubelet();
  });
  after(() => scene.end());

  test("runs a pod, reports it and deletes it", async () => {
    const created = performance.now();
    scene.api.put(pods, busyboxPod("web", "echo hello; exec sleep 1000"));
    const pod = await podUntil(scene, "web", isReady);
    console.log(`create to Ready: ${Math.round(performance.now() - created)} ms`);
    assert.match(pod.status?.podIP ?? "", /^10\.88\.0\./);
    assert.equal(pod.status?.observedGeneration, 1);
    assert.equal(pod.status?.containerStatuses?.[0]?.restartCount, 0);
    assert.equal(await logUntil("web", /\n/), "hello\n");
    assert.match(eventLines(scene.events), /main\}: Normal Pulled[\s\S]*Normal Created[\s\S]*Normal Started/);
    await scene.client.of(pods).in("default").delete("web");
    await podGone(scene, "web");
  });

  const logOf = async (name: string, container = "main", previous = false) => {
    const pod = scene.api.all(pods).find(({ metadata }) => metadata.name === name)!;
    const view = scene.view().container(pod, container, previous);
    if (view === undefined) return "";
    const text = await readFile(view.logPath, "utf8").catch(() => "");
    return text.replace(/^\S+ std(out|err) [FP] /gm, "");
  };
  const logUntil = async (name: string, pattern: RegExp, container = "main", timeoutMs = 8000) => {
    for (const end = Date.now() + timeoutMs; ; await delay(20)) {
      const text = await logOf(name, container);
      if (pattern.test(text)) return text;
      if (Date.now() > end) throw new Error(`log of ${name} does not match ${pattern}: ${text}`);
    }
  };
  const ended = (pod: Pod) => pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";
  const remove = (name: string) =>
    scene.client
      .of(pods)
      .in("default")
      .delete(name, { gracePeriodSeconds: 0 })
      .catch(() => {});
  const once = { restartPolicy: "Never" };

  test("gives a container its environment from every source", async () => {
    scene.api.put(configMaps, { metadata: { name: "settings", namespace: "default" }, data: { "data-1": "one", color: "blue" } });
    scene.api.put(secrets, { metadata: { name: "hidden", namespace: "default" }, data: { key: Buffer.from("value\n").toString("base64") } });
    scene.api.put(services, {
      metadata: { name: "fooservice", namespace: "default" },
      spec: { clusterIP: "10.96.1.1", ports: [{ port: 8765, protocol: "TCP" }] },
    });
    await delay(100);
    const container = {
      envFrom: [
        { configMapRef: { name: "settings" } },
        { prefix: "#@!", configMapRef: { name: "settings" } },
        { prefix: "$_-", secretRef: { name: "hidden" } },
        { configMapRef: { name: "absent", optional: true } },
      ],
      env: [
        { name: "FIRST", value: "a" },
        { name: "COMPOSED", value: "$(FIRST)-$(color)-$(UNKNOWN)-$$(FIRST)-$(FOOSERVICE_SERVICE_PORT)" },
        { name: "SECRET", valueFrom: { secretKeyRef: { name: "hidden", key: "key" } } },
        { name: "POD_IP", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
        { name: "HOST_IP", valueFrom: { fieldRef: { fieldPath: "status.hostIP" } } },
        { name: "CPU", valueFrom: { resourceFieldRef: { resource: "limits.cpu" } } },
        { name: "MEMORY", valueFrom: { resourceFieldRef: { resource: "requests.memory" } } },
      ],
      command: ["env"],
      args: [],
      resources: { limits: { cpu: "1250m", memory: "64Mi" }, requests: { cpu: "250m", memory: "32Mi" } },
    };
    scene.api.put(pods, busyboxPod("env", "", container, once));
    const pod = await podUntil(scene, "env", ended);
    assert.equal(pod.status?.phase, "Succeeded");
    const lines = (await logOf("env")).split("\n");
    const expected = ["data-1=one", "#@!data-1=one", "$_-key=value", "COMPOSED=a-blue-$(UNKNOWN)-$(FIRST)-8765", "SECRET=value", "CPU=2", "MEMORY=33554432"];
    expected.push("FOOSERVICE_SERVICE_HOST=10.96.1.1", "FOOSERVICE_PORT_8765_TCP=tcp://10.96.1.1:8765", `POD_IP=${pod.status?.podIP}`, "HOST_IP=10.88.0.1");
    for (const line of expected) assert.ok(lines.includes(line), `${line} in\n${lines.join("\n")}`);
    await remove("env");
  });

  test("restarts containers as the policy says, and keeps an in-memory emptyDir across restarts", async () => {
    const script = "n=$(cat /data/n 2>/dev/null || echo 0); echo $((n+1)) > /data/n; [ $n = 0 ] && exit 1; [ $n = 1 ] && exit 0; exec sleep 1000";
    const container = { volumeMounts: [{ name: "data", mountPath: "/data" }] };
    const spec = (restartPolicy: string) => ({ restartPolicy, volumes: [{ name: "data", emptyDir: { medium: "Memory" } }] });
    for (const policy of ["Always", "OnFailure", "Never"]) scene.api.put(pods, busyboxPod(`r-${policy.toLowerCase()}`, script, container, spec(policy)));
    const never = await podUntil(scene, "r-never", ended);
    assert.deepEqual([never.status?.phase, never.status?.containerStatuses?.[0]?.restartCount], ["Failed", 0]);
    const onFailure = await podUntil(scene, "r-onfailure", ended);
    assert.deepEqual([onFailure.status?.phase, onFailure.status?.containerStatuses?.[0]?.restartCount], ["Succeeded", 1]);
    const waiting = await podUntil(scene, "r-always", (pod) => pod.status?.containerStatuses?.[0]?.state?.waiting?.reason === "CrashLoopBackOff");
    assert.match(
      waiting.status?.containerStatuses?.[0]?.state?.waiting?.message ?? "",
      /^back-off 10s restarting failed container=main pod=r-always_default\(/,
    );
    assert.equal(waiting.status?.containerStatuses?.[0]?.lastState?.terminated?.exitCode, 0);
    const always = await podUntil(scene, "r-always", isReady, 15_000);
    assert.equal(always.status?.containerStatuses?.[0]?.restartCount, 2);
    for (const name of ["r-always", "r-onfailure", "r-never"]) await remove(name);
  });

  test("reports termination messages from the file, and from the log where asked to", async () => {
    const asUser = { terminationMessagePath: "/dev/custom", securityContext: { runAsUser: 10000 } };
    scene.api.put(pods, busyboxPod("t-file", "printf DONE > /dev/custom", asUser, once));
    const fallback = { terminationMessagePolicy: "FallbackToLogsOnError" };
    scene.api.put(pods, busyboxPod("t-log", "printf DONE; exit 1", fallback, once));
    scene.api.put(pods, busyboxPod("t-ok", "printf DONE", fallback, once));
    scene.api.put(pods, busyboxPod("t-both", "printf OK > /dev/termination-log; printf DONE; exit 1", fallback, once));
    const messages = await Promise.all(
      ["t-file", "t-log", "t-ok", "t-both"].map(
        async (name) => (await podUntil(scene, name, ended)).status?.containerStatuses?.[0]?.state?.terminated?.message,
      ),
    );
    assert.deepEqual(messages, ["DONE", "DONE", undefined, "OK"]);
  });

  test("runs init containers in order and tells which are incomplete", async () => {
    const init = (name: string, script: string) => ({ name, image: busyboxImageName, command: ["sh", "-c", script] });
    scene.api.put(pods, busyboxPod("init", "exec sleep 1000", {}, { initContainers: [init("init1", "sleep 0.5"), init("init2", "true")] }));
    const first = await podUntil(scene, "init", (pod) => pod.status?.initContainerStatuses?.[0]?.state?.running !== undefined);
    const condition = first.status?.conditions?.find(({ type }) => type === "Initialized");
    assert.deepEqual(
      [condition?.status, condition?.reason, condition?.message],
      ["False", "ContainersNotInitialized", "containers with incomplete status: [init1 init2]"],
    );
    assert.equal(first.status?.initContainerStatuses?.[1]?.state?.waiting?.reason, "PodInitializing");
    assert.equal(first.status?.containerStatuses?.[0]?.state?.waiting?.reason, "PodInitializing");
    const ready = await podUntil(scene, "init", isReady);
    assert.ok(ready.status?.initContainerStatuses?.every((status) => status.ready && status.state?.terminated?.exitCode === 0));
    scene.api.put(pods, busyboxPod("init-fails", "true", {}, { ...once, initContainers: [init("init1", "exit 1")] }));
    const failed = await podUntil(scene, "init-fails", ended);
    assert.equal(failed.status?.phase, "Failed");
    assert.equal(failed.status?.containerStatuses?.[0]?.state?.waiting?.reason, "PodInitializing");
    await remove("init");
  });

  test("starts sidecars first, stops them last, and runs hooks", async () => {
    const sidecar = {
      name: "side",
      image: busyboxImageName,
      restartPolicy: "Always",
      command: ["sh", "-c", 'mkdir -p /tmp/www && exec nc -ll -p 8080 -e sh -c \'read line; echo "GOT $line" >&2; printf "HTTP/1.0 200 OK\\r\\n\\r\\nok"\''],
      startupProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1, failureThreshold: 30 },
    };
    const lifecycle = {
      postStart: { exec: { command: ["sh", "-c", "echo started > /tmp/hook"] } },
      preStop: { httpGet: { path: "/echo?msg=prestop", port: 8080 } },
    };
    const script = "trap 'exit 0' TERM; while true; do sleep 0.1; done";
    scene.api.put(pods, busyboxPod("side", script, { lifecycle }, { initContainers: [sidecar], terminationGracePeriodSeconds: 2 }));
    const pod = await podUntil(scene, "side", isReady, 15_000);
    assert.equal(pod.status?.initContainerStatuses?.[0]?.started, true);
    const id = scene.view().container(pod, "main")!.id;
    const hook = await scene.view().runtime.execSync(id, ["cat", "/tmp/hook"], 5);
    assert.equal(Buffer.from(hook.stdout).toString(), "started\n");
    const watching = logUntil("side", /GOT GET \/echo\?msg=prestop HTTP/, "side");
    await scene.client.of(pods).in("default").delete("side");
    await watching;
    await podGone(scene, "side");
  });

  test("restarts a container that fails its liveness probe and keeps an unready one out", async () => {
    const probe = (command: string[], more: object = {}) => ({ exec: { command }, periodSeconds: 1, failureThreshold: 1, ...more });
    scene.api.put(pods, busyboxPod("alive", "touch /tmp/ok; sleep 1.5; rm /tmp/ok; exec sleep 1000", { livenessProbe: probe(["cat", "/tmp/ok"]) }));
    scene.api.put(pods, busyboxPod("unready", "exec sleep 1000", { readinessProbe: probe(["false"]) }));
    const server = "while true; do printf 'HTTP/1.0 200 OK\\r\\n\\r\\n' | nc -l -p 8080 >/dev/null; done";
    scene.api.put(pods, busyboxPod("http", server, { readinessProbe: { httpGet: { path: "/healthz?x=1", port: 8080 }, periodSeconds: 1 } }));
    await podUntil(scene, "http", isReady);
    const restarted = await podUntil(scene, "alive", (pod) => (pod.status?.containerStatuses?.[0]?.restartCount ?? 0) >= 1 && isRunning(pod), 15_000);
    assert.equal(restarted.status?.containerStatuses?.[0]?.lastState?.terminated?.exitCode, 137);
    const unready = scene.api.all(pods).find(({ metadata }) => metadata.name === "unready")!;
    assert.deepEqual([unready.status?.phase, isReady(unready)], ["Running", false]);
    assert.match(eventLines(scene.events), /Warning Unhealthy Liveness probe failed: cat: can't open '\/tmp\/ok'/);
    assert.match(eventLines(scene.events), /Normal Killing Container main failed liveness probe, will be restarted/);
    for (const name of ["alive", "unready", "http"]) await remove(name);
  });

  test("mounts configMap, secret, downward API and projected volumes, and keeps them current", async () => {
    scene.api.put(configMaps, { metadata: { name: "live", namespace: "default" }, data: { "data-1": "value-1", gone: "x" }, binaryData: { bin: "3q0=" } });
    const volumes = [
      { name: "cm", configMap: { name: "live", defaultMode: 0o400 } },
      { name: "late", configMap: { name: "later", optional: true } },
      { name: "sec", secret: { secretName: "hidden", items: [{ key: "key", path: "a/b", mode: 0o440 }] } },
      {
        name: "info",
        downwardAPI: {
          items: [
            { path: "labels", fieldRef: { fieldPath: "metadata.labels" } },
            { path: "cpu", resourceFieldRef: { containerName: "main", resource: "limits.cpu" } },
          ],
        },
      },
      {
        name: "all",
        projected: {
          sources: [
            { serviceAccountToken: { path: "token", expirationSeconds: 3600 } },
            { configMap: { name: "live", items: [{ key: "data-1", path: "cm" }] } },
            { downwardAPI: { items: [{ path: "name", fieldRef: { fieldPath: "metadata.name" } }] } },
          ],
        },
      },
      { name: "empty", emptyDir: {} },
      { name: "memory", emptyDir: { medium: "Memory" } },
    ];
    const volumeMounts = [
      ...volumes.map(({ name }) => ({ name, mountPath: `/v/${name}` })),
      { name: "cm", mountPath: "/sub/file", subPath: "data-1" },
      { name: "all", mountPath: "/etc/resolv.conf", subPath: "cm" },
      { name: "memory", mountPath: "/sub/memory", subPath: "new" },
    ];
    const container = { volumeMounts, resources: { limits: { cpu: "1250m", memory: "64Mi" } } };
    const security = { securityContext: { fsGroup: 1001 }, volumes };
    scene.api.put(pods, busyboxPod("vol", "trap 'exit 0' TERM; while true; do sleep 0.1; done", container, security, { labels: { b: "2", a: 'x"y' } }));
    const pod = await podUntil(scene, "vol", isReady);
    const id = scene.view().container(pod, "main")!.id;
    const shell = async (script: string) => {
      const { stdout, stderr } = await scene.view().runtime.execSync(id, ["sh", "-c", script], 5);
      return Buffer.concat([stdout, stderr]).toString();
    };
    assert.equal(
      await shell("cat /v/cm/data-1 /sub/file /etc/resolv.conf; stat -L -c '%a %g' /v/cm/data-1 /v/sec/a/b /v/all/token"),
      "value-1value-1value-1440 1001\n440 1001\n640 1001\n",
    );
    assert.equal(
      await shell("cat /v/info/labels; echo; cat /v/info/cpu; cat /v/all/name; stat -c '%a' /v/empty /v/memory /sub/memory; od -An -tx1 /v/cm/bin"),
      'a="x\\"y"\nb="2"\n2vol2777\n3777\n3777\n de ad\n',
    );
    assert.match(await shell("cat /v/all/token; ls -a /v/cm; mount | grep /v/sec"), /^token-\d+\.\n\.\.\n\.\.\d{4}_[\s\S]*\.\.data[\s\S]*tmpfs/);
    scene.api.put(configMaps, { metadata: { name: "live", namespace: "default" }, data: { "data-1": "value-2" } });
    scene.api.put(configMaps, { metadata: { name: "later", namespace: "default" }, data: { k: "here" } });
    await eventually(async () => assert.equal(await shell("cat /v/cm/data-1 /v/late/k /v/all/cm; ls /v/cm"), "value-2herevalue-2data-1\n"));
    await scene.client
      .of(pods)
      .in("default")
      .patch("vol", { metadata: { labels: { c: "3" } } }, { type: "merge" });
    await eventually(async () => assert.match(await shell("cat /v/info/labels"), /c="3"/));
    assert.equal(await shell("cat /v/all/../../etc/hosts | head -1"), "# Kubernetes-managed hosts file.\n");
    const { uid } = pod.metadata;
    await scene.client.of(pods).in("default").delete("vol");
    await podGone(scene, "vol");
    await eventually(async () => {
      assert.doesNotMatch(await readFile("/proc/self/mountinfo", "utf8"), new RegExp(uid));
      assert.deepEqual(
        (await readdir(`${scene.directory}/kubelet/pods`)).filter((name) => name === uid),
        [],
      );
    });
  });

  test("waits with CreateContainerConfigError for a sub-path that leads astray, and goes on when it is mended", async () => {
    const container = {
      env: [{ name: "DIR", valueFrom: { fieldRef: { fieldPath: "metadata.annotations['mysubpath']" } } }],
      volumeMounts: [{ name: "work", mountPath: "/work", subPathExpr: "$(DIR)/x" }],
    };
    const spec = { volumes: [{ name: "work", emptyDir: {} }] };
    scene.api.put(pods, busyboxPod("sub", "exec sleep 1000", container, spec));
    const waiting = await podUntil(scene, "sub", (pod) => pod.status?.containerStatuses?.[0]?.state?.waiting?.reason === "CreateContainerConfigError");
    assert.match(waiting.status?.containerStatuses?.[0]?.state?.waiting?.message ?? "", /failed to prepare subPath/);
    assert.equal(waiting.status?.phase, "Pending");
    await scene.client
      .of(pods)
      .in("default")
      .patch("sub", { metadata: { annotations: { mysubpath: "mypath" } } }, { type: "merge" });
    await podUntil(scene, "sub", isReady, 3000);
    await remove("sub");
  });

  test("a sub-path that leads out of its volume keeps the container from starting, in upstream's words", async () => {
    const [mount] = [{ name: "work", mountPath: "/work" }];
    const spec = {
      volumes: [{ name: "work", emptyDir: {} }],
      initContainers: [
        { name: "link", image: busyboxImageName, imagePullPolicy: "IfNotPresent", command: ["ln", "-s", "/etc", "/work/out"], volumeMounts: [mount] },
      ],
    };
    scene.api.put(pods, busyboxPod("astray", "exec sleep 1000", { volumeMounts: [{ ...mount, subPath: "out" }] }, spec));
    const waiting = await podUntil(scene, "astray", (pod) => pod.status?.containerStatuses?.[0]?.state?.waiting?.reason === "CreateContainerConfigError");
    assert.match(
      waiting.status?.containerStatuses?.[0]?.state?.waiting?.message ?? "",
      /^failed to prepare subPath for volumeMount "work" of container "main"/,
    );
    await remove("astray");
  });

  test("applies security contexts", async () => {
    const script =
      "exec 2>&1; id -u; id -g; id -G; grep NoNewPrivs /proc/self/status; touch /x; ip link add dummy0 type dummy; cat /proc/sys/kernel/shm_rmid_forced";
    const container = { securityContext: { runAsUser: 1002, allowPrivilegeEscalation: false, readOnlyRootFilesystem: true } };
    const spec = {
      ...once,
      securityContext: { runAsUser: 1001, runAsGroup: 2002, supplementalGroups: [3000], sysctls: [{ name: "kernel.shm_rmid_forced", value: "1" }] },
    };
    scene.api.put(pods, busyboxPod("sec", script, container, spec));
    await podUntil(scene, "sec", ended);
    assert.equal(
      await logOf("sec"),
      "1002\n2002\n2002 3000\nNoNewPrivs:\t1\ntouch: /x: Read-only file system\nip: RTNETLINK answers: Operation not permitted\n1\n",
    );
    scene.api.put(pods, busyboxPod("root", "true", { securityContext: { runAsNonRoot: true } }, once));
    const refused = await podUntil(scene, "root", (pod) => pod.status?.containerStatuses?.[0]?.state?.waiting?.reason === "CreateContainerConfigError");
    assert.match(refused.status?.containerStatuses?.[0]?.state?.waiting?.message ?? "", /container has runAsNonRoot and image will run as root/);
    await remove("root");
  });

  test("runs pods in the host's network, and ephemeral containers in running pods", async () => {
    scene.api.put(
      pods,
      busyboxPod("host", "head -1 /etc/hosts; exec sleep 1000", {}, { hostNetwork: true, hostAliases: [{ ip: "123.45.67.89", hostnames: ["foo", "bar"] }] }),
    );
    const pod = await podUntil(scene, "host", isReady);
    assert.equal(pod.status?.podIP, "10.88.0.1");
    assert.equal(await logUntil("host", /hosts file/), "# Kubernetes-managed hosts file (host network).\n");
    const debug = { name: "debug", image: busyboxImageName, command: ["cat", "/etc/hosts"], targetContainerName: "main" };
    const held = await scene.client.of(pods).in("default").get("host");
    scene.api.put(pods, { ...held, metadata: { ...held.metadata, generation: 2 }, spec: { ...held.spec, ephemeralContainers: [debug] } });
    await podUntil(scene, "host", (now) => now.status?.ephemeralContainerStatuses?.[0]?.state?.terminated !== undefined);
    assert.match(await logOf("host", "debug"), /123\.45\.67\.89\tfoo\tbar\n/);
    const observed = await podUntil(scene, "host", (now) => now.status?.observedGeneration === 2);
    assert.equal(observed.status?.containerStatuses?.[0]?.restartCount, 0);
    await remove("host");
  });

  test("fails pods past their deadline and refuses what the node has no room for", async () => {
    scene.api.put(pods, busyboxPod("late", "exec sleep 1000", {}, { activeDeadlineSeconds: 1 }));
    const port = { ports: [{ containerPort: 80, hostPort: 21017 }] };
    scene.api.put(pods, busyboxPod("port-1", "exec sleep 1000", port));
    await podUntil(scene, "port-1", isReady);
    scene.api.put(pods, busyboxPod("port-2", "exec sleep 1000", port));
    scene.api.put(pods, busyboxPod("big", "true", { resources: { requests: { cpu: "1000" } } }));
    const [late, second, big] = await Promise.all(["late", "port-2", "big"].map((name) => podUntil(scene, name, ended)));
    assert.deepEqual([late!.status?.phase, late!.status?.reason], ["Failed", "DeadlineExceeded"]);
    assert.deepEqual([second!.status?.phase, second!.status?.reason], ["Failed", "NodePorts"]);
    assert.deepEqual([big!.status?.phase, big!.status?.reason], ["Failed", "OutOfcpu"]);
    await remove("port-1");
  });

  test("says what it cannot do", async () => {
    scene.api.put(pods, busyboxPod("userns", "true", {}, { hostUsers: false }));
    scene.api.put(pods, busyboxPod("class", "true", {}, { runtimeClassName: "absent" }));
    scene.api.put(pods, busyboxPod("nfs", "true", {}, { volumes: [{ name: "v", nfs: { server: "s", path: "/" } }] }));
    await eventually(async () => {
      const lines = eventLines(scene.events);
      assert.match(lines, /userns: Warning FailedCreatePodSandBox Failed to create pod sandbox: user namespaces \(hostUsers: false\) are not supported/);
      assert.match(lines, /class: Warning FailedCreatePodSandBox .*RuntimeClass "absent" not found/);
      assert.match(lines, /nfs: Warning FailedMount MountVolume.SetUp failed for volume "v" : volumes of type nfs are not supported by this kubelet/);
    });
    for (const name of ["userns", "class", "nfs"]) {
      await scene.client.of(pods).in("default").delete(name);
      await podGone(scene, name);
    }
  });

  test("resizes a running container in place, and mounts images as volumes", async () => {
    const container = {
      resources: { requests: { cpu: "20m", memory: "16Mi" }, limits: { cpu: "100m", memory: "32Mi" } },
      volumeMounts: [{ name: "img", mountPath: "/volume" }],
    };
    scene.api.put(
      pods,
      busyboxPod("resize", "exec sleep 1000", container, { volumes: [{ name: "img", image: { reference: busyboxImageName, pullPolicy: "IfNotPresent" } }] }),
    );
    const pod = await podUntil(scene, "resize", isReady);
    const resources = { requests: { cpu: "10m", memory: "16Mi" }, limits: { cpu: "5m", memory: "24Mi" } };
    const held = await scene.client.of(pods).in("default").get("resize");
    scene.api.put(pods, {
      ...held,
      metadata: { ...held.metadata, generation: 2 },
      spec: { ...held.spec, containers: [{ ...held.spec.containers[0], resources }] },
    });
    const resized = await podUntil(scene, "resize", (now) => now.status?.containerStatuses?.[0]?.resources?.limits?.["memory"] === "24Mi");
    assert.deepEqual(resized.status?.containerStatuses?.[0]?.resources, resources);
    assert.equal(resized.status?.containerStatuses?.[0]?.restartCount, 0);
    assert.equal(resized.status?.containerStatuses?.[0]?.containerID, pod.status?.containerStatuses?.[0]?.containerID);
    const shell = await scene.view().runtime.execSync(scene.view().container(pod, "main")!.id, ["sh", "-c", "ls /volume/bin/busybox; touch /volume/x 2>&1"], 5);
    assert.equal(Buffer.from(shell.stdout).toString(), "/volume/bin/busybox\ntouch: /volume/x: Read-only file system\n");
    await remove("resize");
  });

  test("resizes a pod as a whole: its cgroup follows, and containers without limits of their own", async () => {
    const resources = (cpu: string, memory: string) => ({ requests: { cpu: "20m", memory: "16Mi" }, limits: { cpu, memory } });
    scene.api.put(pods, busyboxPod("whole", "exec sleep 1000", {}, { resources: resources("100m", "32Mi") }));
    const pod = await podUntil(scene, "whole", isReady);
    assert.deepEqual([pod.status?.resources, pod.status?.allocatedResources], [resources("100m", "32Mi"), { cpu: "20m", memory: "16Mi" }]);
    const bounds = async (of: "pod" | "container") => {
      const path = `${cgroupfsPath(pod, scene.cgroupRoot)}/${of === "pod" ? "" : scene.view().container(pod, "main")!.id}`;
      const read = async (...file: string[]) => (await readFile(join("/sys/fs/cgroup", ...file), "utf8")).trim().split(" ")[0];
      const unified = existsSync("/sys/fs/cgroup/cgroup.controllers");
      if (unified) return [await read(path, "cpu.max"), await read(path, "memory.max")];
      return [await read("cpu", path, "cpu.cfs_quota_us"), await read("memory", path, "memory.limit_in_bytes")];
    };
    assert.deepEqual(
      [await bounds("pod"), await bounds("container")],
      [
        ["10000", "33554432"],
        ["10000", "33554432"],
      ],
    );
    for (const [generation, cpu, memory, quota, bytes] of [
      [2, "200m", "64Mi", "20000", "67108864"],
      [3, "50m", "24Mi", "5000", "25165824"],
    ] as const) {
      const held = await scene.client.of(pods).in("default").get("whole");
      scene.api.put(pods, { ...held, metadata: { ...held.metadata, generation }, spec: { ...held.spec, resources: resources(cpu, memory) } });
      const resized = await podUntil(scene, "whole", (now) => now.status?.observedGeneration === generation && now.status.resources?.limits?.["cpu"] === cpu);
      assert.deepEqual(resized.status?.resources, resources(cpu, memory));
      assert.deepEqual(
        [await bounds("pod"), await bounds("container")],
        [
          [quota, bytes],
          [quota, bytes],
        ],
      );
      assert.deepEqual(
        resized.status?.conditions?.filter(({ type }) => type.startsWith("PodResize")),
        [],
      );
      assert.equal(resized.status?.containerStatuses?.[0]?.restartCount, 0);
    }
    await remove("whole");
  });

  test("adopts its pods after a restart, and removes those that were deleted meanwhile", async () => {
    scene.api.put(pods, busyboxPod("stays", "exec sleep 1000"));
    scene.api.put(pods, busyboxPod("goes", "exec sleep 1000"));
    const before = await podUntil(scene, "stays", isReady);
    const goes = await podUntil(scene, "goes", isReady);
    // A container that will not stop for a while does not hold up the kubelet.
    scene.api.put(pods, busyboxPod("stubborn", "trap '' TERM; while true; do sleep 1; done", {}, { terminationGracePeriodSeconds: 60 }));
    await podUntil(scene, "stubborn", isReady);
    await scene.client.of(pods).in("default").delete("stubborn");
    await delay(300);
    const stopping = performance.now();
    await scene.stopKubelet();
    assert.ok(performance.now() - stopping < 2000, "stopped at once");
    scene.api.remove(pods, "default", "stubborn");
    scene.api.remove(pods, "default", "goes");
    await scene.startKubelet();
    await delay(500);
    const adopted = await podUntil(scene, "stays", isReady);
    assert.equal(adopted.status?.containerStatuses?.[0]?.containerID, before.status?.containerStatuses?.[0]?.containerID);
    assert.equal(adopted.metadata.resourceVersion, before.metadata.resourceVersion, "nothing was written");
    await eventually(async () => assert.deepEqual(await scene.view().runtime.listPodSandboxes({ "io.kubernetes.pod.uid": goes.metadata.uid }), []));
    await remove("stays");
  });

  test("registers its node, with a lease", async () => {
    const node = await scene.client.of(nodes).get("node-1");
    assert.equal(node.metadata.labels?.["kubernetes.io/hostname"], "node-1");
    assert.equal(node.status?.conditions?.find(({ type }) => type === "Ready")?.status, "True");
    assert.match(node.status?.nodeInfo?.containerRuntimeVersion ?? "", /^containerd:\/\/1\./);
    const lease = await scene.client.of(leases).in("kube-node-lease").get("node-1");
    assert.equal(lease.spec.holderIdentity, "node-1");
  });
}

async function eventually(check: () => Promise<void>, timeoutMs = 8000): Promise<void> {
  for (const end = Date.now() + timeoutMs; ; await delay(30)) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > end) throw error;
    }
  }
}
