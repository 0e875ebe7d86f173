import assert from "node:assert/strict";
import { test } from "node:test";
import {
  everything,
  type Labels,
  matchesEverything,
  matchesLabels,
  nothing,
  type Operator,
  parseSelector,
  type Requirement,
  requiredLabel,
  requirementHolds,
  SelectorError,
  selectorFromSet,
  selectorText,
} from "./labels.ts";

test("selectors are read, sorted by key, and written back", () => {
  const table: [string, string][] = [
    ["", ""],
    [" ", ""],
    ["a", "a"],
    ["!a", "!a"],
    ["a=b", "a=b"],
    ["a==b", "a==b"],
    ["a!=b", "a!=b"],
    ["x=a,y=b", "x=a,y=b"],
    ["y , x in (b,a)", "x in (a,b),y"],
    ["x notin (b)", "x notin (b)"],
    ["x in ()", "x in ()"],
    ["x in (,a)", "x in (,a)"],
    ["x in (a,,b)", "x in (,a,b)"],
    ["x in (a,a)", "x in (a)"],
    ["x=", "x="],
    ["x=,z", "x=,z"],
    ["a>1,b<2", "a>1,b<2"],
    ["in in (in,notin)", "in in (in,notin)"],
    ["in=notin", "in=notin"],
    ["app.kubernetes.io/name=web", "app.kubernetes.io/name=web"],
    ["b\t= c", "b=c"],
  ];
  for (const [text, expected] of table) assert.equal(selectorText(parseSelector(text)), expected, text);
});

test("texts that are no selectors get Kubernetes' messages", () => {
  const table: [string, string][] = [
    ["a,", "found '', expected: identifier after ','"],
    [",a", "found ',', expected: !, identifier, or 'end of string'"],
    ["a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
    ["a=b c", "found 'c', expected: ',' or 'end of string'"],
    ["!a=b", "found '=', expected: ',' or 'end of string'"],
    ["!", "unable to parse requirement: found '', expected: identifier"],
    ["a in b", "unable to parse requirement: found 'b' expected: '('"],
    ["a in (b", "unable to parse requirement: found '', expected: ',' or ')'"],
    ["a in (b c)", "unable to parse requirement: found 'c', expected: ',' or ')'"],
    ["a in (=)", "unable to parse requirement: found '=', expected: ',', ')' or identifier"],
    ["a==(b)", "unable to parse requirement: found '(', expected: identifier"],
    ["a>b", "unable to parse requirement: values[0]: Invalid value: \"b\": for 'Gt', 'Lt' operators, the value must be an integer"],
    [
      "a=-b",
      "unable to parse requirement: values[0][a]: Invalid value: \"-b\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
    ],
    [
      "-a=b",
      "unable to parse requirement: <nil>: Invalid value: \"-a\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
    ],
  ];
  for (const [text, message] of table) assert.throws(() => parseSelector(text), new SelectorError(message), text);
});

test("matching follows the operators", () => {
  const matches = (text: string, labels: Labels) => matchesLabels(parseSelector(text), labels);
  const labels = { app: "web", tier: "", n: "5" };
  for (const text of ["", "app", "app=web", "app!=db", "none!=x", "app in (db,web)", "none notin (x)", "!none", "tier=", "tier", "n>4", "n<6", "app,tier,n"]) {
    assert.equal(matches(text, labels), true, text);
  }
  for (const text of ["none", "!app", "app=db", "app in (db)", "app notin (web)", "tier!=", "n>5", "n<5", "app>1", "none>1", "toString", "app,none"]) {
    assert.equal(matches(text, labels), false, text);
  }
  assert.equal(matches("a=b", undefined), false);
  assert.equal(matchesLabels(nothing, labels), false);
  assert.equal(matchesLabels(everything, undefined), true);
  assert.equal(matchesEverything(everything), true);
  assert.equal(matchesEverything(nothing), false);
  assert.equal(selectorText(selectorFromSet({ b: "1", a: "2" })), "a=2,b=1");
  assert.equal(requiredLabel(parseSelector("a in (x),b!=y"), "a"), "x");
  assert.equal(requiredLabel(parseSelector("a in (x),b!=y"), "b"), undefined);
});

test("text and selector are inverse, and matching agrees with a naive reading", () => {
  let seed = 42;
  const pick = <T>(items: readonly T[]): T => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return items[(seed >> 8) % items.length]!;
  };
  const words = ["a", "b", "in", "notin", "c.d", "x/y"];
  const values = ["", "a", "b", "in", "1"];
  const naive: Record<string, (value: string | undefined, list: readonly string[]) => boolean> = {
    in: (value, list) => value !== undefined && list.indexOf(value) >= 0,
    notin: (value, list) => !(value !== undefined && list.indexOf(value) >= 0),
    "=": (value, list) => value === list[0],
    "==": (value, list) => value === list[0],
    "!=": (value, list) => value !== list[0],
    exists: (value) => value !== undefined,
    "!": (value) => value === undefined,
  };
  for (let i = 0; i < 2000; i++) {
    const requirements: Requirement[] = Array.from({ length: pick([1, 2, 3]) }, () => {
      const operator = pick(["in", "notin", "=", "==", "!=", "exists", "!"] satisfies Operator[]);
      const count = operator === "exists" || operator === "!" ? 0 : operator === "in" || operator === "notin" ? pick([1, 2, 3]) : 1;
      return { key: pick(words), operator, values: [...new Set(Array.from({ length: count }, () => pick(values)))].sort() };
    });
    const text = selectorText({ requirements });
    const parsed = parseSelector(text);
    assert.equal(selectorText({ requirements: [...requirements].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)) }), selectorText(parsed));
    const labels = Object.fromEntries([pick(words), pick(words)].map((word) => [word, pick(values)])) as Record<string, string>;
    const expected = requirements.every(({ key, operator, values: list }) => naive[operator]!(labels[key], list));
    assert.equal(matchesLabels(parsed, labels), expected, `${text} on ${JSON.stringify(labels)}`);
  }
});

test("a large selector matches as its requirements do one by one", () => {
  const values = Array.from({ length: 40 }, (_, index) => `v${index}`);
  const requirements: Requirement[] = [
    { key: "a", operator: "in", values },
    { key: "a", operator: "notin", values: ["v3"] },
    { key: "b", operator: "!", values: [] },
    { key: "n", operator: "gt", values: ["4"] },
    ...values.map((value): Requirement => ({ key: `k${value}`, operator: "!=", values: [value] })),
  ];
  const sets: Labels[] = [
    undefined,
    {},
    { a: "v1" },
    { a: "v1", n: "5" },
    { a: "v3", n: "5" },
    { a: "x", n: "5" },
    { a: "v1", n: "5", b: "" },
    { a: "v1", n: "5", kv7: "v7" },
    { a: "v1", n: "5", kv7: "v8" },
  ];
  for (const labels of sets) {
    const expected = requirements.every((requirement) => requirementHolds(requirement, labels));
    assert.equal(matchesLabels({ requirements }, labels), expected, JSON.stringify(labels));
  }
});
