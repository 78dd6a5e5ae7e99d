// Reads a list of texts as JSON from standard input and tells, as JSON, what Mermaid takes each for: its kind, its
// boxes and the number of its arrows, or why it cannot be read.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { resolve } from "node:path";

// Modules are looked up in the folder that npm installed them into, wherever this file is.
const modules = createRequire(pathToFileURL(resolve(process.argv[2], "package.json")));
const { JSDOM } = modules("jsdom");
globalThis.window = new JSDOM("").window;
globalThis.document = window.document;
const { default: mermaid } = await import(pathToFileURL(resolve(process.argv[2], "node_modules/mermaid/dist/mermaid.core.mjs")));

// Mermaid marks characters that are written by their number until it draws them.
const shown = (text) => text.replace(/ﬂ°°(\d+)¶ß/g, (_, number) => String.fromCodePoint(number));

async function read(text) {
  try {
    const { diagramType } = await mermaid.parse(text);
    const { db } = await mermaid.mermaidAPI.getDiagramFromText(text);
    if (!db.getVertices) return { type: diagramType };
    const boxes = Object.fromEntries([...db.getVertices()].map(([id, box]) => [id, shown(box.text)]));
    return { type: diagramType, boxes, arrows: db.getEdges().length };
  } catch (error) {
    return { error: String(error.message ?? error) };
  }
}

const found = [];
for (const text of JSON.parse(readFileSync(0, "utf8"))) found.push(await read(text));
process.stdout.write(JSON.stringify(found));
process.exit(0);
