"""Lets zeep build a request of every operation and read an answer to it.

usage: zeep_replay.py WSDL REQUESTS ANSWERS OUT

REQUESTS and ANSWERS hold documents NAME.full.xml and NAME.minimal.xml. What zeep
would send goes to OUT, without envelopes. zeep is strict: an element of an
answer that the WSDL does not describe ends the script.
"""
import os
import sys

from lxml import etree
from zeep import Client, Settings
from zeep.helpers import serialize_object

ENVELOPES = {
    "IpsApiSoapPort": "http://schemas.xmlsoap.org/soap/envelope/",
    "IpsApiSoap12Port": "http://www.w3.org/2003/05/soap-envelope",
}


class Answer:
    status_code = 200
    headers = {"Content-Type": "text/xml;charset=UTF-8"}
    encoding = "utf-8"

    def __init__(self, envelope, document):
        self.content = (
            "<?xml version='1.0' encoding='UTF-8'?><soapenv:Envelope xmlns:soapenv=\"%s\"><soapenv:Body>%s"
            "</soapenv:Body></soapenv:Envelope>" % (envelope, document)
        ).encode()


def read(folder, name):
    with open(os.path.join(folder, name), encoding="utf-8", newline="") as f:
        return f.read()


def request(client, name, port, folder, out, header):
    """Builds the request whose content a sample has and writes what stands in its envelope."""
    sample = etree.fromstring(read(folder, "%s.full.xml" % name).encode())
    element = client.wsdl.types.get_element(sample.tag)
    value = serialize_object(element.parse(sample, client.wsdl.types), dict) or {}
    service = client.bind("IpsApiService", port)
    envelope = client.create_message(service, name, _soapheaders={"authHeader": header}, **value)
    for part, file in (("Body", "%s.%s.xml" % (port, name)), ("Header", "%s.header.xml" % port)):
        with open(os.path.join(out, file), "wb") as f:
            f.write(etree.tostring(envelope.find("{*}" + part)[0]))


def main(wsdl, requests, answers, out):
    client = Client(wsdl, settings=Settings(strict=True, xml_huge_tree=True))
    login = {"user": "a@b.c", "password": " p ", "appName": "replay"}
    count = 0
    for port_name, port in client.wsdl.services["IpsApiService"].ports.items():
        for name, operation in port.binding._operations.items():
            request(client, name, port_name, requests, out, login)
            for kind in ("full", "minimal"):
                document = read(answers, "%s.%s.xml" % (name, kind))
                port.binding.process_reply(client, operation, Answer(ENVELOPES[port_name], document))
                count += 1
    print(count, "answers")


main(*sys.argv[1:])
