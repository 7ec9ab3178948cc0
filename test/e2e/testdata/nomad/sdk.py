"""A client that behaves like the vendor's Python kits.

    python3 sdk.py BASE LOGIN PASSWORD FILE NAME OPTION [--threads N] [--after-part N] [--absolute]
                   [--refresh] [--related PARENT] [--time-out SECONDS]

BASE has no /api at its end: the kit adds it. It uploads in parts of 8,388,608 bytes, three at a time, each
thread with a handle of its own, gets a new token on 403 only, sends start and complete again when they take
too long, and cancels the upload on any error. --absolute sends the local path as the relative path, as the
sample of 2023 does; --refresh throws the token away before every call; --after-part kills the process.
It prints the id of the asset, then "ok".
"""

import argparse
import json
import os
import queue
import signal
import sys
import threading
import urllib.error
import urllib.request

arguments = argparse.ArgumentParser()
for name in ("base", "login", "password", "file", "name", "option"):
    arguments.add_argument(name)
arguments.add_argument("--threads", type=int, default=3)
arguments.add_argument("--after-part", type=int, default=0)
arguments.add_argument("--absolute", action="store_true")
arguments.add_argument("--refresh", action="store_true")
arguments.add_argument("--related", default="")
arguments.add_argument("--existing", default="")
arguments.add_argument("--content", default="")
arguments.add_argument("--parent", default="")
arguments.add_argument("--replace", action="append", default=[])
arguments.add_argument("--time-out", type=float, default=10)
arguments.add_argument("--chunk", type=int, default=8388608)
args = arguments.parse_args()
base = args.base.rstrip("/") + "/api"
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Failed(Exception):
    """What the server refused."""


def send(method, url, body=None, headers=None, time_out=None):
    request = urllib.request.Request(url, data=body, method=method, headers=headers or {})
    with opener.open(request, timeout=time_out or args.time_out) as answer:
        return answer.headers, answer.read()


class Session:
    def __init__(self):
        body = json.dumps({"username": args.login, "password": args.password}).encode()
        _, text = send("POST", base + "/account/login", body, {"Content-Type": "application/json"})
        answer = json.loads(text)
        self.token, self.refresh_token = answer["token"], answer["refreshToken"]
        self.lock = threading.Lock()

    def refresh(self):
        with self.lock:  # the kit keeps the first refresh token for ever
            body = json.dumps({"refreshToken": self.refresh_token}).encode()
            _, text = send("POST", base + "/account/refresh-token", body, {"Content-Type": "application/json"})
            self.token = json.loads(text)["token"]

    def call(self, method, address, body=None):
        if args.refresh:
            self.refresh()
        for attempt in range(3):
            headers = {"Content-Type": "application/json", "Authorization": "Bearer " + self.token}
            try:
                _, text = send(method, base + address, b"" if body is None else json.dumps(body).encode(), headers)
                return json.loads(text)
            except urllib.error.HTTPError as error:
                message = json.loads(error.read())["message"]
                if error.headers["Content-Type"] != "application/json":
                    raise Failed("content type " + error.headers["Content-Type"]) from error
                if error.code == 403 and attempt < 2:
                    self.refresh()
                    continue
                raise Failed(f"{error.code} {message}") from error
            except TimeoutError:
                continue
        raise Failed("time out")


session = Session()
size = os.path.getsize(args.file)
start = {
    "contentLength": size, "chunkSize": args.chunk, "displayName": args.name,
    "relativePath": os.path.abspath(args.file) if args.absolute else args.name,
    "uploadOverwriteOption": args.option, "existingAssetId": args.existing, "relatedContentId": args.content,
    "parentId": args.parent, "languageId": "", "uploadReplaceOptions": args.replace,
}
address = "/asset/upload/start"
if args.related:
    address, start["existingAssetId"] = "/asset/upload/start-related-asset", args.related
    start["newRelatedAssetMetadataType"] = ""
upload = None
try:
    upload = session.call("POST", address, start)
    waiting, failures, finished, lock = queue.Queue(), [], [0], threading.Lock()
    for part in upload["parts"]:
        waiting.put(part)

    def work():
        while not failures:
            try:
                part = waiting.get_nowait()
            except queue.Empty:
                return
            try:
                with open(args.file, "rb") as file:
                    file.seek(part["startingPosition"])
                    body = file.read(part["endingPosition"] + 1 - part["startingPosition"])
                headers, _ = send("PUT", part["url"], body, {"Content-Type": ""}, 30)
                session.call("POST", "/asset/upload/part/" + part["id"] + "/complete", {"etag": headers["ETag"]})
                with lock:
                    finished[0] += 1
                    if finished[0] == args.after_part:
                        os.kill(os.getpid(), signal.SIGKILL)
            except urllib.error.HTTPError as error:
                failures.append(f"{error.code} {json.loads(error.read())['message']}")
            except Exception as error:  # the kit gives up on anything
                failures.append(str(error))

    threads = [threading.Thread(target=work) for _ in range(args.threads)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise Failed(failures[0])
    print("parts", len(upload["parts"]))
    session.call("POST", "/asset/upload/" + upload["id"] + "/complete")
except Failed as error:
    if upload:
        session.call("POST", "/asset/upload/" + upload["id"] + "/cancel")
    print(error, file=sys.stderr)
    sys.exit(3)
if args.related:
    detail = session.call("GET", "/admin/asset/" + args.related + "/detail")
    found = [a["id"] for a in detail["relatedAssets"] if args.name in a["url"]]
    print("related", found[0])
print(upload["assetId"])
print("ok")
