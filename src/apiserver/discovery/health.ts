/** /livez, /readyz and /healthz, with ?verbose, ?exclude= and a path for each check. */
import { pathNotFound } from "../../machinery/status.ts";
import type { RouteHandler, RouteRequest } from "../contract.ts";
import { replyText } from "./reply.ts";

export interface HealthCheck {
  readonly name: string;
  /** Counts for readiness only: a server that is not ready is not to be restarted. */
  readonly readyOnly?: boolean;
  /** Throws when things are not well; the text is for the log, not for clients. */
  check(signal: AbortSignal): Promise<void> | void;
}

const endpoints = ["livez", "readyz", "healthz"] as const;
type Endpoint = (typeof endpoints)[number];

export function healthRoutes(checks: readonly HealthCheck[], onFailure: (name: string, error: unknown) => void): RouteHandler[] {
  return endpoints.flatMap((endpoint) => {
    const chosen = checks.filter((check) => endpoint === "readyz" || check.readyOnly !== true);
    const serve = (request: RouteRequest) => serveHealth(endpoint, chosen, request, onFailure);
    return [
      { path: `/${endpoint}`, serve },
      { path: `/${endpoint}/`, serve },
    ];
  });
}

interface Outcome {
  readonly name: string;
  readonly state: "ok" | "failed" | "excluded";
}

async function serveHealth(endpoint: Endpoint, checks: readonly HealthCheck[], request: RouteRequest, onFailure: (name: string, error: unknown) => void) {
  const name = request.info.path.slice(endpoint.length + 2).replace(/\/$/, "");
  if (name !== "") return serveOne(checks, name, request, onFailure);
  const excluded = request.query.getAll("exclude");
  const outcomes = await Promise.all(checks.map((check) => run(check, excluded, request.signal, onFailure)));
  const failed = outcomes.some(({ state }) => state === "failed");
  if (!failed && !request.query.has("verbose")) return replyText(request, 200, "ok");
  const unknown = excluded.filter((excludedName) => !checks.some((check) => check.name === excludedName));
  const note =
    unknown.length === 0 ? "" : `warn: some health checks cannot be excluded: no matches for ${unknown.map((text) => JSON.stringify(text)).join(",")}\n`;
  const verdict = `${note}${endpoint} check ${failed ? "failed" : "passed"}\n`;
  return replyText(request, failed ? 500 : 200, outcomes.map(line).join("") + verdict);
}

async function serveOne(checks: readonly HealthCheck[], name: string, request: RouteRequest, onFailure: (name: string, error: unknown) => void) {
  const check = checks.find((candidate) => candidate.name === name);
  if (check === undefined) throw pathNotFound();
  const { state } = await run(check, [], request.signal, onFailure);
  return state === "ok" ? replyText(request, 200, "ok") : replyText(request, 500, "internal server error: reason withheld\n");
}

async function run(check: HealthCheck, excluded: readonly string[], signal: AbortSignal, onFailure: (name: string, error: unknown) => void): Promise<Outcome> {
  const { name } = check;
  if (excluded.includes(name)) return { name, state: "excluded" };
  try {
    await check.check(signal);
    return { name, state: "ok" };
  } catch (error) {
    onFailure(name, error);
    return { name, state: "failed" };
  }
}

function line({ name, state }: Outcome): string {
  if (state === "ok") return `[+]${name} ok\n`;
  return state === "excluded" ? `[+]${name} excluded: ok\n` : `[-]${name} failed: reason withheld\n`;
}
