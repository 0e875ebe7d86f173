/** Webhooks as kube-apiserver is told of them: a kubeconfig whose server is the URL to post to, and whose user is the API server. */
import { readFileSync } from "node:fs";
import { remoteServer } from "../apiserver/remote/remote-server.ts";
import type { WebhookOptions } from "../apiserver/remote/webhook.ts";
import { tokenFile } from "../client/credentials.ts";
import { type KubeconfigUser, loadKubeconfig, type ResolvedContext, resolveContext } from "../client/kubeconfig.ts";
import type { Clock } from "../machinery/clock.ts";

/** Throws, naming the file, for one that cannot be used. */
export function webhookServer(file: string, clock: Clock, timeoutMs: number): WebhookOptions {
  const { cluster, user } = checkedContext(file);
  const ca = pem(cluster["certificate-authority-data"], cluster["certificate-authority"]);
  const certificate = pem(user["client-certificate-data"], user["client-certificate"]);
  const key = pem(user["client-key-data"], user["client-key"]);
  const tls = {
    ...(ca === undefined ? {} : { ca }),
    ...(certificate === undefined ? {} : { certificate }),
    ...(key === undefined ? {} : { key }),
    ...(cluster["tls-server-name"] === undefined ? {} : { serverName: cluster["tls-server-name"] }),
    ...(cluster["insecure-skip-tls-verify"] === true ? { insecureSkipVerify: true } : {}),
  };
  return { call: remoteServer({ tls, headers: authorizationOf(user, clock) }), url: cluster.server, clock, timeoutMs };
}

function checkedContext(file: string): ResolvedContext {
  try {
    const context = resolveContext(loadKubeconfig(file));
    const protocol = URL.parse(context.cluster.server)?.protocol ?? "";
    if (!["http:", "https:"].includes(protocol)) throw new Error(`its server ${JSON.stringify(context.cluster.server)} is no URL`);
    if (context.user.exec !== undefined) throw new Error("exec credential plugins are not supported");
    return context;
  } catch (cause) {
    throw new Error(`cannot use ${file} to reach a webhook: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

function authorizationOf(user: KubeconfigUser, clock: Clock): () => Promise<Readonly<Record<string, string>>> {
  const { token, username, password } = user;
  const bearer = user.tokenFile === undefined ? async () => token : tokenFile(user.tokenFile, clock);
  return async () => {
    const current = await bearer();
    if (current !== undefined && current !== "") return { authorization: `Bearer ${current}` };
    return username === undefined ? {} : { authorization: `Basic ${Buffer.from(`${username}:${password ?? ""}`).toString("base64")}` };
  };
}

/** Embedded data wins over a file. */
function pem(data: string | undefined, path: string | undefined): string | undefined {
  if (data !== undefined && data !== "") return Buffer.from(data, "base64").toString("utf8");
  return path === undefined || path === "" ? undefined : readFileSync(path, "utf8");
}
