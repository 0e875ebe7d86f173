/** Flags of the commands that start a control plane: who is who, who may do what, what is recorded. Their values make ApiServerFlags. */
import { type Command, InvalidArgumentError } from "commander";
import { commaSeparated } from "./store-flags.ts";

/** They take effect when the control plane starts, and are remembered with the cluster; "" for a file takes it back. */
export function addApiServerFlags(command: Command): Command {
  return command
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
    .option("--audit-webhook-config-file <file>", "kubeconfig of a server that takes audit events too")
    .option("--audit-log-maxage <days>", "for how long old audit logs are kept (default: 0, however long)", count)
    .option("--audit-log-maxbackup <count>", "how many old audit logs are kept (default: 10; 0 keeps all)", count)
    .option("--audit-log-maxsize <megabytes>", "size at which the audit log is turned over (default: 100)", size);
}

function flag(text: string): boolean {
  if (text !== "true" && text !== "false") throw new InvalidArgumentError("it must be true or false.");
  return text === "true";
}

function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new InvalidArgumentError("it must be a whole number.");
  return value;
}

function size(text: string): number {
  if (count(text) === 0) throw new InvalidArgumentError("it must be more than 0.");
  return count(text);
}
