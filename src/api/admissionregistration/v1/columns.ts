import { apiVersionOf, parseApiVersion } from "../../../machinery/object.ts";
import type { ParamKind, ParamRef } from "./common.ts";

/** `group/version, Kind=Kind`, as Go prints a GroupVersionKind; `<unset>` without one. */
export function paramKindText(kind: ParamKind | undefined): string {
  if (kind === undefined) return "<unset>";
  const apiVersion = kind.apiVersion ?? "";
  return apiVersion === "" ? (kind.kind ?? "") : `${apiVersionOf(parseApiVersion(apiVersion))}/${kind.kind ?? ""}`;
}

/** `namespace/name`, or what selects the parameters. */
export function paramRefText(reference: ParamRef | undefined): string {
  if (reference === undefined) return "<unset>";
  const name = reference.name ?? "*";
  return reference.namespace === undefined || reference.namespace === "" ? name : `${reference.namespace}/${name}`;
}
