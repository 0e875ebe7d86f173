// Links inside the documentation must lead somewhere: code moves, and a guide that points nowhere is worse than none.
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

const problems = [];
for (const file of ["README.md", ...globSync("docs/**/*.md")]) {
  for (const [, target] of readFileSync(file, "utf8").matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)) {
    if (!/^[a-z]+:/.test(target) && !existsSync(join(dirname(file), target))) problems.push(`${file}: ${target} does not exist`);
  }
}
for (const problem of problems) console.error(problem);
console.log(problems.length === 0 ? "links in the documentation lead somewhere" : `${problems.length} broken links in the documentation`);
process.exitCode = problems.length === 0 ? 0 : 1;
