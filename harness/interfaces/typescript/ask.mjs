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
  const [on, , name] = where.path.length === 3 ? where.path : [null, null, where.path[0]];
  const by = on === null ? collection.filter : collection.filter.byRef(on);
  return (name === "id" ? by.byId() : by.byProperty(name))[TESTS[where.operator]](where.value);
}

/** What leaves only a part of the collection to be searched, and the named vector. */
function restrictions(collection, asked) {
  return {
    distance: number(asked.distance),
    certainty: number(asked.certainty),
    filters: asked.where === null ? undefined : filter(collection, asked.where),
    targetVector: given(asked.target_vectors),
  };
}

const grouping = (by) => ({ property: by.path, numberOfGroups: by.groups, objectsPerGroup: by.objects_per_group });

function options(collection, question) {
  return {
    ...restrictions(collection, question),
    limit: question.limit ?? undefined,
    offset: question.offset ?? undefined,
    autoLimit: question.autocut ?? undefined,
    ...(question.group_by === null ? {} : { groupBy: grouping(question.group_by) }),
    returnReferences: given(
      question.references.map((one) => ({ linkOn: one.path, returnProperties: one.properties })),
    ),
    returnProperties: question.properties,
    returnMetadata: question.additional.filter((name) => name === "distance" || name === "certainty"),
    includeVector: given(question.vectors) ?? question.additional.includes("vector"),
  };
}

/** What the client is called with, in the form that was asked for: text, the name of a file, or a Buffer. */
const media = (image) => (image.form === "Buffer" ? Buffer.from(image.text, "base64") : image.text);

const SUFFIX = { image: "Image", text: "Text", vector: "Vector", object: "Object" };

/** Calls a `near…` of `query` or of `aggregate`. */
function call(namespace, near, image, with_) {
  const like = { image, text: near.concepts, vector: near.vector, object: near.id };
  return namespace[`near${SUFFIX[near.kind]}`](like[near.kind], with_);
}

const followed = (references) =>
  Object.fromEntries(
    Object.entries(references ?? {}).map(([name, one]) => [
      name,
      one.objects.map((object) => ({ id: object.uuid, properties: object.properties })),
    ]),
  );

const hit = (object) => ({
  id: object.uuid,
  distance: object.metadata?.distance ?? null,
  certainty: object.metadata?.certainty ?? null,
  vectors: object.vectors,
  properties: object.properties,
  references: followed(object.references),
});

const group = (one) => ({
  name: one.name,
  count: one.numberOfObjects,
  smallest: one.minDistance,
  largest: one.maxDistance,
  hits: one.objects.map(hit),
});

async function search(collection, question, image) {
  const found = await call(collection.query, question.near, image, options(collection, question));
  if (question.group_by !== null) return { hits: [], groups: Object.values(found.groups).map(group) };
  return { hits: found.objects.map(hit), groups: [] };
}

async function tally(collection, asked, image) {
  const name = asked.values_of;
  const metrics = () =>
    collection.metrics
      .aggregate(name)
      .text(["count", "topOccurrencesValue", "topOccurrencesOccurs"], asked.most);
  const found = await call(collection.aggregate, asked.near, image, {
    ...restrictions(collection, asked),
    objectLimit: asked.object_limit ?? undefined,
    returnMetrics: name === "" ? undefined : metrics(),
  });
  return { objects: found.totalCount, values: found.properties?.[name] ?? {} };
}

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
    return await (question.aggregate ? tally : search)(collection, question, image);
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
