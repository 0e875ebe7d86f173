/** Workers stand beside this file, as .ts when run from source and as .js when compiled. */
export function workerUrl(name: string): URL {
  return new URL(`./${name}${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);
}
