import { sameJson } from "../../../machinery/json.ts";
import type { Strategy } from "../../resource.ts";
import { prepareAll, specAndStatus } from "../../strategy.ts";
import type { DaemonSet } from "./daemon-set.ts";

/** How apps/v1 shows the generation of the template, which only older versions have a field for. */
const templateGeneration = "deprecated.daemonset.template.generation";

/** It starts at 1, or at what the client says, and grows with every change of the template; later nobody else sets it. */
const templateLife: Pick<Strategy<DaemonSet>, "prepareForCreate" | "prepareForUpdate"> = {
  prepareForCreate: ({ metadata }) => {
    const given = Number(metadata.annotations?.[templateGeneration] ?? 0);
    metadata.annotations = { ...metadata.annotations, [templateGeneration]: String(Math.max(given, 1)) };
  },
  prepareForUpdate: ({ metadata, spec }, old) => {
    const before = old.metadata.annotations?.[templateGeneration];
    if (before === undefined) return;
    const generation = Number(before) + (sameJson(spec.template, old.spec.template) ? 0 : 1);
    metadata.annotations = { ...metadata.annotations, [templateGeneration]: String(generation) };
  },
};

export const daemonSetLife = prepareAll<DaemonSet>(
  specAndStatus<DaemonSet>(() => ({ currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 })),
  templateLife,
);
