// Prints what the parser finds wrong with the document in the file that is named; nothing if nothing.
import { readFileSync } from "node:fs";
import { Parser } from "@asyncapi/parser";

const { document, diagnostics } = await new Parser().parse(readFileSync(process.argv[2], "utf8"));
for (const { code, path, message } of diagnostics) console.log(code, path.join("."), message);
if (!document) console.log("There is no document.");
