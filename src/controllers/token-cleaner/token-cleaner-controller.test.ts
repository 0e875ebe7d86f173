import assert from "node:assert/strict";
import { test } from "node:test";
import { secrets } from "../../client/resources.ts";
import { controllerScene } from "../../testing/controller-scene.ts";
import { timeText } from "../shared/time.ts";
import { tokenCleanerController } from "./token-cleaner-controller.ts";

test("bootstrap tokens go when they expire, other secrets do not", async () => {
  const { api, clock, start, settle, end } = controllerScene();
  const put = (name: string, expiration: string | undefined, type = "bootstrap.kubernetes.io/token") =>
    api.put(secrets, { metadata: { name, namespace: "kube-system" }, type, data: expiration === undefined ? {} : { expiration: btoa(expiration) } });
  put("past", timeText(clock.now() - 1000));
  put("soon", timeText(clock.now() + 60_000));
  put("ever", undefined);
  put("garbled", "tomorrow");
  put("other", timeText(clock.now() - 1000), "Opaque");
  await start(tokenCleanerController);
  const left = () => api.all(secrets).map((secret) => secret.metadata.name);
  assert.deepEqual(left(), ["soon", "ever", "other"]);
  await settle(61_000);
  assert.deepEqual(left(), ["ever", "other"]);
  await end();
});
