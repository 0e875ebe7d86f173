/** What a kubelet may write into a pod's status. */
import { parseIp } from "../../../../machinery/ip.ts";
import { qualifiedNameErrors } from "../../../../machinery/names.ts";
import { type FieldError, fieldError } from "../../../../machinery/status.ts";
import { ipErrors, isDualStack, looseIPErrors } from "../../../ip.ts";
import { duplicates, each, immutable, matches } from "../../../validation.ts";
import type { ContainerStatus, Pod, PodStatus } from "../pod.ts";
import { nodeNameErrors } from "./scheduling.ts";

const systemConditions = ["PodScheduled", "Ready", "Initialized"];

export function podStatusErrors(pod: Pod, old: Pod): FieldError[] {
  const status = pod.status ?? {};
  const before = old.status ?? {};
  const policy = old.spec.restartPolicy ?? "Always";
  const sidecars = new Set((old.spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always").map(({ name }) => name));
  return [
    ...each(status.conditions, "metadata.conditions", ({ type }, at) =>
      systemConditions.includes(type) ? [] : matches(`${at}.Type`, type ?? "", qualifiedNameErrors),
    ),
    ...nominationErrors(status, before),
    ...immutable("status.qosClass", status.qosClass ?? "", before.qosClass ?? ""),
    ...transitionErrors("status.containerStatuses", status.containerStatuses, before.containerStatuses, policy),
    ...transitionErrors("status.initContainerStatuses", status.initContainerStatuses, before.initContainerStatuses, policy, sidecars),
    ...transitionErrors("status.ephemeralContainerStatuses", status.ephemeralContainerStatuses, before.ephemeralContainerStatuses, "Never"),
    ...addressErrors("status.podIPs", status.podIPs ?? [], before.podIPs),
    ...hostAddressErrors(status, before),
  ];
}

function nominationErrors({ nominatedNodeName }: PodStatus, before: PodStatus): FieldError[] {
  if (!nominatedNodeName || nominatedNodeName === before.nominatedNodeName) return [];
  return matches("status.nominatedNodeName", nominatedNodeName, nodeNameErrors);
}

/** A container that ended for good does not come back. */
function transitionErrors(
  path: string,
  statuses: readonly ContainerStatus[] | undefined,
  old: readonly ContainerStatus[] | undefined,
  restartPolicy: string,
  restartable: ReadonlySet<string> = new Set(),
): FieldError[] {
  if (restartPolicy === "Always") return [];
  return each(old, path, ({ name, state }, at) => {
    if (state?.terminated === undefined || restartable.has(name)) return [];
    if (state.terminated.exitCode !== 0 && restartPolicy === "OnFailure") return [];
    const revived = (statuses ?? []).some((status) => status.name === name && status.state?.terminated === undefined);
    return revived ? [fieldError.forbidden(`${at}.state`, "may not be transitioned to non-terminated state")] : [];
  });
}

function addressErrors(path: string, addresses: readonly { ip: string }[], old: readonly { ip: string }[] = []): FieldError[] {
  const before = old.flatMap(({ ip }) => ip ?? []);
  const errors = each(addresses, path, ({ ip }, at) => [...ipErrors(at, ip ?? ""), ...looseIPErrors(at, ip, before)]);
  if (addresses.length < 2) return errors;
  if (!isDualStack(addresses.map(({ ip }) => parseIp(ip ?? ""))) || addresses.length > 2) {
    errors.push(fieldError.invalid(path, addresses, "may specify no more than one IP for each IP family"));
  }
  const repeated = duplicates(
    addresses,
    path,
    ({ ip }) => ip,
    (at, address) => fieldError.duplicate(at, address),
  );
  return [...errors, ...repeated];
}

function hostAddressErrors({ hostIP, hostIPs = [] }: PodStatus, before: PodStatus): FieldError[] {
  const first = hostIPs[0];
  if (first === undefined) return [];
  const wrong = hostIP !== first.ip ? [fieldError.invalid("status.hostIPs[0].ip", first.ip, "must be equal to `hostIP`")] : [];
  return [...wrong, ...addressErrors("status.hostIPs", hostIPs, before.hostIPs)];
}
