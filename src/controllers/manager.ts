/** The controller manager: all controllers in one process, sharing informers, each under an identity of its own. */
import { Client } from "../client/client.ts";
import type { ComponentContext } from "../client/component.ts";
import { ClientEventRecorder } from "../client/event-recorder.ts";
import type { Transport } from "../machinery/transport.ts";
import type { Controller } from "./controller.ts";
import { allControllers, type ControllerOptions } from "./index.ts";
import { builtInResources } from "./shared/discovery.ts";

export interface ManagerOptions extends Omit<ControllerOptions, "discover">, Partial<Pick<ControllerOptions, "discover">> {
  /** A transport that acts as the user; absent: all controllers act as the context's own client does. */
  readonly transport?: (user: { readonly name: string; readonly groups: readonly string[] }) => Transport;
}

/**
 * Runs until `context.signal` aborts, and settles when every controller has ended. Rejects, having ended the others, when
 * one cannot go on.
 */
export async function runControllers(context: ComponentContext, options: ManagerOptions): Promise<void> {
  const controllers = allControllers({ discover: async () => builtInResources(), ...options });
  await runAll(context, controllers, options.transport);
}

export async function runAll(context: ComponentContext, controllers: readonly Controller[], transport?: ManagerOptions["transport"]): Promise<void> {
  const failed = new AbortController();
  const signal = AbortSignal.any([context.signal, failed.signal]);
  // All are called in one turn: they ask for informers and indexes before any informer starts.
  const running = controllers.map((controller) =>
    controller.run(contextFor({ ...context, signal }, controller, transport)).catch((error: unknown) => {
      context.logger.error({ controller: controller.name, error }, "controller failed");
      failed.abort(error);
      throw error;
    }),
  );
  const results = await Promise.allSettled(running);
  const failure = results.find((result) => result.status === "rejected");
  if (failure !== undefined) throw failure.reason;
}

function contextFor(context: ComponentContext, controller: Controller, transport: ManagerOptions["transport"]): ComponentContext {
  const { clock, signal } = context;
  const { account } = controller;
  const own = account === undefined ? undefined : transport?.(serviceAccount(account));
  const client = new Client(own ?? context.client.transport, signal);
  const logger = context.logger.child({ controller: controller.name });
  const events = new ClientEventRecorder({ client, component: controller.eventSource ?? controller.name, clock, logger, signal });
  return { ...context, client, logger, events };
}

function serviceAccount(name: string): { name: string; groups: string[] } {
  return {
    name: `system:serviceaccount:kube-system:${name}`,
    groups: ["system:serviceaccounts", "system:serviceaccounts:kube-system", "system:authenticated"],
  };
}
