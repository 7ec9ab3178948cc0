package brightsign

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/wire/xmltree"
)

// What the contract's section 4 declares, in short: a type, what it extends, and its
// members. "?" = may be missing or nil, "!" = must be there, "*" = a list of items.
const declaredTypes = `
ContentType = Auto Image Video Audio WebPage
UploadState = Unknown Queued Started Uploading Stopped Uploaded Verified Cancelled Corrupted Collected Terminated Completed
ContentUploadArguments : ChunksCount?int ContentType?ContentType FileLastModifiedDate?dateTime FileName?string FileSize?long FileThumb?base64Binary SHA1Hash?string SessionToken?string UploadToken?string VirtualPath?string
ContentUpdateArguments < ContentUploadArguments : ContentId!int
WebPageAssetUploadArguments < ContentUploadArguments : RelativePath?string WebPageAssetId?int
ArrayOfWebPageAssetUploadArguments : WebPageAssetUploadArguments*WebPageAssetUploadArguments
WebPageUploadArguments < ContentUploadArguments : Assets?ArrayOfWebPageAssetUploadArguments Name?string
WebPageUpdateArguments < WebPageUploadArguments : WebPageId!int
ContentUploadStatus : ChunksTotal?int ContentId?int EndTime?dateTime FileName?string FileSize!long LastActivityTime?dateTime SHA1Hash?string SessionToken?string StartTime?dateTime State!UploadState UploadToken?string
ArrayOfContentUploadStatus : ContentUploadStatus*ContentUploadStatus
ContentInfo : FileName?string FileSize!long Id!int SHA1Hash?string Type!ContentType UploadDate!dateTime VirtualPath?string
ArrayOfContentInfo : ContentInfo*ContentInfo
ContentNegotiationStatus < ContentUploadStatus : MatchingFiles?ArrayOfContentInfo
WebPageUploadStatus < ContentUploadStatus : Assets?ArrayOfContentUploadStatus Name?string
FileUploadFault : Message?string`

// The wrappers: "?" as above, "~" = may be missing and is never nil.
const declaredWrappers = `
StartWebPageUploadSession : args?WebPageUploadArguments
StartWebPageUploadSessionResponse : StartWebPageUploadSessionResult?WebPageUploadStatus
StartFileUpload : args?ContentUploadArguments
StartFileUploadResponse : StartFileUploadResult?ContentUploadStatus
AppendChunk : sessionToken?string uploadToken?string partNumber~int data?base64Binary offset~long
AppendChunkResponse : AppendChunkResult~boolean
CompleteFileUpload : args?ContentUploadArguments
CompleteFileUploadResponse : CompleteFileUploadResult?ContentUploadStatus
CancelFileUpload : uploadToken?string
CancelFileUploadResponse : CancelFileUploadResult?ContentUploadStatus
CompleteWebPageUploadSession : args?WebPageUploadArguments
CompleteWebPageUploadSessionResponse : CompleteWebPageUploadSessionResult?WebPageUploadStatus
GetFileUploadStatus : uploadToken?string
GetFileUploadStatusResponse : GetFileUploadStatusResult?ContentUploadStatus
GetWebPageUploadStatus : sessionToken?string
GetWebPageUploadStatusResponse : GetWebPageUploadStatusResult?WebPageUploadStatus`

func lines(table string) []string { return strings.Split(strings.TrimSpace(table), "\n") }

// attributes writes the attributes of an element in their order.
func attributes(e *element) string {
	var list []string
	for _, a := range e.Attr {
		list = append(list, a.Local+"="+a.Value)
	}
	return strings.Join(list, " ")
}

// declared says a sequence in the words of the tables.
func declared(sequence *element) string {
	var list []string
	for _, e := range sequence.Children {
		name, _ := e.Attribute("name")
		kind, _ := e.Attribute("type")
		_, local, _ := strings.Cut(kind, ":")
		mark := "(" + attributes(e) + ")"
		switch attributes(e) {
		case "minOccurs=0 name=" + name + " nillable=true type=" + kind:
			mark = "?"
		case "name=" + name + " type=" + kind:
			mark = "!"
		case "minOccurs=0 name=" + name + " type=" + kind:
			mark = "~"
		case "minOccurs=0 maxOccurs=unbounded name=" + name + " nillable=true type=" + kind:
			mark = "*"
		}
		if builtin := strings.ToLower(local[:1]) == local[:1]; e.Local != "element" || builtin != strings.HasPrefix(kind, "xs:") || !builtin != strings.HasPrefix(kind, "dto:") {
			mark += "(" + e.Local + " " + kind + ")"
		}
		list = append(list, name+mark+local)
	}
	return strings.Join(list, " ")
}

// wsdl reads the description that is served.
func (h *harness) wsdl() *element {
	h.t.Helper()
	w := h.ask("GET", "/Uploads/2014/07/SOAP/WSDL/", "")
	root, err := xmltree.Parse(w.Body.Bytes(), xmltree.Limits{})
	h.ok(err)
	return root
}

