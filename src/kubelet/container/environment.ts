/** A container's environment from every source the API knows, in upstream's order of precedence. */
import type { ConfigMap } from "../../api/core/v1/config-map.ts";
import type { Container, EnvVar } from "../../api/core/v1/container.ts";
import type { Pod } from "../../api/core/v1/pod.ts";
import type { Secret } from "../../api/core/v1/secret.ts";
import { type DownwardFacts, fieldValue, resourceValue } from "./downward-api.ts";
import { expand } from "./expansion.ts";

export interface EnvironmentSources {
  readonly pod: Pod;
  readonly facts: DownwardFacts;
  /** Variables of Services: visible to $(NAME), overridden by everything else. */
  readonly services: ReadonlyMap<string, string>;
  /** Objects in the pod's namespace; undefined when they do not exist. */
  configMap(name: string): ConfigMap | undefined;
  secret(name: string): Secret | undefined;
}

/** Thrown when a source is missing: the container waits with CreateContainerConfigError and this message. */
export class EnvironmentError extends Error {
  override readonly name = "EnvironmentError";
}

/** Values are bytes, because a Secret's need not be text. envFrom first, then env (which may refer to it), then Services. */
export function containerEnvironment(container: Container, sources: EnvironmentSources): Map<string, Uint8Array> {
  const result = new Map<string, Uint8Array>();
  for (const source of container.envFrom ?? []) {
    const data = envFromData(source, sources);
    for (const [key, value] of data) result.set(`${source.prefix ?? ""}${key}`, value);
  }
  const lookup = (name: string) => {
    const value = result.get(name);
    return value === undefined ? sources.services.get(name) : Buffer.from(value).toString();
  };
  for (const variable of container.env ?? []) {
    const value = variableValue(variable, container, sources, lookup);
    if (value !== undefined) result.set(variable.name, value);
  }
  for (const [name, value] of sources.services) if (!result.has(name)) result.set(name, Buffer.from(value));
  return result;
}

type EnvFrom = NonNullable<Container["envFrom"]>[number];

function envFromData(source: EnvFrom, sources: EnvironmentSources): Map<string, Uint8Array> {
  if (source.configMapRef !== undefined) {
    const { name = "", optional } = source.configMapRef;
    const configMap = sources.configMap(name);
    if (configMap === undefined && optional !== true) throw new EnvironmentError(`configmap "${name}" not found`);
    return new Map(
      Object.entries(configMap?.data ?? {})
        .sort(byKey)
        .map(([key, value]) => [key, Buffer.from(value)]),
    );
  }
  if (source.secretRef === undefined) return new Map();
  const { name = "", optional } = source.secretRef;
  const secret = sources.secret(name);
  if (secret === undefined && optional !== true) throw new EnvironmentError(`secret "${name}" not found`);
  return new Map(
    Object.entries(secret?.data ?? {})
      .sort(byKey)
      .map(([key, value]) => [key, Buffer.from(value, "base64")]),
  );
}

function byKey([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function variableValue(
  variable: EnvVar,
  container: Container,
  sources: EnvironmentSources,
  lookup: (name: string) => string | undefined,
): Uint8Array | undefined {
  const from = variable.valueFrom;
  if (from === undefined || (variable.value !== undefined && variable.value !== "")) return Buffer.from(expand(variable.value ?? "", lookup));
  if (from.fieldRef !== undefined) return Buffer.from(fieldValue(sources.pod, from.fieldRef.fieldPath, sources.facts));
  if (from.resourceFieldRef !== undefined) return Buffer.from(resourceOf(from.resourceFieldRef, container, sources));
  if (from.configMapKeyRef !== undefined) return configMapKey(from.configMapKeyRef, sources);
  if (from.secretKeyRef !== undefined) return secretKey(from.secretKeyRef, sources);
  throw new EnvironmentError(`cannot set variable "${variable.name}": its source is not supported by this kubelet`);
}

type ValueFrom = NonNullable<EnvVar["valueFrom"]>;

function resourceOf(ref: NonNullable<ValueFrom["resourceFieldRef"]>, container: Container, sources: EnvironmentSources): string {
  const named =
    ref.containerName === undefined || ref.containerName === ""
      ? container
      : [...sources.pod.spec.containers, ...(sources.pod.spec.initContainers ?? [])].find(({ name }) => name === ref.containerName);
  if (named === undefined) throw new EnvironmentError(`container ${ref.containerName} not found`);
  return resourceValue(named, ref.resource, ref.divisor, sources.facts);
}

function configMapKey(ref: NonNullable<ValueFrom["configMapKeyRef"]>, sources: EnvironmentSources): Uint8Array | undefined {
  const { name = "", key, optional } = ref;
  const configMap = sources.configMap(name);
  if (configMap === undefined && optional !== true) throw new EnvironmentError(`configmap "${name}" not found`);
  const value = configMap?.data?.[key];
  if (value !== undefined) return Buffer.from(value);
  if (optional === true) return undefined;
  throw new EnvironmentError(`couldn't find key ${key} in ConfigMap ${sources.pod.metadata.namespace}/${name}`);
}

function secretKey(ref: NonNullable<ValueFrom["secretKeyRef"]>, sources: EnvironmentSources): Uint8Array | undefined {
  const { name = "", key, optional } = ref;
  const secret = sources.secret(name);
  if (secret === undefined && optional !== true) throw new EnvironmentError(`secret "${name}" not found`);
  const value = secret?.data?.[key];
  if (value !== undefined) return Buffer.from(value, "base64");
  if (optional === true) return undefined;
  throw new EnvironmentError(`couldn't find key ${key} in Secret ${sources.pod.metadata.namespace}/${name}`);
}
