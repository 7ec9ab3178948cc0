// Walks through the IPS API with the npm package soap, generated from the server's own WSDL.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
const soap = createRequire(process.env.IPS_CLIENTS + '/')('soap');

const [, , base, user, password, companyName, version] = process.argv;
const ns = `http://www.scene7.com/IpsApi/xsd/${version}`;
const png = Buffer.from('89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8cfc0000003010100c9fe92ef0000000049454e44ae426082', 'hex');
const list = (array) => (array?.items === undefined ? [] : [array.items].flat());

for (const forceSoap12Headers of [false, true]) {
  const client = await soap.createClientAsync(`${base}/scene7/webservice/IpsApi-${version}.wsdl`, { forceSoap12Headers });
  client.addSoapHeader({ authHeader: { user, password, appName: 'node' } }, '', 'ips', 'http://www.scene7.com/IpsApi/xsd');
  const call = async (name, args) => (await client[`${name}Async`](args))[0] ?? {};

  const handle = (await call('getCompanyInfo', { companyName })).companyInfo.companyHandle;
  const stamp = randomBytes(4).toString('hex');
  assert.equal((await call('createFolder', { companyHandle: handle, folderPath: `node-${stamp}` })).folderHandle, `f|${companyName}/node-${stamp}/`);

  const form = new FormData();
  form.set('auth', `<authHeader xmlns="http://www.scene7.com/IpsApi/xsd"><user>${user}</user><password>${password}</password></authHeader>`);
  form.set('uploadParams', `<uploadPostParam xmlns="${ns}"><companyHandle>${handle}</companyHandle><jobName>node ${stamp}</jobName><destFolder>node-${stamp}</destFolder><endJob>true</endJob><uploadParams><overwrite>true</overwrite><readyForPublish>true</readyForPublish><createMask>false</createMask><emailSetting>None</emailSetting></uploadParams></uploadPostParam>`);
  form.set('file', new Blob([png]), `dot-${stamp}.png`);
  const answer = await (await fetch(`${base}/scene7/UploadFile`, { method: 'POST', body: form })).text();
  const job = answer.match(/<jobHandle>(.*)<\/jobHandle>/)[1];
  for (let i = 0; i < 200; i++) {
    if (list((await call('getActiveJobs', { companyHandle: handle, jobHandle: job })).jobArray).length === 0) break;
    await new Promise((done) => setTimeout(done, 100));
  }
  const logs = list((await call('getJobLogDetails', { companyHandle: handle, jobHandle: job })).jobLogArray);
  const types = list(logs[0].detailArray).map((row) => row.logType);
  assert.equal(types.at(-1), 'EndUpload');
  assert.ok(types.includes('UploadSuccess'));

  const found = await call('searchAssets', {
    companyHandle: handle, folder: `${companyName}/node-${stamp}`, includeSubfolders: true,
    systemFieldConditionArray: { items: [{ field: 'Name', op: 'Equals', value: `dot-${stamp}` }] },
  });
  assert.equal(found.totalRows, 1);
  const asset = list(found.assetArray)[0];
  assert.equal(asset.imageInfo.width, 1);
  assert.equal(Number(asset.imageInfo.fileSize), png.length);

  const moved = (await call('createFolder', { companyHandle: handle, folderPath: `node-${stamp}/moved` })).folderHandle;
  await call('moveAsset', { companyHandle: handle, assetHandle: asset.assetHandle, folderHandle: moved });
  const field = (await call('createMetadataField', { companyHandle: handle, assetType: 'Image', name: `n${stamp}`, fieldType: 'String' })).fieldHandle;
  await call('setAssetMetadata', { companyHandle: handle, assetHandle: asset.assetHandle, updateArray: { items: [{ fieldHandle: field, value: 'größe & <mehr>' }] } });
  const again = list((await call('getAssetsByName', { companyHandle: handle, nameArray: { items: [`dot-${stamp}`] } })).assetArray)[0];
  assert.equal(again.folder, `${companyName}/node-${stamp}/moved/`);
  assert.equal(list(again.metadataArray)[0].value, 'größe & <mehr>');

  const deleted = await call('deleteAssets', { companyHandle: handle, assetHandleArray: { items: [asset.assetHandle, 'a|999999'] } });
  assert.deepEqual([deleted.successCount, deleted.errorCount], [1, 1]);
  assert.equal(list(deleted.errorDetailArray)[0].code, 30001);
  await assert.rejects(call('renameAsset', { companyHandle: handle, assetHandle: asset.assetHandle, newName: 'x', validateName: true }), /ipsApiFault/);
}
console.log('ok');
