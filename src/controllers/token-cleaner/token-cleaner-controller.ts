/** Deletes bootstrap tokens (secrets of kube-system) that have expired. */
import type { Secret } from "../../api/core/v1/secret.ts";
import { isConflict, isNotFound } from "../../client/errors.ts";
import { secrets } from "../../client/resources.ts";
import { objectKey } from "../../machinery/object.ts";
import { timeMs as readTime } from "../../machinery/time.ts";
import type { Controller } from "../controller.ts";
import { createQueue, runLoop } from "../shared/loop.ts";

const tokenType = "bootstrap.kubernetes.io/token";
const namespace = "kube-system";
/** Timers of Node hold 24.8 days; further away than this is looked at again. */
const longestWaitMs = 24 * 60 * 60 * 1000;

/** Milliseconds until the token expires, 0 or less when it has; undefined when it never does. A time nobody can read has passed. */
export function expiresInMs({ type, data }: Secret, now: number): number | undefined {
  const expiration = data?.["expiration"];
  if (type !== tokenType || expiration === undefined || expiration === "") return undefined;
  return (readTime(atob(expiration)) ?? Number.NEGATIVE_INFINITY) - now;
}

export const tokenCleanerController: Controller = {
  name: "token-cleaner-controller",
  account: "token-cleaner",
  run: (context) => {
    const tokens = context.informers.informer(secrets, { namespace, fieldSelector: `type=${tokenType}` });
    const queue = createQueue(context);
    const enqueue = (token: Secret) => queue.add(objectKey(token));
    tokens.addHandler({ add: enqueue, update: enqueue });
    const reconcile = async (key: string) => {
      const token = tokens.get(key);
      const left = token === undefined ? undefined : expiresInMs(token, context.clock.now());
      if (token === undefined || left === undefined) return undefined;
      if (left > 0) return { afterMs: Math.min(left, longestWaitMs) };
      const { uid, resourceVersion = "" } = token.metadata;
      try {
        await context.client.of(secrets).in(namespace).delete(token.metadata.name, { preconditions: { uid, resourceVersion } });
      } catch (error) {
        // Somebody has prolonged it: the update brings it back here.
        if (!isNotFound(error) && !isConflict(error)) throw error;
      }
      return undefined;
    };
    return runLoop(context, { queue, reconcile });
  },
};
