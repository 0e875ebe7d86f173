import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { storeContract } from "../contract.ts";
import { put, watching } from "../contract-tools.ts";
import { prefixEnd } from "../store.ts";
import { etcdInstallations } from "./etcd-installations.ts";
import { connectEtcdStore } from "./etcd-store.ts";
import { type RealEtcd, startEtcd } from "./real-etcd.ts";
import { silentLogger, systemClock } from "./test-tools.ts";
import { progressOnDemand } from "./version.ts";

// At the same time: much of the contract is waiting for leases to end.
describe("real etcds", { concurrency: true }, () => {
  for (const installation of etcdInstallations) {
    const { label, options } = installation;
    describe(label, { ...options, concurrency: false }, () => {
      let etcd: RealEtcd | undefined;

      before(async () => {
        etcd = await startEtcd({ installation });
      });

      after(() => etcd?.dispose());

      test("thousands of writes at once are no reason to time out: their time counts from when they are sent", async () => {
        const endpoints = [etcd?.endpoint ?? ""];
        const store = await connectEtcdStore({ endpoints, clock: systemClock, logger: silentLogger, requestTimeoutMs: 1_000 });
        try {
          await Promise.all(Array.from({ length: 3_000 }, (_, index) => put(store, `/burst/${index}`, "x".repeat(500))));
          assert.equal((await store.range({ start: "/burst/", end: prefixEnd("/burst/"), countOnly: true })).count, 3_000);
        } finally {
          await store.close();
        }
      });

      test("a version that reports progress soundly is asked for it, and answers at once", async () => {
        // Left to itself it would say nothing for ten minutes.
        const quiet = await startEtcd({ installation, flags: ["--experimental-watch-progress-notify-interval", "10m"] });
        const store = await connectEtcdStore({ endpoints: [quiet.endpoint], clock: systemClock, logger: silentLogger });
        try {
          assert.equal(label, `etcd ${store.version}`);
          assert.equal(store.progressOnDemand, progressOnDemand(store.version));
          const watch = watching(store, { start: "/watched", fromRevision: await put(store, "/watched", "1") });
          await watch.events(1);
          const revision = await put(store, "/elsewhere", "1");
          assert.equal(await store.requestProgress(), store.progressOnDemand);
          if (store.progressOnDemand) await watch.progress(revision);
          await watch.stop();
        } finally {
          await store.close();
          await quiet.dispose();
        }
      });

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
});
