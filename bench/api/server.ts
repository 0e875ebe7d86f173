/** An API server with every resource and nothing that refuses: what is measured is the way of a request, not policies. */
import { allDefinitions } from "../../src/api/index.ts";
import type { UserInfo } from "../../src/apiserver/contract.ts";
import { createApiServer } from "../../src/apiserver/server.ts";
import { systemClock } from "../../src/cluster/system-clock.ts";
import type { Store } from "../../src/storage/store.ts";
import { silentLogger } from "../../src/testing/silent-logger.ts";

const admin: UserInfo = { name: "admin", groups: ["system:masters", "system:authenticated"] };

export function benchServer(store: Store): ReturnType<typeof createApiServer> {
  return createApiServer({
    store,
    definitions: allDefinitions,
    clock: systemClock,
    random: Math.random,
    logger: silentLogger,
    signal: new AbortController().signal,
    authenticator: () => ({ authenticate: async () => admin }),
    authorizer: () => ({ authorize: () => ({ decision: "allow", reason: "" }) }),
    admission: () => [],
  });
}
