// What both commands need first: npm dependencies and a build that is up to date. Prints what it does, and for how long.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

export function prepare(root) {
  const lock = modified(join(root, "package-lock.json"));
  const installed = modified(join(root, "node_modules", ".package-lock.json"));
  if (installed < lock || !existsSync(join(root, "node_modules", "node", "bin", "node"))) {
    step("Installing npm dependencies", "npm", ["ci", "--no-fund", "--no-audit"], root);
  }
  if (modified(join(root, "dist", ".built")) < newestSource(root)) {
    step("Building", "npm", ["run", "--silent", "build"], root);
  }
}

function step(title, program, args, cwd) {
  const start = Date.now();
  const result = spawnSync(program, args, { cwd, encoding: "utf8" });
  const seconds = ((Date.now() - start) / 1000).toFixed(1);
  if (result.status === 0) {
    console.log(`✓ ${title} (${seconds} s)`);
    return;
  }
  console.error(`✗ ${title} (${seconds} s)\n${result.stdout ?? ""}${result.stderr ?? ""}`);
  console.error(`\n\`${program} ${args.join(" ")}\` failed${result.error ? `: ${result.error.message}` : ""}: see above; nothing was started.`);
  process.exit(1);
}

function modified(file) {
  return existsSync(file) ? statSync(file).mtimeMs : 0;
}

function newestSource(root) {
  let newest = Math.max(modified(join(root, "tsconfig.json")), modified(join(root, "tsconfig.build.json")), modified(join(root, "package-lock.json")));
  for (const folder of ["src", "test", "bench"]) {
    for (const entry of readdirSync(join(root, folder), { recursive: true, withFileTypes: true })) {
      if (entry.isFile()) newest = Math.max(newest, modified(join(entry.parentPath ?? entry.path, entry.name)));
    }
  }
  return newest;
}
