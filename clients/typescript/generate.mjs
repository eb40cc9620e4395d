// Writes the types of the API: node generate.mjs <OpenAPI description> <file>
import { readFile, writeFile } from "node:fs/promises";
import openapiTS, { astToString } from "openapi-typescript";
import ts from "typescript";

const [source, target] = process.argv.slice(2);
const blob = ts.factory.createTypeReferenceNode("Blob");
// As in https://openapi-ts.dev/node (checked 2026-11-29): by default, files are strings.
const types = await openapiTS(JSON.parse(await readFile(source, "utf8")), {
  transform: (schema) => (schema.format === "binary" ? blob : undefined),
});
await writeFile(target, astToString(types));
