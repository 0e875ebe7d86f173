/** componentstatuses: whether the parts of the control plane that this server knows of run (deprecated since v1.19). */
import { type ComponentStatus, componentStatuses } from "../../api/core/v1/component-status.ts";
import type { KubeObject } from "../../machinery/object.ts";
import { notFound } from "../../machinery/status.ts";
import type { HandlerFactory } from "../contract.ts";

/** By name: throws when the component is not well; the error's message is told. */
export type ComponentProbes = Readonly<Record<string, () => Promise<void> | void>>;

export function componentStatusHandlers(probes: ComponentProbes): HandlerFactory {
  const statusOf = async (name: string, probe: () => Promise<void> | void): Promise<ComponentStatus> => componentStatus(name, await outcomeOf(probe));
  return () => ({
    virtual: [
      {
        definition: componentStatuses,
        get: async ({ info }): Promise<KubeObject> => {
          const probe = Object.hasOwn(probes, info.name) ? probes[info.name] : undefined;
          if (probe === undefined) throw notFound({ group: "", resource: "componentstatuses" }, info.name);
          return statusOf(info.name, probe);
        },
        list: () => Promise.all(Object.entries(probes).map(([name, probe]) => statusOf(name, probe))),
      },
    ],
  });
}

async function outcomeOf(probe: () => Promise<void> | void): Promise<Error | undefined> {
  try {
    await probe();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function componentStatus(name: string, failure: Error | undefined): ComponentStatus {
  const condition = failure === undefined ? { status: "True", message: "ok" } : { status: "False", message: failure.message };
  return {
    kind: "ComponentStatus",
    apiVersion: "v1",
    metadata: { name } as ComponentStatus["metadata"],
    conditions: [{ type: "Healthy", ...condition }],
  };
}
