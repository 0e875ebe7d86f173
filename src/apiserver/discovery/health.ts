/** /livez, /readyz and /healthz, with ?verbose, ?exclude= and a path for each check. They take any method, as in Kubernetes. */
import { PageNotFoundError } from "../../machinery/status.ts";
import type { RouteHandler, RouteRequest } from "../contract.ts";
import { replyText } from "./reply.ts";

export interface HealthCheck {
  readonly name: string;
  /** Counts for readiness only: a server that is not ready is not to be restarted. */
  readonly readyOnly?: boolean;
  /** Throws when things are not well; the text is for the log, and for those who ask for this very check. */
  check(signal: AbortSignal): Promise<void> | void;
}

const endpoints = ["livez", "readyz", "healthz"] as const;
export type HealthEndpoint = (typeof endpoints)[number];

/** Told of every check that ran. */
export type HealthObserver = (endpoint: HealthEndpoint, name: string, passed: boolean) => void;

export function healthRoutes(
  checks: readonly HealthCheck[],
  onFailure: (name: string, error: unknown) => void,
  onChecked: HealthObserver = () => undefined,
): RouteHandler[] {
  return endpoints.flatMap((endpoint) => {
    const chosen = checks.filter((check) => endpoint === "readyz" || check.readyOnly !== true);
    const runner: Runner = { endpoint, checks: chosen, onFailure, onChecked };
    const serve = (request: RouteRequest) => serveHealth(runner, request);
    return [
      { path: `/${endpoint}`, serve },
      { path: `/${endpoint}/`, serve },
    ];
  });
}

interface Outcome {
  readonly name: string;
  readonly state: "ok" | "failed" | "excluded";
  /** Of one that failed. */
  readonly error?: string;
}

interface Runner {
  readonly endpoint: HealthEndpoint;
  readonly checks: readonly HealthCheck[];
  onFailure(name: string, error: unknown): void;
  readonly onChecked: HealthObserver;
}

async function serveHealth(runner: Runner, request: RouteRequest) {
  const { endpoint, checks } = runner;
  if (request.info.path !== `/${endpoint}`) return serveOne(runner, request.info.path.slice(endpoint.length + 2), request);
  const excluded = [...new Set(request.query.getAll("exclude"))].sort();
  const outcomes = await Promise.all(checks.map((check) => run(runner, check, excluded, request.signal)));
  const failed = outcomes.some(({ state }) => state === "failed");
  if (!failed && !request.query.has("verbose")) return replyText(request, 200, "ok");
  const unknown = excluded.filter((excludedName) => !checks.some((check) => check.name === excludedName));
  const note =
    unknown.length === 0 ? "" : `warn: some health checks cannot be excluded: no matches for ${unknown.map((text) => JSON.stringify(text)).join(",")}\n`;
  const verdict = `${note}${endpoint} check ${failed ? "failed" : "passed"}\n`;
  return replyText(request, failed ? 500 : 200, outcomes.map(line).join("") + verdict);
}

async function serveOne(runner: Runner, name: string, request: RouteRequest) {
  const check = runner.checks.find((candidate) => candidate.name === name);
  if (check === undefined) throw new PageNotFoundError();
  const { error } = await run(runner, check, [], request.signal);
  // Who asks for one check wants to know, and has had to be allowed to; the whole is for everybody.
  return error === undefined ? replyText(request, 200, "ok") : replyText(request, 500, `internal server error: ${error}\n`);
}

async function run({ endpoint, onFailure, onChecked }: Runner, check: HealthCheck, excluded: readonly string[], signal: AbortSignal): Promise<Outcome> {
  const { name } = check;
  if (excluded.includes(name)) return { name, state: "excluded" };
  try {
    await check.check(signal);
    onChecked(endpoint, name, true);
    return { name, state: "ok" };
  } catch (error) {
    onFailure(name, error);
    onChecked(endpoint, name, false);
    return { name, state: "failed", error: error instanceof Error ? error.message : String(error) };
  }
}

function line({ name, state }: Outcome): string {
  if (state === "ok") return `[+]${name} ok\n`;
  return state === "excluded" ? `[+]${name} excluded: ok\n` : `[-]${name} failed: reason withheld\n`;
}
