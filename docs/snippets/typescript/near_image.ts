// Search by an image as base64, with version 3 of the TypeScript client.

import { readFile } from "node:fs/promises";
import weaviate, { ApiKey } from "weaviate-client";

const http = new URL(process.env.WEAVIATE_URL ?? "http://127.0.0.1:8080");
const grpc = new URL(`${http.protocol}//${process.env.WEAVIATE_GRPC ?? "127.0.0.1:50051"}`);
const secure = http.protocol === "https:";
const key = process.env.WEAVIATE_API_KEY;
const name = process.env.COLLECTION ?? "Dog";

const client = await weaviate.connectToCustom({
  httpHost: http.hostname,
  httpPort: Number(http.port || (secure ? 443 : 80)),
  httpSecure: secure,
  grpcHost: grpc.hostname,
  grpcPort: Number(grpc.port),
  grpcSecure: secure,
  authCredentials: key ? new ApiKey(key) : undefined,
});
const dogs = client.collections.get(name);

const content = await readFile(process.env.IMAGE ?? "Corgi.jpg");
const base64String = content.toString("base64");
// The text goes in as it is, too; but the base64 of a tiny image is short enough to be taken for the name of a file.
const image = Buffer.from(base64String, "base64");
const found = await dogs.query.nearImage(image, { returnProperties: ["breed"], limit: 1 });

const hits = found.objects.map((one) => ({ breed: one.properties.breed }));
console.log(JSON.stringify({ data: { Get: { [name]: hits } } }));
await client.close();
