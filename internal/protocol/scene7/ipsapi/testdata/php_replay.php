<?php
// Lets PHP's SoapClient send a request of every operation and read an answer to it.
//
// usage: php_replay.php WSDL REQUESTS ANSWERS OUT
//
// REQUESTS and ANSWERS hold documents NAME.full.xml and NAME.minimal.xml. What PHP
// would send goes to OUT, without envelopes.

class Replay extends SoapClient
{
    public string $answer = '';
    public string $sent = '';

    public function __doRequest(string $request, string $location, string $action, int $version, bool $oneWay = false): ?string
    {
        $this->sent = $request;
        $envelope = $version == SOAP_1_2 ? 'http://www.w3.org/2003/05/soap-envelope' : 'http://schemas.xmlsoap.org/soap/envelope/';
        return "<?xml version='1.0' encoding='UTF-8'?><soapenv:Envelope xmlns:soapenv=\"$envelope\"><soapenv:Body>"
            . $this->answer . '</soapenv:Body></soapenv:Envelope>';
    }
}

// plain turns a document into the objects that SoapClient takes.
function plain(DOMElement $element)
{
    $object = [];
    foreach ($element->childNodes as $child) {
        if ($child instanceof DOMElement) {
            $object[$child->localName][] = plain($child);
        }
    }
    if ($object === []) {
        return $element->textContent === '' ? new stdClass() : $element->textContent;
    }
    return (object) array_map(fn ($list) => count($list) == 1 ? $list[0] : $list, $object);
}

function fail(string $message): never
{
    fwrite(STDERR, "$message\n");
    exit(1);
}

[, $wsdl, $requests, $answers, $out] = $argv;
$count = 0;
foreach ([SOAP_1_1, SOAP_1_2] as $version) {
    $client = new Replay($wsdl, ['cache_wsdl' => WSDL_CACHE_NONE, 'soap_version' => $version]);
    foreach (glob("$answers/*.xml") as $path) {
        [$name, $kind] = explode('.', basename($path));
        $client->answer = file_get_contents($path);
        $sample = new DOMDocument();
        $sample->load("$requests/$name.$kind.xml");
        $login = new SoapHeader('http://www.scene7.com/IpsApi/xsd', 'authHeader', ['user' => 'a@b.c', 'password' => ' p ', 'appName' => 'replay']);
        $result = $client->__soapCall($name, [plain($sample->documentElement)], null, [$login]);

        $expected = new DOMDocument();
        $expected->loadXML($client->answer);
        foreach ($expected->documentElement->childNodes as $child) {
            if (!property_exists($result, $child->localName)) {
                fail("$name: {$child->localName} is missing in what SoapClient read");
            }
        }
        $sent = new DOMDocument();
        $sent->loadXML($client->sent);
        $body = $sent->getElementsByTagNameNS('*', 'Body')->item(0);
        file_put_contents("$out/$version.$name.$kind.xml", $body->firstChild->C14N(true));
        $count++;
    }
}
echo "$count answers\n";
