/**
 * An API server with every resource and nothing that refuses: what is measured is the way of a request, not policies. With
 * `admitting` it has the admission plugins that a cluster has.
 */
import { allDefinitions } from "../../src/api/index.ts";
import { defaultAdmission } from "../../src/apiserver/admission/default-admission.ts";
import type { Authorizer, UserInfo } from "../../src/apiserver/contract.ts";
import { createApiServer } from "../../src/apiserver/server.ts";
import { systemClock } from "../../src/cluster/system-clock.ts";
import type { Store } from "../../src/storage/store.ts";
import { silentLogger } from "../../src/testing/silent-logger.ts";

const admin: UserInfo = { name: "admin", groups: ["system:masters", "system:authenticated"] };
const authorizer: Authorizer = { authorize: () => ({ decision: "allow", reason: "" }) };

export function benchServer(store: Store, admitting = false): ReturnType<typeof createApiServer> {
  const { signal } = new AbortController();
  return createApiServer({
    store,
    definitions: allDefinitions,
    clock: systemClock,
    random: Math.random,
    logger: silentLogger,
    signal,
    authenticator: () => ({ authenticate: async () => admin }),
    authorizer: () => authorizer,
    admission: (reader) => (admitting ? defaultAdmission(reader, { authorizer, clock: systemClock, random: Math.random, signal }) : []),
  });
}
