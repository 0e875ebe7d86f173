/** An API server on a store in memory that lets everybody in, for tests of src/apiserver and of what stands on it. */
import { allDefinitions } from "../../api/index.ts";
import type { UserInfo } from "../../apiserver/contract.ts";
import { type ApiServer, type ApiServerConfig, createApiServer } from "../../apiserver/server.ts";
import { systemClock } from "../../cluster/system-clock.ts";
import type { Clock } from "../../machinery/clock.ts";
import { createMemoryStore } from "../../storage/memory/index.ts";
import type { Store } from "../../storage/store.ts";
import { silentLogger } from "../silent-logger.ts";

export const admin: UserInfo = { name: "admin", groups: ["system:masters", "system:authenticated"] };

export interface TestServer {
  readonly server: ApiServer;
  readonly store: Store;
  close(): Promise<void>;
}

export async function startTestServer(options: Partial<ApiServerConfig> & { readonly clock?: Clock } = {}): Promise<TestServer> {
  const clock = options.clock ?? systemClock;
  const store = options.store ?? createMemoryStore({ clock });
  const server = await createApiServer({
    definitions: allDefinitions,
    clock,
    random: Math.random,
    logger: silentLogger,
    signal: new AbortController().signal,
    authenticator: () => ({ authenticate: async () => admin }),
    authorizer: () => ({ authorize: () => ({ decision: "allow", reason: "" }) }),
    admission: () => [],
    ...options,
    store,
  });
  const close = async () => {
    await server.close();
    if (options.store === undefined) await store.close();
  };
  return { server, store, close };
}
