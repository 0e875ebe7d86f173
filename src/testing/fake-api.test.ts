import { transportContract } from "../client/transport-contract.ts";
import { FakeApi } from "./fake-api.ts";

transportContract("fake", async () => ({ transport: new FakeApi().transport, namespace: "default", close: async () => {} }));
