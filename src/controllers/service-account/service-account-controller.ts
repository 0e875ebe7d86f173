/** Every active namespace has its ServiceAccount `default`. */
import type { Namespace } from "../../api/core/v1/namespace.ts";
import { isAlreadyExists, isNamespaceTerminating } from "../../client/errors.ts";
import { namespaces, serviceAccounts } from "../../client/resources.ts";
import type { Controller } from "../controller.ts";
import { createQueue, runLoop } from "../shared/loop.ts";

export const defaultAccount = "default";

/** A namespace without phase is one that has just been made. */
export function isActiveNamespace(namespace: Namespace | undefined): namespace is Namespace {
  return namespace !== undefined && namespace.metadata.deletionTimestamp === undefined && namespace.status?.phase !== "Terminating";
}

export const serviceAccountController: Controller = {
  name: "serviceaccount-controller",
  account: "service-account-controller",
  run: (context) => {
    const known = context.informers.informer(namespaces);
    const accounts = context.informers.informer(serviceAccounts);
    const queue = createQueue(context);
    const enqueue = (namespace: Namespace) => queue.add(namespace.metadata.name);
    known.addHandler({ add: enqueue, update: enqueue });
    accounts.addHandler({ delete: (account) => account.metadata.name === defaultAccount && queue.add(account.metadata.namespace ?? "") });
    const reconcile = async (name: string) => {
      if (!isActiveNamespace(known.get(name)) || accounts.get(`${name}/${defaultAccount}`) !== undefined) return undefined;
      try {
        await context.client
          .of(serviceAccounts)
          .in(name)
          .create({ metadata: { name: defaultAccount } });
      } catch (error) {
        if (!isAlreadyExists(error) && !isNamespaceTerminating(error)) throw error;
      }
      return undefined;
    };
    return runLoop(context, { queue, reconcile });
  },
};
