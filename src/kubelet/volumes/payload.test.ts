import assert from "node:assert/strict";
import { test } from "node:test";
import type { Volume } from "../../api/core/v1/volume.ts";
import { testPod } from "../pod/testing.ts";
import { type PayloadSources, VolumeError, volumePayload } from "./payload.ts";

const base64 = (text: string) => Buffer.from(text).toString("base64");
const pod = testPod({ containers: [{ name: "main", resources: { limits: { cpu: "1250m" } } }] });
const sources: PayloadSources = {
  pod,
  facts: { podIps: [], nodeIps: [], nodeName: "n", allocatable: {} },
  configMap: (name) => (name === "cm" ? ({ data: { a: "1" }, binaryData: { b: "3q0=" } } as never) : undefined),
  secret: (name) => (name === "s" ? ({ data: { key: base64("hush") } } as never) : undefined),
  token: ({ audience, expirationSeconds }) => `token for ${audience ?? "the API"}, ${expirationSeconds} s`,
};

function files(volume: Partial<Volume>, over: Partial<PayloadSources> = {}): Record<string, string> {
  const payload = volumePayload({ name: "v", ...volume }, { ...sources, ...over });
  return Object.fromEntries(
    [...payload].map(([path, { data, mode, uid }]) => [
      path,
      `${Buffer.from(data).toString("latin1")} ${mode.toString(8)}${uid === undefined ? "" : ` ${uid}`}`,
    ]),
  );
}

test("all keys, bytes included, with the default mode", () => {
  assert.deepEqual(files({ configMap: { name: "cm" } }), { a: "1 644", b: "\xde\xad 644" });
  assert.deepEqual(files({ secret: { secretName: "s", defaultMode: 0o400 } }), { key: "hush 400" });
});

test("items choose keys, paths and modes", () => {
  assert.deepEqual(files({ configMap: { name: "cm", items: [{ key: "a", path: "x/y", mode: 0o440 }] } }), { "x/y": "1 440" });
  assert.throws(
    () => files({ configMap: { name: "cm", items: [{ key: "z", path: "z" }] } }),
    new VolumeError("configmap references non-existent config key: z"),
  );
  assert.deepEqual(files({ configMap: { name: "cm", optional: true, items: [{ key: "z", path: "z" }] } }), {});
});

test("missing objects are errors unless optional", () => {
  assert.throws(() => files({ secret: { secretName: "nope" } }), new VolumeError('secret "nope" not found'));
  assert.deepEqual(files({ configMap: { name: "nope", optional: true } }), {});
});

test("a projected volume merges its sources", () => {
  const projected = {
    sources: [
      { configMap: { name: "cm", items: [{ key: "a", path: "cm/a" }] } },
      { secret: { name: "s" } },
      {
        downwardAPI: {
          items: [
            { path: "name", fieldRef: { fieldPath: "metadata.name" } },
            { path: "cpu", resourceFieldRef: { containerName: "main", resource: "limits.cpu" } },
          ],
        },
      },
      { serviceAccountToken: { path: "token", audience: "vault", expirationSeconds: 600 } },
    ],
  };
  assert.deepEqual(files({ projected }), { "cm/a": "1 644", key: "hush 644", name: "web 644", cpu: "2 644", token: "token for vault, 600 s 644" });
});

test("tokens belong to the user all containers share, and are otherwise the group's", () => {
  const projected = { sources: [{ serviceAccountToken: { path: "t" } }] };
  const of = (spec: object) => files({ projected }, { pod: testPod(spec) })["t"];
  assert.equal(of({ securityContext: { runAsUser: 1000 } }), "token for the API, 3600 s 600 1000");
  assert.equal(of({ securityContext: { fsGroup: 5 } }), "token for the API, 3600 s 600");
});
