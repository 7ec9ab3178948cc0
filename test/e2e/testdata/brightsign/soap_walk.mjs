// Uploads files and a web page with the npm package soap, made from the server's own WSDL,
// with its WSSecurity, whose messages bear a time stamp. What was stored is printed as
// `stored NUMBER SHA1 FILENAME`.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
const soap = createRequire(process.env.SOAP_CLIENTS + '/')('soap');

const [, , base, user, password] = process.argv;
const chunk = 262144;
const stamp = randomBytes(4).toString('hex');
const sha1 = (data) => createHash('sha1').update(data).digest('hex');
const stored = (number, data, name, word = 'stored') => console.log(word, number, sha1(data), name);

async function connect(password) {
  const client = await soap.createClientAsync(`${base}/Uploads/2014/07/SOAP/WSDL/`);
  client.setSecurity(new soap.WSSecurity(user, password, { hasTimeStamp: true, hasTokenCreated: true, hasNonce: true, mustUnderstand: true }));
  return async (operation, parameters) => {
    const [result, , header] = await client[`${operation}Async`](parameters);
    assert.ok(header?.Security?.Timestamp?.Created, `${operation}: the reply bears no time stamp`);
    return result?.[`${operation}Result`] ?? null;
  };
}
const call = await connect(password);
const typed = (type, members) => ({ attributes: { 'xsi:type': `tns:${type}` }, ...members });

// Runs what has to fail and reads the fault as programs do.
async function faulty(what, words, code, promise) {
  try {
    await promise;
  } catch (error) {
    const fault = error.root?.Envelope?.Body?.Fault ?? assert.fail(`${what}: ${error.message}`);
    assert.match(fault.detail.FileUploadFault.Message, words, what);
    const faultcode = fault.faultcode.$value ?? fault.faultcode;
    assert.equal(faultcode.split(':').at(-1), code, what);
    assert.equal(error.response.status, 500, what);
    return;
  }
  assert.fail(`${what}: a fault was expected`);
}

async function append(sessionToken, uploadToken, data) {
  const count = Math.ceil(data.length / chunk);
  const parts = Array.from({ length: count }, (_, i) => count - 1 - i); // the last first
  const next = async () => {
    for (let part; (part = parts.shift()) !== undefined;) {
      const piece = data.subarray(part * chunk, (part + 1) * chunk);
      assert.equal(await call('AppendChunk', { sessionToken, uploadToken, partNumber: part, data: piece.toString('base64'), offset: part * chunk }), true);
    }
  };
  await Promise.all(Array.from({ length: 8 }, next));
}

async function upload(args, data) {
  const status = await call('StartFileUpload', { args });
  assert.equal(status.State, 'Started');
  await append(status.SessionToken, status.UploadToken, data);
  assert.equal((await call('GetFileUploadStatus', { uploadToken: status.UploadToken })).State, 'Uploaded');
  const done = await call('CompleteFileUpload', { args: { ...args, UploadToken: status.UploadToken } });
  assert.equal(done.State, 'Completed');
  assert.ok(done.ContentId > 0);
  return done;
}

// Two files at the same time.
const large = randomBytes(3_000_001);
const name = `node-${stamp}-Größe & mehr.mp4`;
const both = await Promise.all([
  upload({ ChunksCount: 12, ContentType: 'Video', FileLastModifiedDate: '2020-01-02T03:04:05Z', FileName: name, FileSize: large.length, SHA1Hash: sha1(large), VirtualPath: `\\node-${stamp}\\sub\\` }, large),
  upload({ ContentType: 'Auto', FileName: `small-${stamp}.zip`, FileSize: 10 }, large.subarray(0, 10)),
]);
stored(both[0].ContentId, large, name);
stored(both[1].ContentId, large.subarray(0, 10), `small-${stamp}.zip`);
assert.equal(both[0].SHA1Hash, sha1(large));
assert.equal(both[1].SHA1Hash, sha1(large.subarray(0, 10)).toUpperCase());
const status = await call('GetFileUploadStatus', { uploadToken: both[0].UploadToken });
assert.deepEqual([status.State, status.ContentId, Number(status.FileSize), status.ChunksTotal], ['Completed', both[0].ContentId, large.length, 12]);
assert.ok(status.EndTime instanceof Date && status.StartTime <= status.EndTime);

// Tokens that nobody has.
assert.equal(await call('GetFileUploadStatus', { uploadToken: 'nobody' }), null);
assert.equal(await call('CancelFileUpload', { uploadToken: 'nobody' }), null);
assert.equal(await call('GetWebPageUploadStatus', { sessionToken: 'nobody' }), null);

// Faults.
await faulty('wrong password', /could not be validated/, 'FailedAuthentication', (await connect('wrong'))('GetFileUploadStatus', { uploadToken: 'x' }));
const part = await call('StartFileUpload', { args: { FileName: `part-${stamp}.zip`, FileSize: 100 } });
await call('AppendChunk', { uploadToken: part.UploadToken, partNumber: 0, data: Buffer.from('forty').toString('base64'), offset: 0 });
await faulty('incomplete', /incomplete: 5 of 100 bytes received; first gap at offset 5/, 'Client', call('CompleteFileUpload', { args: { UploadToken: part.UploadToken } }));
assert.equal((await call('CancelFileUpload', { uploadToken: part.UploadToken })).State, 'Cancelled');
await faulty('name', /128/, 'Client', call('StartFileUpload', { args: { FileName: 'n'.repeat(129) } }));

