package ipsapi

import (
	"crypto/tls"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/protocol/guard"
	"sluice/internal/protocol/scene7"
	"sluice/internal/wire/xmltree"
)

// documentMux serves the documents alone.
func documentMux(s *Service) *http.ServeMux {
	mux := http.NewServeMux()
	s.wsdlRoutes(mux)
	return mux
}

func fetch(s *Service, method, target string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	documentMux(s).ServeHTTP(w, httptest.NewRequest(method, target, nil))
	return w
}

func parsed(t *testing.T, document []byte) *xmltree.Element {
	t.Helper()
	root, err := xmltree.Parse(document, xmltree.Limits{Bytes: 8 << 20, Elements: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// attribute is the value of an attribute, "" when there is none.
func attribute(e *xmltree.Element, name string) string {
	for _, a := range e.Attr {
		if a.Local == name {
			return a.Value
		}
	}
	return ""
}

// named finds a child by element name and attribute name.
func named(t *testing.T, e *xmltree.Element, local, name string) *xmltree.Element {
	t.Helper()
	for _, child := range e.Children {
		if child.Local == local && attribute(child, "name") == name {
			return child
		}
	}
	t.Fatalf("%s has no %s called %s", e.Local, local, name)
	return nil
}

// outline writes an element and what is below it as lines: the last part of its
// namespace, name, attributes.
func outline(e *xmltree.Element, indent string) string {
	space := strings.Split(strings.Trim(e.Space, "/"), "/")
	line := indent + space[len(space)-1] + ":" + e.Local
	for _, a := range e.Attr {
		line += " " + a.Local + "=" + a.Value
	}
	line += "\n"
	for _, child := range e.Children {
		line += outline(child, indent+" ")
	}
	return line
}

const goldenPortOperation = `wsdl:operation name=getCompanyInfo
 wsdl:input message=tns:getCompanyInfo
 wsdl:output message=tns:getCompanyInfoResponse
 wsdl:fault name=ipsApiFault message=tns:ipsApiFaultException
 wsdl:fault name=authenticationFault message=tns:authenticationFaultException
 wsdl:fault name=authorizationFault message=tns:authorizationFaultException
`

const goldenBindingOperation = `wsdl:operation name=getCompanyInfo
 soap:operation soapAction=getCompanyInfo style=document
 wsdl:input
  soap:header message=tns:authHeader part=authHeader use=literal
  soap:body use=literal
 wsdl:output
  soap:body use=literal
 wsdl:fault name=ipsApiFault
  soap:fault name=ipsApiFault use=literal
 wsdl:fault name=authenticationFault
  soap:fault name=authenticationFault use=literal
 wsdl:fault name=authorizationFault
  soap:fault name=authorizationFault use=literal
`

const goldenService = `wsdl:service name=IpsApiService
 wsdl:port name=IpsApiSoapPort binding=tns:IpsApiServiceSoapBinding
  soap:address location=http://host.example/scene7/services/IpsApiService
 wsdl:port name=IpsApiSoap12Port binding=tns:IpsApiServiceSoap12Binding
  soap12:address location=http://host.example/scene7/services/IpsApiService
`

// TestWSDLNames holds every name that generated clients depend on against the
// contract's section 9.5.
func TestWSDLNames(t *testing.T) {
	root := parsed(t, fetch(documents(t), "GET", "http://host.example/scene7/webservice/IpsApi-2014-04-03.wsdl").Body.Bytes())
	if got := attribute(root, "name") + " " + attribute(root, "targetNamespace"); got != "IpsApi http://www.scene7.com/IpsApi" {
		t.Errorf("definitions %s", got)
	}
	for name, want := range map[string]string{
		"authHeader":                   "wsdl:part name=authHeader element=common:authHeader\n",
		"ipsApiFaultException":         "wsdl:part name=fault element=common:ipsApiFault\n",
		"authenticationFaultException": "wsdl:part name=fault element=common:authenticationFault\n",
		"authorizationFaultException":  "wsdl:part name=fault element=common:authorizationFault\n",
		"getCompanyInfo":               "wsdl:part name=input element=types:getCompanyInfoParam\n",
		"getCompanyInfoResponse":       "wsdl:part name=output element=types:getCompanyInfoReturn\n",
	} {
		if diff := cmp.Diff("wsdl:message name="+name+"\n "+want, outline(named(t, root, "message", name), "")); diff != "" {
			t.Error(diff)
		}
	}
	soap12 := strings.NewReplacer("soap:", "soap12:")
	soap, other := named(t, root, "binding", "IpsApiServiceSoapBinding"), named(t, root, "binding", "IpsApiServiceSoap12Binding")
	for _, test := range []struct {
		found *xmltree.Element
		want  string
	}{
		{named(t, named(t, root, "portType", "IpsApiPortType"), "operation", "getCompanyInfo"), goldenPortOperation},
		{named(t, soap, "operation", "getCompanyInfo"), goldenBindingOperation},
		{named(t, other, "operation", "getCompanyInfo"), soap12.Replace(goldenBindingOperation)},
		{soap.Child("binding"), "soap:binding style=document transport=http://schemas.xmlsoap.org/soap/http\n"},
		{other.Child("binding"), "soap12:binding style=document transport=http://schemas.xmlsoap.org/soap/http\n"},
		{named(t, root, "service", "IpsApiService"), goldenService},
	} {
		if diff := cmp.Diff(test.want, outline(test.found, "")); diff != "" {
			t.Error(diff)
		}
	}
}

// TestWSDLHoldsTogether follows every reference of every version: from operations
// to messages, to elements, to types.
func TestWSDLHoldsTogether(t *testing.T) {
	s := documents(t)
	for version, level := range knownVersions() {
		name := "IpsApi-" + version
		if version == "" {
			name = "IpsApi"
		}
		root := parsed(t, fetch(s, "GET", "/scene7/"+name+".wsdl").Body.Bytes())
		elements, types := map[string]bool{}, map[string]bool{}
		for _, schema := range root.Child("types").Children {
			for _, child := range schema.Children {
				switch child.Local {
				case "element":
					elements[attribute(schema, "targetNamespace")+" "+attribute(child, "name")] = true
				case "complexType":
					types["types:"+attribute(child, "name")] = true
				}
			}
		}
		of, _ := parseRelease(version)
		spaces := strings.NewReplacer("common:", scene7.BaseNamespace+" ", "types:", of.namespace+" ")
		messages := map[string]bool{}
		for _, child := range root.Children {
			if child.Local == "message" {
				messages["tns:"+attribute(child, "name")] = true
				if element := spaces.Replace(attribute(child.Child("part"), "element")); !elements[element] {
					t.Errorf("version %q: message %s has unknown element %q", version, attribute(child, "name"), element)
				}
			}
		}
		resolve(t, version, root, messages, types)
		if want := len(operationsAt(s.operations, level)); len(named(t, root, "portType", "IpsApiPortType").Children) != want {
			t.Errorf("version %q has not %d operations", version, want)
		}
		if !elements[of.namespace+" authHeader"] || !elements[scene7.BaseNamespace+" authHeader"] {
			t.Errorf("version %q: authHeader is not in both namespaces", version)
		}
	}
}

// resolve follows the attributes message and type of all elements.
func resolve(t *testing.T, version string, e *xmltree.Element, messages, types map[string]bool) {
	t.Helper()
	if message := attribute(e, "message"); message != "" && !messages[message] {
		t.Errorf("version %q: unknown message %s", version, message)
	}
	if name := attribute(e, "type"); strings.HasPrefix(name, "types:") && !types[name] {
		t.Errorf("version %q: unknown type %s of %s", version, name, attribute(e, "name"))
	}
	for _, child := range e.Children {
		resolve(t, version, child, messages, types)
	}
}

func TestDocumentAddresses(t *testing.T) {
	s := documents(t)
	const ns = scene7.BaseNamespace
	for _, test := range []struct {
		method, target string
		status         int
		has            string
	}{
		{"GET", "/scene7/webservice/IpsApi.wsdl", 200, `xmlns:types="` + ns + `"`},
		{"GET", "/scene7/IpsApi.wsdl", 200, `xmlns:types="` + ns + `"`},
		{"GET", "/scene7/webservice/IpsApi-2008-01-15.wsdl", 200, `xmlns:types="` + ns + `/2008-01-15"`},
		{"GET", "/scene7/IpsApi-2017-10-29-beta.wsdl", 200, `xmlns:types="` + ns + `/2017-10-29-beta"`},
		{"GET", "/scene7/IpsApi-2019-05-06.wsdl", 200, `xmlns:types="` + ns + `/2019-05-06"`},
		{"GET", "/scene7/services/IpsApiService?wsdl", 200, `xmlns:types="` + ns + `/2014-04-03"`},
		{"GET", "/scene7/services/IpsApiService?WSDL", 200, `xmlns:types="` + ns + `/2014-04-03"`},
		{"HEAD", "/scene7/IpsApi-2014-04-03.wsdl", 200, ""},
		{"HEAD", "/scene7/services/IpsApiService?wsdl", 200, ""},
		{"GET", "/scene7/webservice/IpsApi.xsd", 200, `targetNamespace="` + ns + `"`},
		{"GET", "/scene7/IpsApi-2021-01-11-beta.xsd", 200, `schemaLocation="IpsApiCommon.xsd"`},
		{"GET", "/scene7/IpsApiCommon.xsd", 200, `<xsd:element name="samlResponse"`},
		{"GET", "/scene7/webservice/IpsApiCommon.xsd", 200, `<xsd:element name="ipsApiFault"`},
		{"GET", "/scene7/services/IpsApiService", 405, "?wsdl"},
		{"POST", "/scene7/IpsApi-2014-04-03.wsdl", 405, "GET"},
		{"GET", "/scene7/IpsApi-.wsdl", 404, ""},
		{"GET", "/scene7/IpsApi-2014-04-03-alpha.wsdl", 404, ""},
		{"GET", "/scene7/IpsApi-2014-04-03-beta-beta.wsdl", 404, ""},
		{"GET", "/scene7/IpsApi-2014-4-3.wsdl", 404, ""},
		{"GET", "/scene7/IpsApi2014-04-03.wsdl", 404, ""},
		{"GET", "/scene7/IpsApi-2014-04-03%2F.wsdl", 404, ""},
		{"GET", "/scene7/IpsApi-2014-04-03.wsdl.xsd", 404, ""},
		{"GET", "/scene7/IpsApi-2014-04-03.txt", 404, ""},
		{"GET", "/scene7/IpsApiCommon.wsdl", 404, ""},
		{"GET", "/scene7/anything", 404, ""},
		{"POST", "/scene7/anything", 404, ""},
	} {
		w := fetch(s, test.method, test.target)
		if w.Code != test.status || !strings.Contains(w.Body.String(), test.has) {
			t.Errorf("%s %s: status %d, %.200s", test.method, test.target, w.Code, w.Body)
		}
		if length := w.Header().Get("Content-Length"); test.status == 200 && test.method == "GET" && length != strconv.Itoa(w.Body.Len()) {
			t.Errorf("%s: Content-Length %s of %d bytes", test.target, length, w.Body.Len())
		}
	}
}

// TestDocumentsStandBesideUploadFile mounts the routes with those of the upload
// servlet, whose path one of the patterns covers.
func TestDocumentsStandBesideUploadFile(t *testing.T) {
	mux := documentMux(documents(t))
	mux.HandleFunc("POST /scene7/UploadFile", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) })
	mux.HandleFunc("/scene7/UploadFile", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusMethodNotAllowed) })
	for method, want := range map[string]int{"POST": http.StatusAccepted, "GET": http.StatusMethodNotAllowed} {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest(method, "/scene7/UploadFile", nil))
		if w.Code != want {
			t.Errorf("%s: status %d, want %d", method, w.Code, want)
		}
	}
}

