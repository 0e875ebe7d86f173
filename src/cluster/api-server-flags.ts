/**
 * What administrators tell the API server about identities, rights and records: flags with kube-apiserver's names, kept with
 * the cluster. Files are read when the control plane starts.
 */
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { type AdmissionConfiguration, parseAdmissionConfiguration } from "../apiserver/admission/admission-configuration.ts";
import { parseAuthenticationConfiguration } from "../apiserver/authentication/authentication-configuration.ts";
import { parseTokenFile } from "../apiserver/authentication/token-file.ts";
import { parseAuthorizationConfiguration } from "../apiserver/authorization/authorization-configuration.ts";
import { apiServerSettings, type SettingsFlags, settingsFlagNames } from "./api-server-settings.ts";
import { type AuditFlags, absoluteLogPath, auditFlagNames, checkAuditFlags } from "./audit-flags.ts";
import type { IdentityOptions } from "./identity.ts";
import { ReloadedFile } from "./reloaded-file.ts";
import { serviceAccountIssuer } from "./service-account-issuer.ts";
import { systemClock } from "./system-clock.ts";
import { webhookServer } from "./webhook-server.ts";

/** Paths are absolute once they are kept. */
export interface ApiServerFlags extends AuditFlags, SettingsFlags {
  readonly authenticationConfig?: string;
  readonly authorizationConfig?: string;
  readonly tokenAuthFile?: string;
  readonly authenticationTokenWebhookConfigFile?: string;
  readonly anonymousAuth?: boolean;
  readonly requestheaderClientCaFile?: string;
  readonly requestheaderAllowedNames?: readonly string[];
  readonly requestheaderUsernameHeaders?: readonly string[];
  readonly requestheaderUidHeaders?: readonly string[];
  readonly requestheaderGroupHeaders?: readonly string[];
  readonly requestheaderExtraHeadersPrefix?: readonly string[];
  readonly admissionControlConfigFile?: string;
}

/** Those that name a file. */
export const fileFlags = [
  "authenticationConfig",
  "authorizationConfig",
  "tokenAuthFile",
  "authenticationTokenWebhookConfigFile",
  "requestheaderClientCaFile",
  "admissionControlConfigFile",
  "auditWebhookConfigFile",
] as const;
const others = [
  "anonymousAuth",
  "requestheaderAllowedNames",
  "requestheaderUsernameHeaders",
  "requestheaderUidHeaders",
  "requestheaderGroupHeaders",
  "requestheaderExtraHeadersPrefix",
  ...auditFlagNames,
  ...settingsFlagNames,
] as const;

/** What is not asked for anew stays; a file of "" takes the setting back. `asked` may hold more than these flags. */
export function mergedFlags(asked: ApiServerFlags, existing: ApiServerFlags = {}): ApiServerFlags {
  const given = Object.fromEntries([
    ...fileFlags.flatMap((flag) => (asked[flag] === undefined ? [] : [[flag, asked[flag] === "" ? "" : resolve(asked[flag])]])),
    ...others.flatMap((flag) => (asked[flag] === undefined ? [] : [[flag, asked[flag]]])),
    ...(asked.auditLogPath === undefined ? [] : [["auditLogPath", absoluteLogPath(asked.auditLogPath)]]),
  ]) as ApiServerFlags;
  return Object.fromEntries(Object.entries({ ...existing, ...given }).filter(([, value]) => value !== "")) as ApiServerFlags;
}

export interface FlagsContext {
  readonly clusterDomain: string;
  /** There is an audit policy. */
  readonly audits: boolean;
}

