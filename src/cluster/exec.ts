/** Runs host programs. Arguments are passed as a list: no shell, no quoting. */
import { spawn } from "node:child_process";

export interface ExecResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs to the end whatever the exit code; rejects only when the program cannot be started or the signal aborts. */
export function tryExec(
  program: string,
  args: readonly string[],
  options: { input?: string; signal?: AbortSignal; env?: NodeJS.ProcessEnv } = {},
): Promise<ExecResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: ["pipe", "pipe", "pipe"],
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      env: options.env ?? process.env,
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.once("error", reject);
    child.once("close", (code) => resolve({ code: code ?? -1, stdout, stderr }));
    // A program that ends without reading its input closes the pipe: that shows in its exit code.
    child.stdin.on("error", () => {});
    child.stdin.end(options.input ?? "");
  });
}

/** Like tryExec, but a failure is an error that quotes the command and what it said. */
export async function exec(program: string, args: readonly string[], options: { input?: string; signal?: AbortSignal } = {}): Promise<string> {
  const result = await tryExec(program, args, options);
  if (result.code !== 0) {
    throw new Error(`cannot run ${program} ${args.join(" ")}: exit code ${result.code}: ${(result.stderr || result.stdout).trim()}`);
  }
  return result.stdout;
}
