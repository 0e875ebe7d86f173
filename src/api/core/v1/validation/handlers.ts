/** Probes and lifecycle hooks. */
import { joined, none } from "../../../../machinery/joined.ts";
import { httpHeaderNameErrors } from "../../../../machinery/names.ts";
import { type FieldError, fieldError } from "../../../../machinery/status.ts";
import { countSet, matches, portNumberOrName, requiredField, setFields } from "../../../validation.ts";
import type { HTTPGetAction, Lifecycle, LifecycleHandler, Probe, ProbeHandler } from "../container.ts";

const handlerTypes = ["exec", "httpGet", "tcpSocket", "grpc", "sleep"];

/** Exactly one action. `gracePeriodSeconds` bounds how long a hook may sleep. */
function handlerErrors(path: string, handler: ProbeHandler & LifecycleHandler, gracePeriodSeconds: number | undefined): readonly FieldError[] {
  const { exec, httpGet, tcpSocket, grpc, sleep } = handler;
  const errors = actionErrors(path, handler, gracePeriodSeconds);
  if (countSet(exec, httpGet, tcpSocket, grpc, sleep) < 2) return errors;
  const [, ...more] = setFields(handler, handlerTypes);
  return joined(
    errors,
    more.map((type) => fieldError.forbidden(`${path}.${type}`, "may not specify more than 1 handler type")),
  );
}

/** Of the first action there is. */
function actionErrors(path: string, handler: ProbeHandler & LifecycleHandler, gracePeriodSeconds: number | undefined): readonly FieldError[] {
  const { exec, httpGet, tcpSocket, grpc, sleep } = handler;
  if (exec !== undefined) return (exec.command ?? []).length === 0 ? [fieldError.required(`${path}.exec.command`)] : none;
  if (httpGet !== undefined) return httpGetErrors(`${path}.httpGet`, httpGet);
  if (tcpSocket !== undefined) return portNumberOrName(`${path}.tcpSocket.port`, tcpSocket.port);
  if (grpc !== undefined) return portNumberOrName(`${path}.grpc.port`, grpc.port);
  if (sleep !== undefined) return sleepErrors(`${path}.sleep`, sleep.seconds ?? 0, gracePeriodSeconds);
  return [fieldError.required(path, "must specify a handler type")];
}

function httpGetErrors(path: string, { path: url, port, scheme, httpHeaders }: HTTPGetAction): readonly FieldError[] {
  return joined(
    requiredField(path, "path", url),
    portNumberOrName(`${path}.port`, port),
    requiredField(path, "scheme", scheme),
    httpHeaders === undefined ? none : httpHeaders.flatMap(({ name }) => matches(`${path}.httpHeaders`, name ?? "", httpHeaderNameErrors)),
  );
}

function sleepErrors(path: string, seconds: number, gracePeriodSeconds: number | undefined): readonly FieldError[] {
  if (gracePeriodSeconds === undefined || (seconds >= 0 && seconds <= gracePeriodSeconds)) return none;
  return [fieldError.invalid(path, seconds, `must be non-negative and less than terminationGracePeriodSeconds (${gracePeriodSeconds})`)];
}

export function lifecycleErrors(path: string, lifecycle: Lifecycle, gracePeriodSeconds: number | undefined, os: string | undefined): readonly FieldError[] {
  const { postStart, preStop, stopSignal } = lifecycle;
  return joined(
    postStart === undefined ? none : handlerErrors(`${path}.postStart`, postStart, gracePeriodSeconds),
    preStop === undefined ? none : handlerErrors(`${path}.preStop`, preStop, gracePeriodSeconds),
    stopSignal === undefined || os ? none : [fieldError.forbidden(`${path}.stopSignal`, "may not be set for containers with empty `spec.os.name`")],
  );
}

export type ProbeKind = "livenessProbe" | "readinessProbe" | "startupProbe";

export function probeErrors(path: string, kind: ProbeKind, probe: Probe | undefined, gracePeriodSeconds: number | undefined): readonly FieldError[] {
  if (probe === undefined) return none;
  const at = `${path}.${kind}`;
  const grace = probe.terminationGracePeriodSeconds;
  return joined(
    handlerErrors(at, probe, gracePeriodSeconds),
    grace !== undefined && grace <= 0 ? [fieldError.invalid(`${at}.terminationGracePeriodSeconds`, grace, "must be greater than 0")] : none,
    kind === "readinessProbe" ? readinessErrors(at, grace) : successErrors(at, probe.successThreshold),
  );
}

function readinessErrors(path: string, grace: number | undefined): readonly FieldError[] {
  return grace === undefined ? none : [fieldError.invalid(`${path}.terminationGracePeriodSeconds`, grace, "must not be set for readinessProbes")];
}

/** One success is enough, but for readiness. */
function successErrors(path: string, threshold: number | undefined): readonly FieldError[] {
  return threshold === 1 ? none : [fieldError.invalid(`${path}.successThreshold`, threshold ?? 0, "must be 1")];
}
