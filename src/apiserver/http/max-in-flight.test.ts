import assert from "node:assert/strict";
import { test } from "node:test";
import type { InFlightLimits } from "./in-flight.ts";
import { MaxInFlight } from "./max-in-flight.ts";
import { parseRequestInfo } from "./request-info.ts";

const query = new URLSearchParams();

function scene(limits: InFlightLimits) {
  const inFlight = new MaxInFlight(limits);
  return (method: string, { search = "", groups = [] as string[] } = {}) =>
    inFlight.enter({
      info: parseRequestInfo(method, "/api/v1/namespaces/default/pods", new URLSearchParams(search)),
      query,
      user: { name: "u", groups },
      signal: new AbortController().signal,
      classified: () => assert.fail("there is nothing to tell"),
    });
}

test("reads and writes have places of their own, and what is beyond them is refused at once", () => {
  const enter = scene({ reading: 1, mutating: 1 });
  const refused = { code: 429, message: "Too many requests, please try again later." };
  const read = enter("GET");
  assert.throws(() => enter("GET"), refused);
  enter("POST");
  assert.throws(() => enter("DELETE"), refused);
  read[Symbol.dispose]();
  enter("GET");
});

test("watches and administrators are not held up; no limit is none", () => {
  const enter = scene({ reading: 1, mutating: 0 });
  enter("GET");
  enter("GET", { search: "watch=1" });
  for (let i = 0; i < 500; i++) enter("PUT");
  const privileged = enter("GET", { groups: ["system:masters"] });
  privileged[Symbol.dispose]();
  assert.throws(() => enter("GET"), { code: 429 }, "who came in beyond the limit gives nothing back");
});
