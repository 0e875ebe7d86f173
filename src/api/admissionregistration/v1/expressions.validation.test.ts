import assert from "node:assert/strict";
import { test } from "node:test";
import { compileDeviceSelector, deviceSelectorCost, perCallCostLimit } from "../../../machinery/cel/index.ts";
import { fieldErrorText } from "../../../machinery/status.ts";
import type { MutatingAdmissionPolicy } from "./mutating-admission-policy.ts";
import type { ValidatingAdmissionPolicy } from "./validating-admission-policy.ts";
import type { ValidatingWebhookConfiguration } from "./validating-webhook-configuration.ts";
import { mutatingAdmissionPolicyErrors, validatingAdmissionPolicyErrors } from "./validation.ts";
import { newWebhookConfigurationErrors, webhookConfigurationUpdateErrors } from "./webhook.validation.ts";

const matchConstraints = {
  matchPolicy: "Equivalent",
  namespaceSelector: {},
  objectSelector: {},
  resourceRules: [{ operations: ["CREATE"], apiGroups: ["apps"], apiVersions: ["v1"], resources: ["deployments"], scope: "*" }],
};

function policy(spec: object): ValidatingAdmissionPolicy {
  return {
    metadata: { name: "p.example.com" },
    spec: { failurePolicy: "Fail", matchConstraints, validations: [{ expression: "true" }], ...spec },
  } as unknown as ValidatingAdmissionPolicy;
}

function mutating(patchType: string, form: string, expression: string, spec: object = {}): MutatingAdmissionPolicy {
  const mutations = [{ patchType, [form]: { expression } }];
  return {
    metadata: { name: "p" },
    spec: { failurePolicy: "Fail", reinvocationPolicy: "Never", matchConstraints, mutations, ...spec },
  } as unknown as MutatingAdmissionPolicy;
}

function only(errors: readonly Parameters<typeof fieldErrorText>[0][]): string {
  return errors.map(fieldErrorText).join("; ");
}

test("expressions of a policy compile with what they may use, or are refused with cel-go's words", () => {
  const validations = (expression: string, more: object = {}) => ({ validations: [{ expression, ...more }] });
  const variables = [
    { name: "replicas", expression: "object.spec.replicas" },
    { name: "isLarge", expression: "variables.replicas > 100" },
    { name: "text", expression: "'large'" },
  ];
  const good: object[] = [
    validations("object.spec.replicas > 1 && namespaceObject.metadata.name == 'x' && request.operation == 'CREATE'"),
    validations("!has(oldObject.spec) || authorizer.group('apps').resource('deployments').check('update').allowed()"),
    { ...validations("variables.isLarge && variables.text == 'x'", { messageExpression: "'replicas: ' + variables.replicas" }), variables },
    { ...validations("object.spec.replicas <= params.maxReplicas"), paramKind: { apiVersion: "rules.example.com/v1", kind: "Limit" } },
    { auditAnnotations: [{ key: "a", valueExpression: "'x' + string(object.spec.replicas)" }] },
    { matchConditions: [{ name: "a", expression: " request.userInfo.groups.exists(g, g == 'x') " }] },
  ];
  for (const spec of good) assert.equal(only(validatingAdmissionPolicyErrors(policy(spec))), "");
  const bad: [object, string][] = [
    [
      validations("object.spec.replicas >"),
      "spec.validations[0].expression: Invalid value: \"object.spec.replicas >\": compilation failed: ERROR: <input>:1:23: Syntax error: mismatched input '<EOF>' expecting",
    ],
    [validations("objct.spec == 1"), "compilation failed: ERROR: <input>:1:1: undeclared reference to 'objct' (in container '')\n | objct.spec == 1\n | ^"],
    [validations("object.spec.replicas"), 'spec.validations[0].expression: Invalid value: "object.spec.replicas": must evaluate to bool but got dyn'],
    [validations("request.verb == 'x'"), "undefined field 'verb'"],
    [validations("params.x == 1"), "undeclared reference to 'params'"],
    [validations("true", { messageExpression: "1" }), 'spec.validations[0].messageExpression: Invalid value: "1": must evaluate to string but got int'],
    [validations("true", { messageExpression: "authorizer.path('/').check('get').reason()" }), "undeclared reference to 'authorizer'"],
    [{ auditAnnotations: [{ key: "a", valueExpression: "1" }] }, "must evaluate to one of [string null_type] but got int"],
    [{ ...validations("variables.nothing"), variables }, "undefined field 'nothing'"],
    [{ ...validations("variables.text + 1 == ''"), variables }, "found no matching overload for '_+_' applied to '(string, int)'"],
    [
      {
        variables: [
          { name: "b", expression: "variables.later" },
          { name: "later", expression: "1" },
        ],
      },
      "undefined field 'later'",
    ],
    [{ matchConditions: [{ name: "a", expression: "variables.text == ''" }], variables }, "undeclared reference to 'variables'"],
  ];
  for (const [spec, expected] of bad) {
    const text = only(validatingAdmissionPolicyErrors(policy(spec)));
    assert.ok(text.includes(expected), text);
  }
});

