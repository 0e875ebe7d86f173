import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "../../testing/virtual-clock.ts";
import { CriError } from "../cri/errors.ts";
import type { ImageService } from "../cri/service.ts";
import type { AuthConfig } from "../cri/types.ts";
import { mountsImages } from "./image-volume.ts";
import { imageLocation, pullAuth } from "./pull-auth.ts";
import { type ImageError, ImagePuller } from "./puller.ts";

function scene(present: boolean, pull: () => Promise<string> = () => Promise.reject(new CriError("pullImage", "UNKNOWN", "no such host"))) {
  const clock = new VirtualClock();
  const events: string[] = [];
  const held = { id: "sha256:1", repoTags: [], repoDigests: [], size: 7, uid: null, username: "", spec: null, pinned: false };
  let there = present;
  const images = {
    imageStatus: async () => (there ? held : undefined),
    pullImage: async (_image: unknown, _auth: AuthConfig | undefined) => {
      const ref = await pull();
      there = true;
      return ref;
    },
  } as unknown as ImageService;
  const puller = new ImagePuller(images, clock, 1);
  const ensure = (policy: string) =>
    puller
      .ensure({
        podUid: "u1",
        image: "app:1",
        policy,
        secrets: [],
        sandbox: undefined,
        signal: new AbortController().signal,
        event: (_type, reason) => events.push(reason),
      })
      .then(
        ({ ref }) => ref,
        (error: ImageError) => `${error.reason} ${error.retryAtMs - clock.now()}`,
      );
  return { clock, events, ensure };
}

test("a present image is used unless the policy is Always", async () => {
  const { ensure, events } = scene(true, async () => "sha256:1");
  assert.equal(await ensure("IfNotPresent"), "sha256:1");
  assert.equal(await ensure("Always"), "sha256:1");
  assert.deepEqual(events, ["Pulled", "Pulling", "Pulled"]);
});

test("Never does not pull", async () => {
  const { ensure, events } = scene(false);
  assert.equal(await ensure("Never"), "ErrImageNeverPull 10000");
  assert.deepEqual(events, ["ErrImageNeverPull"]);
});

test("a failed pull backs off: ErrImagePull, then ImagePullBackOff until it may be tried again", async () => {
  const { clock, ensure, events } = scene(false);
  assert.equal(await ensure("IfNotPresent"), "ErrImagePull 3000");
  await clock.advance(3000);
  assert.equal(await ensure("IfNotPresent"), "ImagePullBackOff 7000");
  await clock.advance(7000);
  assert.equal(await ensure("IfNotPresent"), "ErrImagePull 3000");
  await clock.advance(3000);
  assert.equal(await ensure("IfNotPresent"), "ImagePullBackOff 17000");
  assert.deepEqual(events, ["Pulling", "Failed", "BackOff", "Pulling", "Failed", "BackOff"]);
});

test("where images come from", () => {
  const cases = [
    ["busybox", "docker.io/library/busybox"],
    ["me/app:1", "docker.io/me/app"],
    ["reg.io:5000/a/b@sha256:x", "reg.io:5000/a/b"],
    ["localhost/a", "localhost/a"],
  ];
  for (const [image, location] of cases) assert.equal(imageLocation(image!), location);
});

test("pull secrets are matched by registry and path, the most specific first", () => {
  const config = {
    auths: {
      "reg.io": { auth: Buffer.from("u:p:q").toString("base64") },
      "https://reg.io/team/": { username: "t", password: "s" },
      "*.cloud.io": { username: "c" },
      other: {},
    },
  };
  const secret = { data: { ".dockerconfigjson": Buffer.from(JSON.stringify(config)).toString("base64") } } as never;
  assert.deepEqual(
    pullAuth("reg.io/team/app", [secret]).map(({ username, password }) => [username, password]),
    [
      ["t", "s"],
      ["u", "p:q"],
    ],
  );
  assert.deepEqual(
    pullAuth("eu.cloud.io/app", [secret]).map(({ username }) => username),
    ["c"],
  );
  assert.deepEqual(pullAuth("busybox", [secret, { data: { ".dockerconfigjson": "!" } } as never]), []);
});

test("containerd mounts images since 2.1", () =>
  assert.deepEqual(
    ["1.6.20~ds1", "v2.0.4", "2.1.0", "v2.2.1"].map((version) => mountsImages("containerd", version)),
    [false, false, true, true],
  ));
