/**
 * What a body may hold, beside its length: more would keep the event loop from everybody else for too long, in the parser
 * and in every step after it. Kubernetes has no such limits; no object of real life comes near them (docs/decisions,
 * "Nothing a client sends stops the others").
 */
import type { JsonLimits } from "../../machinery/json-measure.ts";

export const bodyLimits: JsonLimits = { values: 100_000, differentKeys: 8_000, wide: 8_000, longNumbers: 10_000 };

/** A JSON patch is a list of up to 10,000 operations, and says so itself when they are more. */
export const jsonPatchLimits: JsonLimits = { ...bodyLimits, wide: bodyLimits.wide + 20_000 };

/** Shorter texts cannot pass the limits by enough to matter. */
export const measuredFromBytes = 64 * 1024;
