/** `kubectl explain` has something to say of every field. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { MessageSchema } from "../machinery/schema.ts";
import { fieldMessage } from "../machinery/schema-walk.ts";
import { allDefinitions } from "./index.ts";

/** Groups whose texts are not complete. */
const incomplete = ["core", "apps", "batch", "autoscaling", "policy"];

function messagesOf(roots: readonly MessageSchema[]): ReadonlySet<MessageSchema> {
  const all = new Set(roots);
  for (const message of all) {
    for (const field of Object.values(message.fields)) {
      const below = fieldMessage(field);
      if (below !== undefined) all.add(below);
    }
  }
  return all;
}

test("every kind and field of these groups has a description", () => {
  const own = [...messagesOf(allDefinitions.map(({ schema }) => schema))].filter(({ name }) => {
    const group = /^io\.k8s\.api\.(\w+)\./.exec(name)?.[1];
    return group !== undefined && !incomplete.includes(group);
  });
  assert.ok(own.length > 150);
  const silent = own.flatMap((message) => [
    ...(message.doc === "" ? [message.name] : []),
    ...Object.entries(message.fields).flatMap(([name, { doc }]) => (doc === "" ? [`${message.name}.${name}`] : [])),
  ]);
  assert.deepEqual(silent, []);
});
