import assert from "node:assert/strict";
import { test } from "node:test";
import { jobs } from "../../client/resources.ts";
import { controllerScene } from "../../testing/controller-scene.ts";
import { testStart } from "../shared/test-objects.ts";
import { timeText } from "../shared/time.ts";
import { ttlAfterFinishedController } from "./ttl-after-finished-controller.ts";

test("a finished job goes when its time is up; one that runs, or has no time, stays", async () => {
  const { api, start, settle, end } = controllerScene();
  const conditions = [{ type: "Complete", status: "True", lastTransitionTime: timeText(testStart) }];
  const put = (name: string, ttlSecondsAfterFinished: number | undefined, finished: boolean) =>
    api.put(jobs, { metadata: { name, namespace: "default" }, spec: { ttlSecondsAfterFinished }, status: finished ? { conditions } : {} });
  put("short", 10, true);
  put("long", 100, true);
  put("running", 10, false);
  put("for-ever", undefined, true);
  const names = () =>
    api
      .all(jobs)
      .filter((job) => job.metadata.deletionTimestamp === undefined)
      .map((job) => job.metadata.name);
  await start(ttlAfterFinishedController);
  assert.deepEqual(names(), ["short", "long", "running", "for-ever"]);
  await settle(11_000);
  assert.deepEqual(names(), ["long", "running", "for-ever"]);
  await settle(100_000);
  assert.deepEqual(names(), ["running", "for-ever"]);
  await end();
});
