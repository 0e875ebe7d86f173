/**
 * The control plane of one cluster inside this process: API server, controllers, scheduler and cloud controller manager,
 * wired by in-process transports, each under an identity of its own. Processes and tests both start it here.
 */
import type { ApiServer } from "../apiserver/server.ts";
import { runCloudControllers } from "../cloud/cloud-controller-manager.ts";
import type { CloudProvider } from "../cloud/provider.ts";
import { runControllers } from "../controllers/manager.ts";
import { runScheduler } from "../scheduler/scheduler.ts";
import { type ApiServerOptions, startApiServer } from "./api-server.ts";
import { componentContext } from "./component-context.ts";

export interface ControlPlaneOptions extends ApiServerOptions {
  readonly podSubnet: string;
  /** PEM published in every namespace as kube-root-ca.crt. */
  readonly rootCA: string;
  readonly cloudProvider?: CloudProvider;
}

export interface ControlPlane {
  readonly server: ApiServer;
  /** Names of the components that run. */
  readonly components: ReadonlySet<string>;
  /** Settles when everything has ended after the signal; rejects when a component failed. */
  readonly done: Promise<void>;
}

export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const server = await startApiServer(options);
  const running = new Set<string>();
  const start = (name: string, user: string, run: (context: ReturnType<typeof componentContext>) => Promise<void>) => {
    const transport = server.transport({ name: user, groups: ["system:authenticated"] });
    const context = componentContext({ ...options, name, transport });
    running.add(name);
    return run(context).finally(() => running.delete(name));
  };
  const components = [
    start("kube-controller-manager", "system:kube-controller-manager", (context) =>
      runControllers(context, { rootCA: options.rootCA, podSubnet: options.podSubnet, transport: server.transport }),
    ),
    start("kube-scheduler", "system:kube-scheduler", (context) => runScheduler(context)),
    ...(options.cloudProvider === undefined
      ? []
      : [
          start("cloud-controller-manager", "system:serviceaccount:kube-system:cloud-controller-manager", (context) =>
            runCloudControllers(context, options.cloudProvider as CloudProvider),
          ),
        ]),
  ];
  const done = Promise.all(components).then(() => server.close());
  return { server, components: running, done };
}
