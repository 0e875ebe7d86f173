/** Flags of the commands that start a control plane: who is who, who may do what, what is recorded. Their values make ApiServerFlags. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { movedGates } from "../cluster/feature-gates.ts";
import { commaSeparated } from "./store-flags.ts";

/** They take effect when the control plane starts, and are remembered with the cluster; "" for a file takes it back. */
export function addApiServerFlags(command: Command): Command {
  command
    .option(
      "--authentication-config <file>",
      "AuthenticationConfiguration: issuers of ID tokens, and where anonymous requests are let in; read again when it changes",
    )
    .option("--authorization-config <file>", "AuthorizationConfiguration: which authorizers there are, in which order; read again when it changes")
    .option("--token-auth-file <file>", 'static tokens, a line each: token,user,uid,"group,group"')
    .option("--authentication-token-webhook-config-file <file>", "kubeconfig of a server that knows further tokens")
    .option("--anonymous-auth <true|false>", "whether requests without credentials are let in as system:anonymous (default: true)", flag)
    .option("--requestheader-client-ca-file <file>", "authorities of front proxies, beside the cluster's own, whose word on users counts")
    .option("--requestheader-allowed-names <names>", "common names of those proxies (default: all that the authorities signed for)", commaSeparated)
    .option("--requestheader-username-headers <names>", "headers that they name users in (default: X-Remote-User)", commaSeparated)
    .option("--requestheader-uid-headers <names>", "the same for uids (default: X-Remote-Uid)", commaSeparated)
    .option("--requestheader-group-headers <names>", "the same for groups (default: X-Remote-Group)", commaSeparated)
    .option("--requestheader-extra-headers-prefix <prefixes>", "the same for the rest (default: X-Remote-Extra-)", commaSeparated)
    .option("--admission-control-config-file <file>", "AdmissionConfiguration: defaults and exemptions of PodSecurity, what ResourceQuota limits by default")
    .option("--service-node-port-range <range>", "ports of Services that every node serves, the same for all servers (default: 30000-32767)")
    .option("--event-ttl <time>", "how long Events are kept (default: 1h)", duration)
    .option("--etcd-compaction-interval <time>", "how long the past is kept, for lists in pages and watches; 0 keeps it for ever (default: 5m)", duration)
    .option("--request-timeout <time>", "how long requests may take that are not long-running (default: 1m)", duration)
    .option("--max-requests-inflight <count>", "with the next one: seats that priority and fairness shares out (default: 400)", count)
    .option("--max-mutating-requests-inflight <count>", "(default: 200)", count)
    .option(
      "--enable-priority-and-fairness <true|false>",
      "whether requests take turns; without it the two above are limits of reads and of writes, 0 for none (default: true)",
      flag,
    )
    .option("--min-request-timeout <seconds>", "watches that name no timeout live between one and two times this long (default: 1800; 0 for ever)", count)
    .option(
      "--goaway-chance <fraction>",
      "of HTTP/2 requests that end their connection, so that clients spread over servers, up to 0.02 (default: 0)",
      fraction,
    )
    .option("--cors-allowed-origins <expressions>", "origins whose web pages may ask, such as //example\\.com(:|$) (default: none)", commaSeparated)
    .option("--strict-transport-security-directives <directives>", "such as max-age=31536000,includeSubDomains (default: none)", commaSeparated)
    .option("--profiling [true|false]", "whether /debug/pprof/ tells administrators where time and memory go (default: true)", flag)
    .option("--shutdown-delay-duration <time>", "how long it goes on serving when it is told to end, not ready any more (default: 0)", duration)
    .option(
      "--runtime-config <choices>",
      "what of the API is served: api/all, api/ga, api/beta, api/alpha or GROUP/VERSION[/RESOURCE], each =true or =false (default: all that there is)",
      commaSeparated,
    )
    .option("--feature-gates <gates>", `GATE=true|false,…; those that change something: ${movedGates.join(", ")}`, commaSeparated)
    .option("--default-not-ready-toleration-seconds <seconds>", "how long pods stay on a node that is not ready (default: 300)", count)
    .option("--default-unreachable-toleration-seconds <seconds>", "how long pods stay on a node that cannot be reached (default: 300)", count)
    .option("--enable-admission-plugins <names>", "admission plugins that have to be there; all that Coracle has are on by default", commaSeparated)
    .option("--disable-admission-plugins <names>", "admission plugins to leave out", commaSeparated);
  return auditFlags(command);
}

