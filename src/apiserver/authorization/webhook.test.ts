import assert from "node:assert/strict";
import { test } from "node:test";
import { subjectAccessReview } from "../../api/authorization/v1/subject-access-review.ts";
import { authorizationEnvironment, compileAs, resultTypes } from "../../machinery/cel/index.ts";
import { StatusError } from "../../machinery/status.ts";
import { silentLogger } from "../../testing/silent-logger.ts";
import { VirtualClock } from "../../testing/virtual-clock.ts";
import type { AuthorizationAttributes } from "../contract.ts";
import { webhook } from "../remote/webhook.ts";
import { authorize } from "./authorize.ts";
import { alwaysAllowAuthorizer, unionAuthorizer } from "./union.ts";
import { WebhookAuthorizer, type WebhookAuthorizerOptions } from "./webhook.ts";

const question: AuthorizationAttributes = {
  user: { name: "jane", uid: "7", groups: ["dev"], extra: { scope: ["a"] } },
  verb: "list",
  isResourceRequest: true,
  group: "apps",
  version: "v1",
  resource: "deployments",
  subresource: "",
  namespace: "shop",
  name: "",
  path: "",
};

type Status = { allowed?: boolean; denied?: boolean; reason?: string };

function setup(configuration: Partial<WebhookAuthorizerOptions["configuration"]> = {}) {
  const clock = new VirtualClock();
  const asked: { apiVersion: string; spec: { group?: string[] } }[] = [];
  const answer: { code: number; status: Status } = { code: 200, status: { allowed: true, reason: "by the book" } };
  const call = async ({ body = "" }: { body?: string }) => {
    asked.push(JSON.parse(body) as (typeof asked)[number]);
    return { code: answer.code, headers: {}, text: JSON.stringify({ kind: "SubjectAccessReview", status: answer.status }) };
  };
  const authorizer = new WebhookAuthorizer({
    name: "book",
    configuration: { version: "v1", authorizedTtlMs: 300_000, unauthorizedTtlMs: 30_000, failurePolicy: "NoOpinion", matchConditions: [], ...configuration },
    webhook: webhook({ call, url: "https://book", clock, timeoutMs: 3_000 }, subjectAccessReview),
    now: () => clock.now(),
    logger: silentLogger,
    signal: new AbortController().signal,
  });
  return { clock, asked, answer, authorizer };
}

test("a review carries the whole question, and nothing that was not asked", async () => {
  const { authorizer, asked } = setup();
  await authorizer.authorize({ ...question, fieldSelector: [{ key: "metadata.name", operator: "In", values: ["web"] }] });
  await authorizer.authorize({ ...question, isResourceRequest: false, verb: "get", path: "/logs" });
  const who = { user: "jane", uid: "7", groups: ["dev"], extra: { scope: ["a"] } };
  assert.deepEqual(
    asked.map(({ spec }) => spec),
    [
      {
        resourceAttributes: {
          namespace: "shop",
          verb: "list",
          group: "apps",
          version: "v1",
          resource: "deployments",
          fieldSelector: { requirements: [{ key: "metadata.name", operator: "In", values: ["web"] }] },
        },
        ...who,
      },
      { nonResourceAttributes: { path: "/logs", verb: "get" }, ...who },
    ],
  );
  assert.equal(asked[0]?.apiVersion, "authorization.k8s.io/v1");
});

test("the beta of the API has its groups as `group`", async () => {
  const { authorizer, asked } = setup({ version: "v1beta1" });
  await authorizer.authorize(question);
  assert.equal(asked[0]?.apiVersion, "authorization.k8s.io/v1beta1");
  assert.deepEqual(asked[0]?.spec.group, ["dev"]);
});

test("allowed, denied and no opinion are told apart", async () => {
  const cases: [Status, object][] = [
    [{ allowed: true }, { decision: "allow", reason: "" }],
    [
      { allowed: false, denied: true, reason: "never" },
      { decision: "deny", reason: "never" },
    ],
    [
      { allowed: false, reason: "who?" },
      { decision: "noOpinion", reason: "who?" },
    ],
    [
      { allowed: true, denied: true },
      { decision: "deny", reason: "", error: "webhook subject access review returned both allow and deny response" },
    ],
  ];
  for (const [status, expected] of cases) {
    const { authorizer, answer } = setup();
    answer.status = status;
    assert.deepEqual(await authorizer.authorize(question), expected);
  }
});

