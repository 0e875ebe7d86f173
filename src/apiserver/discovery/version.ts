/** /version (AM-03): clients parse major, minor and gitVersion. */
import { pathNotFound } from "../../machinery/status.ts";
import type { RouteHandler, RouteRequest } from "../contract.ts";
import { parseAccept } from "../http/accept.ts";
import { noRepresentation } from "./forms.ts";
import { rawJson, replyDocument, requireGet } from "./reply.ts";

export interface VersionInfo {
  readonly major: string;
  readonly minor: string;
  readonly gitVersion: string;
  readonly gitCommit: string;
  readonly gitTreeState: string;
  readonly buildDate: string;
  readonly goVersion: string;
  readonly compiler: string;
  readonly platform: string;
}

/** `goVersion` and `compiler` name what this server really runs on: clients only require that they are there. */
export const defaultVersion: VersionInfo = {
  major: "1",
  minor: "36",
  gitVersion: "v1.36.0+coracle",
  gitCommit: "",
  gitTreeState: "clean",
  buildDate: "2026-04-22T00:00:00Z",
  goVersion: `node${process.versions.node}`,
  compiler: "v8",
  platform: `${process.platform}/${process.arch === "x64" ? "amd64" : process.arch}`,
};

/** There is no other form. Throws 406. */
function requireJson({ headers }: RouteRequest): void {
  const accept = headers["accept"];
  if (typeof accept !== "string" || accept === "") return;
  if (parseAccept(accept).some(({ type }) => ["application/json", "application/*", "*/*"].includes(type))) return;
  throw noRepresentation(["application/json"]);
}

export function versionRoutes(version: VersionInfo): RouteHandler[] {
  const document = { ...version, emulationMajor: version.major, emulationMinor: version.minor, minCompatibilityMajor: "1", minCompatibilityMinor: "35" };
  const body = rawJson(document);
  const serve: RouteHandler["serve"] = async (request) => {
    if (request.info.path.length > "/version/".length) throw pathNotFound();
    requireGet(request);
    requireJson(request);
    await replyDocument(request, body);
  };
  return [
    { path: "/version", serve },
    { path: "/version/", serve },
  ];
}
