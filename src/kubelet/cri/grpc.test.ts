import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { removeCgroups, startContainerd } from "../../testing/containerd.ts";
import { busyboxImage, busyboxImageName, pauseImage } from "../../testing/images.ts";
import { namespacesDirectory as directory, insideNamespaces, runInNamespaces, skipWithoutContainers } from "../../testing/namespaces.ts";
import type { CriError } from "./errors.ts";
import { connectRuntime } from "./grpc.ts";
import type { ContainerConfig, PodSandboxConfig } from "./types.ts";

if (!insideNamespaces) {
  test("CRI v1 against containerd", { skip: skipWithoutContainers() }, () => runInNamespaces(import.meta.filename));
  test("a runtime that is not there is reported as such, and as worth a retry", async () => {
    const runtime = connectRuntime("/nonexistent/socket");
    await assert.rejects(runtime.runtime.version(), (error: CriError) => error.code === "UNAVAILABLE" && error.retryable && error.phase === "connect");
    runtime.close();
  });
} else {
  test("runs a sandbox and a container in it, and removes both", async () => {
    const containerd = await startContainerd({ directory, podCidr: "10.88.0.0/24" });
    try {
      const { runtime, images, close } = connectRuntime(containerd.socket);
      await containerd.importImage(await pauseImage());
      await containerd.importImage(await busyboxImage());
      assert.ok(await images.imageStatus(busyboxImageName));
      assert.equal(await images.imageStatus("docker.io/library/absent:1"), undefined);
      const sandbox = sandboxConfig();
      const sandboxId = await runtime.runPodSandbox(sandbox, "");
      const status = await runtime.podSandboxStatus(sandboxId);
      assert.match(status.network?.ip ?? "", /^10\.88\.0\./);
      const id = await runtime.createContainer(sandboxId, containerConfig(), sandbox);
      await runtime.startContainer(id);
      const said = await runtime.execSync(id, ["sh", "-c", "echo $GREETING; exit 3"], 5);
      assert.deepEqual([Buffer.from(said.stdout).toString(), said.exitCode], ["hello #@!\n", 3]);
      assert.equal((await runtime.containerStatus(id)).state, "CONTAINER_RUNNING");
      await runtime.stopContainer(id, 0);
      const ended = await runtime.containerStatus(id);
      assert.deepEqual([ended.state, ended.exitCode], ["CONTAINER_EXITED", 137]);
      await runtime.stopPodSandbox(sandboxId);
      await runtime.removePodSandbox(sandboxId);
      assert.deepEqual(await runtime.listPodSandboxes(), []);
      await assert.rejects(runtime.containerStatus(id), (error: CriError) => error.code === "NOT_FOUND");
      close();
    } finally {
      await containerd.stop();
      await removeCgroups("coracle-cri-test");
    }
  });
}

function sandboxConfig(): PodSandboxConfig {
  return {
    metadata: { name: "web", uid: "u1", namespace: "default", attempt: 0 },
    hostname: "web",
    logDirectory: join(directory, "logs"),
    portMappings: [],
    labels: { app: "web" },
    annotations: {},
    linux: { cgroupParent: "/coracle-cri-test", securityContext: { namespaceOptions: { network: "POD", pid: "CONTAINER", ipc: "POD" } }, sysctls: {} },
  };
}

function containerConfig(): ContainerConfig {
  return {
    metadata: { name: "main", attempt: 0 },
    image: { image: busyboxImageName },
    command: ["sleep", "1000"],
    args: [],
    workingDir: "",
    envs: [{ key: "GREETING", value: Buffer.from("hello #@!") }],
    mounts: [],
    devices: [],
    labels: {},
    annotations: {},
    logPath: "main.log",
    stdin: false,
    stdinOnce: false,
    tty: false,
    linux: { resources: {}, securityContext: { namespaceOptions: { network: "POD", pid: "CONTAINER", ipc: "POD" } } },
  };
}
