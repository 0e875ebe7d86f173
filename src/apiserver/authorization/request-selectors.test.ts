import assert from "node:assert/strict";
import { test } from "node:test";
import type { ResourceAttributes } from "../../api/authorization/v1/common.ts";
import type { RequestInfo } from "../contract.ts";
import { requestSelectors, reviewSelectorErrors, reviewSelectors, unreadSelectors } from "./request-selectors.ts";

const node1 = { key: "spec.nodeName", operator: "In", values: ["n1"] };

test("lists, watches and deletions of collections are narrowed down by their selectors", () => {
  const cases: [verb: string, query: string, expected: object][] = [
    ["list", "", {}],
    ["list", "fieldSelector=spec.nodeName%3Dn1", { fieldSelector: [node1] }],
    ["watch", "fieldSelector=spec.nodeName%3D%3Dn1,a!%3Db", { fieldSelector: [node1, { key: "a", operator: "NotIn", values: ["b"] }] }],
    [
      "deletecollection",
      "labelSelector=app in (a,b),!old,tier",
      {
        labelSelector: [
          { key: "app", operator: "In", values: ["a", "b"] },
          { key: "old", operator: "DoesNotExist", values: [] },
          { key: "tier", operator: "Exists", values: [] },
        ],
      },
    ],
    // Authorizers know no order, so that this is wider than asked, which is safe.
    ["list", "labelSelector=size>3", {}],
    ["list", "labelSelector=((", {}],
    ["get", "fieldSelector=spec.nodeName%3Dn1", {}],
  ];
  for (const [verb, query, expected] of cases) {
    const info = { verb, isResourceRequest: true } as RequestInfo;
    assert.deepEqual(sorted(requestSelectors(info, new URLSearchParams(query))), sorted(expected), `${verb} ${query}`);
  }
});

/** Requirements come in the parser's order. */
function sorted(selectors: object): object {
  const byKey = (a: { key: string }, b: { key: string }) => a.key.localeCompare(b.key);
  return Object.fromEntries(Object.entries(selectors).map(([name, list]) => [name, (list as { key: string }[]).toSorted(byKey)]));
}

test("reviews give selectors as text or as requirements, and hear of what was not understood", () => {
  const cases: [given: ResourceAttributes, read: object, unread: string[]][] = [
    [{ fieldSelector: { rawSelector: "spec.nodeName=n1" } }, { fieldSelector: [node1] }, []],
    [{ fieldSelector: { requirements: [node1] } }, { fieldSelector: [node1] }, []],
    [
      { fieldSelector: { requirements: [node1, { key: "x", operator: "Exists" }] } },
      { fieldSelector: [node1] },
      ["spec.resourceAttributes.fieldSelector partially ignored due to parse error"],
    ],
    [{ labelSelector: { rawSelector: "((" } }, {}, ["spec.resourceAttributes.labelSelector ignored due to parse error"]],
    [
      { labelSelector: { requirements: [{ key: "x", operator: "NewerThanUs", values: [] }] } },
      {},
      ["spec.resourceAttributes.labelSelector ignored due to parse error"],
    ],
  ];
  for (const [given, read, unread] of cases) {
    assert.deepEqual(reviewSelectors(given), read);
    assert.deepEqual(unreadSelectors(given), unread);
  }
});

test("reviews refuse selectors that say too little, too much or two things", () => {
  const cases: [given: ResourceAttributes, field: string][] = [
    [{ fieldSelector: {} }, "spec.resourceAttributes.fieldSelector.requirements"],
    [{ fieldSelector: { rawSelector: "a=b", requirements: [node1] } }, "spec.resourceAttributes.fieldSelector.rawSelector"],
    [{ labelSelector: { requirements: [{ key: "", operator: "Exists" }] } }, "spec.resourceAttributes.labelSelector.requirements[0].key"],
    [{ labelSelector: { requirements: [{ key: "a", operator: "In" }] } }, "spec.resourceAttributes.labelSelector.requirements[0].values"],
    [{ labelSelector: { requirements: [{ key: "a", operator: "Exists", values: ["b"] }] } }, "spec.resourceAttributes.labelSelector.requirements[0].values"],
  ];
  for (const [given, field] of cases)
    assert.deepEqual(
      reviewSelectorErrors(given).map((error) => error.field),
      [field],
    );
});
