"""Uploads files and web pages with an unmodified zeep, made from the server's own WSDL.

Arguments: address, account/login, password, "stamped" or "plain", "all" or "file", and
the certificate to trust. What was stored is printed as `stored NUMBER SHA1 FILENAME`.
"""
import datetime, hashlib, random, sys, uuid
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote
import zeep
from requests import Session
from requests.auth import HTTPBasicAuth
from zeep.transports import Transport
from zeep.wsse import utils
from zeep.wsse.username import UsernameToken

base, user, password, stamped, extent = sys.argv[1:6]
trusted = sys.argv[6] if len(sys.argv) > 6 else True
SERVICE = "https://api.brightsignnetwork.com/Uploads/2014/07/SOAP/"
CHUNK = 262144


class Stamps(zeep.Plugin):
    """Notes which replies bear a time stamp, as a WCF client wants of them."""
    replies = []

    def ingress(self, envelope, http_headers, operation):
        self.replies.append(envelope.find(".//{%s}Timestamp" % utils.NSMAP["wsu"]))
        return envelope, http_headers


def token(password):
    timestamp = None
    if stamped == "stamped":
        now = datetime.datetime.now(datetime.timezone.utc)
        timestamp = utils.WSU.Timestamp(
            utils.WSU.Created(now.strftime("%Y-%m-%dT%H:%M:%SZ")),
            utils.WSU.Expires((now + datetime.timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M:%SZ")),
        )
    return UsernameToken(user, password, timestamp_token=timestamp)


class Signed:
    """A time stamp is an element of one message only; every message gets its own."""

    def __init__(self, password):
        self.password = password

    def apply(self, envelope, headers):
        return token(self.password).apply(envelope, headers)

    def verify(self, envelope):
        pass


def direct():
    session = Session()
    session.trust_env, session.verify = False, trusted  # the environment would come before it
    return session


def connect(password):
    session = direct()
    return zeep.Client(f"{base}/Uploads/2014/07/SOAP/WSDL/", transport=Transport(session=session),
                       wsse=Signed(password), settings=zeep.Settings(strict=True), plugins=[Stamps()])


client = connect(password)
call = client.service
dto = client.type_factory("BSN.WebServices.Uploads.DTO.2014.07")
stamp = uuid.uuid4().hex[:8]


def check(what, got, want):
    assert got == want, f"{what}: got {got!r}, want {want!r}"


def content(size):
    return random.Random(f"{stamp}/{size}").randbytes(size)


def sha1(data):
    return hashlib.sha1(data).hexdigest()


def stored(number, data, name):
    print("stored", number, sha1(data), name)


def faulty(what, words, fn, **arguments):
    """Calls an operation that has to fail, and reads the fault as its users do."""
    try:
        fn(**arguments)
    except zeep.exceptions.Fault as fault:
        element = fault.detail.find("{*}FileUploadFault")
        message = client.get_element("{BSN.WebServices.Uploads.DTO.2014.07}FileUploadFault").parse(element, client.wsdl.types).Message
        assert words in message, f"{what}: {message}"
        check(f"{what}: reason", fault.message, message)
        return fault
    raise SystemExit(f"{what}: a fault was expected")


def append(session_token, upload_token, data):
    parts = list(enumerate(range(0, len(data), CHUNK)))
    random.shuffle(parts)

    def one(part):
        number, offset = part
        return call.AppendChunk(sessionToken=session_token, uploadToken=upload_token, partNumber=number, data=data[offset:offset + CHUNK], offset=offset)

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(one, parts))
    check("chunks", answers, [True] * len(parts))


def send(started, kind, data, **members):
    """Sends the chunks of an upload and completes it."""
    append(started.SessionToken, started.UploadToken, data)
    status = call.GetFileUploadStatus(uploadToken=started.UploadToken)
    check("state of all bytes", status.State, "Uploaded")
    done = call.CompleteFileUpload(args=kind(UploadToken=started.UploadToken, SessionToken=started.SessionToken, **members))
    check("state", done.State, "Completed")
    assert done.ContentId > 0 and done.EndTime is not None, done
    stored(done.ContentId, data, done.FileName)
    return done


def plain():
    data = content(3_000_001)
    name = f"zeep-{stamp}-Größe & <mehr>.mp4".replace("<", "(").replace(">", ")")
    members = dict(ChunksCount=12, ContentType="Video", FileName=name, FileSize=len(data), SHA1Hash=sha1(data).upper(), VirtualPath=f"\\zeep-{stamp}\\sub\\",
                   FileLastModifiedDate=datetime.datetime(2020, 1, 2, 3, 4, 5))
    started = call.StartFileUpload(args=dto.ContentUploadArguments(**members))
    check("start", (started.State, started.FileName, started.FileSize, started.ChunksTotal, started.SHA1Hash, started.ContentId, started.SessionToken),
          ("Started", name, len(data), 12, sha1(data).upper(), None, None))
    done = send(started, dto.ContentUploadArguments, data, **members)
    again = call.CompleteFileUpload(args=dto.ContentUploadArguments(UploadToken=started.UploadToken, **members))
    check("read back", sha1(original(name)), sha1(data))
    check("completing again", again.ContentId, done.ContentId)
    status = call.GetFileUploadStatus(uploadToken=started.UploadToken)
    check("status", (status.State, status.ContentId, status.FileSize), ("Completed", done.ContentId, len(data)))

    unsummed = call.StartFileUpload(args=dto.ContentUploadArguments(FileName=f"small-{stamp}.zip", ContentType="Auto"))
    small = content(10)
    done = send_unsized(unsummed, small)
    check("hash that the server found", done.SHA1Hash, sha1(small).upper())


def send_unsized(started, data):
    append(None, started.UploadToken, data)
    done = call.CompleteFileUpload(args=dto.ContentUploadArguments(UploadToken=started.UploadToken, FileSize=len(data)))
    stored(done.ContentId, data, done.FileName)
    return done


def unknown():
    for operation in (call.GetFileUploadStatus, call.CancelFileUpload):
        check("unknown upload", null(operation(uploadToken="0" * 32)), True)
    check("unknown session", null(call.GetWebPageUploadStatus(sessionToken="0" * 32)), True)


def null(answer):
    """zeep makes an object without values of a nil element."""
    return answer is None or all(answer[member] is None for member in answer)


def faults():
    wrong = faulty("wrong password", "could not be validated", connect("wrong").service.GetFileUploadStatus, uploadToken="x")
    assert wrong.code.split(":")[-1] == "FailedAuthentication", wrong.code
    started = call.StartFileUpload(args=dto.ContentUploadArguments(FileName=f"part-{stamp}.zip", FileSize=100))
    call.AppendChunk(uploadToken=started.UploadToken, partNumber=0, data=b"x" * 40, offset=0)
    fault = faulty("incomplete", "incomplete: 40 of 100 bytes received; first gap at offset 40", call.CompleteFileUpload,
                   args=dto.ContentUploadArguments(UploadToken=started.UploadToken))
    assert fault.code.split(":")[-1] == "Client", fault.code
    check("cancelled", call.CancelFileUpload(uploadToken=started.UploadToken).State, "Cancelled")
    faulty("cancelled already", "already Cancelled", call.AppendChunk, uploadToken=started.UploadToken, partNumber=1, data=b"x", offset=40)
    faulty("name", "128", call.StartFileUpload, args=dto.ContentUploadArguments(FileName="n" * 125 + ".zip", FileSize=1))
    faulty("no arguments", "args", call.StartFileUpload, args=None)
    check("the longest name", call.StartFileUpload(args=dto.ContentUploadArguments(FileName="n" * 124 + ".zip", FileSize=1)).State, "Started")


def page():
    files = {"css": ("css\\", f"main-{stamp}.css", content(700)), "img": ("img\\big\\", f"one-{stamp}.png", content(400_000)), "js": ("js\\", f"app-{stamp}.js", content(800))}
    html = content(900)
    name = f"index-{stamp}.html"

    def asset(key):
        path, file_name, data = files[key]
        return dict(FileName=file_name, FileSize=len(data), SHA1Hash=sha1(data), RelativePath=path, ChunksCount=-(-len(data) // CHUNK), ContentType="Auto")

    def arguments(kind, keys, html, **more):
        return kind(FileName=name, FileSize=len(html), ContentType="WebPage", SHA1Hash=sha1(html), VirtualPath=f"\\zeep-{stamp}\\pages\\",
                    Name=f"Page {stamp}", Assets=dto.ArrayOfWebPageAssetUploadArguments([dto.WebPageAssetUploadArguments(**asset(key)) for key in keys]), **more)

    def begin(kind, session, upload_token, data, **members):
        arguments = dict(FileName=members.pop("FileName"), FileSize=len(data), SHA1Hash=sha1(data), **members)
        return call.StartFileUpload(args=kind(SessionToken=session.SessionToken, UploadToken=upload_token, **arguments)), arguments

    def slot(session, key):
        """Finds an asset of the session the way a known program does: by its hash."""
        return next(a for a in session.Assets.ContentUploadStatus if a.SHA1Hash == sha1(files[key][2]))

    # A new page.
    keys = ["css", "img", "js"]
    session = call.StartWebPageUploadSession(args=arguments(dto.WebPageUploadArguments, keys, html))
    check("session", (session.State, session.Name, session.FileName, [a.FileName for a in session.Assets.ContentUploadStatus], [a.State for a in session.Assets.ContentUploadStatus]),
          ("Started", f"Page {stamp}", name, [files[k][1] for k in keys], ["Queued"] * 3))
    started, members = begin(dto.ContentUploadArguments, session, session.UploadToken, html, FileName=name, ContentType="WebPage")
    main = send(started, dto.ContentUploadArguments, html, **members)
    ids = {}
    for key in keys:
        if key == "js":
            faulty("assets are missing", files["js"][1], call.CompleteWebPageUploadSession, args=dto.WebPageUploadArguments(SessionToken=session.SessionToken))
        started, members = begin(dto.WebPageAssetUploadArguments, session, slot(session, key).UploadToken, files[key][2], FileName=files[key][1], RelativePath=files[key][0], ContentType="Auto")
        ids[key] = send(started, dto.WebPageAssetUploadArguments, files[key][2], **members).ContentId
    check("session with all files", call.GetWebPageUploadStatus(sessionToken=session.SessionToken).State, "Uploaded")
    done = call.CompleteWebPageUploadSession(args=arguments(dto.WebPageUploadArguments, keys, html, SessionToken=session.SessionToken))
    check("page", (done.State, done.ContentId, done.Name, [a.ContentId for a in done.Assets.ContentUploadStatus]), ("Completed", main.ContentId, f"Page {stamp}", [ids[k] for k in keys]))
    check("status of the page", call.GetWebPageUploadStatus(sessionToken=session.SessionToken).ContentId, done.ContentId)

    # Its next version: the style stays, the picture is another one, the script is dropped.
    old, html = html, content(950)
    files["img"] = (*files["img"][:2], content(400_001))
    keys = ["css", "img"]
    session = call.StartWebPageUploadSession(args=arguments(dto.WebPageUpdateArguments, keys, html, WebPageId=done.ContentId))
    started, members = begin(dto.ContentUpdateArguments, session, session.UploadToken, html, FileName=name, ContentType="WebPage", ContentId=done.ContentId)
    append(session.SessionToken, started.UploadToken, html)
    check("state of the new file", call.CompleteFileUpload(args=dto.ContentUpdateArguments(UploadToken=started.UploadToken, SessionToken=session.SessionToken, **members)).State, "Completed")

    started, _ = begin(dto.WebPageAssetUploadArguments, session, slot(session, "css").UploadToken, files["css"][2], FileName=files["css"][1], RelativePath=files["css"][0])
    check("type of the negotiation", type(started).__name__, "ContentNegotiationStatus")
    match = started.MatchingFiles.ContentInfo[0]
    check("matching file", (match.Id, match.FileName, match.FileSize, match.SHA1Hash.lower(), match.Type), (ids["css"], files["css"][1], 700, sha1(files["css"][2]), "Auto"))
    check("cancelled because it is there", call.CancelFileUpload(uploadToken=started.UploadToken).State, "Cancelled")

    started, members = begin(dto.WebPageAssetUploadArguments, session, slot(session, "img").UploadToken, files["img"][2], FileName=files["img"][1], RelativePath=files["img"][0])
    check("type without a match", type(started).__name__, "ContentUploadStatus")
    picture = send(started, dto.WebPageAssetUploadArguments, files["img"][2], **members)
    check("the old page until the session is complete", sha1(original(name)), sha1(old))
    updated = call.CompleteWebPageUploadSession(args=arguments(dto.WebPageUpdateArguments, keys, html, WebPageId=done.ContentId, SessionToken=session.SessionToken))
    check("updated page", (updated.State, updated.ContentId, [a.ContentId for a in updated.Assets.ContentUploadStatus], [a.State for a in updated.Assets.ContentUploadStatus]),
          ("Completed", done.ContentId, [ids["css"], picture.ContentId], ["Cancelled", "Completed"]))
    check("the new page", sha1(original(name)), sha1(html))
    print("updated", done.ContentId, sha1(html), name)


def original(name):
    """The bytes of a file of the library, by the server's own interface."""
    session = direct()
    session.auth = HTTPBasicAuth(user.split("/")[1], password)
    (asset,) = session.get(f"{base}/v1/assets?name={quote(name)}").json()["items"]
    return session.get(f"{base}/v1/assets/{asset['uuid']}/original").content


plain()
if extent == "all":
    unknown()
    faults()
    page()
strangers = 1 if extent == "all" else 0  # who is not known gets no stamp
check("time stamps of replies", sum(s is None for s in Stamps.replies), strangers if stamped == "stamped" else len(Stamps.replies))
print("ok")
