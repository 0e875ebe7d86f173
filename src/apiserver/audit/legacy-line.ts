/** An event as one line of text (--audit-log-format=legacy). */
import type { AuditEvent } from "./trail.ts";

interface Person {
  readonly username?: string;
  readonly groups?: readonly string[];
}

export function legacyLine(event: AuditEvent): string {
  const { user, impersonatedUser, objectRef, responseStatus, sourceIPs } = event as unknown as {
    user: Person;
    impersonatedUser?: Person;
    objectRef?: { namespace?: string };
    responseStatus?: { code?: number };
    sourceIPs?: readonly string[];
  };
  const known = user.username !== undefined && user.username !== "";
  const fields = {
    id: quoted(event.auditID),
    stage: quoted(event.stage),
    ip: quoted(sourceIPs?.[0] ?? "<unknown>"),
    method: quoted(event.verb),
    user: quoted(known ? user.username! : "<none>"),
    groups: quoted(known && user.groups?.length ? listed(user.groups) : "<none>"),
    as: quoted(impersonatedUser?.username ?? "<self>"),
    asgroups: quoted(impersonatedUser?.groups === undefined ? "<lookup>" : listed(impersonatedUser.groups)),
    "user-agent": quoted(String(event["userAgent"] ?? "")),
    namespace: quoted(objectRef?.namespace || "<none>"),
    uri: quoted(event.requestURI),
    response: `"${responseStatus?.code ?? "<deferred>"}"`,
  };
  const told = Object.entries(fields).map(([name, value]) => `${name}=${value}`);
  return `${event["requestReceivedTimestamp"]} AUDIT: ${told.join(" ")}`;
}

const quoted = (text: string) => JSON.stringify(text);
const listed = (texts: readonly string[]) => texts.map(quoted).join(",");
