/**
 * Runs a test file in network, mount and PID namespaces of its own: whatever it mounts, routes or starts ends with it,
 * and ports and bridges of parallel tests never meet.
 */
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { missingForContainers } from "./containerd.ts";

const marker = "CORACLE_TEST_NAMESPACES";

/** True inside; register the real tests then. Outside, register one test that calls `runInNamespaces`. */
export const insideNamespaces = process.env[marker] !== undefined;

/** Inside: a folder of the test's own, removed from outside once all its mounts have gone. */
export const namespacesDirectory = process.env[marker] ?? "";

/** Why containers cannot be tested here, or false: the `skip` option of node:test. */
export function skipWithoutContainers(): string | false {
  return missingForContainers() ?? false;
}

/** Runs `file` again inside new namespaces and rejects, with its report, when a test in it fails. */
export async function runInNamespaces(file: string): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "cns-"));
  try {
    const { code, output } = await runInside(file, directory);
    if (code !== 0) throw new Error(`tests in namespaces failed (exit ${code}):\n${output}`);
    if (process.env["CORACLE_TEST_VERBOSE"] !== undefined) process.stderr.write(output);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function runInside(file: string, directory: string): Promise<{ code: number | null; output: string }> {
  const script = 'umask 022 && mount -t proc proc /proc && ip link set lo up && exec "$@"';
  const flags = ["--net", "--mount", "--pid", "--fork", "--kill-child", "--propagation", "private"];
  const env: NodeJS.ProcessEnv = { ...process.env, [marker]: directory };
  // The outer runner's marker would make the inner one speak its binary protocol.
  delete env["NODE_TEST_CONTEXT"];
  const command = [...flags, "sh", "-ec", script, "sh", process.execPath, "--test-reporter=spec", file];
  const child = spawn("unshare", command, { stdio: ["ignore", "pipe", "pipe"], env });
  const output: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => output.push(chunk));
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, output: Buffer.concat(output).toString() };
}
