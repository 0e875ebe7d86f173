// What tsc does not copy: .proto files that are read at run time.
import { cpSync, existsSync, globSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";

for (const file of globSync("src/**/*.proto")) {
  const target = join("dist", file);
  if (!existsSync(dirname(target))) mkdirSync(dirname(target), { recursive: true });
  cpSync(file, target);
}
