"""Uploads a file the way scripts around `requests` do, with the standard library only.

upload.py ADDRESS AUTH PARAMS PATH NAME urllib|chunked
"""
import http.client
import sys
import urllib.parse
import urllib.request
import uuid

address, auth, params, path, name, how = sys.argv[1:]
boundary = uuid.uuid4().hex


def field(name, value):
    return (f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n').encode() + value.encode() + b"\r\n"


def pieces():
    yield field("auth", auth)
    yield field("uploadParams", params)
    yield (f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n').encode()
    with open(path, "rb") as f:
        while block := f.read(10_000):
            yield block
    yield f"\r\n--{boundary}--\r\n".encode()


headers = {"Content-Type": "multipart/form-data; boundary=" + boundary, "User-Agent": "python-requests/2.31.0"}
if how == "urllib":
    request = urllib.request.Request(address, data=b"".join(pieces()), headers=headers, method="POST")
    with urllib.request.urlopen(request, timeout=60) as response:
        print(response.read().decode())
else:
    url = urllib.parse.urlsplit(address)
    connection = http.client.HTTPConnection(url.netloc, timeout=60)
    connection.request("POST", url.path, body=pieces(), headers=headers, encode_chunked=True)
    print(connection.getresponse().read().decode())
