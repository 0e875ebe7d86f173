import { after, before, describe } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { storeContract } from "../contract.ts";
import { etcdInstallations } from "./etcd-installations.ts";
import { connectEtcdStore } from "./etcd-store.ts";
import { type RealEtcd, startEtcd } from "./real-etcd.ts";
import { silentLogger, systemClock } from "./test-tools.ts";

for (const installation of etcdInstallations) {
  const { label, options } = installation;
  describe(label, options, () => {
    let etcd: RealEtcd | undefined;

    before(async () => {
      etcd = await startEtcd({ installation });
    });

    after(() => etcd?.dispose());

    storeContract(
      label,
      async () => {
        const store = await connectEtcdStore({ endpoints: [etcd?.endpoint ?? ""], clock: systemClock, logger: silentLogger });
        return { store, advance: (ms) => wait(ms), dispose: () => store.close(), watches: () => store.watches };
      },
      options,
    );
  });
}
