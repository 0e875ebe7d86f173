/** pods/binding and bindings: assigns a pod to a node, once. */
import { type Binding, binding as bindingSchema, bindings } from "../../api/core/v1/binding.ts";
import { type Pod, pods } from "../../api/core/v1/pod.ts";
import type { KubeObject } from "../../machinery/object.ts";
import { badRequest, conflict, type FieldError, fieldError, invalid } from "../../machinery/status.ts";
import { timeText } from "../../machinery/time.ts";
import type { ObjectRequest, ServerServices, SubresourceHandler, VirtualHandler } from "../contract.ts";
import { success } from "./success.ts";

export function bindingHandlers(services: ServerServices): { subresources: SubresourceHandler[]; virtual: VirtualHandler[] } {
  const bind = (request: ObjectRequest, name: string) => bindPod(services, request, name);
  return {
    subresources: [
      {
        definition: pods,
        subresource: "binding",
        kind: bindings,
        verbs: ["create"],
        body: bindingSchema,
        handle: (request) => bind(request, request.info.name),
      },
    ],
    virtual: [{ definition: bindings, create: (request) => bind(request, (request.body as Binding).metadata.name ?? "") }],
  };
}

async function bindPod(services: ServerServices, request: ObjectRequest, name: string): Promise<KubeObject> {
  const binding = request.body as Binding | undefined;
  if (binding === undefined) throw badRequest("the request has no body");
  if ((binding.metadata.name ?? name) !== name) throw badRequest("name in URL does not match name in Binding object");
  const errors = bindingErrors(binding);
  if (errors.length > 0) throw invalid("", "Binding", name, errors);
  // What upstream's storage says of a key without a name.
  if (name === "") throw badRequest("Name parameter required.");
  const { uid, resourceVersion } = binding.metadata;
  const preconditions = { ...(uid ? { uid } : {}), ...(resourceVersion ? { resourceVersion } : {}) };
  const now = services.clock.now();
  await services.writer.modify(pods, request.info.namespace, name, (pod) => assign(pod, binding, now), {
    user: request.user,
    subresource: "binding",
    dryRun: request.dryRun,
    preconditions,
  });
  return success();
}

function bindingErrors({ target }: Binding): readonly FieldError[] {
  const errors: FieldError[] = [];
  const kind = target?.kind ?? "";
  if (kind !== "" && kind !== "Node") errors.push(fieldError.notSupported("target.kind", kind, ["Node", "<empty>"]));
  if ((target?.name ?? "") === "") errors.push(fieldError.required("target.name"));
  return errors;
}

/** Throws 409 for pods that cannot be assigned any more, or not yet. */
function assign(pod: Pod, binding: Binding, now: number): boolean {
  const { name } = pod.metadata;
  const refuse = (reason: string) => conflict({ group: "", resource: "pods/binding" }, name, reason);
  if (pod.metadata.deletionTimestamp !== undefined) throw refuse(`pod ${name} is being deleted, cannot be assigned to a host`);
  if ((pod.spec.nodeName ?? "") !== "") throw refuse(`pod ${name} is already assigned to node ${JSON.stringify(pod.spec.nodeName)}`);
  if ((pod.spec.schedulingGates ?? []).length > 0) throw refuse(`pod ${name} has non-empty .spec.schedulingGates`);
  pod.spec.nodeName = binding.target.name!;
  Object.assign(annotationsOf(pod), binding.metadata.annotations);
  markScheduled(pod, now);
  return true;
}

function annotationsOf(pod: Pod): Record<string, string> {
  pod.metadata.annotations ??= {};
  return pod.metadata.annotations;
}

function markScheduled(pod: Pod, now: number): void {
  const status = pod.status ?? {};
  const others = (status.conditions ?? []).filter(({ type }) => type !== "PodScheduled");
  const before = (status.conditions ?? []).find(({ type }) => type === "PodScheduled");
  const lastTransitionTime = before?.status === "True" && before.lastTransitionTime !== undefined ? before.lastTransitionTime : timeText(now);
  pod.status = { ...status, conditions: [...others, { type: "PodScheduled", status: "True", lastTransitionTime }] };
}