test("answers are kept as long as they may be: allowed ones longer, others shorter", async () => {
  const { authorizer, asked, answer, clock } = setup();
  await authorizer.authorize(question);
  await clock.advance(299_000);
  await authorizer.authorize(question);
  assert.equal(asked.length, 1);
  await clock.advance(2_000);
  answer.status = { allowed: false };
  await authorizer.authorize(question);
  assert.equal(asked.length, 2);
  await clock.advance(29_000);
  await authorizer.authorize(question);
  assert.equal(asked.length, 2);
  await clock.advance(2_000);
  await authorizer.authorize(question);
  assert.equal(asked.length, 3);
});

test("a time to live of 0 keeps nothing, and no question may fill the memory", async () => {
  const { authorizer, asked } = setup({ authorizedTtlMs: 0 });
  await authorizer.authorize(question);
  await authorizer.authorize(question);
  assert.equal(asked.length, 2);
  const other = setup();
  const long = { ...question, name: "x".repeat(11_000) };
  await other.authorizer.authorize(long);
  await other.authorizer.authorize(long);
  assert.equal(other.asked.length, 2);
});

test("a webhook that cannot be asked has no opinion or denies, as configured; the request fails rather than being forbidden, unless another allows it", async () => {
  const broken = (failurePolicy: "NoOpinion" | "Deny") => {
    const { authorizer, answer } = setup({ failurePolicy });
    answer.code = 400;
    return authorizer;
  };
  const fails = (error: unknown) =>
    error instanceof StatusError && error.code === 500 && error.message === "Internal error occurred: cannot ask webhook https://book: it answered 400";
  await assert.rejects(async () => authorize(unionAuthorizer([broken("NoOpinion")]), question), fails);
  await authorize(unionAuthorizer([broken("NoOpinion"), alwaysAllowAuthorizer]), question);
  await assert.rejects(async () => authorize(unionAuthorizer([broken("Deny"), alwaysAllowAuthorizer]), question), fails);
});

test("what may pass is tried again", async () => {
  const { authorizer, answer, asked, clock } = setup();
  answer.code = 503;
  const decision = Promise.resolve(authorizer.authorize(question));
  await clock.advance(400);
  assert.equal(asked.length, 1);
  answer.code = 200;
  await clock.advance(200);
  assert.equal((await decision).decision, "allow");
  assert.equal(asked.length, 2);
});

test("only requests of which all conditions hold are asked about", async () => {
  const conditions = (...expressions: string[]) => expressions.map((expression) => compileAs(authorizationEnvironment, expression, resultTypes.bool).program!);
  const cases: [string[], string][] = [
    [["request.user == 'jane'", "request.resourceAttributes.namespace == 'shop'"], "allow"],
    [["request.user == 'jane'", "request.resourceAttributes.resource == 'secrets'"], "noOpinion"],
    [["has(request.nonResourceAttributes)"], "noOpinion"],
    [["'dev' in request.groups && request.extra['scope'][0] == 'a' && request.uid == '7'"], "allow"],
    [["request.resourceAttributes.subresource == '' && !has(request.resourceAttributes.fieldSelector)"], "allow"],
    // Not to be evaluated: failurePolicy decides, unless another condition says no.
    [["request.nonResourceAttributes.path == '/logs'"], "deny"],
    [["request.nonResourceAttributes.path == '/logs'", "request.user == 'joe'"], "noOpinion"],
  ];
  for (const [expressions, expected] of cases) {
    const { authorizer, asked } = setup({ failurePolicy: "Deny", matchConditions: conditions(...expressions) });
    assert.equal((await authorizer.authorize(question)).decision, expected, expressions.join(" and "));
    assert.equal(asked.length, expected === "allow" ? 1 : 0, expressions.join(" and "));
  }
});
