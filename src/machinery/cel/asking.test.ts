import assert from "node:assert/strict";
import { test } from "node:test";
import { type AuthorizationCheck, admissionEnvironment, authorizerValue, evaluateAsking, LazyMap, requestResourceValue } from "./index.ts";

const environment = admissionEnvironment({ variables: new Map([["replicas", { kind: "int" }]]) });

function asked(expression: string) {
  const checks: AuthorizationCheck[] = [];
  const { program } = environment.compile(expression);
  const outcome = evaluateAsking(program!, {
    activation: (decide) => ({
      authorizer: authorizerValue(decide),
      "authorizer.requestResource": requestResourceValue(decide, { resource: "pods", namespace: "shop" }),
    }),
    ask: async (check) => {
      checks.push(check);
      if (check.verb === "explode") return { allowed: false, reason: "", error: "no answer" };
      return { allowed: check.verb === "get", reason: `about ${check.resource}${check.path}`, error: undefined };
    },
  });
  return outcome.then((found) => ({ value: "value" in found ? found.value : found.error.message, cost: found.cost, checks }));
}

test("an expression gets the authorizer's answers, each question asked once", async () => {
  const group = "authorizer.group('apps').resource('deployments').subresource('scale').namespace('shop').name('web')";
  const { value, checks, cost } = await asked(`${group}.check('get').allowed() && ${group}.check('get').reason() == 'about deployments'`);
  assert.equal(value, true);
  assert.equal(checks.length, 1);
  const { group: apps, resource, subresource, namespace, name, verb } = checks[0]!;
  assert.deepEqual([apps, resource, subresource, namespace, name, verb], ["apps", "deployments", "scale", "shop", "web", "get"]);
  assert.ok(cost > 700_000 && cost < 700_100, String(cost));
});

test("checks of paths, of the request's resource and of service accounts; errors are answers too", async () => {
  assert.equal((await asked("authorizer.path('/healthz').check('get').allowed()")).value, true);
  const resource = await asked("authorizer.requestResource.check('delete').allowed()");
  assert.deepEqual([resource.value, resource.checks[0]?.resource, resource.checks[0]?.namespace], [false, "pods", "shop"]);
  const account = await asked("authorizer.serviceAccount('shop', 'robot').group('').resource('pods').check('get').allowed()");
  assert.deepEqual(account.checks[0]?.serviceAccount, { namespace: "shop", name: "robot" });
  assert.equal((await asked("authorizer.path('/x').check('explode').errored()")).value, true);
  assert.equal((await asked("authorizer.path('').check('get').allowed()")).value, "path must not be empty");
  const third = ["a", "b", "c"].map((verb) => `!authorizer.path('/x').check('${verb}').allowed()`).join(" && ");
  assert.equal((await asked(third)).value, "operation cancelled: actual cost limit exceeded");
});

test("a policy's variables are computed when they are first used, and once", () => {
  let computed = 0;
  const variables = new LazyMap({ replicas: () => BigInt(++computed) });
  const use = environment.compile("variables.replicas == 1 && variables.replicas == 1").program!;
  const pass = environment.compile("true || variables.replicas == 1").program!;
  assert.ok("value" in pass.evaluate({ variables }));
  assert.equal(computed, 0);
  const outcome = use.evaluate({ variables });
  assert.deepEqual(["value" in outcome && outcome.value, computed], [true, 1]);
});
