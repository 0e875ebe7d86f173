/** AdmissionConfiguration (apiserver.config.k8s.io): settings of admission plugins, each inline or in a file of its own. */

import { dns1123LabelErrors, dns1123SubdomainErrors } from "../../machinery/names.ts";
import { fieldError } from "../../machinery/status.ts";
import { parseYaml } from "../../machinery/yaml-codec.ts";
import { type ConfigurationKind, readConfiguration, readConfigurationValue, type Section } from "../configuration-file.ts";
import type { PodSecurityConfiguration } from "./pod-security.ts";
import { isVersion, type LevelVersion, type Mode, parseLevel, parseVersion, wrongLevel, wrongVersion } from "./pod-security-policy.ts";
import type { LimitedResource } from "./quota-coverage.ts";

/** Of plugins that are not named the defaults hold. */
export interface AdmissionConfiguration {
  readonly podSecurity?: PodSecurityConfiguration;
  readonly limitedResources?: readonly LimitedResource[];
}

const admissionKind: ConfigurationKind = {
  what: "admission configuration",
  kind: "AdmissionConfiguration",
  apiVersions: ["apiserver.config.k8s.io/v1", "apiserver.k8s.io/v1alpha1"],
};
const podSecurityKind: ConfigurationKind = {
  what: "configuration of PodSecurity",
  kind: "PodSecurityConfiguration",
  apiVersions: ["v1", "v1beta1", "v1alpha1"].map((version) => `pod-security.admission.config.k8s.io/${version}`),
};
const resourceQuotaKind: ConfigurationKind = {
  what: "configuration of ResourceQuota",
  kind: "ResourceQuotaConfiguration",
  apiVersions: ["apiserver.config.k8s.io/v1"],
};

/** What each plugin's configuration adds to the whole. */
const readers: Readonly<Record<string, (value: unknown) => AdmissionConfiguration>> = {
  PodSecurity: (value) => ({ podSecurity: readConfigurationValue(value, podSecurityKind, podSecurityOf) }),
  ResourceQuota: (value) => ({ limitedResources: readConfigurationValue(value, resourceQuotaKind, limitedResourcesOf) }),
};

/** `readFile` gets the paths of plugins' own files as they are written. Throws, saying where, for what is no valid configuration. */
export function parseAdmissionConfiguration(text: string, readFile: (path: string) => string): AdmissionConfiguration {
  return readConfiguration(text, admissionKind, (root) => {
    const seen = new Set<string>();
    const parts = root.sections("plugins").map((plugin) => pluginOf(plugin, seen, readFile));
    return Object.assign({}, ...parts) as AdmissionConfiguration;
  });
}

function pluginOf(section: Section, seen: Set<string>, readFile: (path: string) => string): AdmissionConfiguration {
  const name = section.text("name");
  const path = section.text("path");
  const inline = section.value("configuration");
  const read = readers[name];
  if (name === "") section.errors.push(fieldError.required(section.at("name")));
  else if (read === undefined) section.errors.push(fieldError.notSupported(section.at("name"), name, Object.keys(readers)));
  else if (seen.has(name)) section.errors.push(fieldError.duplicate(section.at("name"), name));
  seen.add(name);
  // As upstream: what is inline counts before the file.
  const value = inline ?? (path === "" || read === undefined ? undefined : parseYaml(readFile(path), { strict: true }));
  return read === undefined || value === undefined ? {} : read(value);
}

function podSecurityOf(root: Section): PodSecurityConfiguration {
  const defaults = root.section("defaults");
  const exemptions = root.section("exemptions");
  const level = (mode: Mode) => defaultLevel(defaults, mode);
  return {
    defaults: { enforce: level("enforce"), audit: level("audit"), warn: level("warn") },
    exemptions: {
      usernames: names(exemptions, "usernames", () => []),
      namespaces: names(exemptions, "namespaces", dns1123LabelErrors),
      runtimeClasses: names(exemptions, "runtimeClasses", dns1123SubdomainErrors),
    },
  };
}

function defaultLevel(section: Section | undefined, mode: Mode): LevelVersion {
  const level = section?.optionalText(mode) ?? "privileged";
  const version = section?.optionalText(`${mode}-version`) ?? "latest";
  if (parseLevel(level) === undefined) section?.errors.push(fieldError.invalid(section.at(mode), level, wrongLevel));
  if (!isVersion(version)) section?.errors.push(fieldError.invalid(section.at(`${mode}-version`), version, wrongVersion));
  return { level: parseLevel(level) ?? "restricted", minor: parseVersion(version) };
}

function names(section: Section | undefined, field: string, problemsOf: (name: string) => readonly string[]): string[] {
  const found = section?.texts(field) ?? [];
  for (const [index, name] of found.entries()) {
    const path = `${section?.at(field)}[${index}]`;
    const problems = problemsOf(name);
    if (name === "" && problems.length === 0) section?.errors.push(fieldError.required(path));
    else if (problems.length > 0) section?.errors.push(fieldError.invalid(path, name, problems.join(", ")));
    else if (found.indexOf(name) < index) section?.errors.push(fieldError.duplicate(path, name));
  }
  return found;
}

function limitedResourcesOf(root: Section): LimitedResource[] {
  return root.sections("limitedResources").map((section) => {
    const resource = section.text("resource");
    if (resource === "") section.errors.push(fieldError.required(section.at("resource")));
    const matchScopes = section.sections("matchScopes").map((scope) => ({
      scopeName: scope.text("scopeName"),
      operator: scope.text("operator"),
      values: scope.texts("values"),
    }));
    return { apiGroup: section.text("apiGroup"), resource, matchContains: section.texts("matchContains"), matchScopes };
  });
}
