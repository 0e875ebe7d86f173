/** The package as a project that depends on it sees it: `import … from "coracle"`, with types. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { run } from "./support/cluster.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

const program = `
import { createCluster, resources } from "coracle";

await using cluster = await createCluster({ nodes: 3 });
const deployments = cluster.client.of(resources.deployments).in("default");
await deployments.create({
  metadata: { name: "web" },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: "web" } },
    template: { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "main", image: "web:1" }] } },
  },
});
const deadline = Date.now() + 20_000;
while ((await deployments.get("web")).status?.readyReplicas !== 2) {
  if (Date.now() > deadline) throw new Error("the deployment is not ready");
  await new Promise((resolve) => setTimeout(resolve, 10));
}
console.log("ready");
`;

describe("the package in a project of its own", { concurrency: false }, () => {
  let project: string;

  before(() => {
    project = mkdtempSync(join(tmpdir(), "coracle-project-"));
    mkdirSync(join(project, "node_modules", "@types"), { recursive: true });
    symlinkSync(root, join(project, "node_modules", "coracle"));
    symlinkSync(join(root, "node_modules", "@types", "node"), join(project, "node_modules", "@types", "node"));
    writeFileSync(join(project, "package.json"), JSON.stringify({ name: "project", type: "module" }));
    writeFileSync(join(project, "cluster.ts"), program);
  });
  after(() => rmSync(project, { recursive: true, force: true }));

  test("a cluster is one function call away and runs what it is given", async () => {
    const { code, stdout, stderr } = await run(process.execPath, [join(project, "cluster.ts")]);
    assert.deepEqual([code, stdout], [0, "ready\n"], stderr);
  });

  test("its types hold under the strictest settings", async () => {
    const options = ["--strict", "--noEmit", "--module", "nodenext", "--target", "esnext", "--types", "node", "--exactOptionalPropertyTypes"];
    const { code, stdout, stderr } = await run(process.execPath, [join(root, "node_modules", ".bin", "tsc"), ...options, "cluster.ts"], { cwd: project });
    assert.equal(code, 0, stdout + stderr);
  });
});
