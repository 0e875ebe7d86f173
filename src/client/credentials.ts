/** Who a client says it is, beyond a client certificate. */
import { readFile } from "node:fs/promises";
import type { Clock } from "../machinery/clock.ts";

/** The bearer token to send now; undefined for none. */
export type TokenSource = () => Promise<string | undefined>;

export function staticToken(token: string): TokenSource {
  return async () => token;
}

/** Reads the file anew once a minute: projected service-account tokens are rotated in place. */
export function tokenFile(path: string, clock: Clock, rereadMs = 60_000): TokenSource {
  let known: { readonly token: string; readonly readAt: number } | undefined;
  return async () => {
    if (known !== undefined && clock.now() - known.readAt < rereadMs) return known.token;
    try {
      known = { token: (await readFile(path, "utf8")).trim(), readAt: clock.now() };
    } catch (error) {
      // A rotation in progress must not fail requests while the token at hand is still good.
      if (known === undefined) throw error;
    }
    return known.token;
  };
}