// A web page with three files in directories.
const page = `index-${stamp}.html`;
let html = randomBytes(900);
const files = {
  css: ['css\\', `main-${stamp}.css`, randomBytes(700)],
  img: ['img\\big\\', `one-${stamp}.png`, randomBytes(400_000)],
  js: ['js\\', `app-${stamp}.js`, randomBytes(800)],
};
const asset = (key, members = {}) => {
  const [RelativePath, FileName, data] = files[key];
  return { ContentType: 'Auto', FileName, FileSize: data.length, SHA1Hash: sha1(data), ...members, RelativePath };
};
const pageArguments = (keys, members = {}) => ({
  ContentType: 'WebPage', FileName: page, FileSize: html.length, SHA1Hash: sha1(html), VirtualPath: `\\node-${stamp}\\pages\\`, ...members,
  Assets: { WebPageAssetUploadArguments: keys.map((key) => asset(key)) }, Name: `Node page ${stamp}`,
});
const ids = (session) => session.Assets.ContentUploadStatus.map((a) => a.ContentId);
const slot = (session, key) => session.Assets.ContentUploadStatus.find((a) => a.SHA1Hash === sha1(files[key][2])).UploadToken;

let session = await call('StartWebPageUploadSession', { args: pageArguments(['css', 'img', 'js']) });
const { SessionToken } = session;
assert.deepEqual(session.Assets.ContentUploadStatus.map((a) => [a.FileName, a.State]), ['css', 'img', 'js'].map((key) => [files[key][1], 'Queued']));
assert.equal(session.Name, `Node page ${stamp}`);
const early = call('CompleteWebPageUploadSession', { args: { SessionToken } });
await faulty('the page is missing', /web page file is not uploaded/, 'Client', early);
const main = await upload({ ContentType: 'WebPage', FileName: page, FileSize: html.length, SessionToken, UploadToken: session.UploadToken }, html);
await faulty('assets are missing', new RegExp(files.js[1]), 'Client', call('CompleteWebPageUploadSession', { args: { SessionToken } }));
const assets = await Promise.all(['css', 'img', 'js'].map((key) => upload(typed('WebPageAssetUploadArguments', asset(key, { SessionToken, UploadToken: slot(session, key) })), files[key][2])));
['css', 'img', 'js'].forEach((key, i) => stored(assets[i].ContentId, files[key][2], files[key][1]));
const created = await call('CompleteWebPageUploadSession', { args: pageArguments(['css', 'img', 'js'], { SessionToken }) });
assert.deepEqual([created.State, created.ContentId, ids(created)], ['Completed', main.ContentId, assets.map((a) => a.ContentId)]);
assert.equal((await call('GetWebPageUploadStatus', { sessionToken: SessionToken })).State, 'Completed');

// Its next version: the style stays, the picture is another one, the script is dropped.
html = randomBytes(950);
files.img[2] = randomBytes(400_001);
const WebPageId = created.ContentId;
session = await call('StartWebPageUploadSession', { args: typed('WebPageUpdateArguments', { ...pageArguments(['css', 'img']), WebPageId }) });
const update = { SessionToken: session.SessionToken };
await upload(typed('ContentUpdateArguments', { ContentType: 'WebPage', FileName: page, FileSize: html.length, ...update, UploadToken: session.UploadToken, ContentId: WebPageId }), html);
const offered = await call('StartFileUpload', { args: typed('WebPageAssetUploadArguments', asset('css', { ...update, UploadToken: slot(session, 'css') })) });
assert.equal(offered.attributes['i:type'].split(':').at(-1), 'ContentNegotiationStatus');
// The package does not follow the type of a result, so its lists and numbers are as they are written.
const [match] = [offered.MatchingFiles.ContentInfo].flat();
assert.deepEqual([Number(match.Id), match.FileName, Number(match.FileSize), match.SHA1Hash.toLowerCase(), match.Type], [assets[0].ContentId, files.css[1], 700, sha1(files.css[2]), 'Auto']);
assert.equal((await call('CancelFileUpload', { uploadToken: offered.UploadToken })).State, 'Cancelled');
const picture = await upload(typed('WebPageAssetUploadArguments', asset('img', { ...update, UploadToken: slot(session, 'img') })), files.img[2]);
stored(picture.ContentId, files.img[2], files.img[1]);
const updated = await call('CompleteWebPageUploadSession', { args: typed('WebPageUpdateArguments', { ...pageArguments(['css', 'img'], update), WebPageId }) });
assert.deepEqual([updated.State, updated.ContentId, ids(updated)], ['Completed', WebPageId, [assets[0].ContentId, picture.ContentId]]);
stored(WebPageId, html, page, 'updated');
console.log('ok');
