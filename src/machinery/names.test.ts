import assert from "node:assert/strict";
import { test } from "node:test";
import { diceOf } from "../testing/fuzz/dice.ts";
import * as names from "./names.ts";

const label =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const subdomain =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const qualified =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

test("names get Kubernetes' messages", () => {
  const table: [names.NameRule, string, string[]][] = [
    [names.dns1123LabelErrors, "a-1", []],
    [names.dns1123LabelErrors, "A", [label]],
    [names.dns1123LabelErrors, "a.b", ["must not contain dots"]],
    [names.dns1123LabelErrors, "a".repeat(64), ["must be no more than 63 characters"]],
    [names.dns1123LabelErrors, "", [label]],
    [names.dns1123LabelErrors, "a\n", [label]],
    [names.dns1123SubdomainErrors, "a.b-c.d", []],
    [names.dns1123SubdomainErrors, "a_b", [subdomain]],
    [names.dns1123SubdomainErrors, "a".repeat(254), ["must be no more than 253 characters"]],
    [names.qualifiedNameErrors, "app.kubernetes.io/name", []],
    [names.qualifiedNameErrors, "/name", ["prefix part must be non-empty"]],
    [names.qualifiedNameErrors, "a/", ["name part must be non-empty", `name part ${qualified}`]],
    [names.qualifiedNameErrors, "A/b", [`prefix part ${subdomain}`]],
    [names.qualifiedNameErrors, "a/b/c", [`a valid label key ${qualified} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`]],
    [names.labelValueErrors, "", []],
    [names.labelValueErrors, "a_b.C-1", []],
    [names.labelValueErrors, "x".repeat(64), ["must be no more than 63 bytes"]],
    [names.pathSegmentNameErrors, "..", ["may not be '..'"]],
    [names.pathSegmentNameErrors, "a/b%", ["may not contain '/'", "may not contain '%'"]],
    [names.portNameErrors, "http", []],
    [names.portNameErrors, "80", ["must contain at least one letter (a-z)"]],
    [names.portNameErrors, "-a--b", ["must not contain consecutive hyphens", "must not begin or end with a hyphen"]],
    [names.relaxedEnvVarNameErrors, "my var!", []],
    [names.relaxedEnvVarNameErrors, "a=b", ["a valid environment variable name must consist only of printable ASCII characters other than '='"]],
    [names.relaxedEnvVarNameErrors, "", ["environment variable name must be non-empty"]],
    [names.envVarNameErrors, "..a", ["must not start with '..'"]],
    [names.percentErrors, "5%", []],
  ];
  for (const [rule, value, expected] of table) assert.deepEqual(rule(value), expected, `${rule.name}(${JSON.stringify(value)})`);
});

test("lengths count UTF-8 bytes", () => {
  for (const text of ["", "abc", "é", "€", "😀a", "\ud800"]) assert.equal(names.byteLength(text), Buffer.byteLength(text), text);
});

test("a generateName prefix may end in a dash", () => {
  assert.equal(names.maskTrailingDash("web-"), "wea");
  assert.equal(names.maskTrailingDash("-"), "-");
  assert.equal(names.maskTrailingDash("web"), "web");
});

test("ports are 1 to 65535", () => {
  assert.deepEqual(names.portNumberErrors(65535), []);
  assert.deepEqual(names.portNumberErrors(0), ["must be between 1 and 65535, inclusive"]);
  assert.deepEqual(names.idNumberErrors(-1), ["must be between 0 and 2147483647, inclusive"]);
});

/** What the messages say that a good name looks like, and how long it may be. */
const forms: readonly [names.NameRule, RegExp, number][] = [
  [names.dns1123LabelErrors, /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, 63],
  [names.dns1123SubdomainErrors, /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/, 253],
  [names.dns1035LabelErrors, /^[a-z]([-a-z0-9]*[a-z0-9])?$/, 63],
  [names.qualifiedNameErrors, /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/, 63],
  [names.labelValueErrors, /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/, 63],
  [names.portNameErrors, /^(?=.*[a-z])(?!.*--)[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, 15],
  [names.relaxedEnvVarNameErrors, /^[ -<>-~]+$/, 1000],
];

test("names are good when they have the form that the messages tell, and not too long", () => {
  const dice = diceOf(3);
  const sizes = [0, 1, 2, 5, 14, 15, 16, 62, 63, 64, 252, 253, 254];
  const good = forms.map(() => 0);
  for (let run = 0; run < 20_000; run++) {
    const alphabet = dice.pick(["az09", "az09", "a0-", "aZ0-_.", "aAzZ09-_.= ~@[`{^\n/é"]).replace("/", "");
    const text = Array.from({ length: dice.pick(sizes) }, () => alphabet[dice.below(alphabet.length)]).join("");
    forms.forEach(([rule, form, max], index) => {
      const isGood = form.test(text) && text.length <= max;
      assert.equal(rule(text).length === 0, isGood, `${rule.name}(${JSON.stringify(text)})`);
      if (isGood) good[index]!++;
    });
  }
  for (const count of good) assert.ok(count > 1000);
});
