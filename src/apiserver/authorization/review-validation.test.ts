import assert from "node:assert/strict";
import { test } from "node:test";
import type { StatusError } from "../../machinery/status.ts";
import type { Authorizer, ObjectRequest } from "../contract.ts";
import { accessReviewHandlers } from "./reviews.ts";

const asked = { resourceAttributes: { verb: "get", resource: "pods", namespace: "default" } };
const path = { nonResourceAttributes: { path: "/", verb: "get" } };
const whose = { user: "jane" };
const one = "exactly one of nonResourceAttributes or resourceAttributes must be specified";
const both = 'Invalid value: {"path":"/","verb":"get"}: cannot be specified in combination with resourceAttributes';
const nobody = 'spec.user: Invalid value: "": at least one of user or group must be specified';
const selected = { resourceAttributes: { ...asked.resourceAttributes, labelSelector: {} } };
const unselected =
  "spec.resourceAttributes.labelSelector.requirements: Required value: when spec.resourceAttributes.labelSelector is specified, requirements or rawSelector is required";
const named = (rest: string) => `metadata: Invalid value: {"name":"x"}: must be empty${rest}`;

/** Kind, metadata, spec, and what is wrong with it: nothing, texts of causes, or the message of a 400. */
const cases: readonly [kind: string, metadata: object, spec: object, expected: readonly string[] | string][] = [
  ["SubjectAccessReview", {}, { ...asked, ...whose }, []],
  ["SubjectAccessReview", { namespace: "kube-system", labels: {} }, { ...path, groups: ["g"] }, []],
  ["SubjectAccessReview", {}, {}, [`spec.resourceAttributes: Invalid value: null: ${one}`, nobody]],
  ["SubjectAccessReview", { name: "x" }, { ...selected, ...path }, [`spec.nonResourceAttributes: ${both}`, nobody, unselected, named("")]],
  ["SelfSubjectAccessReview", {}, asked, []],
  ["SelfSubjectAccessReview", { labels: { a: "b" } }, asked, ['metadata: Invalid value: {"labels":{"a":"b"}}: must be empty']],
  ["SelfSubjectAccessReview", { name: "x" }, {}, [`spec.resourceAttributes: Invalid value: null: ${one}`, named("")]],
  ["LocalSubjectAccessReview", { namespace: "default" }, { ...asked, ...whose }, []],
  ["LocalSubjectAccessReview", { name: "x" }, { ...asked, ...whose }, [named(" except for namespace")]],
  [
    "LocalSubjectAccessReview",
    {},
    { resourceAttributes: { verb: "get" }, ...path, ...whose },
    [
      `spec.nonResourceAttributes: ${both}`,
      'spec.resourceAttributes.namespace: Invalid value: "": must match metadata.namespace',
      'spec.nonResourceAttributes: Invalid value: {"path":"/","verb":"get"}: disallowed on this kind of request',
    ],
  ],
  ["SelfSubjectRulesReview", {}, {}, "no namespace on request"],
];

const allowAll: Authorizer = { authorize: async () => ({ decision: "allow", reason: "" }) };
const handlers = accessReviewHandlers(allowAll, () => ({ rules: [], errors: [] }));

test("reviews say whom and what they ask about, and nothing of themselves", async () => {
  for (const [kind, metadata, spec, expected] of cases) {
    const what = `${kind} ${JSON.stringify({ metadata, spec })}`;
    const create = handlers.find(({ definition }) => definition.kind === kind)?.create;
    assert.ok(create, what);
    const info = { namespace: kind === "LocalSubjectAccessReview" ? "default" : "" };
    const request = { body: { kind, apiVersion: "authorization.k8s.io/v1", metadata, spec }, info, user: { name: "jane", groups: [] } };
    const found = await create(request as unknown as ObjectRequest).then(
      () => [],
      (error: StatusError) => textsOf(error),
    );
    assert.deepEqual(found, expected, what);
  }
});

function textsOf({ status }: StatusError): string[] | string {
  if (status.code === 400) return status.message ?? "";
  return (status.details?.causes ?? []).map(({ field, message }) => `${field}: ${message}`);
}
