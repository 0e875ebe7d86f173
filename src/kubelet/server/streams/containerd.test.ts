import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { connect } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { WebSocket } from "ws";
import type { Pod } from "../../../api/core/v1/pod.ts";
import { systemClock } from "../../../cluster/system-clock.ts";
import { type Containerd, removeCgroups, startContainerd } from "../../../testing/containerd.ts";
import { busyboxImage, busyboxImageName, pauseImage } from "../../../testing/images.ts";
import { namespacesDirectory as directory, insideNamespaces, runInNamespaces, skipWithoutContainers } from "../../../testing/namespaces.ts";
import { rawWebSocket } from "../../../testing/raw-websocket.ts";
import type { KubeletPods } from "../../contract.ts";
import { connectRuntime } from "../../cri/grpc.ts";
import type { ContainerRuntime } from "../../cri/service.ts";
import type { ContainerConfig, PodSandboxConfig } from "../../cri/types.ts";
import { routeOf, type StreamRoute } from "../routes.ts";
import { SpdyConnection } from "../spdy/connection.ts";
import { serveStream } from "./serve-stream.ts";

const cgroup = "coracle-streams-test";

/** What a client saw of a session, by channel. */
interface Seen {
  readonly stdout: Buffer;
  readonly stderr: string;
  /** Parsed from the error channel; undefined when nothing came. */
  readonly status: { status: string; reason?: string; details?: { causes?: { reason: string; message: string }[] } } | undefined;
  readonly closeCode: number;
}

