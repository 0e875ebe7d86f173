/** Subresources whose answer is a stream: log, exec, attach, portforward and proxy. Give the factory to `startApiServer` as one of its handlers. */
import type { HandlerFactory } from "../../contract.ts";
import { type KubeletClientOptions, Kubelets } from "./kubelets.ts";
import { logHandler } from "./log.ts";

import { proxyHandlers } from "./proxy/handlers.ts";
import { remoteCommandHandlers } from "./remote-command.ts";

export function kubeletStreams(options: KubeletClientOptions): HandlerFactory {
  return (services) => {
    const kubelets = new Kubelets(services, options);
    return { subresources: [logHandler(kubelets), ...remoteCommandHandlers(kubelets, services), ...proxyHandlers(kubelets, services)] };
  };
}