// locations are the addresses of the ports.
func locations(t *testing.T, document []byte) []string {
	t.Helper()
	var all []string
	for _, port := range parsed(t, document).Child("service").Children {
		all = append(all, attribute(port.Child("address"), "location"))
	}
	return all
}

func TestServiceURL(t *testing.T) {
	s := documents(t)
	long := "http://h/" + strings.Repeat("a", maxServiceURL)
	for value, want := range map[string]string{
		"https%3A%2F%2Fs7.example%2Fapi%3Fa%3Db%26c": "https://s7.example/api?a=b&c",
		"http://10.0.0.1:8080/x":                     "http://10.0.0.1:8080/x",
		"http://h/'%2Bx":                             "http://h/'+x",
		long[:maxServiceURL]:                         long[:maxServiceURL],
		long:                                         "",
		"":                                           "",
		"/scene7":                                    "",
		"ftp://h/":                                   "",
		"javascript:alert(1)":                        "",
		"http://":                                    "",
		"http://:80/":                                "",
		"http:h":                                     "",
		"http://h/%22%3E%3Cx/%3E":                    "",
		"http://h%0d%0a/":                            "",
	} {
		for _, target := range []string{"/scene7/IpsApi.wsdl?serviceUrl=", "/scene7/services/IpsApiService?wsdl&serviceUrl="} {
			w := fetch(s, "GET", target+value)
			if want == "" {
				if w.Code != http.StatusBadRequest {
					t.Errorf("%q: status %d", value, w.Code)
				}
				continue
			}
			if diff := cmp.Diff([]string{want, want}, locations(t, w.Body.Bytes())); diff != "" {
				t.Errorf("%q: %s", value, diff)
			}
		}
	}
}

