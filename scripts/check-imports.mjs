// The folders of src are the architecture: checks that imports only follow its arrows, that components do not know one
// another, and that no files import each other in a circle. Type-only imports of src/api are allowed where values are not.
import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

const component = ["client", "machinery"];
const everything = ["machinery", "api", "storage", "apiserver", "client", "controllers", "scheduler", "kubelet", "proxy", "dns", "cloud", "simulator"];
/** Folder -> folders whose values it may import. Types of src/api may be imported wherever `client` may. */
const mayImport = {
  machinery: [],
  api: ["machinery"],
  storage: ["machinery"],
  apiserver: ["api", "storage", "machinery"],
  client: ["machinery"],
  controllers: component,
  scheduler: component,
  kubelet: component,
  proxy: component,
  dns: component,
  cloud: component,
  simulator: component,
  kubectl: component,
  cluster: [...everything, "kubectl"],
  cli: ["cluster", "kubectl", "machinery"],
  testing: [...everything, "cluster", "kubectl"],
};
const importPattern = /(?:^|\n)\s*(import|export)\s+(type\s+)?([^;"']*?)\s*from\s+["']([^"']+)["']|import\(\s*["']([^"']+)["']\s*\)/g;

const problems = [];
const graph = new Map();
for (const file of globSync("src/**/*.ts")) {
  const isTest = /(\.test|contract|fake-[a-z-]+)\.ts$/.test(file);
  const from = file.split("/")[1];
  const targets = [];
  for (const match of readFileSync(file, "utf8").matchAll(importPattern)) {
    const target = match[4] ?? match[5];
    const typeOnly =
      match[2] !== undefined ||
      ((match[3] ?? "")
        .replaceAll(/[{}\s]/g, "")
        .split(",")
        .filter(Boolean)
        .every((name) => /^type[A-Z]/.test(name)) &&
        (match[3] ?? "").includes("type "));
    if (from === "machinery" && target.startsWith("node:") && !isTest) problems.push(`${file}: src/machinery is pure and may not import ${target}`);
    if (!target.startsWith(".")) continue;
    const path = normalize(join(dirname(file), target));
    const to = path.split("/")[1];
    if (!typeOnly) targets.push(path);
    if (isTest || to === from) continue;
    const allowed = mayImport[from] ?? [];
    if (allowed.includes(to)) continue;
    if (typeOnly && to === "api" && allowed.includes("machinery")) continue;
    problems.push(`${file}: src/${from} may not import ${typeOnly ? "types of " : ""}src/${to} (${target})`);
  }
  graph.set(file, targets);
}

// Depth-first search for circles of value imports.
const state = new Map();
function visit(file, path) {
  if (state.get(file) === "done") return;
  if (state.get(file) === "open") {
    problems.push(`circular import: ${[...path.slice(path.indexOf(file)), file].join(" -> ")}`);
    return;
  }
  state.set(file, "open");
  for (const next of graph.get(file) ?? []) visit(next, [...path, file]);
  state.set(file, "done");
}
for (const file of graph.keys()) visit(file, []);

for (const problem of problems) console.error(problem);
console.log(problems.length === 0 ? "imports follow the architecture" : `${problems.length} imports against the architecture (see docs/architecture.md)`);
process.exitCode = problems.length === 0 ? 0 : 1;
