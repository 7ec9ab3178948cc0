<?php
// Walks through the IPS API with PHP's SoapClient, generated from the server's own WSDL.
[, $base, $user, $password, $companyName, $version] = $argv;
$ns = "http://www.scene7.com/IpsApi/xsd/$version";
function check($what, $got, $want) {
    if ($got !== $want) {
        throw new Exception("$what: got " . var_export($got, true) . ', want ' . var_export($want, true));
    }
}
foreach ([SOAP_1_1, SOAP_1_2] as $soap) {
    $client = new SoapClient("$base/scene7/webservice/IpsApi-$version.wsdl", [
        'soap_version' => $soap, 'cache_wsdl' => WSDL_CACHE_NONE, 'features' => SOAP_SINGLE_ELEMENT_ARRAYS, 'trace' => true,
    ]);
    $client->__setSoapHeaders(new SoapHeader('http://www.scene7.com/IpsApi/xsd', 'authHeader',
        new SoapVar(['user' => $user, 'password' => $password, 'appName' => 'php'], SOAP_ENC_OBJECT)));
    $handle = $client->getCompanyInfo(['companyName' => $companyName])->companyInfo->companyHandle;
    $stamp = bin2hex(random_bytes(4));
    check('folder', $client->createFolder(['companyHandle' => $handle, 'folderPath' => "php-$stamp"])->folderHandle, "f|$companyName/php-$stamp/");

    $png = hex2bin('89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8cfc0000003010100c9fe92ef0000000049454e44ae426082');
    $boundary = "b$stamp";
    $part = fn($name, $body, $file = '') => "--$boundary\r\nContent-Disposition: form-data; name=\"$name\"" . ($file ? "; filename=\"$file\"" : '') . "\r\n\r\n$body\r\n";
    $body = $part('auth', "<authHeader xmlns=\"http://www.scene7.com/IpsApi/xsd\"><user>$user</user><password>$password</password></authHeader>")
        . $part('uploadParams', "<uploadPostParam xmlns=\"$ns\"><companyHandle>$handle</companyHandle><jobName>php $stamp</jobName><destFolder>php-$stamp</destFolder><endJob>true</endJob>"
            . '<uploadParams><overwrite>true</overwrite><readyForPublish>true</readyForPublish><createMask>false</createMask><emailSetting>None</emailSetting></uploadParams></uploadPostParam>')
        . $part('file', $png, "dot-$stamp.png") . "--$boundary--\r\n";
    $answer = file_get_contents("$base/scene7/UploadFile", false, stream_context_create(['http' => [
        'method' => 'POST', 'header' => "Content-Type: multipart/form-data; boundary=$boundary", 'content' => $body,
    ]]));
    preg_match('~<jobHandle>(.*)</jobHandle>~', $answer, $match);
    $job = html_entity_decode($match[1]);
    for ($i = 0; $i < 200; $i++) {
        $active = $client->getActiveJobs(['companyHandle' => $handle, 'jobHandle' => $job]);
        if (empty($active->jobArray->items)) {
            break;
        }
        usleep(100000);
    }
    $rows = $client->getJobLogDetails(['companyHandle' => $handle, 'jobHandle' => $job])->jobLogArray->items[0]->detailArray->items;
    $types = array_map(fn($row) => $row->logType, $rows);
    check('last row', end($types), 'EndUpload');
    check('success', in_array('UploadSuccess', $types, true), true);

    $found = $client->searchAssets(['companyHandle' => $handle, 'folder' => "$companyName/php-$stamp", 'includeSubfolders' => true,
        'systemFieldConditionArray' => ['items' => [['field' => 'Name', 'op' => 'Equals', 'value' => "dot-$stamp"]]]]);
    check('total', $found->totalRows, 1);
    $asset = $found->assetArray->items[0];
    check('width', $asset->imageInfo->width, 1);
    check('file size', (int) $asset->imageInfo->fileSize, strlen($png));

    $moved = $client->createFolder(['companyHandle' => $handle, 'folderPath' => "php-$stamp/moved"])->folderHandle;
    $client->moveAsset(['companyHandle' => $handle, 'assetHandle' => $asset->assetHandle, 'folderHandle' => $moved]);
    $field = $client->createMetadataField(['companyHandle' => $handle, 'assetType' => 'Image', 'name' => "p$stamp", 'fieldType' => 'String'])->fieldHandle;
    $client->setAssetMetadata(['companyHandle' => $handle, 'assetHandle' => $asset->assetHandle,
        'updateArray' => ['items' => [['fieldHandle' => $field, 'value' => 'größe & <mehr>']]]]);
    $again = $client->getAssetsByName(['companyHandle' => $handle, 'nameArray' => ['items' => ["dot-$stamp"]]])->assetArray->items[0];
    check('folder of the asset', $again->folder, "$companyName/php-$stamp/moved/");
    check('metadata', $again->metadataArray->items[0]->value, 'größe & <mehr>');

    $deleted = $client->deleteAssets(['companyHandle' => $handle, 'assetHandleArray' => ['items' => [$asset->assetHandle, 'a|999999']]]);
    check('counts', [$deleted->successCount, $deleted->errorCount], [1, 1]);
    check('fault', $deleted->errorDetailArray->items[0]->code, 30001);
    try {
        $client->renameAsset(['companyHandle' => $handle, 'assetHandle' => $asset->assetHandle, 'newName' => 'x', 'validateName' => true]);
        throw new Exception('a fault was expected');
    } catch (SoapFault $fault) {
        check('fault detail', (int) ($fault->detail->ipsApiFault->code ?? 0), 30001);
    }
}
echo "ok\n";
