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
import type { ComponentContext } from "../client/component.ts";
import { runCloudControllers } from "../cloud/cloud-controller-manager.ts";
import type { CloudProvider } from "../cloud/provider.ts";
import type { CertificateSigner } from "../controllers/certificates/signer.ts";
import { runControllers } from "../controllers/manager.ts";
import { runScheduler } from "../scheduler/scheduler.ts";
import { type ApiServerOptions, startApiServer, systemUser } from "./api-server.ts";
import { componentContext } from "./component-context.ts";
import { accountUser, cloudControllerManagerRole, ensureComponentRole } from "./component-roles.ts";

export interface ControlPlaneOptions extends ApiServerOptions {
  readonly podSubnet: string;
  /** PEM published in every namespace as kube-root-ca.crt. */
  readonly rootCA: string;
  readonly cloudProvider?: CloudProvider;
  /** Signs certificate requests; absent: nobody does. */
  readonly certificateSigner?: CertificateSigner;
}

export interface ControlPlane {
  readonly server: ApiServer;
  /** Names of the components that run. */
  readonly components: ReadonlySet<string>;
  /** Settles when everything has ended after the signal; rejects when a component failed. */
  readonly done: Promise<void>;
}

export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { cloudProvider, certificateSigner } = options;
  const key = signingKeyOf(options.serviceAccountKey);
  const running = new Set<string>();
  const runs = (name: string) => () => {
    if (!running.has(name)) throw new Error(`${name} does not run in this process`);
  };
  const statuses = componentStatusHandlers({
    "controller-manager": runs("kube-controller-manager"),
    scheduler: runs("kube-scheduler"),
    "etcd-0": async () => void (await options.store.status()),
  });
  const server = await startApiServer({ ...options, handlers: [statuses, ...(options.handlers ?? [])] });
  const start = (name: string, user: UserInfo, run: (context: ComponentContext) => Promise<void>) => {
    running.add(name);
    return run(componentContext({ ...options, name, transport: server.transport(user) })).finally(() => running.delete(name));
  };
  const components = [
    start("kube-controller-manager", systemComponent("kube-controller-manager"), (context) =>
      runControllers(context, {
        rootCA: options.rootCA,
        podSubnet: options.podSubnet,
        secretTokens: { issue: (account, secret) => issueLegacyToken(account, secret, key) },
        ...(certificateSigner === undefined ? {} : { certificateSigner }),
        transport: server.transport,
      }),
    ),
    start("kube-scheduler", systemComponent("kube-scheduler"), (context) => runScheduler(context)),
  ];
  if (cloudProvider !== undefined) {
    await ensureComponentRole(new Client(server.transport(systemUser), options.signal), cloudControllerManagerRole);
    components.push(
      start("cloud-controller-manager", accountUser(cloudControllerManagerRole.account), (context) => runCloudControllers(context, cloudProvider)),
    );
  }
  const done = Promise.all(components).then(() => server.close());
  return { server, components: running, done };
}

function systemComponent(name: string): UserInfo {
  return { name: `system:${name}`, groups: ["system:authenticated"] };
}
