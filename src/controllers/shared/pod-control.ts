/** Creates and deletes pods on behalf of their controller, and says so in Events. */
import type { Pod } from "../../api/core/v1/pod.ts";
import type { ComponentContext } from "../../client/component.ts";
import { errorText, isNamespaceTerminating, isNotFound } from "../../client/errors.ts";
import { pods } from "../../client/resources.ts";
import type { Draft, KubeObject } from "../../machinery/object.ts";

export async function createPod(context: ComponentContext, owner: KubeObject, draft: Draft<Pod>): Promise<Pod> {
  try {
    const pod = await context.client
      .of(pods)
      .in(owner.metadata.namespace ?? "")
      .create(draft);
    context.events.event(owner, "Normal", "SuccessfulCreate", `Created pod: ${pod.metadata.name}`);
    return pod;
  } catch (error) {
    if (!isNamespaceTerminating(error)) context.events.event(owner, "Warning", "FailedCreate", `Error creating: ${errorText(error)}`);
    throw error;
  }
}

/** A pod that has gone already is deleted enough; then nothing is said, and the caller learns it by `false`. */
export async function deletePod(context: ComponentContext, owner: KubeObject, pod: Pod): Promise<boolean> {
  const { name, uid, namespace = "" } = pod.metadata;
  try {
    await context.client.of(pods).in(namespace).delete(name, { preconditions: { uid } });
  } catch (error) {
    if (isNotFound(error)) return false;
    context.events.event(owner, "Warning", "FailedDelete", `Error deleting: ${errorText(error)}`);
    throw error;
  }
  context.events.event(owner, "Normal", "SuccessfulDelete", `Deleted pod: ${name}`);
  return true;
}
