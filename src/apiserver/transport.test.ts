import { transportContract } from "../client/transport-contract.ts";
import { admin, startTestServer } from "../testing/api-server/test-server.ts";

transportContract("in-process", async () => {
  const { server, close } = await startTestServer();
  return { transport: server.transport(admin), namespace: "default", close };
});