if (!insideNamespaces) {
  test("exec, attach and port-forward through containerd's streaming server", { skip: skipWithoutContainers() }, () => runInNamespaces(import.meta.filename));
} else {
  let containerd: Containerd;
  let runtime: ContainerRuntime;
  let server: Server;
  let port: number;
  const stop = new AbortController();

  before(async () => {
    containerd = await startContainerd({ directory, podCidr: "10.89.0.0/24" });
    runtime = connectRuntime(containerd.socket);
    await containerd.importImage(await pauseImage());
    await containerd.importImage(await busyboxImage());
    const pods = await startPod(runtime);
    server = createServer();
    server.on("upgrade", (request, socket, head) => {
      const url = new URL(request.url ?? "", "http://kubelet");
      const context = { clock: systemClock, signal: stop.signal };
      serveStream({ pods, route: routeOf(url.pathname) as StreamRoute, query: url.searchParams, client: { request, socket, head }, context }).catch(
        (error: Error) => socket.end(`HTTP/1.1 500 Error\r\ncontent-length: ${error.message.length}\r\n\r\n${error.message}`),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    port = (server.address() as AddressInfo).port;
  });

  after(async () => {
    stop.abort();
    server?.close();
    for (const sandbox of await runtime.runtime.listPodSandboxes()) {
      await runtime.runtime.stopPodSandbox(sandbox.id);
      await runtime.runtime.removePodSandbox(sandbox.id);
    }
    runtime.close();
    await containerd.stop();
    await removeCgroups(cgroup);
  });

  const execPath = (command: readonly string[], streams: string) =>
    `/exec/default/web/main?${streams}&${command.map((word) => `command=${encodeURIComponent(word)}`).join("&")}`;

  function session(path: string, protocols: string[], onOpen?: (socket: WebSocket) => void): Promise<Seen> {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, protocols);
      const channels: Buffer[][] = [[], [], [], [], []];
      socket.on("open", () => onOpen?.(socket));
      socket.on("message", (data: Buffer) => channels[data[0]!]!.push(data.subarray(1)));
      socket.on("error", reject);
      socket.on("close", (closeCode) => {
        const [, stdout, stderr, error] = channels.map((chunks) => Buffer.concat(chunks)) as [Buffer, Buffer, Buffer, Buffer];
        resolve({ stdout, stderr: stderr.toString(), status: error.length === 0 ? undefined : JSON.parse(error.toString()), closeCode });
      });
    });
  }

  test("v5: output, errors and exit code arrive, then a normal close", async () => {
    const seen = await session(execPath(["sh", "-c", "echo out; echo err >&2; exit 7"], "output=1&error=1"), ["v5.channel.k8s.io", "v4.channel.k8s.io"]);
    assert.equal(seen.stdout.toString(), "out\n");
    assert.equal(seen.stderr, "err\n");
    assert.equal(seen.status?.status, "Failure");
    assert.deepEqual(seen.status?.details?.causes, [{ reason: "ExitCode", message: "7" }]);
    assert.equal(seen.closeCode, 1000);
  });

  test("v5: closing stdin ends the command's input and nothing else", async () => {
    const seen = await session(execPath(["sh", "-c", "wc -c; echo done"], "input=1&output=1&error=1"), ["v5.channel.k8s.io"], (socket) => {
      for (let piece = 0; piece < 64; piece++) socket.send(Buffer.concat([Buffer.of(0), Buffer.alloc(32 * 1024, 0x61)]));
      socket.send(Buffer.of(255, 0));
    });
    assert.equal(seen.stdout.toString(), `${64 * 32 * 1024}\ndone\n`);
    assert.equal(seen.status?.status, "Success");
  });

  test("32 MiB of output arrive whole, though the client reads slowly at first", async () => {
    const seen = await session(
      execPath(["sh", "-c", "dd if=/dev/zero bs=1M count=32 2>/dev/null; echo end"], "output=1&error=1"),
      ["v5.channel.k8s.io"],
      (socket) => {
        socket.pause();
        setTimeout(() => socket.resume(), 200);
      },
    );
    assert.equal(seen.stdout.length, 32 * 1024 * 1024 + 4);
    assert.equal(seen.stdout.subarray(-4).toString(), "end\n");
    assert.equal(seen.status?.status, "Success");
  });

  test("channel.k8s.io: no status after success (NO-20)", async () => {
    const seen = await session(execPath(["echo", "remote", "execution"], "output=1&error=1"), ["channel.k8s.io"]);
    assert.equal(seen.stdout.toString(), "remote execution\n");
    assert.equal(seen.status, undefined);
    assert.equal(seen.closeCode, 1000);
  });

  test("a terminal has the size that the client gives it", async () => {
    const script = "while ! stty size | grep -q '^40 100$'; do sleep 0.05; done; stty size";
    const seen = await session(execPath(["sh", "-c", script], "input=1&output=1&tty=1"), ["v4.channel.k8s.io"], (socket) => {
      socket.send(Buffer.concat([Buffer.of(4), Buffer.from('{"Width":100,"Height":40}')]));
    });
    assert.match(seen.stdout.toString(), /^40 100\r\n$/m);
    assert.equal(seen.status?.status, "Success");
  });

  test("attach: what is written to stdin comes back from the running process", async () => {
    const seen = await new Promise<string>((resolve, reject) => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/attach/default/web/cat?input=1&output=1`, ["v5.channel.k8s.io"]);
      let text = "";
      socket.on("open", () => socket.send(Buffer.concat([Buffer.of(0), Buffer.from("hello\n")])));
      socket.on("message", (data: Buffer) => {
        if (data[0] === 1) text += data.toString("utf8", 1);
        if (text.endsWith("hello\n")) socket.close();
      });
      socket.on("close", () => resolve(text));
      socket.on("error", reject);
    });
    assert.equal(seen, "hello\n");
  });

  test("a command that is not there is reported on the error channel", async () => {
    const seen = await session(execPath(["/no/such/program"], "output=1&error=1"), ["v5.channel.k8s.io"]);
    assert.equal(seen.status?.status, "Failure");
  });

  test("SPDY clients are tunnelled to the runtime", async () => {
    const connection = await spdyClient(port, execPath(["sh", "-c", "cat; exit 3"], "input=1&output=1"), "v4.channel.k8s.io");
    const [error, stdin, stdout] = await Promise.all(["error", "stdin", "stdout"].map((streamtype) => connection.open({ streamtype })));
    stdin!.end("through the tunnel\n");
    const [said, status] = await Promise.all([stdout!.toArray(), error!.toArray()]);
    assert.equal(Buffer.concat(said).toString(), "through the tunnel\n");
    assert.match(Buffer.concat(status).toString(), /"ExitCode","message":"3"/);
    connection.close();
    await connection.closed;
  });

  test("port-forward: a SPDY connection inside a WebSocket reaches a port of the pod", async () => {
    const bytes = await rawWebSocket(`http://127.0.0.1:${port}/portForward/default/web`, "SPDY/3.1+portforward.k8s.io");
    const connection = new SpdyConnection(bytes, Buffer.alloc(0));
    const error = await connection.open({ streamtype: "error", port: "8080", requestid: "0" });
    error.end();
    const data = await connection.open({ streamtype: "data", port: "8080", requestid: "0" });
    data.end("GET / HTTP/1.0\r\n\r\n");
    assert.match(Buffer.concat(await data.toArray()).toString(), /^HTTP\/1\.\d 404/);
    assert.equal(Buffer.concat(await error.toArray()).toString(), "");
    connection.close();
    await connection.closed;
  });

  test("port-forward: older WebSocket clients get a channel for data and one for errors", async () => {
    const url = `ws://127.0.0.1:${port}/portForward/default/web?port=8080`;
    const { text, ports } = await forwarded(url, "GET / HTTP/1.0\r\n\r\n", (seen) => seen.includes("404"));
    assert.deepEqual(ports, [8080, 8080]);
    assert.match(text, /^HTTP\/1\.\d 404/);
  });
}

/** The messages of the first two channels until `enough`, each led by the number of its port. */
function forwarded(url: string, send: string, enough: (text: string) => boolean): Promise<{ text: string; ports: number[] }> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, ["v4.channel.k8s.io"]);
    const ports: number[] = [];
    let text = "";
    socket.on("open", () => socket.send(Buffer.concat([Buffer.of(0), Buffer.from(send)])));
    socket.on("message", (data: Buffer) => {
      if (ports.length < 2) ports[data[0]!] = data.readUInt16LE(1);
      else text += data.toString("utf8", 1);
      if (enough(text)) socket.close();
    });
    socket.on("error", reject);
    socket.on("close", () => resolve({ text, ports }));
  });
}

