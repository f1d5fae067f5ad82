// Asks Weaviate with its official TypeScript client: a question a line on standard input, an answer a line on standard
// output. It decides nothing: what became of a question is judged by the program that started it.
//
// Started as `node ask.mjs FOLDER`; FOLDER has the installed packages. The first line in has the addresses of the
// database, the first line out says that the client is there. It ends with its standard input.

import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";

const out = process.stdout;
console.log = console.info = console.error; // the client's own words must not stand between the answers

const require = createRequire(join(process.argv[2], "package.json"));
const weaviate = require("weaviate-client");
const { Filters, toBase64FromMedia } = weaviate;

const TESTS = {
  Equal: "equal",
  NotEqual: "notEqual",
  GreaterThan: "greaterThan",
  GreaterThanEqual: "greaterOrEqual",
  LessThan: "lessThan",
  LessThanEqual: "lessOrEqual",
  Like: "like",
  IsNull: "isNull",
};

/** A threshold; JSON has no words for NaN and the infinities, so they come as text. */
const number = (value) => (value === null ? undefined : Number(value));
const given = (value) => (value === null || value.length === 0 ? undefined : value);

function filter(collection, where) {
  const operands = where.operands.map((one) => filter(collection, one));
  if (where.operator === "And") return Filters.and(...operands);
  if (where.operator === "Or") return Filters.or(...operands);
  if (where.operator === "Not") return Filters.not(operands[0]);
  return collection.filter.byProperty(where.path[0])[TESTS[where.operator]](where.value);
}

function options(collection, question) {
  return {
    limit: question.limit ?? undefined,
    offset: question.offset ?? undefined,
    autoLimit: question.autocut ?? undefined,
    distance: number(question.distance),
    certainty: number(question.certainty),
    filters: question.where === null ? undefined : filter(collection, question.where),
    targetVector: given(question.target_vectors),
    returnProperties: question.properties,
    returnMetadata: question.additional.filter((name) => name === "distance" || name === "certainty"),
    includeVector: given(question.vectors) ?? question.additional.includes("vector"),
  };
}

/** What the client is called with, in the form that was asked for: text, the name of a file, or a Buffer. */
const media = (image) => (image.form === "Buffer" ? Buffer.from(image.text, "base64") : image.text);

async function search(collection, question, image) {
  const { near } = question;
  const with_ = options(collection, question);
  switch (near.kind) {
    case "image":
      return collection.query.nearImage(image, with_);
    case "text":
      return collection.query.nearText(near.concepts, with_);
    case "vector":
      return collection.query.nearVector(near.vector, with_);
    default:
      return collection.query.nearObject(near.id, with_);
  }
}

const hit = (object) => ({
  id: object.uuid,
  distance: object.metadata?.distance ?? null,
  certainty: object.metadata?.certainty ?? null,
  vectors: object.vectors,
  properties: object.properties,
});

/** An error as it was thrown; `unsent` if the client does not even take the image. */
async function thrown(error, image) {
  let unsent = false;
  if (image !== undefined) {
    unsent = await toBase64FromMedia(image).then(
      () => false,
      () => true,
    );
  }
  return { name: error?.name ?? typeof error, message: String(error?.message ?? error), unsent };
}

let where;
let client;

/** The one client; a connection that failed is tried again with the next question. */
function connected() {
  client ??= weaviate.connectToCustom({
    httpHost: where.http_host,
    httpPort: where.http_port,
    httpSecure: where.http_secure,
    grpcHost: where.grpc_host,
    grpcPort: where.grpc_port,
    grpcSecure: where.grpc_secure,
    authCredentials: where.api_key ? new weaviate.ApiKey(where.api_key) : undefined,
    timeout: { init: where.timeout, query: where.timeout, insert: where.timeout },
  });
  return client;
}

async function answer(question) {
  let image;
  let stage = "connecting";
  try {
    const opened = await connected();
    stage = "asking";
    let collection = opened.collections.get(question.collection);
    if (question.tenant !== null) collection = collection.withTenant(question.tenant);
    if (question.near.kind === "image") image = media(question.near);
    const found = await search(collection, question, image);
    return { hits: found.objects.map(hit) };
  } catch (error) {
    if (stage === "connecting") client = undefined;
    return { stage, error: await thrown(error, image) };
  }
}

const say = (what) => out.write(`${JSON.stringify(what)}\n`);

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  const heard = JSON.parse(line);
  if (where === undefined) {
    where = heard;
    say({ node: process.version });
  } else {
    answer(heard).then((what) => say({ id: heard.id, ...what }));
  }
}
process.exit(0);
