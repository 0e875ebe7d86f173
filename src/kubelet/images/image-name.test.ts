import assert from "node:assert/strict";
import { test } from "node:test";
import { imageNameError } from "./image-name.ts";

test("image references", () => {
  const good = ["busybox", "me/app:1", "reg.io:5000/a/b_c/d--e:v1.2-3", "localhost/a", "[::1]:5000/a", `a@sha256:${"0".repeat(64)}`, "UPPER/app"];
  for (const image of good) assert.equal(imageNameError(image), undefined, image);
});

test("what is none, and why", () => {
  const bad: [image: string, why: string][] = [
    ["", "invalid reference format"],
    ["a b", "invalid reference format"],
    ["app:", "invalid reference format"],
    ["app:-x", "invalid reference format"],
    ["a//b", "invalid reference format"],
    ["a@sha256:12", "invalid reference format"],
    ["Bad Image::x", "invalid reference format: repository name (library/Bad Image) must be lowercase"],
    ["reg.io/App:1", "invalid reference format: repository name (App) must be lowercase"],
    ["f".repeat(64), `invalid repository name (${"f".repeat(64)}), cannot specify 64-byte hexadecimal strings`],
    [`a/${"b".repeat(250)}`, "repository name must not be more than 255 characters"],
  ];
  for (const [image, why] of bad) assert.equal(imageNameError(image), why, image);
});
