/** Cross-origin requests of web pages (the Fetch standard's CORS protocol), with the headers that kube-apiserver sends. */
import { regexMachine } from "../../machinery/cel/regex/match.ts";
import type { RequestHeaders, ResponseHeaders } from "./exchange.ts";

/** Headers for the answer to a request of an allowed origin; undefined for others, and for requests of no web page. */
export type Cors = (headers: RequestHeaders) => ResponseHeaders | undefined;

const allowed = {
  "access-control-allow-methods": "POST, GET, OPTIONS, PUT, DELETE, PATCH",
  "access-control-allow-headers": "Content-Type, Content-Length, Accept-Encoding, X-CSRF-Token, Authorization, X-Requested-With, If-Modified-Since",
  "access-control-expose-headers": "Date",
  "access-control-allow-credentials": "true",
};
/** Matching takes linear time, and origins are short. */
const unmetered = { spend: () => undefined };

/** `origins` are regular expressions with RE2's syntax: one of them has to match somewhere in the origin. Throws a RegexError. */
export function cors(origins: readonly string[]): Cors {
  const machines = origins.map(regexMachine);
  return ({ origin }) => {
    if (typeof origin !== "string" || origin === "") return undefined;
    return machines.some((machine) => machine.matches(origin, unmetered)) ? { "access-control-allow-origin": origin, ...allowed } : undefined;
  };
}
