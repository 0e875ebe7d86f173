/** How a command ended, from the runtime's error stream (remote command protocol v4: a Status) to the client's error channel. */
import { internalError, type Status } from "../../../machinery/status.ts";

/**
 * What goes to the error channel: the Status as it came, or for protocols before v4 the text of a failure and nothing
 * for success. `result` is "" when the runtime's connection ended without one.
 */
export function finalMessage(result: string, asStatus: boolean): Buffer | undefined {
  const text = result === "" ? JSON.stringify(internalError("the connection to the container runtime ended before the command did").status) : result;
  if (asStatus) return Buffer.from(text);
  const status = statusIn(text);
  if (status?.status === "Success") return undefined;
  return Buffer.from(status?.message ?? text);
}

function statusIn(text: string): Partial<Status> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Partial<Status>) : undefined;
  } catch {
    return undefined;
  }
}
