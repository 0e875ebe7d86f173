import { sameJson } from "../../../machinery/json.ts";
import type { ObjectSubresource, Strategy } from "../../resource.ts";
import { prepareAll, specAndStatus, statusSubresource } from "../../strategy.ts";
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

/** /status, whose writers may set annotations, cannot set this one either: it belongs to the spec. */
export function daemonSetStatusView(validateUpdate: NonNullable<ObjectSubresource<DaemonSet>["validateUpdate"]>): ObjectSubresource<DaemonSet> {
  const status = statusSubresource<DaemonSet>({ validateUpdate });
  return {
    ...status,
    prepareForUpdate: (object, old, context) => {
      status.prepareForUpdate(object, old, context);
      const before = old.metadata.annotations?.[templateGeneration];
      if (before !== undefined) object.metadata.annotations = { ...object.metadata.annotations, [templateGeneration]: before };
    },
  };
}

export const daemonSetLife = prepareAll<DaemonSet>(
  specAndStatus<DaemonSet>(() => ({ currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 })),
  templateLife,
);
