/** Static tokens from a file (--token-auth-file). */
import { createHash } from "node:crypto";
import type { UserInfo } from "../contract.ts";
import type { TokenUsers } from "./token-authenticator.ts";

/**
 * Lines of `token,user name,user uid[,"group,group"]`; quotes as in CSV. Blank lines and lines that start with # are
 * skipped. Errors never quote a token.
 */
export function parseTokenFile(text: string): Map<string, UserInfo> {
  const users = new Map<string, UserInfo>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const [token = "", name = "", uid = "", groups = ""] = csvFields(line).map((field) => field.trim());
    if (token === "" || name === "" || csvFields(line).length < 3) {
      throw new Error(`cannot read token file: line ${index + 1} needs at least a token, a user name and a uid`);
    }
    const groupList = groups.split(",").filter((group) => group !== "");
    users.set(digest(token), { name, ...(uid === "" ? {} : { uid }), groups: groupList });
  }
  return users;
}

/** `users` as `parseTokenFile` gives them: tokens are kept as digests only, which also makes look-ups constant-time. */
export function fileTokens(users: ReadonlyMap<string, UserInfo>): TokenUsers {
  return async (token) => users.get(digest(token));
}

function digest(token: string): string {
  return createHash("sha256").update(token).digest("base64");
}

function csvFields(line: string): string[] {
  const fields: string[] = [];
  for (const match of line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)) fields.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? "");
  return fields;
}
