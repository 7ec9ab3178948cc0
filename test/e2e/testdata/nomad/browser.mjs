// Opens page.html, which the tests serve from another origin, in Chromium and has it
// upload a file.
//
//   node browser.mjs PAGE BASE LOGIN PASSWORD NAME SIZE CHUNK
import { createRequire } from "node:module";

const require = createRequire(process.env.SOAP_CLIENTS + "/");
const { chromium } = require("playwright-core");
const [page, base, login, password, name, size, chunk] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--no-proxy-server"] });
try {
  const tab = await browser.newPage();
  await tab.goto(page);
  const got = await tab.evaluate((a) => upload(...a), [base, login, password, name, Number(size), Number(chunk)]);
  console.log(JSON.stringify(got));
  console.log("ok");
} finally {
  await browser.close();
}
