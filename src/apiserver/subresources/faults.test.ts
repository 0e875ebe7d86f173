/**
 * Subresources of one fault each, and what a real kube-apiserver says to them (docs/decisions/0008-oracles.md). Where it
 * says 500 of bad input, 4xx stands here.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type FullServer, startFullServer } from "../../testing/api-server/full-server.ts";
import { seededRandom } from "../../testing/api-server/seeded-random.ts";
import { silentLogger } from "../../testing/silent-logger.ts";

const core = "/api/v1/namespaces/default";
const deployments = "/apis/apps/v1/namespaces/default/deployments";
const template = { metadata: { labels: { a: "b" } }, spec: { containers: [{ name: "c", image: "i" }] } };
const deployment = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "d" },
  spec: { replicas: 2, selector: { matchLabels: { a: "b" } }, template },
};
const pod = (name: string, spec: object = {}) => ({ apiVersion: "v1", kind: "Pod", metadata: { name }, spec: { ...template.spec, ...spec } });
const namespace = (finalizers: readonly string[], metadata: object = {}) => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name: "scope", ...metadata },
  spec: { finalizers },
});
const scale = (replicas: number, metadata: object = {}) => ({
  apiVersion: "autoscaling/v1",
  kind: "Scale",
  metadata: { name: "d", namespace: "default", ...metadata },
  spec: { replicas },
});
const binding = (target: object, metadata: object = {}) => ({ apiVersion: "v1", kind: "Binding", metadata: { name: "p", ...metadata }, target });
const eviction = (deleteOptions: object, metadata: object = {}) => ({
  apiVersion: "policy/v1",
  kind: "Eviction",
  metadata: { name: "p", ...metadata },
  deleteOptions,
});
const token = (spec: object, metadata: object = {}) => ({ apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", metadata, spec });
const boundTo = (reference: object) => token({ boundObjectRef: { apiVersion: "v1", ...reference } });

type Case = readonly [name: string, method: string, path: string, body: object, code: number, message: string];

const onScale = `${deployments}/d/scale`;
const onToken = `${core}/serviceaccounts/default/token`;
const onFinalize = "/api/v1/namespaces/scope/finalize";
const otherNamespace = "the namespace of the provided object does not match the namespace sent on the request";
const changed = "the object has been modified; please apply your changes to the latest version and try again";
const notQualified = "name is neither a standard finalizer name nor is it fully qualified";

const cases: readonly Case[] = [
  [
    "scale below zero",
    "PUT",
    onScale,
    scale(-1),
    422,
    'Scale.autoscaling "d" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
  ],
  ["scale of another", "PUT", onScale, scale(1, { name: "other" }), 400, "the name of the object (other) does not match the name on the URL (d)"],
  ["scale of nobody", "PUT", onScale, scale(1, { name: "" }), 400, "the name of the object (d based on URL) was undeterminable: name must be provided"],
  ["scale of another namespace", "PUT", onScale, scale(1, { namespace: "other" }), 400, otherNamespace],
  ["scale of another revision", "PUT", onScale, scale(1, { resourceVersion: "1" }), 409, `Operation cannot be fulfilled on deployments.apps "d": ${changed}`],
  [
    "scale patched of another revision",
    "PATCH",
    onScale,
    { metadata: { resourceVersion: "1" } },
    409,
    `Operation cannot be fulfilled on deployments.apps "d": ${changed}`,
  ],
  ["scale patched with another name", "PATCH", onScale, { metadata: { name: "z" } }, 400, "the name of the object (z) does not match the name on the URL (d)"],
  ["scale of what is not there", "PUT", `${deployments}/none/scale`, scale(1, { name: "none" }), 404, 'deployments.apps "none" not found'],
  ["binding to nothing", "POST", `${core}/pods/p/binding`, binding({}), 422, 'Binding "p" is invalid: target.name: Required value'],
  [
    "binding to a pod",
    "POST",
    `${core}/pods/p/binding`,
    binding({ kind: "Pod", name: "n" }),
    422,
    'Binding "p" is invalid: target.kind: Unsupported value: "Pod": supported values: "Node", "<empty>"',
  ],
  ["binding of another", "POST", `${core}/pods/p/binding`, binding({ name: "n" }, { name: "q" }), 400, "name in URL does not match name in Binding object"],
  ["binding of another namespace", "POST", `${core}/pods/p/binding`, binding({ name: "n" }, { namespace: "other" }), 400, otherNamespace],
  ["binding of nobody", "POST", `${core}/bindings`, binding({ name: "n" }, { name: "" }), 400, "Name parameter required."],
  ["binding of what is not there", "POST", `${core}/bindings`, binding({ name: "n" }, { name: "none" }), 404, 'pods "none" not found'],
  [
    "binding twice",
    "POST",
    `${core}/pods/bound/binding`,
    binding({ name: "n" }, { name: "bound" }),
    409,
    'Operation cannot be fulfilled on pods/binding "bound": pod bound is already assigned to node "n"',
  ],
  ["eviction of another", "POST", `${core}/pods/p/eviction`, eviction({}, { name: "q" }), 400, "name in URL does not match name in Eviction object"],
  ["eviction of what is not there", "POST", `${core}/pods/none/eviction`, eviction({}, { name: "none" }), 404, 'pods "none" not found'],
  [
    "eviction with an unknown policy",
    "POST",
    `${core}/pods/p/eviction`,
    eviction({ propagationPolicy: "Nope" }),
    422,
    'DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Unsupported value: "Nope": supported values: "Foreground", "Background", "Orphan", "nil"',
  ],
  [
    "eviction with two policies",
    "POST",
    `${core}/pods/p/eviction`,
    eviction({ propagationPolicy: "Orphan", orphanDependents: true }),
    422,
    'DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Invalid value: "Orphan": orphanDependents and deletionPropagation cannot be both set',
  ],
  [
    "token of ten minutes less a second",
    "POST",
    onToken,
    token({ expirationSeconds: 599 }),
    422,
    'TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 599: may not specify a duration less than 10 minutes',
  ],
  [
    "token of another account",
    "POST",
    onToken,
    token({}, { name: "other" }),
    422,
    'TokenRequest.authentication.k8s.io "default" is invalid: metadata.name: Invalid value: "other": must match the service account name if specified',
  ],
  ["token of another namespace", "POST", onToken, token({}, { namespace: "other" }), 400, otherNamespace],
  ["token bound to nobody", "POST", onToken, boundTo({ kind: "Pod" }), 400, "Name parameter required."],
  ["token bound to what is not there", "POST", onToken, boundTo({ kind: "Secret", name: "none" }), 404, 'secrets "none" not found'],
  ["token bound to what cannot be", "POST", onToken, boundTo({ kind: "Foo", name: "x" }), 400, "cannot bind token to object of type /v1, Kind=Foo"],
  [
    "token bound to a pod of an earlier time",
    "POST",
    onToken,
    boundTo({ kind: "Pod", name: "p", uid: "nope" }),
    409,
    'Operation cannot be fulfilled on Pod "p": the UID in the bound object reference (nope) does not match the UID in record. The object might have been deleted and then recreated',
  ],
  [
    "finalizers that nobody owns",
    "PUT",
    onFinalize,
    namespace(["kubernetes", "plain"]),
    422,
    `Namespace "scope" is invalid: spec.finalizers[1]: Invalid value: "plain": ${notQualified}`,
  ],
  [
    "finalize of another",
    "PUT",
    onFinalize,
    namespace([], { name: "other" }),
    400,
    "the name of the object (other) does not match the name on the URL (scope)",
  ],
  [
    "finalize of another revision",
    "PUT",
    onFinalize,
    namespace([], { resourceVersion: "1" }),
    409,
    `Operation cannot be fulfilled on namespaces "scope": ${changed}`,
  ],
];

describe("subresources with one fault", () => {
  let server: FullServer;
  const send = async (method: string, path: string, body: object) => {
    const type = method === "PATCH" ? "application/merge-patch+json" : "application/json";
    const exchange = await server.exchange({
      method,
      url: path,
      headers: { accept: "application/json", "content-type": type },
      body: Buffer.from(JSON.stringify(body)),
    });
    return { code: exchange.code, body: JSON.parse(exchange.text) };
  };
  before(async () => {
    server = await startFullServer({ logger: silentLogger, random: seededRandom(1) });
    const made: readonly (readonly [string, object])[] = [
      [deployments, deployment],
      [`${core}/pods`, pod("p")],
      [`${core}/pods`, pod("bound", { nodeName: "n" })],
      ["/api/v1/namespaces", namespace([])],
    ];
    for (const [path, object] of made) assert.equal((await send("POST", path, object)).code, 201, path);
  });
  after(async () => {
    await server.close();
  });

  for (const [name, method, path, body, code, message] of cases) {
    test(name, async () => {
      const answer = await send(method, path, body);
      assert.deepEqual([answer.code, answer.body.message], [code, message]);
    });
  }

  test("a token's answer names the account, and one for another of its name is refused", async () => {
    const { metadata } = (await send("POST", onToken, token({}))).body;
    assert.deepEqual([metadata.name, metadata.namespace, typeof metadata.creationTimestamp], ["default", "default", "string"]);
    assert.equal((await send("POST", onToken, token({}, { uid: metadata.uid }))).code, 201);
    const { code, body } = await send("POST", onToken, token({}, { uid: "nope" }));
    assert.equal(code, 409);
    assert.equal(
      body.message,
      `Operation cannot be fulfilled on TokenRequest.authentication.k8s.io "default": the UID in the token request (nope) does not match the UID of the service account (${metadata.uid})`,
    );
  });
});
