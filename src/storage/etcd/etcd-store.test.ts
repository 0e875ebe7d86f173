import { after, before } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { storeContract } from "../contract.ts";
import { connectEtcdStore } from "./etcd-store.ts";
import { missingEtcd, type RealEtcd, startEtcd } from "./real-etcd.ts";
import { silentLogger, systemClock } from "./test-tools.ts";

let etcd: RealEtcd | undefined;

before(async () => {
  if (missingEtcd === undefined) etcd = await startEtcd();
});

after(() => etcd?.dispose());

storeContract(
  "etcd",
  async () => {
    const store = await connectEtcdStore({ endpoints: [etcd?.endpoint ?? ""], clock: systemClock, logger: silentLogger });
    return { store, advance: (ms) => wait(ms), dispose: () => store.close(), watches: () => store.watches };
  },
  missingEtcd === undefined ? {} : { skip: missingEtcd },
);