function spdyClient(port: number, path: string, protocol: string): Promise<SpdyConnection> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("error", reject);
    socket.write(
      `POST ${path} HTTP/1.1\r\nhost: k\r\nconnection: Upgrade\r\nupgrade: SPDY/3.1\r\nx-stream-protocol-version: ${protocol}\r\nx-stream-protocol-version: v3.channel.k8s.io\r\n\r\n`,
    );
    let text = "";
    const onData = (chunk: Buffer) => {
      text += chunk.toString("latin1");
      const end = text.indexOf("\r\n\r\n");
      if (end < 0) return;
      socket.off("data", onData);
      socket.pause();
      if (!text.startsWith("HTTP/1.1 101")) reject(new Error(text));
      else resolve(new SpdyConnection(socket, Buffer.from(text.slice(end + 4), "latin1")));
    };
    socket.on("data", onData);
  });
}

async function startPod({ runtime }: ContainerRuntime): Promise<KubeletPods> {
  await mkdir(join(directory, "logs"), { recursive: true });
  const sandbox = sandboxConfig();
  const sandboxId = await runtime.runPodSandbox(sandbox, "");
  const views = new Map<string, string>();
  for (const [name, command] of [
    ["main", ["httpd", "-f", "-p", "8080", "-h", "/bin"]],
    ["cat", ["cat"]],
  ] as const) {
    const id = await runtime.createContainer(sandboxId, containerConfig(name, command), sandbox);
    await runtime.startContainer(id);
    views.set(name, id);
  }
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "web", namespace: "default", uid: "u1" },
    spec: { containers: [{ name: "main" }, { name: "cat" }] },
  } as unknown as Pod;
  return {
    runtime,
    list: () => [pod],
    get: () => pod,
    container: (_, name) => ({ id: views.get(name)!, name, attempt: 0, state: "running", logPath: join(directory, `logs/${name}.log`) }),
    sandboxId: () => sandboxId,
    status: () => undefined,
  };
}

function sandboxConfig(): PodSandboxConfig {
  return {
    metadata: { name: "web", uid: "u1", namespace: "default", attempt: 0 },
    hostname: "web",
    logDirectory: join(directory, "logs"),
    portMappings: [],
    labels: {},
    annotations: {},
    linux: { cgroupParent: `/${cgroup}`, securityContext: { namespaceOptions: { network: "POD", pid: "CONTAINER", ipc: "POD" } }, sysctls: {} },
  };
}

function containerConfig(name: string, command: readonly string[]): ContainerConfig {
  return {
    metadata: { name, attempt: 0 },
    image: { image: busyboxImageName },
    command,
    args: [],
    workingDir: "",
    envs: [],
    mounts: [],
    devices: [],
    labels: {},
    annotations: {},
    logPath: `${name}.log`,
    stdin: name === "cat",
    stdinOnce: false,
    tty: false,
    linux: { resources: {}, securityContext: { namespaceOptions: { network: "POD", pid: "CONTAINER", ipc: "POD" } } },
  };
}
