package e2e_test

import (
	"bytes"
	"crypto/sha1"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Namespaces of the content upload service, and the user name of its clients.
const (
	uploadService = "https://api.brightsignnetwork.com/Uploads/2014/07/SOAP/"
	uploadData    = "BSN.WebServices.Uploads.DTO.2014.07"
	uploadPath    = "/Uploads/2014/07/SOAP/Basic/"
	uploadUser    = demoCompany + "/" + adminLogin

	wsSecurity = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
	wsUtility  = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
	soap11     = "http://schemas.xmlsoap.org/soap/envelope/"
	soap12     = "http://www.w3.org/2003/05/soap-envelope"
)

// uploadMessage is a message of the service: an operation with what is in it.
func uploadMessage(envelope, operation, inner string, more ...string) string {
	return `<s:Envelope xmlns:s="` + envelope + `"><s:Header><o:Security s:mustUnderstand="1" xmlns:o="` + wsSecurity + `">` + strings.Join(more, "") +
		`<o:UsernameToken><o:Username>` + uploadUser + `</o:Username><o:Password>` + adminPassword + `</o:Password></o:UsernameToken></o:Security></s:Header><s:Body>` +
		`<` + operation + ` xmlns="` + uploadService + `" xmlns:a="` + uploadData + `" xmlns:i="http://www.w3.org/2001/XMLSchema-instance">` + inner + `</` + operation + `></s:Body></s:Envelope>`
}

// members are elements of the arguments' namespace; names and values take turns.
func members(pairs ...string) string {
	var b strings.Builder
	for i := 0; i+1 < len(pairs); i += 2 {
		b.WriteString("<a:" + pairs[i] + ">")
		_ = xml.EscapeText(&b, []byte(pairs[i+1])) // a builder takes everything
		b.WriteString("</a:" + pairs[i] + ">")
	}
	return b.String()
}

// args are the arguments of an operation, of a derived type if it is named.
func args(kind, inner string) string {
	if kind != "" {
		kind = ` i:type="a:` + kind + `"`
	}
	return "<args" + kind + ">" + inner + "</args>"
}

// parsed is the body of a reply: the operation's response, or a fault.
func parsed(t *testing.T, reply string) node {
	t.Helper()
	var root node
	if err := xml.Unmarshal([]byte(reply), &root); err != nil {
		t.Fatalf("%v\n%s", err, reply)
	}
	body := root.at("Body")
	if root.XMLName.Local != "Envelope" || len(body.Children) != 1 {
		t.Fatalf("not a reply: %s", reply)
	}
	return body.Children[0]
}

// bright calls an operation that must succeed and returns its result.
func (s *server) bright(operation, inner string) node {
	s.t.Helper()
	answer, err := http.Post(s.url+uploadPath, "text/xml; charset=utf-8", strings.NewReader(uploadMessage(soap11, operation, inner)))
	if err != nil {
		s.t.Fatalf("%s: %v", operation, err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		s.t.Fatalf("%s: %s %v\n%s", operation, answer.Status, err, text)
	}
	return parsed(s.t, string(text)).at(operation + "Result")
}

// brightFile uploads a file by the service and returns the number of its content.
func (s *server) brightFile(kind, content string, pairs ...string) string {
	s.t.Helper()
	about := members(append([]string{"FileSize", strconv.Itoa(len(content))}, pairs...)...)
	token := s.bright("StartFileUpload", args(kind, about)).at("UploadToken").Text
	s.brightChunk(token, content)
	return s.bright("CompleteFileUpload", args("", members("UploadToken", token))).at("ContentId").Text
}

func (s *server) brightChunk(token, content string) {
	s.t.Helper()
	stored := s.bright("AppendChunk", "<uploadToken>"+token+"</uploadToken><partNumber>0</partNumber><data>"+encoded(content)+"</data><offset>0</offset>")
	if stored.Text != "true" {
		s.t.Errorf("AppendChunk answered %q", stored.Text)
	}
}

// brightHolds is holds for files of this service, whose SHA-256 comes after the answer.
func (s *server) brightHolds(fileName, content string) {
	s.t.Helper()
	s.eventually(fileName+" has its digest", func() bool { return s.asset(fileName).SHA256 != "" })
	s.holds(fileName, content)
}

func sha1Of(content string) string {
	sum := sha1.Sum([]byte(content))
	return hex.EncodeToString(sum[:])
}

// toolkit runs a program of testdata/brightsign against the server and returns what it
// printed before its last word, which is ok.
func (s *server) toolkit(t *testing.T, needs string, command ...string) string {
	t.Helper()
	if _, err := exec.LookPath(needs); err != nil {
		if _, err := os.Stat(needs); err != nil {
			t.Fatalf("%s is missing; make setup installs it", needs)
		}
	}
	modules, err := filepath.Abs("../../.test/node")
	if err != nil {
		t.Fatal(err)
	}
	arguments := append([]string{filepath.Join("testdata", "brightsign", command[1]), s.url, uploadUser, adminPassword}, command[2:]...)
	program := exec.CommandContext(t.Context(), command[0], arguments...)
	program.Env = environment("SOAP_CLIENTS="+modules, "LC_ALL=C.UTF-8", "NO_PROXY=*", "no_proxy=*")
	program.WaitDelay = 5 * time.Second
	out, err := program.CombinedOutput()
	text, ended := strings.CutSuffix(strings.TrimSpace(string(out)), "ok")
	if err != nil || !ended {
		t.Fatalf("%v\n%s", err, out)
	}
	return text
}

const systemPython = "/usr/bin/python3" // for which the package of the toolkit is

// TestBrightSignToolkits lets clients that toolkits generate from the WSDL upload files
// and web pages, and reads back what they stored: check 24 of the contract with its
// checks 1 and 16, for the toolkits that are at hand.
func TestBrightSignToolkits(t *testing.T) {
	if testing.Short() {
		t.Skip("runs toolkits")
	}
	s := start(t)
	for _, c := range []struct {
		name, needs string
		command     []string
	}{
		{"zeep", systemPython, []string{systemPython, "zeep_walk.py", "plain", "all"}},
		{"zeep with time stamps", systemPython, []string{systemPython, "zeep_walk.py", "stamped", "all"}},
		{"PHP SoapClient", "php", []string{"php", "php_walk.php"}},
		{"npm soap", "../../.test/node/node_modules/soap/package.json", []string{"node", "soap_walk.mjs"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.t = t
			said := s.toolkit(t, c.needs, c.command...)
			type file struct{ sha1, name string }
			contents := map[int64]file{} // the last of what is said of a number counts
			for line := range strings.Lines(said) {
				if fields := strings.SplitN(strings.TrimSpace(line), " ", 4); len(fields) == 4 {
					number, err := strconv.ParseInt(fields[1], 10, 64)
					if err != nil {
						t.Fatalf("%s: %v", line, err)
					}
					contents[number] = file{fields[2], fields[3]}
				}
			}
			if len(contents) < 6 {
				t.Fatalf("it stored less than it should:\n%s", said)
			}
			var everything map[int64]asset
			s.eventually("all contents are found", func() bool { // files of pages by log rows, which come when the work on them has ended
				everything = s.everything()
				for number := range contents {
					if _, ok := everything[number]; !ok {
						return false
					}
				}
				return true
			})
			for number, want := range contents {
				a := everything[number]
				if got := sha1Of(s.original(a)); got != want.sha1 || a.FileName != want.name {
					t.Errorf("content %d is %s with SHA-1 %s, want %s with %s", number, a.FileName, got, want.name, want.sha1)
				}
			}
		})
	}
}

// everything returns all assets by number, files of web pages included: no list shows
// these, but the logs of their jobs do.
func (s *server) everything() map[int64]asset {
	s.t.Helper()
	found := map[int64]asset{}
	for _, a := range s.assets() {
		found[a.Number] = a
	}
	for _, j := range list[job](s, "/v1/jobs", url.Values{}) {
		for _, r := range list[struct{ AssetUUID string }](s, "/v1/jobs/"+j.UUID+"/log", url.Values{}) {
			if r.AssetUUID == "" {
				continue
			}
			res := s.get("/v1/assets/" + r.AssetUUID)
			res.Body.Close()
			if res.StatusCode == http.StatusNotFound {
				continue // the file of a page that became the page's new version
			}
			var a asset
			s.decode("/v1/assets/"+r.AssetUUID, &a)
			found[a.Number] = a
		}
	}
	return found
}

// TestBrightSignTLS is for clients that send no password in the clear: the certificate
// is the server's own, which they trust by its file in the data directory.
func TestBrightSignTLS(t *testing.T) {
	s := start(t, "SLUICE_TLS_SELF_SIGNED=true")
	if !strings.HasPrefix(s.url, "https://127.0.0.1:") {
		t.Fatalf("the server is at %s", s.url)
	}
	kept := filepath.Join(s.data, "tls-self-signed.pem")
	text, err := os.ReadFile(kept)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text) {
		t.Fatal("the file of the certificate has none")
	}
	client := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, DisableKeepAlives: true}, Timeout: time.Minute}
	const stamp = `<u:Timestamp u:Id="_0" xmlns:u="` + wsUtility + `"><u:Created>2026-01-05T10:00:00.000Z</u:Created><u:Expires>2026-01-05T10:05:00.000Z</u:Expires></u:Timestamp>`
	for _, c := range []struct {
		stamp string
		want  bool
	}{{stamp, true}, {"", false}} {
		answer, err := client.Post(s.url+uploadPath, "text/xml; charset=utf-8", strings.NewReader(uploadMessage(soap11, "GetFileUploadStatus", "<uploadToken>nobody</uploadToken>", c.stamp)))
		if err != nil {
			t.Fatal(err)
		}
		reply, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		var root node
		if err := xml.Unmarshal(reply, &root); err != nil || answer.StatusCode != http.StatusOK {
			t.Fatalf("%s %v\n%s", answer.Status, err, reply)
		}
		times := root.at("Header", "Security", "Timestamp")
		created, expires := times.at("Created").Text, times.at("Expires").Text
		if err != nil || (created != "" && created < expires) != c.want {
			t.Errorf("stamped %v: created %q, expires %q, %v", c.want, created, expires, err)
		}
	}
	if answer, err := client.Get(s.url + "/Uploads/2014/07/SOAP/WSDL/"); err != nil {
		t.Error(err)
	} else {
		var wsdl bytes.Buffer
		_, _ = wsdl.ReadFrom(answer.Body) // what is missing fails the comparison
		answer.Body.Close()
		if want := fmt.Sprintf(`<soap:address location="%s"`, s.url+uploadPath); !strings.Contains(wsdl.String(), want) {
			t.Errorf("the WSDL lacks %s", want)
		}
	}
	if !testing.Short() {
		s.toolkit(t, systemPython, systemPython, "zeep_walk.py", "stamped", "file", kept)
	}
}