function auditFlags(command: Command): Command {
  command
    .option("--audit-log-path <file>", "where events go, - for standard output (default: audit.log among the cluster's logs)")
    .addOption(new Option("--audit-log-format <format>", "how they are written (default: json)").choices(["legacy", "json"]))
    .option("--audit-log-maxage <days>", "for how long old audit logs are kept (default: 366; 0 however long)", count)
    .option("--audit-log-maxbackup <count>", "how many old audit logs are kept (default: 100; 0 keeps all)", count)
    .option("--audit-log-maxsize <megabytes>", "size at which the audit log is turned over (default: 100; 0 never)", count)
    .option("--audit-log-compress [true|false]", "whether old audit logs are compressed (default: false)", flag)
    .option("--audit-webhook-config-file <file>", "kubeconfig of a server that takes audit events too")
    .option("--audit-webhook-initial-backoff <time>", "pause before the second attempt; each further one is half as long again (default: 10s)", duration);
  backendFlags(command, "log", { mode: "blocking", size: 1, throttle: false });
  return backendFlags(command, "webhook", { mode: "batch", size: 400, throttle: true });
}

/** The same for both places that events go to. */
function backendFlags(command: Command, to: "log" | "webhook", defaults: { mode: string; size: number; throttle: boolean }): Command {
  const modes = new Option(`--audit-${to}-mode <mode>`, `whether requests wait for their events, and fail without them (default: ${defaults.mode})`);
  return command
    .addOption(modes.choices(["batch", "blocking", "blocking-strict"]))
    .option(`--audit-${to}-batch-buffer-size <count>`, "events that may wait; what comes beyond is lost (default: 10000)", size)
    .option(`--audit-${to}-batch-max-size <count>`, `events of one batch (default: ${defaults.size})`, size)
    .option(`--audit-${to}-batch-max-wait <time>`, "after how long a batch goes that is not full (default: 30s)", duration)
    .option(`--audit-${to}-batch-throttle-enable [true|false]`, `whether there is a limit on batches a second (default: ${defaults.throttle})`, flag)
    .option(`--audit-${to}-batch-throttle-qps <count>`, "how many on average (default: 10)", rate)
    .option(`--audit-${to}-batch-throttle-burst <count>`, "how many at once after a rest (default: 15)", size)
    .option(`--audit-${to}-truncate-enabled [true|false]`, "whether events and batches that are too large are cut (default: false)", flag)
    .option(`--audit-${to}-truncate-max-event-size <bytes>`, "beyond it an event loses its objects, or is lost (default: 102400)", size)
    .option(`--audit-${to}-truncate-max-batch-size <bytes>`, "beyond it a batch goes in parts (default: 10485760)", size);
}

/** A bare flag is true. */
function flag(text: string): boolean {
  if (text !== "true" && text !== "false") throw new InvalidArgumentError("it must be true or false.");
  return text === "true";
}

function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new InvalidArgumentError("it must be a whole number.");
  return value;
}

function fraction(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0 && value <= 1)) throw new InvalidArgumentError("it must be a number from 0 to 1.");
  return value;
}

function size(text: string): number {
  if (count(text) === 0) throw new InvalidArgumentError("it must be more than 0.");
  return count(text);
}

function rate(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError("it must be a number above 0.");
  return value;
}

const unitSeconds: Readonly<Record<string, number>> = { h: 3600, m: 60, s: 1, ms: 0.001 };

/** Seconds. */
function duration(text: string): number {
  if (text === "0") return 0;
  if (!/^(?:\d+(?:\.\d+)?(?:h|ms|m|s))+$/.test(text)) throw new InvalidArgumentError("it must be a time such as 1h30m, 5m or 10s.");
  return [...text.matchAll(/([\d.]+)(h|ms|m|s)/g)].reduce((total, [, value, unit]) => total + Number(value) * unitSeconds[unit!]!, 0);
}
