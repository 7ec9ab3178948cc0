// Thumbnails of all files in a folder: node sharp.js FOLDER EDGE QUALITY AT-ONCE
const sharp = require('sharp');
const fs = require('fs');
const path = require('path');

const [folder, edge, quality, atOnce] = [process.argv[2], ...process.argv.slice(3).map(Number)];
const files = fs.readdirSync(folder).map((name) => path.join(folder, name));
sharp.cache(false);

async function hand() {
  for (let file = files.pop(); file; file = files.pop()) {
    await sharp(file).rotate().resize(edge, edge, { fit: 'inside' }).jpeg({ quality }).toBuffer();
  }
}

const began = process.hrtime.bigint();
Promise.all(Array.from({ length: atOnce }, hand)).then(
  () => console.log(Number(process.hrtime.bigint() - began) / 1e6),
  (problem) => { console.error(problem); process.exit(1); });
