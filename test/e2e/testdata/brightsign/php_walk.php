<?php
// Uploads files and a web page as PHP programs do: SoapClient, made from the server's own
// WSDL, with a class for each type, a hand-made security header, chunks of 256,000 bytes
// one after the other, no hash, and the arguments of the start used again to complete.
// What was stored is printed as `stored NUMBER SHA1 FILENAME`.
[, $base, $user, $password] = $argv;
const WSSE = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd';
const CHUNK = 256000;

// Null members are sent as nil, as generated classes do.
class ContentUploadArguments
{
    public $ChunksCount, $ContentType, $FileLastModifiedDate, $FileName, $FileSize, $FileThumb, $SHA1Hash, $SessionToken, $UploadToken, $VirtualPath;
    public function __construct(array $members)
    {
        foreach ($members as $name => $value) {
            $this->$name = $value;
        }
    }
}
class ContentUpdateArguments extends ContentUploadArguments { public $ContentId; }
class WebPageAssetUploadArguments extends ContentUploadArguments { public $RelativePath, $WebPageAssetId; }
class WebPageUploadArguments extends ContentUploadArguments { public $Assets, $Name; }
class WebPageUpdateArguments extends WebPageUploadArguments { public $WebPageId; }
class ArrayOfWebPageAssetUploadArguments { public $WebPageAssetUploadArguments; }
class ContentUploadStatus
{
    public $ChunksTotal, $ContentId, $EndTime, $FileName, $FileSize, $LastActivityTime, $SHA1Hash, $SessionToken, $StartTime, $State, $UploadToken;
}
class ContentNegotiationStatus extends ContentUploadStatus { public $MatchingFiles; }
class WebPageUploadStatus extends ContentUploadStatus { public $Assets, $Name; }
class ArrayOfContentUploadStatus { public $ContentUploadStatus; }
class ArrayOfContentInfo { public $ContentInfo; }
class ContentInfo { public $FileName, $FileSize, $Id, $SHA1Hash, $Type, $UploadDate, $VirtualPath; }
class FileUploadFault { public $Message; }

function connect($base, $user, $password)
{
    $classes = ['ContentUploadArguments', 'ContentUpdateArguments', 'WebPageAssetUploadArguments', 'WebPageUploadArguments', 'WebPageUpdateArguments',
        'ArrayOfWebPageAssetUploadArguments', 'ContentUploadStatus', 'ContentNegotiationStatus', 'WebPageUploadStatus', 'ArrayOfContentUploadStatus',
        'ArrayOfContentInfo', 'ContentInfo', 'FileUploadFault'];
    $client = new SoapClient("$base/Uploads/2014/07/SOAP/WSDL/", [
        'soap_version' => SOAP_1_1, 'cache_wsdl' => WSDL_CACHE_NONE, 'exceptions' => true, 'trace' => true,
        'features' => SOAP_SINGLE_ELEMENT_ARRAYS, 'classmap' => array_combine($classes, $classes),
    ]);
    $text = fn($value) => new SoapVar($value, XSD_STRING, null, null, null, WSSE);
    $token = new stdClass();
    $token->Username = $text($user);
    $token->Password = $text($password);
    $security = new stdClass();
    $security->UsernameToken = new SoapVar($token, SOAP_ENC_OBJECT, null, null, 'UsernameToken', WSSE);
    $client->__setSoapHeaders([new SoapHeader(WSSE, 'Security', new SoapVar($security, SOAP_ENC_OBJECT, null, null, 'Security', WSSE), true)]);
    return $client;
}

function check($what, $got, $want)
{
    if ($got !== $want) {
        throw new Exception("$what: got " . var_export($got, true) . ', want ' . var_export($want, true));
    }
}

/** Runs what has to fail and reads the fault as programs do: the detail, not the reason. */
function faulty($what, $words, $code, $client, $operation, $parameters)
{
    try {
        $client->$operation($parameters);
    } catch (SoapFault $fault) {
        check("$what: status", explode(' ', $client->__getLastResponseHeaders())[1], '500');
        $message = $fault->detail->FileUploadFault->Message ?? '';
        check("$what: " . $message, str_contains($message, $words), true);
        check("$what: code", array_slice(explode(':', $fault->faultcode), -1)[0], $code);
        return;
    }
    throw new Exception("$what: a fault was expected");
}

$client = connect($base, $user, $password);
$stamp = bin2hex(random_bytes(4));

