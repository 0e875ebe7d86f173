/** How a command ended, from the runtime's error stream (remote command protocol v4: a Status) to the client's error channel. */
import { internalError, type Status } from "../../../machinery/status.ts";

/** What it means when the runtime ends the session without a word: runtimes end a successful attach so, never a command. */
export type Silence = "success" | "failure";

/**
 * What goes to the error channel: the Status as it came, or for protocols before v4 the text of a failure and nothing
 * for success. `result` is "" when the runtime said nothing.
 */
export function finalMessage(result: string, asStatus: boolean, silence: Silence): Buffer | undefined {
  const text = result === "" ? JSON.stringify(statusOfSilence[silence]) : result;
  if (asStatus) return Buffer.from(text);
  const status = statusIn(text);
  if (status?.status === "Success") return undefined;
  return Buffer.from(status?.message ?? text);
}

const statusOfSilence: Readonly<Record<Silence, object>> = {
  success: { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success" },
  failure: internalError("the connection to the container runtime ended before the command did").status,
};

function statusIn(text: string): Partial<Status> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Partial<Status>) : undefined;
  } catch {
    return undefined;
  }
}