// Section 4: the types and their elements, in their order.
func TestWSDLTypes(t *testing.T) {
	types := newHarness(t).wsdl().Children[0]
	data, service := types.Children[0], types.Children[1]
	if types.Local != "types" || len(types.Children) != 2 || attributes(data) != "elementFormDefault=qualified targetNamespace=BSN.WebServices.Uploads.DTO.2014.07" ||
		attributes(service) != "elementFormDefault=qualified targetNamespace=https://api.brightsignnetwork.com/Uploads/2014/07/SOAP/" {
		t.Fatalf("schemas: %s; %s", attributes(data), attributes(service))
	}
	var got []string
	for i := 0; i+1 < len(data.Children); i += 2 {
		kind, global := data.Children[i], data.Children[i+1]
		name, _ := kind.Attribute("name")
		if want := "name=" + name + " nillable=true type=dto:" + name; global.Local != "element" || attributes(global) != want {
			t.Errorf("element of %s: %s", name, attributes(global))
		}
		switch {
		case kind.Local == "simpleType":
			var words []string
			for _, word := range kind.Child("restriction").Children {
				words = append(words, word.Attr[0].Value)
			}
			got = append(got, name+" = "+strings.Join(words, " "))
		case kind.Child("complexContent") != nil:
			extension := kind.Child("complexContent").Child("extension")
			got = append(got, name+" < "+strings.TrimPrefix(extension.Attr[0].Value, "dto:")+" : "+declared(extension.Child("sequence")))
		default:
			got = append(got, name+" : "+declared(kind.Child("sequence")))
		}
	}
	if diff := cmp.Diff(lines(declaredTypes), got); diff != "" {
		t.Errorf("types (-want +got):\n%s", diff)
	}
	if imported := service.Children[0]; imported.Local != "import" || attributes(imported) != "namespace=BSN.WebServices.Uploads.DTO.2014.07" {
		t.Errorf("import: %s", attributes(imported))
	}
	got = nil
	for _, e := range service.Children[1:] {
		name, _ := e.Attribute("name")
		got = append(got, name+" : "+declared(e.Child("complexType").Child("sequence")))
	}
	if diff := cmp.Diff(lines(declaredWrappers), got); diff != "" {
		t.Errorf("wrappers (-want +got):\n%s", diff)
	}
}

// outline writes an element and all below it, by local names and attributes.
func outline(e *element, indent string) []string {
	list := []string{indent + strings.TrimSpace(e.Local+" "+attributes(e))}
	for _, child := range e.Children {
		list = append(list, outline(child, indent+" ")...)
	}
	return list
}

// Section 4: messages, port type, binding and service.
func TestWSDLOperations(t *testing.T) {
	root := newHarness(t).wsdl()
	const space = "https://api.brightsignnetwork.com/Uploads/2014/07/SOAP/"
	order := []string{"StartWebPageUploadSession", "StartFileUpload", "AppendChunk", "CompleteFileUpload", "CancelFileUpload", "CompleteWebPageUploadSession", "GetFileUploadStatus", "GetWebPageUploadStatus"}
	var messages, ports, bindings []string
	for _, op := range order {
		in, out, fault := "ContentUploadService_"+op+"_InputMessage", "ContentUploadService_"+op+"_OutputMessage", "ContentUploadService_"+op+"_FileUploadFaultFault_FaultMessage"
		action := space + "ContentUploadService/" + op
		messages = append(messages, "message name="+in, " part name=parameters element=tns:"+op, "message name="+out, " part name=parameters element=tns:"+op+"Response",
			"message name="+fault, " part name=detail element=dto:FileUploadFault")
		ports = append(ports, " operation name="+op, "  input Action="+action+" message=tns:"+in, "  output Action="+action+"Response message=tns:"+out,
			"  fault Action="+action+"FileUploadFaultFault name=FileUploadFaultFault message=tns:"+fault)
		bindings = append(bindings, " operation name="+op, "  operation soapAction="+action+" style=document", "  input", "   body use=literal", "  output", "   body use=literal",
			"  fault name=FileUploadFaultFault", "   fault use=literal name=FileUploadFaultFault")
	}
	want := append(messages, "portType name=ContentUploadService")
	want = append(append(want, ports...), "binding name=BasicHttpBinding_ContentUploadService type=tns:ContentUploadService", " binding transport=http://schemas.xmlsoap.org/soap/http")
	want = append(append(want, bindings...), "service name=ContentUploadService", " port name=BasicHttpBinding_ContentUploadService binding=tns:BasicHttpBinding_ContentUploadService",
		"  address location=https://upload.example.com/Uploads/2014/07/SOAP/Basic/")
	var got []string
	for _, child := range root.Children[1:] {
		got = append(got, outline(child, "")...)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("operations (-want +got):\n%s", diff)
	}
	if root.Space != "http://schemas.xmlsoap.org/wsdl/" || attributes(root) != "name=ContentUploadService targetNamespace="+space {
		t.Errorf("root: %s %s", root.Space, attributes(root))
	}
}
