import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { accessesOf } from "./access.ts";
import { HttpError } from "./http-error.ts";
import { routeOf } from "./routes.ts";
import { serveSystemLogs } from "./system-logs.ts";

let folder: string;
let server: Server;
let base: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "coracle-logs-"));
  await mkdir(join(folder, "pods"));
  await writeFile(join(folder, "syslog"), "line\n");
  await writeFile(join(folder, "empty"), "");
  await writeFile(join(folder, "a <b>.log"), "odd");
  await symlink("/nowhere", join(folder, "dangling"));
  server = createServer((request, response) => {
    const route = routeOf(request.url ?? "/");
    const answer = route?.type === "systemLogs" ? serveSystemLogs(folder, route.path, request, response) : Promise.reject(new HttpError(404, "no route"));
    answer.catch((error: HttpError) => response.writeHead(error.code).end(error.message));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

after(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});

async function get(path: string, method = "GET") {
  const answer = await fetch(`${base}${path}`, { redirect: "manual", method });
  return { status: answer.status, text: await answer.text(), location: answer.headers.get("location"), length: answer.headers.get("content-length") };
}

test("a folder is a page of links, a file is itself", async () => {
  const page = await get("/logs/");
  assert.equal(page.status, 200);
  assert.match(page.text, /<a href="syslog">syslog<\/a>\n/);
  assert.match(page.text, /<a href="pods\/">pods\/<\/a>\n/);
  assert.match(page.text, /<a href="a%20%3Cb%3E.log">a &#60;b&#62;.log<\/a>\n/);
  assert.deepEqual(await get("/logs"), page);
  assert.deepEqual(await get("/logs/syslog"), { status: 200, text: "line\n", location: null, length: "5" });
  assert.equal((await get("/logs/a%20%3Cb%3E.log")).text, "odd");
  assert.deepEqual([(await get("/logs/empty")).status, (await get("/logs/syslog", "HEAD")).length], [200, "5"]);
});

test("slashes are put right, and what is not there or no business of a reader is refused", async () => {
  assert.deepEqual([(await get("/logs/pods")).location, (await get("/logs/syslog/")).status], ["pods/", 404]);
  for (const path of ["/logs/none", "/logs/dangling", "/logs/syslog/x", "/logs/%2e%2e%2fpasswd", "/logs/%00"])
    assert.equal((await get(path)).status, 404, path);
  assert.equal((await get("/logs/syslog", "POST")).status, 405);
});

test("reading takes the permission nodes/log", () => {
  assert.deepEqual(accessesOf("GET", "/logs/syslog"), [{ verb: "get", subresource: "log" }]);
});
