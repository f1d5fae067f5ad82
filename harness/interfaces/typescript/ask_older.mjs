// Asks Weaviate with its older TypeScript client, `weaviate-ts-client`: a question a line on standard input, an answer a
// line on standard output. It decides nothing: what became of a question is judged by the program that started it.
//
// Started as `node ask_older.mjs FOLDER`; FOLDER has the installed packages. The first line in has the address of the
// database, the first line out says that the client is there. It ends with its standard input.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";

const out = process.stdout;
console.log = console.info = console.error; // the client's own words must not stand between the answers

const require = createRequire(join(process.argv[2], "package.json"));
const { default: weaviate, ApiKey } = require("weaviate-ts-client");

/** The image as this client takes it: base64. It does not read files, so that is done here, as its users do. */
async function base64(image) {
  if (image.form === "base64") return image.text;
  const content = await readFile(image.text);
  return content.toString("base64");
}

async function asked(client, question) {
  const { near, threshold } = question;
  const query = client.graphql.get().withClassName(question.collection);
  if (near.kind === "image") query.withNearImage({ ...threshold, image: await base64(near) });
  else if (near.kind === "text") query.withNearText({ ...threshold, concepts: near.concepts });
  else if (near.kind === "vector") query.withNearVector({ ...threshold, vector: near.vector });
  else query.withNearObject({ ...threshold, id: near.id });
  const additional = question.additional.length ? [`_additional { ${question.additional.join(" ")} }`] : [];
  query.withFields([...question.properties, ...additional].join(" "));
  if (question.limit !== null) query.withLimit(question.limit);
  if (question.offset !== null) query.withOffset(question.offset);
  if (question.autocut !== null) query.withAutocut(question.autocut);
  if (question.tenant !== null) query.withTenant(question.tenant);
  if (question.where !== null) query.withWhere(question.where);
  if (question.sort !== null) query.withSort(question.sort);
  return query.do();
}

let client;

async function answer(where, question) {
  try {
    client ??= weaviate.client({
      scheme: where.scheme,
      host: where.host,
      apiKey: where.api_key ? new ApiKey(where.api_key) : undefined,
    });
    return { status: 200, body: await asked(client, question) };
  } catch (error) {
    const { response } = error;
    if (response?.status !== undefined) {
      const { status, headers, ...body } = response;
      return typeof body.error === "string" ? { status, text: body.error } : { status, body };
    }
    const said = [error?.message ?? error, error?.cause?.message].filter(Boolean).join(": ");
    return said.startsWith("invalid usage") ? { refused: said } : { lost: said };
  }
}

const say = (what) => out.write(`${JSON.stringify(what)}\n`);

let where;
for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  const heard = JSON.parse(line);
  if (where === undefined) {
    where = heard;
    say({ node: process.version });
  } else {
    answer(where, heard).then((what) => say({ id: heard.id, ...what }));
  }
}
process.exit(0);
