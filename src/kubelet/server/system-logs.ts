/** The node's own log files as the kubelet's /logs/ shows them: files as they are, folders as a page of links (enableSystemLogHandler). */
import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { HttpError } from "./http-error.ts";

/** `path` is absolute within `folder` and has no "..". Links are followed: what the folder shows is its owner's choice. */
export async function serveSystemLogs(folder: string, path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method } = request;
  if (method !== "GET" && method !== "HEAD") throw new HttpError(405, "405: Method Not Allowed");
  const file = join(folder, path);
  const found = await stat(file).catch(missing);
  if (found === undefined || !(found.isFile() || found.isDirectory())) throw new HttpError(404, "404 page not found");
  if (found.isDirectory()) {
    // Links of a folder's page are relative, so its own path has to end with a slash.
    if (!path.endsWith("/")) return redirect(response, `${lastName(path)}/`);
    return send(method, response, "text/html; charset=utf-8", await folderPage(file));
  }
  response.writeHead(200, { "content-type": "text/plain; charset=utf-8", "content-length": found.size, "last-modified": found.mtime.toUTCString() });
  if (method === "HEAD" || found.size === 0) return void response.end();
  // A log grows while it is read: no more is sent than was announced.
  await pipeline(createReadStream(file, { end: found.size - 1 }), response);
}

function missing(error: NodeJS.ErrnoException): undefined {
  if (error.code === "ENOENT" || error.code === "ENOTDIR" || error.code === "ELOOP") return undefined;
  if (error.code === "EACCES") throw new HttpError(403, "403 Forbidden");
  throw error;
}

function lastName(path: string): string {
  return encodeURIComponent(path.split("/").findLast((name) => name !== "") ?? "");
}

function redirect(response: ServerResponse, location: string): void {
  response.writeHead(301, { location, "content-length": 0 });
  response.end();
}

async function folderPage(folder: string): Promise<string> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name)).sort();
  const links = names.map((name) => `<a href="${name.split("/").map(encodeURIComponent).join("/")}">${escaped(name)}</a>\n`);
  return `<!doctype html>\n<pre>\n${links.join("")}</pre>\n`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function send(method: string, response: ServerResponse, type: string, text: string): void {
  const body = Buffer.from(text);
  response.writeHead(200, { "content-type": type, "content-length": body.length, "x-content-type-options": "nosniff" });
  response.end(method === "HEAD" ? undefined : body);
}
