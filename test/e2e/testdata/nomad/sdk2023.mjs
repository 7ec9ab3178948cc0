// A client that behaves like the vendor's JavaScript kit of 2023: it reads the misspelt
// "startingPostion", calls .json() on every answer, errors included, sends parts in
// batches of eight with three tries each, and cancels the upload on any error.
//
//   node sdk2023.mjs BASE LOGIN PASSWORD FILE NAME OPTION [text] [--after-part N]
//
// It prints the id of the asset. With "text" it sends the bytes as a string, as the
// kit does, so that those of 0x80 and more arrive as two; --after-part ends the process after N parts.
import { readFileSync } from "node:fs";

const [base, login, password, path, name, option, ...more] = process.argv.slice(2);
const asText = more.includes("text");
const dieAfter = more.includes("--after-part") ? Number(more[more.indexOf("--after-part") + 1]) : Infinity;

async function call(method, address, body, token) {
  const headers = { "Content-Type": "application/json" };
  if (token) headers.Authorization = "Bearer " + token;
  const answer = await fetch(base + address, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  const parsed = await answer.json(); // fails on an empty body, as the kit does
  if (!answer.ok) {
    const e = new Error(parsed.message);
    e.status = answer.status;
    throw e;
  }
  return parsed;
}

const bytes = readFileSync(path);
const session = await call("POST", "/account/login", { userName: login, password });
let token = session.token;
if (!(session.expirationSeconds >= 60 && session.expirationSeconds <= 2000000)) throw new Error("expirationSeconds " + session.expirationSeconds);

let done = 0;
let started;
try {
  const chunk = bytes.length / 10000 > 20971520 ? bytes.length / 10000 : 20971520;
  started = await call("POST", "/asset/upload/start", {
    contentLength: bytes.length, chunkSize: Number(process.env.CHUNK ?? chunk), displayName: name, relativePath: name,
    existingAssetId: process.env.EXISTING ?? "", relatedContentId: process.env.CONTENT ?? "", parentId: process.env.PARENT ?? "", languageId: "",
    uploadOverwriteOption: option, relatedAssetId: "", createTranscribeRelatedAsset: false,
  }, token);
  for (let from = 0; from < started.parts.length; from += 8) {
    await Promise.all(started.parts.slice(from, from + 8).map(put));
  }
  await call("POST", "/asset/upload/" + started.id + "/complete", undefined, token);
} catch (error) {
  if (started) await call("POST", "/asset/upload/" + started.id + "/cancel", undefined, token);
  console.error(String(error.message ?? error));
  process.exit(3);
}
console.log(started.assetId);
console.log("ok");

async function put(part) {
  if (done >= dieAfter) return new Promise(() => {});
  const slice = bytes.subarray(part.startingPostion, part.endingPosition + 1);
  let answer;
  for (let attempt = 0; ; attempt++) {
    answer = await fetch(part.url, {
      method: "PUT", body: asText ? slice.toString("latin1") : slice, headers: { Accept: "application/json, text/plain, */*" },
    });
    if (answer.ok) break;
    if (attempt === 2) throw new Error((await answer.json()).message);
  }
  await call("POST", "/asset/upload/part/" + part.id + "/complete", { etag: answer.headers.get("etag") }, token);
  if (++done === dieAfter) process.kill(process.pid, "SIGKILL");
}