// TestAddressOfTheRequest lets documents name the address that the client used:
// behind a trusted proxy the outer one, and the configured one before all.
func TestAddressOfTheRequest(t *testing.T) {
	mux := documentMux(documents(t))
	wrap := func(o guard.Options) http.Handler {
		o.Log = slog.New(slog.DiscardHandler)
		return guard.New(o).Wrap(mux)
	}
	for _, test := range []struct {
		name    string
		handler http.Handler
		tls     bool
		want    string
	}{
		{"plain", mux, false, "http://in.example:8080"},
		{"TLS", mux, true, "https://in.example:8080"},
		{"stranger", wrap(guard.Options{}), false, "http://in.example:8080"},
		{"proxy", wrap(guard.Options{Trusted: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}}), false, "https://out.example"},
		{"configured", wrap(guard.Options{PublicURL: "https://s7.example/"}), false, "https://s7.example"},
	} {
		r := httptest.NewRequest("GET", "http://in.example:8080/scene7/IpsApi.wsdl", nil)
		r.Header.Set("X-Forwarded-Proto", "https")
		r.Header.Set("X-Forwarded-Host", "out.example")
		if test.tls {
			r.TLS = &tls.ConnectionState{}
		}
		w := httptest.NewRecorder()
		test.handler.ServeHTTP(w, r)
		if got := locations(t, w.Body.Bytes()); got[0] != test.want+servicePath || got[1] != got[0] {
			t.Errorf("%s: %v", test.name, got)
		}
	}
}

