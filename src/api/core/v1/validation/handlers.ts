/** Probes and lifecycle hooks. */
import { httpHeaderNameErrors } from "../../../../machinery/names.ts";
import { type FieldError, fieldError } from "../../../../machinery/status.ts";
import { matches, optional, portNumberOrName, required, setFields } from "../../../validation.ts";
import type { HTTPGetAction, Lifecycle, LifecycleHandler, Probe, ProbeHandler } from "../container.ts";

const handlerTypes = ["exec", "httpGet", "tcpSocket", "grpc", "sleep"];

/** Exactly one action. `gracePeriodSeconds` bounds how long a hook may sleep. */
function handlerErrors(path: string, handler: ProbeHandler & LifecycleHandler, gracePeriodSeconds: number | undefined): FieldError[] {
  const [first, ...more] = setFields(handler, handlerTypes);
  if (first === undefined) return [fieldError.required(path, "must specify a handler type")];
  return [
    ...actionErrors(path, handler, first, gracePeriodSeconds),
    ...more.map((type) => fieldError.forbidden(`${path}.${type}`, "may not specify more than 1 handler type")),
  ];
}

function actionErrors(path: string, handler: ProbeHandler & LifecycleHandler, type: string, gracePeriodSeconds: number | undefined): readonly FieldError[] {
  const at = `${path}.${type}`;
  switch (type) {
    case "exec":
      return (handler.exec?.command ?? []).length === 0 ? [fieldError.required(`${at}.command`)] : [];
    case "httpGet":
      return optional(handler.httpGet, (action) => httpGetErrors(at, action));
    case "tcpSocket":
      return portNumberOrName(`${at}.port`, handler.tcpSocket?.port);
    case "grpc":
      return portNumberOrName(`${at}.port`, handler.grpc?.port);
    default:
      return sleepErrors(at, handler.sleep?.seconds ?? 0, gracePeriodSeconds);
  }
}

function httpGetErrors(path: string, { path: url, port, scheme, httpHeaders }: HTTPGetAction): FieldError[] {
  return [
    ...required(`${path}.path`, url),
    ...portNumberOrName(`${path}.port`, port),
    ...required(`${path}.scheme`, scheme),
    ...(httpHeaders ?? []).flatMap(({ name }) => matches(`${path}.httpHeaders`, name ?? "", httpHeaderNameErrors)),
  ];
}

function sleepErrors(path: string, seconds: number, gracePeriodSeconds: number | undefined): FieldError[] {
  if (gracePeriodSeconds === undefined || (seconds >= 0 && seconds <= gracePeriodSeconds)) return [];
  return [fieldError.invalid(path, seconds, `must be non-negative and less than terminationGracePeriodSeconds (${gracePeriodSeconds})`)];
}

export function lifecycleErrors(path: string, lifecycle: Lifecycle | undefined, gracePeriodSeconds: number | undefined, os: string | undefined): FieldError[] {
  if (lifecycle === undefined) return [];
  return [
    ...optional(lifecycle.postStart, (handler) => handlerErrors(`${path}.postStart`, handler, gracePeriodSeconds)),
    ...optional(lifecycle.preStop, (handler) => handlerErrors(`${path}.preStop`, handler, gracePeriodSeconds)),
    ...optional(lifecycle.stopSignal, () =>
      os ? [] : [fieldError.forbidden(`${path}.stopSignal`, "may not be set for containers with empty `spec.os.name`")],
    ),
  ];
}

export type ProbeKind = "livenessProbe" | "readinessProbe" | "startupProbe";

export function probeErrors(path: string, kind: ProbeKind, probe: Probe | undefined, gracePeriodSeconds: number | undefined): FieldError[] {
  if (probe === undefined) return [];
  const at = `${path}.${kind}`;
  const grace = probe.terminationGracePeriodSeconds;
  const errors = handlerErrors(at, probe, gracePeriodSeconds);
  if (grace !== undefined && grace <= 0) errors.push(fieldError.invalid(`${at}.terminationGracePeriodSeconds`, grace, "must be greater than 0"));
  if (kind === "readinessProbe") {
    if (grace !== undefined) errors.push(fieldError.invalid(`${at}.terminationGracePeriodSeconds`, grace, "must not be set for readinessProbes"));
  } else if (probe.successThreshold !== 1) errors.push(fieldError.invalid(`${at}.successThreshold`, probe.successThreshold ?? 0, "must be 1"));
  return errors;
}
