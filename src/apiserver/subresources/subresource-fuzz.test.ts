/**
 * Seeded bodies to every subresource that is a view of its object: no 5xx, nothing logged as unexpected, and whatever is
 * accepted changes only what is the subresource's to change. `FUZZ_SEED` and `FUZZ_REQUESTS` ask for others. Takes 3 s.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { canonicalJson, copyJson } from "../../machinery/json.ts";
import { startFullServer } from "../../testing/api-server/full-server.ts";
import { seededRandom } from "../../testing/api-server/seeded-random.ts";
import { problemLogger } from "../../testing/fuzz/campaign.ts";
import { type Dice, diceOf } from "../../testing/fuzz/dice.ts";
import { mutated } from "../../testing/fuzz/mutate.ts";
import { jsonPatch, mergePatch, strategicPatch } from "../../testing/fuzz/patches.ts";
import { type Subject, subjects } from "../../testing/fuzz/subjects.ts";

// biome-ignore lint/suspicious/noExplicitAny: objects of every kind are read as the JSON they are
type Json = any;

const seed = Number(process.env["FUZZ_SEED"] ?? 1);
const count = Number(process.env["FUZZ_REQUESTS"] ?? 2500);

interface View {
  readonly subject: Subject;
  readonly name: string;
}

/** Pods have the most to get wrong, so they are asked more often. */
const views: readonly View[] = subjects.flatMap((subject) => {
  const { definition } = subject;
  // A quota on CPU would have its say in whether there are pods.
  if (definition.virtual === true || definition.resource === "resourcequotas") return [];
  const names = [...(definition.status === undefined ? [] : ["status"]), ...Object.keys(definition.subresources ?? {})];
  return names.flatMap((name) => new Array(definition.kind === "Pod" ? 6 : 1).fill({ subject, name }) as View[]);
});

/** Takes out of an object what may differ after a write through the subresource. */
const freed: Readonly<Record<string, (object: Json) => void>> = {
  status: (object) => {
    delete object.status;
    // Of older kinds /status writes these, too.
    for (const field of ["labels", "annotations", "finalizers", "ownerReferences"]) delete object.metadata[field];
  },
  ephemeralcontainers: ({ metadata, spec }) => {
    delete metadata.generation;
    delete spec.ephemeralContainers;
  },
  resize: ({ metadata, spec }) => {
    delete metadata.generation;
    delete spec.resources;
    for (const container of [...spec.containers, ...(spec.initContainers ?? [])]) {
      const { requests, limits } = container.resources ?? {};
      for (const list of [requests ?? {}, limits ?? {}]) for (const name of ["cpu", "memory"]) delete list[name];
      if (Object.keys({ ...requests, ...limits }).length === 0) delete container.resources;
    }
  },
  approval: (object) => {
    delete object.status?.conditions;
    if (Object.keys(object.status ?? {}).length === 0) delete object.status;
    for (const field of ["labels", "annotations", "finalizers", "ownerReferences"]) delete object.metadata[field];
  },
  finalize: (object) => {
    delete object.spec?.finalizers;
    for (const field of ["labels", "annotations", "finalizers", "ownerReferences"]) delete object.metadata[field];
  },
};

function fixedPart(object: Json, view: string): string {
  const copy = copyJson(object);
  const free = freed[view];
  assert.ok(free !== undefined, `nothing is known of /${view}`);
  // Nobody minds what a name was once made from.
  for (const field of ["managedFields", "resourceVersion", "generateName"]) delete copy.metadata[field];
  free(copy);
  return canonicalJson(copy);
}

const forms = [
  ["PUT", "application/json", mutated],
  ["PATCH", "application/json-patch+json", jsonPatch],
  ["PATCH", "application/merge-patch+json", mergePatch],
  ["PATCH", "application/strategic-merge-patch+json", strategicPatch],
  ["PATCH", "application/apply-patch+yaml", mutated],
] as const;

