/**
 * Every process of a cluster answers on a unix socket in the run directory what it is made of and how its parts are, so
 * that `coracle status` tells what is true now and not what was started once.
 */
import { chmodSync, mkdirSync, rmSync } from "node:fs";
import { createConnection, createServer, type Server } from "node:net";
import { dirname, join } from "node:path";

export interface ComponentHealth {
  readonly name: string;
  readonly healthy: boolean;
  /** Where it can be reached: URL, socket or address:port; "" when nowhere. */
  readonly address: string;
  /** Why it is not healthy. */
  readonly message?: string;
  /** Set for a child process with a pid of its own. */
  readonly pid?: number;
}

/** Of a component that runs in this process. */
export function healthOfRunning(name: string, running: ReadonlySet<string>): ComponentHealth {
  return running.has(name) ? { name, healthy: true, address: "" } : { name, healthy: false, address: "", message: "has ended" };
}

export function healthSocket(runDir: string, processName: string): string {
  return join(runDir, "health", `${processName}.sock`);
}

/** Answers each connection with one line of JSON and closes it. */
export async function serveHealth(socket: string, report: () => Promise<readonly ComponentHealth[]>, signal: AbortSignal): Promise<void> {
  mkdirSync(dirname(socket), { recursive: true, mode: 0o700 });
  rmSync(socket, { force: true });
  const server = createServer((connection) => {
    connection.on("error", () => connection.destroy()); // The asker left: nobody to tell.
    report().then(
      (components) => connection.end(`${JSON.stringify(components)}\n`),
      (error: unknown) => connection.destroy(error instanceof Error ? error : new Error(String(error))),
    );
  });
  await listen(server, socket);
  chmodSync(socket, 0o600);
  signal.addEventListener("abort", () => server.close(), { once: true });
}

function listen(server: Server, socket: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(socket, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

/** What a process says of itself; undefined when nobody answers in time. */
export function askHealth(socket: string, timeoutMs: number): Promise<readonly ComponentHealth[] | undefined> {
  return new Promise((resolve) => {
    let text = "";
    const connection = createConnection(socket);
    const finish = (result: readonly ComponentHealth[] | undefined) => {
      connection.destroy();
      resolve(result);
    };
    connection.setTimeout(timeoutMs, () => finish(undefined));
    connection.setEncoding("utf8");
    connection.on("data", (part: string) => {
      text += part;
    });
    connection.once("error", () => finish(undefined));
    connection.once("end", () => finish(text === "" ? undefined : (JSON.parse(text) as ComponentHealth[])));
  });
}