test("mutations result in objects or in JSON patches", () => {
  const applied = "Object{metadata: Object.metadata{annotations: {'a': 'b'}}, spec: Object.spec{replicas: object.spec.replicas + 1}}";
  const patch = "[JSONPatch{op: 'add', path: '/metadata/labels/' + jsonpatch.escapeKey('a/b'), value: 'x'}]";
  assert.equal(only(mutatingAdmissionPolicyErrors(mutating("ApplyConfiguration", "applyConfiguration", applied))), "");
  assert.equal(only(mutatingAdmissionPolicyErrors(mutating("JSONPatch", "jsonPatch", patch))), "");
  assert.match(only(mutatingAdmissionPolicyErrors(mutating("ApplyConfiguration", "applyConfiguration", "1"))), /must evaluate to Object but got int/);
  assert.match(only(mutatingAdmissionPolicyErrors(mutating("JSONPatch", "jsonPatch", "Object{}"))), /must evaluate to list\(JSONPatch\) but got Object/);
  assert.match(only(mutatingAdmissionPolicyErrors(mutating("JSONPatch", "jsonPatch", "[JSONPatch{operation: 'add'}]"))), /undefined field 'operation'/);
});

test("webhooks' conditions compile; those that are stored stay", () => {
  const configuration = (expression: string) => {
    const webhook = {
      name: "a.b.c",
      clientConfig: { url: "https://h/p" },
      sideEffects: "None",
      admissionReviewVersions: ["v1"],
      matchConditions: [{ name: "x", expression }],
    };
    return { webhooks: [webhook] } as unknown as ValidatingWebhookConfiguration;
  };
  const wrong = configuration("object.spec >");
  assert.equal(only(newWebhookConfigurationErrors(configuration("request.name != 'x'"))), "");
  assert.match(
    only(newWebhookConfigurationErrors(wrong)),
    /webhooks\[0\]\.matchConditions\[0\]\.expression: Invalid value: "object\.spec >": compilation failed/,
  );
  assert.equal(only(webhookConfigurationUpdateErrors(wrong, wrong)), "");
  assert.match(only(webhookConfigurationUpdateErrors(configuration("object.x ="), wrong)), /compilation failed/);
  const stored = policy({ validations: [{ expression: "nobody" }] });
  assert.equal(only(validatingAdmissionPolicyErrors(stored, undefined, stored)), "");
});

test("an object's expressions may not keep the server busy", () => {
  const long = Array.from({ length: 10 }, (_, index) => ({ expression: `${index} == 1 && ${"object.a == 1 && ".repeat(1_500)}true` }));
  assert.match(only(validatingAdmissionPolicyErrors(policy({ validations: long }))), /the object's expressions have more than 65536 characters/);
});

test("device selectors see the device", () => {
  for (const expression of [
    "device.driver == 'a'",
    "device.attributes['a'].model == 'x'",
    "device.capacity['a'].memory.compareTo(quantity('1Gi')) >= 0",
    "cel.bind(d, device.attributes['a'], d.one && d.two)",
    "device.attributes['a'].flag",
  ]) {
    assert.equal(compileDeviceSelector(expression).problem, undefined, expression);
  }
  const cost = (expression: string) => deviceSelectorCost(compileDeviceSelector(expression).program!);
  assert.ok(cost("device.attributes['a'].model.matches('^[a-z]+$')") < 1_000);
  assert.ok(cost("device.attributes.all(a, device.attributes.all(b, device.attributes.all(c, device.attributes.all(d, a == d))))") > perCallCostLimit);
  assert.match(compileDeviceSelector("device.driver").problem!, /^must evaluate to bool or the unknown type, not string$/);
  assert.match(compileDeviceSelector("device.nothing == 1").problem!, /^compilation failed: ERROR: <input>:1:7: undefined field 'nothing'/);
});
