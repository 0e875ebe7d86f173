import type { PriorityLevelConfiguration } from "./priority-level-configuration.ts";

/** The part that belongs to the type is there, with its defaults, even if the client left it out. */
export function defaultPriorityLevelConfiguration({ spec }: PriorityLevelConfiguration): void {
  if (spec.type === "Exempt") spec.exempt = { nominalConcurrencyShares: 0, lendablePercent: 0, ...spec.exempt };
  const response = spec.limited?.limitResponse;
  if (response?.type === "Queue") response.queuing = { queues: 64, handSize: 8, queueLengthLimit: 50, ...response.queuing };
}
