import assert from "node:assert/strict";
import { test } from "node:test";
import { defaulted } from "../../testing.ts";
import { type PodStatus, pods } from "./pod.ts";

const one = { ip: "10.0.0.1" };
const other = { ip: "10.0.0.2" };
/** What a real kube-apiserver was seen to make of them. */
const addresses: [sent: PodStatus, podIP: string | undefined, podIPs: PodStatus["podIPs"]][] = [
  [{}, undefined, undefined],
  [{ podIP: one.ip }, one.ip, [one]],
  [{ podIPs: [one, other] }, one.ip, [one, other]],
  [{ podIP: one.ip, podIPs: [one, other] }, one.ip, [one, other]],
  [{ podIP: other.ip, podIPs: [one] }, other.ip, [other]],
];

test("a pod's address is in two fields, which agree", () => {
  for (const [sent, podIP, podIPs] of addresses) {
    const { status } = defaulted(pods, { spec: { containers: [] }, status: sent });
    assert.deepEqual([status?.podIP, status?.podIPs], [podIP, podIPs], JSON.stringify(sent));
  }
});
