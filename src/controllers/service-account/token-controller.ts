/** Secrets of type kubernetes.io/service-account-token get their token, and go with their account. */
import type { Secret } from "../../api/core/v1/secret.ts";
import type { ServiceAccount } from "../../api/core/v1/service-account.ts";
import { isConflict, isNotFound } from "../../client/errors.ts";
import { secrets, serviceAccounts } from "../../client/resources.ts";
import { objectKey } from "../../machinery/object.ts";
import type { Controller } from "../controller.ts";
import { createQueue, runLoop } from "../shared/loop.ts";

export const tokenSecretType = "kubernetes.io/service-account-token";
const nameAnnotation = "kubernetes.io/service-account.name";
const uidAnnotation = "kubernetes.io/service-account.uid";

export interface SecretTokens {
  /** A token that is good for as long as the Secret holds it and the account exists. */
  issue(account: ServiceAccount, secretName: string): Promise<string>;
}

export interface TokenControllerOptions {
  /** PEM. */
  readonly rootCA: string;
  readonly tokens: SecretTokens;
}

/** What the Secret lacks, `token` to be issued; undefined when it is whole. Data in base64, as the API has it. */
export function missingData({ data = {}, metadata }: Secret, rootCA: string): { readonly token: boolean; readonly data: Record<string, string> } | undefined {
  const ca = btoa(rootCA);
  const missing = {
    ...(data["ca.crt"] === ca ? {} : { "ca.crt": ca }),
    ...((data["namespace"] ?? "") === "" ? { namespace: btoa(metadata.namespace ?? "") } : {}),
  };
  const token = (data["token"] ?? "") === "";
  return token || Object.keys(missing).length > 0 ? { token, data: missing } : undefined;
}

/** Without a uid the Secret means whoever has the name. */
export function isAccountOf(secret: Secret, account: ServiceAccount | undefined): account is ServiceAccount {
  const uid = secret.metadata.annotations?.[uidAnnotation] ?? "";
  return account !== undefined && (uid === "" || uid === account.metadata.uid);
}

const byAccount = "serviceAccount";

function accountKey(secret: Secret): string {
  return `${secret.metadata.namespace ?? ""}/${secret.metadata.annotations?.[nameAnnotation] ?? ""}`;
}

export function tokenController({ rootCA, tokens }: TokenControllerOptions): Controller {
  return {
    name: "serviceaccount-token-controller",
    run: (context) => {
      const known = context.informers.informer(secrets, { fieldSelector: `type=${tokenSecretType}` });
      const accounts = context.informers.informer(serviceAccounts);
      known.addIndex(byAccount, (secret) => [accountKey(secret)]);
      const queue = createQueue(context);
      const enqueue = (secret: Secret) => queue.add(objectKey(secret));
      known.addHandler({ add: enqueue, update: enqueue });
      const enqueueSecrets = (account: ServiceAccount) => {
        for (const secret of known.byIndex(byAccount, objectKey(account))) enqueue(secret);
      };
      accounts.addHandler({ add: enqueueSecrets, update: enqueueSecrets, delete: enqueueSecrets });

      const reconcile = async (key: string) => {
        const secret = known.get(key);
        if (secret === undefined || secret.metadata.deletionTimestamp !== undefined) return undefined;
        try {
          const account = await accountOf(secret);
          if (account === undefined) await remove(secret);
          else await complete(secret, account);
        } catch (error) {
          // What changed meanwhile brings it back here.
          if (!isNotFound(error) && !isConflict(error)) throw error;
        }
        return undefined;
      };

      /** Asks the server before an account counts as gone: a Secret is often made right after its account. */
      async function accountOf(secret: Secret): Promise<ServiceAccount | undefined> {
        const cached = accounts.get(accountKey(secret));
        if (isAccountOf(secret, cached)) return cached;
        const name = secret.metadata.annotations?.[nameAnnotation] ?? "";
        const live = await context.client
          .of(serviceAccounts)
          .in(secret.metadata.namespace ?? "")
          .get(name)
          .catch((error: unknown) => {
            if (isNotFound(error)) return undefined;
            throw error;
          });
        return isAccountOf(secret, live) ? live : undefined;
      }

      async function remove({ metadata: { name, namespace = "", uid, resourceVersion = "" } }: Secret): Promise<void> {
        await context.client.of(secrets).in(namespace).delete(name, { preconditions: { uid, resourceVersion } });
      }

      async function complete(secret: Secret, account: ServiceAccount): Promise<void> {
        const missing = missingData(secret, rootCA);
        if (missing === undefined) return;
        const { name, namespace = "", annotations } = secret.metadata;
        const token = missing.token ? { token: btoa(await tokens.issue(account, name)) } : {};
        const marks = { [nameAnnotation]: account.metadata.name, [uidAnnotation]: account.metadata.uid };
        await context.client
          .of(secrets)
          .in(namespace)
          .update({
            ...secret,
            metadata: { ...secret.metadata, annotations: { ...annotations, ...marks } },
            data: { ...secret.data, ...missing.data, ...token },
          });
      }

      return runLoop(context, { queue, reconcile });
    },
  };
}