/** Only one part of the object is mutated mostly: a body of which everything is odd is refused for the first of it. */
function body(dice: Dice, { definition }: Subject, stored: Json, mediaType: string, make: (typeof forms)[number][2]): unknown {
  const base = copyJson(stored);
  if (mediaType.startsWith("application/apply")) delete base.metadata.managedFields;
  if (dice.chance(0.7)) delete base.metadata.resourceVersion;
  if (definition.kind === "Pod" && dice.chance(0.5)) Object.assign(base.spec, podParts(dice));
  return dice.chance(0.15) && mediaType.startsWith("application/json-patch") === false ? base : make(dice, definition.schema, base);
}

const amount = (dice: Dice) => ({ cpu: dice.pick(["1m", "100m", "1", "0", "3"]), memory: dice.pick(["1Mi", "64Mi", "1Gi", "0"]) });

function podParts(dice: Dice): object {
  const resources = () => ({ ...(dice.chance(0.8) ? { requests: amount(dice) } : {}), ...(dice.chance(0.5) ? { limits: amount(dice) } : {}) });
  return {
    ...(dice.chance(0.5) ? { resources: resources() } : {}),
    ...(dice.chance(0.5) ? { containers: [{ name: "c", image: "busybox:1", resources: resources() }] } : {}),
    ...(dice.chance(0.3) ? { ephemeralContainers: [{ name: dice.pick(["e", "f", "c"]), image: "i", targetContainerName: dice.pick(["c", "x"]) }] } : {}),
  };
}

test(`${count} seeded bodies to subresources change nothing that is not theirs (seed ${seed})`, async () => {
  const { logger, problems } = problemLogger();
  const server = await startFullServer({ logger, random: seededRandom(seed) });
  const ask = async (method: string, url: string, type: string, sent?: unknown) => {
    const headers = { accept: "application/json", ...(sent === undefined ? {} : { "content-type": type }) };
    const exchange = await server.exchange({ method, url, headers, ...(sent === undefined ? {} : { body: Buffer.from(JSON.stringify(sent)) }) });
    return { code: exchange.code, body: JSON.parse(exchange.text) as Json };
  };
  const accepted = new Map<string, number>();
  try {
    for (let index = 0; index < count; index++) {
      const dice = diceOf(seed * 10_000_019 + index);
      const { subject, name } = dice.pick(views);
      const path = `${subject.path}/fuzzed`;
      let { code, body: stored } = await ask("GET", path, "");
      if (code === 404) {
        const made = await ask("POST", subject.path, "application/json", { ...subject.object, metadata: { name: "fuzzed" } });
        assert.equal(made.code, 201, made.body.message);
        ({ body: stored } = await ask("GET", path, ""));
      }
      const [method, type, make] = dice.pick(forms);
      const sent = body(dice, subject, stored, type, make);
      const query = type.includes("apply") ? `?fieldManager=f&force=${dice.chance(0.7)}` : "";
      const answer = await ask(method, `${path}/${name}${query}`, type, sent);
      const told = `FUZZ_SEED=${seed} #${index} ${method} ${type} ${subject.definition.kind}/${name} ${JSON.stringify(sent)} -> ${answer.code} ${answer.body.message}`;
      assert.ok(answer.code < 500, told);
      assert.deepEqual(problems(), [], told);
      const after = (await ask("GET", path, "")).body;
      if (answer.code >= 400) assert.deepEqual(after, stored, told);
      // Without its last finalizer, a namespace that is being deleted goes; none is, here.
      else assert.equal(fixedPart(after, name), fixedPart(stored, name), told);
      if (answer.code < 400) accepted.set(name, (accepted.get(name) ?? 0) + 1);
      checkGeneration(stored, after, told);
    }
  } finally {
    await server.close();
  }
  // What is only refused has not been tested.
  for (const { name } of views) assert.ok((accepted.get(name) ?? 0) > 3, `${name}: ${accepted.get(name)} accepted`);
});

/** It grows by one with the spec, where it is counted, and stays without. */
function checkGeneration(before: Json, now: Json, told: string): void {
  const grown = (now.metadata.generation ?? 0) - (before.metadata.generation ?? 0);
  const same = canonicalJson(before.spec ?? null) === canonicalJson(now.spec ?? null);
  assert.ok(grown === 0 || (grown === 1 && !same), `generation grew by ${grown}: ${told}`);
}
