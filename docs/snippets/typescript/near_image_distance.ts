// Search by an image within a distance, with version 3 of the TypeScript client.

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
const distance = Number(process.env.DISTANCE ?? "0.2");
const found = await dogs.query.nearImage(content, { distance, returnProperties: ["breed"], limit: 100 });

const hits = found.objects.map((one) => ({ breed: one.properties.breed }));
console.log(JSON.stringify({ data: { Get: { [name]: hits } } }));
await client.close();
