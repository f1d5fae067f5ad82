// Prints an image file as base64, on one line.

import { readFile } from "node:fs/promises";

const content = await readFile(process.env.IMAGE ?? "Corgi.jpg");
const base64String = content.toString("base64");
console.log(base64String);
