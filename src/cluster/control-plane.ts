/**
 * The control plane of one cluster inside this process: API server, controllers, scheduler and cloud controller manager,
 * wired by in-process transports, each under an identity of its own. Processes and tests both start it here.
 */
import { issueLegacyToken } from "../apiserver/authentication/legacy-token-issuer.ts";
import { signingKeyOf } from "../apiserver/authentication/token-keys.ts";
import type { UserInfo } from "../apiserver/contract.ts";
import type { ApiServer } from "../apiserver/server.ts";
import { componentStatusHandlers } from "../apiserver/subresources/component-statuses.ts";
import { Client } from "../client/client.ts";
import type { ElectionTimes } from "../client/leader-election.ts";
import { runCloudControllers } from "../cloud/cloud-controller-manager.ts";
import type { CloudProvider } from "../cloud/provider.ts";
import type { CertificateSigner } from "../controllers/certificates/signer.ts";
import { runControllers } from "../controllers/manager.ts";
import { defaultSchedulerName, runScheduler } from "../scheduler/scheduler.ts";
import { type ApiServerOptions, startApiServer, systemUser } from "./api-server.ts";
import { accountUser, cloudControllerManagerRole, ensureComponentRole } from "./component-roles.ts";
import { type Component, runComponent } from "./run-component.ts";

export interface ControlPlaneOptions extends ApiServerOptions {
  readonly podSubnet: string;
  /** PEM published in every namespace as kube-root-ca.crt. */
  readonly rootCA: string;
  readonly cloudProvider?: CloudProvider;
  /** Signs certificate requests; absent: nobody does. */
  readonly certificateSigner?: CertificateSigner;
  /**
   * Present where other control planes may share the store: of each component one leads. Absent where the store is this
   * process's own, as sqlite's file is: whoever held a lease in it is dead, so nobody needs to be asked or waited for.
   */
  readonly election?: ElectionTimes;
}

export interface ControlPlane {
  readonly server: ApiServer;
  /** Names of the components that run. */
  readonly components: ReadonlySet<string>;
  /** Settles when everything has ended after the signal; rejects when a component failed. */
  readonly done: Promise<void>;
}

/** Components end with `options.signal`, and the API server after them: they can give up their leases. */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { cloudProvider, certificateSigner, signal } = options;
  const key = signingKeyOf(options.serviceAccountKey);
  const life = new AbortController();
  const running = new Set<string>();
  const runs = (name: string) => () => {
    if (!running.has(name)) throw new Error(`${name} does not run in this process`);
  };
  const statuses = componentStatusHandlers({
    "controller-manager": runs("kube-controller-manager"),
    scheduler: runs("kube-scheduler"),
    "etcd-0": async () => void (await options.store.status()),
  });
  const server = await startServer({ ...options, handlers: [statuses, ...(options.handlers ?? [])] }, life);
  const start = (name: string, user: UserInfo, run: Component, eventSource = name) => {
    running.add(name);
    return runComponent({ ...options, name, eventSource, transport: server.transport(user, name), serverLife: life.signal }, run).finally(() =>
      running.delete(name),
    );
  };
  const components = [
    start("kube-controller-manager", systemComponent("kube-controller-manager"), (context) =>
      runControllers(context, {
        rootCA: options.rootCA,
        podSubnet: options.podSubnet,
        secretTokens: { issue: (account, secret) => issueLegacyToken(account, secret, key) },
        ...(certificateSigner === undefined ? {} : { certificateSigner }),
        transport: (user) => server.transport(user, "kube-controller-manager"),
      }),
    ),
    start("kube-scheduler", systemComponent("kube-scheduler"), (context) => runScheduler(context), defaultSchedulerName),
  ];
  if (cloudProvider !== undefined) {
    await ensureComponentRole(new Client(server.transport(systemUser), life.signal), cloudControllerManagerRole);
    components.push(
      start("cloud-controller-manager", accountUser(cloudControllerManagerRole.account), (context) => runCloudControllers(context, cloudProvider)),
    );
  }
  const stop = async () => {
    await server.close();
    life.abort(new Error("the control plane has ended"));
  };
  const done = Promise.all(components).then(stop, async (error: unknown) => {
    // After a failure the other components run on until the signal aborts, and the server with them.
    if (signal.aborted) await Promise.allSettled(components).then(stop);
    else signal.addEventListener("abort", () => life.abort(signal.reason), { once: true });
    throw error;
  });
  return { server, components: running, done };
}

/** While it starts, it ends with the signal. */
async function startServer(options: ControlPlaneOptions, life: AbortController): Promise<ApiServer> {
  const { signal } = options;
  const abort = () => life.abort(signal.reason);
  signal.throwIfAborted();
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await startApiServer({ ...options, signal: life.signal });
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

function systemComponent(name: string): UserInfo {
  return { name: `system:${name}`, groups: ["system:authenticated"] };
}
