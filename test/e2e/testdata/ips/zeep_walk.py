"""Walks through the IPS API with an unmodified zeep, generated from the server's own WSDL."""
import sys, time, uuid, urllib.request
import zeep
from zeep import xsd
from zeep.transports import Transport
from requests import Session
from requests.auth import HTTPBasicAuth

base, user, password, company_name, version, login = sys.argv[1:7]
session = Session()
if login == "basic":
    session.auth = HTTPBasicAuth(user, password)
wsdl = f"{base}/scene7/webservice/IpsApi-{version}.wsdl"
client = zeep.Client(wsdl, transport=Transport(session=session), settings=zeep.Settings(strict=True))
headers = {}
if login == "header":
    header = client.get_element("{http://www.scene7.com/IpsApi/xsd}authHeader")
    headers = {"_soapheaders": [header(user=user, password=password, appName="zeep")]}
call = lambda op, **kw: getattr(client.service, op)(**kw, **headers)

def items(answer):
    """zeep unwraps answers with one element, and arrays in them."""
    if answer is None:
        return []
    return answer if isinstance(answer, list) else answer["items"] or []

def check(what, got, want):
    assert got == want, f"{what}: got {got!r}, want {want!r}"

company = call("getCompanyInfo", companyName=company_name)
handle = company.companyHandle
check("root", company.rootPath, company_name + "/")
stamp = uuid.uuid4().hex[:8]
folder = call("createFolder", companyHandle=handle, folderPath=f"zeep-{stamp}")
check("folder", folder, f"f|{company_name}/zeep-{stamp}/")

png = bytes.fromhex("89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8cfc0000003010100c9fe92ef0000000049454e44ae426082")
ns = "http://www.scene7.com/IpsApi/xsd/" + version
boundary = "b" + stamp
def part(name, body, filename=None):
    disposition = f'form-data; name="{name}"' + (f'; filename="{filename}"' if filename else "")
    return f"--{boundary}\r\nContent-Disposition: {disposition}\r\n\r\n".encode() + body + b"\r\n"
auth = f'<authHeader xmlns="http://www.scene7.com/IpsApi/xsd"><user>{user}</user><password>{password}</password><faultHttpStatusCode>200</faultHttpStatusCode></authHeader>'
params = f'<uploadPostParam xmlns="{ns}"><companyHandle>{handle}</companyHandle><jobName>zeep {stamp}</jobName><destFolder>zeep-{stamp}</destFolder><fileName>dot-{stamp}.png</fileName><endJob>true</endJob><uploadParams><overwrite>true</overwrite><readyForPublish>true</readyForPublish><createMask>false</createMask><emailSetting>None</emailSetting></uploadParams></uploadPostParam>'
body = part("auth", auth.encode()) + part("uploadParams", params.encode()) + part("file", png, "x.png") + f"--{boundary}--\r\n".encode()
request = urllib.request.Request(base + "/scene7/UploadFile", body, {"Content-Type": "multipart/form-data; boundary=" + boundary})
answer = urllib.request.urlopen(request).read().decode()
job = answer.split("<jobHandle>")[1].split("</jobHandle>")[0]
for _ in range(200):
    active = call("getActiveJobs", companyHandle=handle, jobHandle=job)
    if not items(active):
        break
    time.sleep(0.1)
logs = call("getJobLogDetails", companyHandle=handle, jobHandle=job)
rows = items(logs)[0].detailArray["items"]
types = [row.logType for row in rows]
assert "UploadSuccess" in types and types[-1] == "EndUpload", types
success = next(row for row in rows if row.logType == "UploadSuccess")
found = call("searchAssets", companyHandle=handle, folder=f"{company_name}/zeep-{stamp}", includeSubfolders=True,
             systemFieldConditionArray={"items": [{"field": "Name", "op": "Equals", "value": f"dot-{stamp}"}]})
check("total", found.totalRows, 1)
asset = found.assetArray["items"][0]
check("handle", asset.assetHandle, success.assetHandle)
check("size", (asset.imageInfo.width, asset.imageInfo.height, asset.imageInfo.fileSize), (1, 1, len(png)))
other = call("createFolder", companyHandle=handle, folderPath=f"zeep-{stamp}/moved")
call("moveAsset", companyHandle=handle, assetHandle=asset.assetHandle, folderHandle=other)
try:
    field = call("createMetadataField", companyHandle=handle, assetType="Image", name=f"z{stamp}", fieldType="String", defaultValue="", isHidden=False)
except zeep.exceptions.Fault as fault:
    raise SystemExit(f"createMetadataField: {fault}")
call("setAssetMetadata", companyHandle=handle, assetHandle=asset.assetHandle, updateArray={"items": [{"fieldHandle": field, "value": "größe & <mehr>"}]})
again = call("getAssetsByName", companyHandle=handle, nameArray={"items": [f"dot-{stamp}"]})
asset = items(again)[0]
check("folder of the asset", asset.folder, f"{company_name}/zeep-{stamp}/moved/")
check("metadata", [(m.name, m.value) for m in asset.metadataArray["items"]], [(f"z{stamp}", "größe & <mehr>")])
deleted = call("deleteAssets", companyHandle=handle, assetHandleArray={"items": [asset.assetHandle, "a|999999"]})
check("counts", (deleted.successCount, deleted.errorCount), (1, 1))
check("fault", deleted.errorDetailArray["items"][0].code, 30001)
try:
    call("renameAsset", companyHandle=handle, assetHandle=asset.assetHandle, newName="x", validateName=True)
    raise SystemExit("a fault was expected")
except zeep.exceptions.Fault as fault:
    assert "ipsApiFault" in fault.message, fault.message
print("ok")