/** An upload from start to end; its arguments are used again to complete it. */
function upload($client, ContentUploadArguments $args, $data, $session = null)
{
    $args->ChunksCount = ceil(strlen($data) / CHUNK); // a float
    $args->FileSize = strlen($data);
    $args->FileLastModifiedDate = gmdate('c', 1577934245);
    $status = $client->StartFileUpload(['args' => $args])->StartFileUploadResult;
    check('class of the status', get_class($status), 'ContentUploadStatus');
    check('start', $status->State, 'Started');
    $part = 0;
    foreach (str_split($data, CHUNK) as $piece) {
        $answer = $client->AppendChunk(['sessionToken' => $session, 'uploadToken' => $status->UploadToken, 'partNumber' => $part, 'data' => $piece, 'offset' => $part * CHUNK]);
        if ($answer->AppendChunkResult !== true) {
            $client->CancelFileUpload(['uploadToken' => $status->UploadToken]);
            throw new Exception("chunk $part was not stored");
        }
        $part++;
    }
    $args->UploadToken = $status->UploadToken;
    $done = $client->CompleteFileUpload(['args' => $args])->CompleteFileUploadResult;
    check('state', $done->State, 'Completed');
    check('number', is_int($done->ContentId) && $done->ContentId > 0, true);
    check('hash', $done->SHA1Hash, $args->SHA1Hash ?? strtoupper(sha1($data)));
    return $done;
}

function stored($number, $data, $name, $word = 'stored')
{
    echo "$word $number ", sha1($data), " $name\n";
}

// A file.
$data = random_bytes(5 * CHUNK + 17);
$name = "php-$stamp-Größe & mehr.mp4";
$done = upload($client, new ContentUploadArguments(['FileName' => $name, 'ContentType' => 'Video', 'VirtualPath' => "\\php-$stamp\\"]), $data);
check('security header of the reply', str_contains($client->__getLastResponse(), 'Security'), false);
stored($done->ContentId, $data, $name);
$status = $client->GetFileUploadStatus(['uploadToken' => $done->UploadToken])->GetFileUploadStatusResult;
check('status', [$status->State, $status->ContentId, $status->FileSize, $status->ChunksTotal], ['Completed', $done->ContentId, strlen($data), 6]);

// Tokens that nobody has.
check('unknown upload', $client->GetFileUploadStatus(['uploadToken' => str_repeat('0', 32)])->GetFileUploadStatusResult, null);
check('unknown upload to cancel', $client->CancelFileUpload(['uploadToken' => 'nobody'])->CancelFileUploadResult, null);
check('unknown session', $client->GetWebPageUploadStatus(['sessionToken' => 'nobody'])->GetWebPageUploadStatusResult, null);

// Faults.
faulty('wrong password', 'could not be validated', 'FailedAuthentication', connect($base, $user, 'wrong'), 'GetFileUploadStatus', ['uploadToken' => 'x']);
$part = $client->StartFileUpload(['args' => new ContentUploadArguments(['FileName' => "part-$stamp.zip", 'FileSize' => 100, 'ChunksCount' => 1])])->StartFileUploadResult;
$client->AppendChunk(['uploadToken' => $part->UploadToken, 'partNumber' => 0, 'data' => 'forty', 'offset' => 0]);
faulty('incomplete', 'incomplete: 5 of 100 bytes', 'Client', $client, 'CompleteFileUpload', ['args' => new ContentUploadArguments(['UploadToken' => $part->UploadToken])]);
check('cancel', $client->CancelFileUpload(['uploadToken' => $part->UploadToken])->CancelFileUploadResult->State, 'Cancelled');
faulty('name', '128', 'Client', $client, 'StartFileUpload', ['args' => new ContentUploadArguments(['FileName' => str_repeat('n', 129)])]);
faulty('no arguments', 'args', 'Client', $client, 'StartFileUpload', ['args' => null]);

// A web page with three files in directories.
$name = "index-$stamp.html";
$files = ['css' => ['css\\', "main-$stamp.css", random_bytes(700)], 'img' => ['img\\big\\', "one-$stamp.png", random_bytes(300000)], 'js' => ['js\\', "app-$stamp.js", random_bytes(800)]];
$asset = fn($key, $members = []) => new WebPageAssetUploadArguments($members + ['FileName' => $files[$key][1], 'FileSize' => strlen($files[$key][2]),
    'RelativePath' => $files[$key][0], 'ContentType' => 'Auto', 'SHA1Hash' => sha1($files[$key][2])]);
$assets = function ($keys) use ($asset) {
    $list = new ArrayOfWebPageAssetUploadArguments();
    $list->WebPageAssetUploadArguments = array_map($asset, $keys);
    return $list;
};
$html = random_bytes(900);
$keys = ['css', 'img', 'js'];
$args = new WebPageUploadArguments(['FileName' => $name, 'FileSize' => strlen($html), 'ContentType' => 'WebPage', 'VirtualPath' => "\\php-$stamp\\pages\\",
    'Name' => "PHP page $stamp", 'Assets' => $assets($keys)]);
