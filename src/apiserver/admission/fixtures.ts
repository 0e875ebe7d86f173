/** Admission attributes for tests, and a plugin run as the request chain runs it. */
import type { AnyResourceDefinition } from "../../api/resource.ts";
import { copyJson } from "../../machinery/json.ts";
import type { KubeObject } from "../../machinery/object.ts";
import { holdsEmpties } from "../../machinery/sent-empty.ts";
import type { AdmissionAttributes, AdmissionPlugin } from "../contract.ts";

export interface Outcome {
  /** As the plugins left it. */
  readonly object: KubeObject | undefined;
  readonly warnings: readonly string[];
  readonly annotations: Readonly<Record<string, string>>;
}

export type Write = Pick<AdmissionAttributes, "definition"> & Partial<Omit<AdmissionAttributes, "definition" | "warn" | "annotate">>;

/** Runs both phases if the plugin handles the write; throws what it throws. */
export async function run(plugin: AdmissionPlugin, write: Write): Promise<Outcome> {
  const warnings: string[] = [];
  const annotations: Record<string, string> = {};
  const attributes = attributesOf(
    write,
    (text) => warnings.push(text),
    (key, value) => {
      annotations[key] = value;
    },
  );
  if (plugin.handles(attributes.operation, attributes.definition, attributes.subresource)) {
    await plugin.admit?.(attributes);
    await plugin.validate?.(attributes);
  }
  return { object: attributes.object, warnings, annotations };
}

function attributesOf(write: Write, warn: (text: string) => void, annotate: (key: string, value: string) => void): AdmissionAttributes {
  // What was sent empty is known of the decoded object, not of its copies.
  const object = write.object === undefined || holdsEmpties(write.object) ? write.object : copyJson(write.object);
  return {
    operation: write.oldObject === undefined ? "CREATE" : "UPDATE",
    subresource: "",
    namespace: object?.metadata.namespace ?? write.oldObject?.metadata.namespace ?? "",
    name: object?.metadata.name ?? write.oldObject?.metadata.name ?? "",
    oldObject: undefined,
    user: { name: "jane", groups: ["system:authenticated"] },
    dryRun: false,
    options: {},
    ...write,
    object,
    warn,
    annotate,
  };
}

/** The refusal's message, or "" when the plugin lets the write pass. */
export async function refusalOf(plugin: AdmissionPlugin, write: Write): Promise<string> {
  try {
    await run(plugin, write);
    return "";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

export type { AnyResourceDefinition };
