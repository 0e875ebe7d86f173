import assert from "node:assert/strict";
import { test } from "node:test";
import { stringifyJson } from "../../../machinery/json-codec.ts";
import { parseAuthenticationConfiguration } from "../authentication-configuration.ts";
import { TokenRefused } from "../token-refused.ts";
import { userOfClaims } from "./claims.ts";

const issuer = { url: "https://issuer.example.com", audiences: ["book"] };

function file(authenticator: object): string {
  return stringifyJson({ apiVersion: "apiserver.config.k8s.io/v1", kind: "AuthenticationConfiguration", jwt: [{ issuer, ...authenticator }] });
}

const mappings = { username: { expression: "claims.sub" } };

function user(authenticator: object, claims: Record<string, unknown>) {
  return userOfClaims(claims, parseAuthenticationConfiguration(file({ claimMappings: mappings, ...authenticator })).jwt[0]!);
}

test("claims are mapped by expressions", () => {
  const claimMappings = {
    username: { expression: "'oidc:' + claims.sub" },
    groups: { expression: "claims.roles.split(',')" },
    uid: { expression: "string(claims.number)" },
    extra: [
      { key: "example.com/tier", valueExpression: "claims.?tier.orValue('')" },
      { key: "example.com/teams", valueExpression: "claims.teams" },
    ],
  };
  const claims = { sub: "jane", roles: "dev,ops", number: 7, teams: ["a", "b"] };
  const expected = { name: "oidc:jane", uid: "7", groups: ["dev", "ops"], extra: { "example.com/teams": ["a", "b"] } };
  assert.deepEqual(user({ claimMappings }, claims), expected);
});

test("claims and expressions may stand side by side", () => {
  const claimMappings = { username: { claim: "sub", prefix: "p:" }, groups: { expression: "['a']" }, uid: { claim: "id" } };
  assert.deepEqual(user({ claimMappings }, { sub: "jane", id: "7" }), { name: "p:jane", uid: "7", groups: ["a"] });
});

test("whoever does not fit the rules is refused, and why is told", () => {
  const claims = { sub: "jane", hd: "example.com", exp: 100, iat: 50 };
  const claimRule = (expression: string) => ({ claimValidationRules: [{ expression, message: "not of us" }] });
  const userRule = (expression: string) => ({ userValidationRules: [{ expression, message: "no system user" }] });
  assert.equal(user(claimRule("claims.hd == 'example.com' && claims.exp - claims.iat <= 50"), claims).name, "jane");
  assert.equal(user(userRule("!user.username.startsWith('system:') && user.groups.size() == 0"), claims).name, "jane");
  const cases: [object, RegExp][] = [
    [claimRule("claims.hd == 'elsewhere'"), /validation expression 'claims.hd == 'elsewhere'' failed: not of us/],
    [claimRule("claims.missing == 'x'"), /error evaluating claim validation expression: .*no such key: missing/],
    [userRule("user.username == 'joe'"), /error evaluating user info validation rule: .* failed: no system user/],
    [{ claimMappings: { username: { expression: "claims.exp" } } }, /username claim expression must return a string/],
    [{ claimMappings: { username: { expression: "claims.?nick.orValue('')" } } }, /empty username via CEL expression is not allowed/],
    [{ claimMappings: { ...mappings, groups: { expression: "claims.exp" } } }, /expression must return a string or a list of strings/],
    [{ claimMappings: { ...mappings, uid: { expression: "claims.exp" } } }, /uid claim expression must return a string/],
  ];
  for (const [authenticator, expected] of cases) {
    assert.throws(
      () => user(authenticator, claims),
      (error) => error instanceof TokenRefused && expected.test(error.message),
      String(expected),
    );
  }
});

test("expressions that cannot work are refused with the configuration, with the place", () => {
  const verified = { username: { expression: "claims.email" } };
  const cases: [object, RegExp][] = [
    [
      { claimMappings: { username: { expression: "claims." } } },
      /jwt\[0\]\.claimMappings\.username\.expression: Invalid value: "claims\.": compilation failed: ERROR: <input>:1:8: Syntax error/,
    ],
    [
      { claimMappings: { username: { expression: "claims.sub", claim: "sub" } } },
      /claimMappings\.username: Invalid value: "": claim and expression can't both be set/,
    ],
    [
      { claimMappings: { username: { expression: "claims.sub", prefix: "" } } },
      /username\.prefix: Invalid value: "": may not be specified when expression is set/,
    ],
    [{ claimMappings: {} }, /claimMappings\.username: Required value: claim or expression is required/],
    [
      { claimMappings: mappings, claimValidationRules: [{ expression: "claims.sub" }] },
      /claimValidationRules\[0\]\.expression: Invalid value: "claims\.sub": must evaluate to bool/,
    ],
    [
      { claimMappings: mappings, claimValidationRules: [{ expression: "true" }, { expression: "true" }] },
      /claimValidationRules\[1\]\.expression: Duplicate value: "true"/,
    ],
    [
      { claimMappings: mappings, claimValidationRules: [{ expression: "true", requiredValue: "x" }] },
      /requiredValue: Invalid value: "x": may not be specified when expression is set/,
    ],
    [{ claimMappings: mappings, userValidationRules: [{ expression: "user.nobody == ''" }] }, /undefined field 'nobody'/],
    [{ claimMappings: mappings, userValidationRules: [{ message: "x" }] }, /userValidationRules\[0\]\.expression: Required value/],
    [
      { claimMappings: { ...mappings, extra: [{ key: "Example.com/A", valueExpression: "''" }] } },
      /extra\[0\]\.key: Invalid value: "Example.com\/A": must be lowercase/,
    ],
    [{ claimMappings: { ...mappings, extra: [{ key: "k8s.io/a", valueExpression: "''" }] } }, /are reserved for Kubernetes use/],
    [
      {
        claimMappings: {
          ...mappings,
          extra: [
            { key: "a.b/c", valueExpression: "''" },
            { key: "a.b/c", valueExpression: "''" },
          ],
        },
      },
      /extra\[1\]\.key: Duplicate value: "a.b\/c"/,
    ],
    [{ claimMappings: { ...mappings, extra: [{ key: "a.b/c" }] } }, /extra\[0\]\.valueExpression: Required value/],
    [{ claimMappings: verified }, /username\.expression: Invalid value: "claims\.email": claims\.email_verified must be used in/],
  ];
  for (const [authenticator, expected] of cases) assert.throws(() => parseAuthenticationConfiguration(file(authenticator)), expected, String(expected));
  const seen = { claimMappings: verified, claimValidationRules: [{ expression: "claims.?email_verified.orValue(true) == true", message: "" }] };
  assert.equal(parseAuthenticationConfiguration(file(seen)).jwt.length, 1);
});