$session = $client->StartWebPageUploadSession(['args' => $args])->StartWebPageUploadSessionResult;
check('class of the session', get_class($session), 'WebPageUploadStatus');
check('class of its list', get_class($session->Assets), 'ArrayOfContentUploadStatus');
check('session', [$session->State, $session->Name, array_map(fn($a) => $a->FileName, $session->Assets->ContentUploadStatus)],
    ['Started', "PHP page $stamp", array_map(fn($k) => $files[$k][1], $keys)]);
$token = fn($key) => array_values(array_filter($session->Assets->ContentUploadStatus, fn($a) => $a->SHA1Hash === sha1($files[$key][2])))[0]->UploadToken;
$main = upload($client, new ContentUploadArguments(['FileName' => $name, 'ContentType' => 'WebPage', 'SessionToken' => $session->SessionToken, 'UploadToken' => $session->UploadToken]), $html, $session->SessionToken);
stored($main->ContentId, $html, $name);
$args->SessionToken = $session->SessionToken;
faulty('assets are missing', $files['js'][1], 'Client', $client, 'CompleteWebPageUploadSession', ['args' => $args]);
$ids = [];
foreach ($keys as $key) {
    $done = upload($client, $asset($key, ['SessionToken' => $session->SessionToken, 'UploadToken' => $token($key)]), $files[$key][2], $session->SessionToken);
    stored($ids[$key] = $done->ContentId, $files[$key][2], $files[$key][1]);
}
$page = $client->CompleteWebPageUploadSession(['args' => $args])->CompleteWebPageUploadSessionResult;
check('page', [$page->State, $page->ContentId, array_map(fn($a) => $a->ContentId, $page->Assets->ContentUploadStatus)], ['Completed', $main->ContentId, array_values($ids)]);

// Its next version: the style stays, the picture is another one, the script is dropped.
$html = random_bytes(950);
$files['img'][2] = random_bytes(300001);
$asset = fn($key, $members = []) => new WebPageAssetUploadArguments($members + ['FileName' => $files[$key][1], 'FileSize' => strlen($files[$key][2]),
    'RelativePath' => $files[$key][0], 'ContentType' => 'Auto', 'SHA1Hash' => sha1($files[$key][2])]);
$list = new ArrayOfWebPageAssetUploadArguments();
$list->WebPageAssetUploadArguments = [$asset('css'), $asset('img')];
$args = new WebPageUpdateArguments(['FileName' => $name, 'FileSize' => strlen($html), 'ContentType' => 'WebPage', 'WebPageId' => $page->ContentId, 'Assets' => $list]);
$session = $client->StartWebPageUploadSession(['args' => $args])->StartWebPageUploadSessionResult;
[$css, $img] = $session->Assets->ContentUploadStatus;
upload($client, new ContentUpdateArguments(['FileName' => $name, 'ContentType' => 'WebPage', 'SessionToken' => $session->SessionToken, 'UploadToken' => $session->UploadToken,
    'ContentId' => $page->ContentId]), $html, $session->SessionToken);
$status = $client->StartFileUpload(['args' => $asset('css', ['SessionToken' => $session->SessionToken, 'UploadToken' => $css->UploadToken])])->StartFileUploadResult;
check('class of the negotiation', get_class($status), 'ContentNegotiationStatus');
check('class of its list', get_class($status->MatchingFiles), 'ArrayOfContentInfo');
$match = $status->MatchingFiles->ContentInfo[0];
check('class of its item', get_class($match), 'ContentInfo');
check('matching file', [$match->Id, $match->FileName, $match->FileSize, strtolower($match->SHA1Hash)], [$ids['css'], $files['css'][1], 700, sha1($files['css'][2])]);
check('cancelled because it is there', $client->CancelFileUpload(['uploadToken' => $css->UploadToken])->CancelFileUploadResult->State, 'Cancelled');
$picture = upload($client, $asset('img', ['SessionToken' => $session->SessionToken, 'UploadToken' => $img->UploadToken]), $files['img'][2], $session->SessionToken);
stored($picture->ContentId, $files['img'][2], $files['img'][1]);
$args->SessionToken = $session->SessionToken;
$updated = $client->CompleteWebPageUploadSession(['args' => $args])->CompleteWebPageUploadSessionResult;
check('updated page', [$updated->State, $updated->ContentId, array_map(fn($a) => $a->ContentId, $updated->Assets->ContentUploadStatus)],
    ['Completed', $page->ContentId, [$ids['css'], $picture->ContentId]]);
stored($updated->ContentId, $html, $name, 'updated');
echo "ok\n";
