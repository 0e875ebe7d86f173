/** Runs the controllers whose part of the cloud the provider offers. */
import type { ComponentContext } from "../client/component.ts";
import { keepNodeRoutes } from "../client/node-routes.ts";
import type { CloudProvider } from "./provider.ts";

export async function runCloudControllers(context: ComponentContext, provider: CloudProvider): Promise<void> {
  context.logger.info({ provider: provider.name }, "cloud provider");
  await Promise.all(provider.routes === undefined ? [] : [keepNodeRoutes(context, provider.routes)]);
}