/** Refuses what the control plane could not start with, saying which file it is. */
export function checkFlags(flags: ApiServerFlags, context: FlagsContext): void {
  const { authorization } = identityOptions(flags, context);
  admissionConfiguration(flags);
  apiServerSettings(flags);
  checkAuditFlags(flags);
  for (const authorizer of authorization?.value.authorizers ?? []) {
    if (authorizer.type === "Webhook") webhookServer(authorizer.webhook.kubeConfigFile, systemClock, authorizer.webhook.timeoutMs);
  }
  for (const file of [flags.authenticationTokenWebhookConfigFile, flags.auditWebhookConfigFile]) {
    if (file !== undefined) webhookServer(file, systemClock, 1);
  }
  if (flags.auditWebhookConfigFile !== undefined && !context.audits) {
    throw new Error("cannot audit to a webhook without a policy: give one by --audit-policy");
  }
}

/** What the flags make of the API server's identities. Throws, naming the file, for what cannot be used. */
export function identityOptions(flags: ApiServerFlags, { clusterDomain }: Pick<FlagsContext, "clusterDomain">): IdentityOptions {
  const { authenticationConfig, authorizationConfig, tokenAuthFile, authenticationTokenWebhookConfigFile, anonymousAuth } = flags;
  const issuers = [serviceAccountIssuer(clusterDomain)];
  const authentication =
    authenticationConfig === undefined ? undefined : new ReloadedFile(authenticationConfig, (text) => parseAuthenticationConfiguration(text, issuers));
  if (anonymousAuth !== undefined && authentication?.value.anonymous !== undefined) {
    throw new Error("cannot use --anonymous-auth: the authentication configuration says who may come without credentials");
  }
  const frontProxy = frontProxyOf(flags);
  return {
    ...(authentication === undefined ? {} : { authentication }),
    ...(anonymousAuth === undefined ? {} : { anonymous: { enabled: anonymousAuth, paths: undefined } }),
    ...(authorizationConfig === undefined ? {} : { authorization: new ReloadedFile(authorizationConfig, parseAuthorizationConfiguration) }),
    ...(tokenAuthFile === undefined ? {} : { tokenFile: new ReloadedFile(tokenAuthFile, parseTokenFile).value }),
    ...(authenticationTokenWebhookConfigFile === undefined ? {} : { authenticationWebhook: { kubeConfigFile: authenticationTokenWebhookConfigFile } }),
    ...(frontProxy === undefined ? {} : { frontProxy }),
  };
}

/** What the flags say of admission plugins. Throws, naming the file, for what cannot be used. */
export function admissionConfiguration({ admissionControlConfigFile: file }: ApiServerFlags): AdmissionConfiguration {
  if (file === undefined) return {};
  const beside = (path: string) => readFileSync(resolve(dirname(file), path), "utf8");
  return new ReloadedFile(file, (text) => parseAdmissionConfiguration(text, beside)).value;
}

function frontProxyOf(flags: ApiServerFlags): IdentityOptions["frontProxy"] {
  const { requestheaderClientCaFile: file } = flags;
  const named = {
    ...headers("usernameHeaders", flags.requestheaderUsernameHeaders),
    ...headers("uidHeaders", flags.requestheaderUidHeaders),
    ...headers("groupHeaders", flags.requestheaderGroupHeaders),
    ...headers("extraHeaderPrefixes", flags.requestheaderExtraHeadersPrefix),
  };
  const allowedNames = flags.requestheaderAllowedNames;
  if (file !== undefined) return { ca: certificates(file), allowedNames: allowedNames ?? [], ...named };
  if (allowedNames === undefined && Object.keys(named).length === 0) return undefined;
  throw new Error("cannot use --requestheader flags: --requestheader-client-ca-file says whose word on users counts");
}

function headers(name: string, values: readonly string[] | undefined): Readonly<Record<string, readonly string[]>> {
  return values === undefined ? {} : { [name]: values };
}

function certificates(file: string): string {
  try {
    const pem = readFileSync(file, "utf8");
    new X509Certificate(pem);
    return pem;
  } catch (cause) {
    throw new Error(`cannot use ${file}: it holds no certificates in PEM form`, { cause });
  }
}