// zeepPython finds a Python that has zeep: the first one in the path need not be
// the one that packages are installed for.
func zeepPython(t *testing.T) string {
	t.Helper()
	for _, python := range []string{tool(t, "python3"), "/usr/bin/python3"} {
		if exec.CommandContext(t.Context(), python, "-c", "import zeep").Run() == nil {
			return python
		}
	}
	t.Fatal("no Python has zeep; make setup installs it, -short goes without")
	return ""
}

// TestClientsFromWSDL lets SOAP toolkits build their clients from the documents,
// build a request of every operation, and read a full and a minimal answer to it.
// What they would send must be valid.
func TestClientsFromWSDL(t *testing.T) {
	s := documents(t)
	clients := map[string][]string{
		"zeep": {zeepPython(t), "testdata/zeep_replay.py"},
		"php":  {tool(t, "php"), "testdata/php_replay.php"},
	}
	for _, version := range []string{"", "2014-04-03", "2016-01-14-beta", "2021-01-11-beta"} {
		of, _ := parseRelease(version)
		wsdl := filepath.Join(t.TempDir(), "IpsApi.wsdl")
		writeFile(t, wsdl, s.wsdl(of, "http://sluice.test"+servicePath))
		requests, answers := t.TempDir(), t.TempDir()
		writeSamples(t, s, version, "Param", requests)
		count := writeSamples(t, s, version, "Return", answers)
		for _, name := range slices.Sorted(maps.Keys(clients)) {
			sent := t.TempDir()
			command := append(slices.Clone(clients[name]), wsdl, requests, answers, sent)
			out, err := exec.CommandContext(t.Context(), command[0], command[1:]...).CombinedOutput()
			if want := strconv.Itoa(2*count) + " answers\n"; err != nil || !strings.HasSuffix(string(out), want) {
				t.Fatalf("%s, version %q: %v\n%s", name, version, err, out[max(0, len(out)-3000):])
			}
			if says, ok := validate(t, version, sent); !ok {
				t.Errorf("%s, version %q sends\n%s", name, version, failures(says))
			}
		}
	}
}

// TestZeepRefusesUnknownElements makes sure that zeep would notice an answer that
// the documents do not describe.
func TestZeepRefusesUnknownElements(t *testing.T) {
	s := documents(t)
	const version = "2014-04-03"
	of, _ := parseRelease(version)
	requests, answers := t.TempDir(), t.TempDir()
	wsdl := filepath.Join(t.TempDir(), "IpsApi.wsdl")
	writeFile(t, wsdl, s.wsdl(of, "http://sluice.test"+servicePath))
	writeSamples(t, s, version, "Param", requests)
	writeSamples(t, s, version, "Return", answers)
	writeFile(t, filepath.Join(answers, "submitJob.full.xml"),
		[]byte(`<submitJobReturn xmlns="`+of.namespace+`"><jobHandle>j</jobHandle><surprise>s</surprise></submitJobReturn>`))
	out, err := exec.CommandContext(t.Context(), zeepPython(t), "testdata/zeep_replay.py", wsdl, requests, answers, t.TempDir()).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "surprise") {
		t.Errorf("zeep ends with %v: %s", err, out)
	}
}
