// Uploads a file with fetch and FormData: upload.mjs ADDRESS AUTH PARAMS PATH NAME
import { readFile } from 'node:fs/promises';

const [address, auth, params, path, name] = process.argv.slice(2);
const form = new FormData();
form.append('auth', auth);
form.append('uploadParams', params);
form.append('file', new Blob([await readFile(path)]), name);
const response = await fetch(address, { method: 'POST', body: form });
console.log(await response.text());
