// What tsc does not do: .proto files that are read at run time, and the mark that says the build is whole.
import { cpSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

for (const entry of readdirSync("src", { recursive: true })) {
  if (!entry.endsWith(".proto")) continue;
  const target = join("dist", "src", entry);
  mkdirSync(dirname(target), { recursive: true });
  cpSync(join("src", entry), target);
}
writeFileSync("dist/.built", "");
