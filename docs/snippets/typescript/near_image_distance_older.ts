// Search by an image within a distance, with versions 1 and 2 of the TypeScript client (weaviate-ts-client).

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

// Version 1.4 of the package can't be had by `import` in Node.js, so both are had by `require`.
const { default: weaviate, ApiKey } = createRequire(import.meta.url)("weaviate-ts-client");

const http = new URL(process.env.WEAVIATE_URL ?? "http://127.0.0.1:8080");
const key = process.env.WEAVIATE_API_KEY;
const client = weaviate.client({
  scheme: http.protocol.replace(":", ""),
  host: http.host,
  apiKey: key ? new ApiKey(key) : undefined,
});

const content = await readFile(process.env.IMAGE ?? "Corgi.jpg"); // this client reads no files itself
const base64String = content.toString("base64");
const distance = Number(process.env.DISTANCE ?? "0.2"); // not 0: this client leaves that out

const response = await client.graphql
  .get()
  .withClassName(process.env.COLLECTION ?? "Dog")
  .withFields("breed")
  .withNearImage({ image: base64String, distance })
  .do();
console.log(JSON.stringify(response));
