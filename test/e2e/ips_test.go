package e2e_test

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	ipsNamespace = "http://www.scene7.com/IpsApi/xsd/2014-04-03"
	demoCompany  = "Demo"
)

// node is an element of an answer, with the text between its children.
type node struct {
	XMLName  xml.Name
	Text     string `xml:",chardata"`
	Children []node `xml:",any"`
}

// at returns the element at a path below, an empty one when there is none.
func (n node) at(path ...string) node {
	for _, name := range path {
		i := slices.IndexFunc(n.Children, func(c node) bool { return c.XMLName.Local == name })
		if i < 0 {
			return node{}
		}
		n = n.Children[i]
	}
	return n
}

func (n node) texts(name string) []string {
	var all []string
	for _, c := range n.Children {
		all = append(all, c.at(name).Text)
	}
	return all
}

// dialect is a way to speak to the IPS API.
type dialect struct {
	name, path, contentType, before, header, after string
	fault                                          []string // path to the fault element
}

func dialects() []dialect {
	soap := func(namespace, contentType string, fault ...string) dialect {
		return dialect{"SOAP", "/scene7/services/IpsApiService", contentType,
			`<soapenv:Envelope xmlns:soapenv="` + namespace + `"><soapenv:Header>`, `</soapenv:Header><soapenv:Body>`, `</soapenv:Body></soapenv:Envelope>`, fault}
	}
	first, second := soap("http://schemas.xmlsoap.org/soap/envelope/", "text/xml; charset=utf-8", "Body", "Fault", "detail"),
		soap("http://www.w3.org/2003/05/soap-envelope", "application/soap+xml; charset=utf-8", "Body", "Fault", "Detail")
	first.name, second.name = "SOAP 1.1", "SOAP 1.2"
	return []dialect{first, second, {"bare XML", "/scene7/api/IpsApiService", "text/xml", `<Request xmlns="` + ipsNamespace + `">`, "", "</Request>", nil}}
}

// ips calls an operation and returns its return element, or the fault element.
func (s *server) ips(d dialect, login, password, operation, inner string) (int, node) {
	s.t.Helper()
	auth := fmt.Sprintf(`<authHeader xmlns="http://www.scene7.com/IpsApi/xsd"><user>%s</user><password>%s</password></authHeader>`, login, password)
	body := d.before + auth + d.header + fmt.Sprintf(`<%sParam xmlns="%s">%s</%sParam>`, operation, ipsNamespace, inner, operation) + d.after
	answer, err := http.Post(s.url+d.path, d.contentType, strings.NewReader(body))
	if err != nil {
		s.t.Fatalf("%s: %v", operation, err)
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Fatalf("%s: %v", operation, err)
	}
	var root node
	if err := xml.Unmarshal(data, &root); err != nil {
		s.t.Fatalf("%s: %v\n%s", operation, err, data)
	}
	if answer.StatusCode == http.StatusOK {
		if root.XMLName.Local == "Envelope" {
			root = root.at("Body")
			if len(root.Children) != 1 {
				s.t.Fatalf("%s: the body has %d elements\n%s", operation, len(root.Children), data)
			}
			root = root.Children[0]
		}
		if root.XMLName.Local != operation+"Return" || root.XMLName.Space != ipsNamespace {
			s.t.Fatalf("%s: answered %v\n%s", operation, root.XMLName, data)
		}
		return answer.StatusCode, root
	}
	if d.fault != nil {
		root = root.at(d.fault...)
		if len(root.Children) != 1 {
			s.t.Fatalf("%s: no fault\n%s", operation, data)
		}
		root = root.Children[0]
	}
	return answer.StatusCode, root
}

// must calls an operation as the administrator; it has to succeed.
func (s *server) mustIPS(d dialect, operation, inner string) node {
	s.t.Helper()
	status, answer := s.ips(d, adminLogin, adminPassword, operation, inner)
	if status != http.StatusOK {
		s.t.Fatalf("%s: status %d, fault %s %s", operation, status, answer.at("code").Text, answer.at("reason").Text)
	}
	return answer
}

func jpegOf(t *testing.T, width, height int) string {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, width, height)), nil); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestIPSWalk is what a client does around an upload, in every dialect.
func TestIPSWalk(t *testing.T) {
	s := start(t)
	for _, d := range dialects() {
		t.Run(d.name, func(t *testing.T) {
			s.t = t
			prefix := strings.ReplaceAll(d.name, " ", "")
			company := s.mustIPS(d, "getCompanyInfo", "<companyName>"+demoCompany+"</companyName>").at("companyInfo", "companyHandle").Text
			ch := "<companyHandle>" + company + "</companyHandle>"

			first := s.upload(auth(), params(jobName(prefix), options(true)), file(prefix+"/one.jpg", jpegOf(t, 40, 30)))
			if second := s.upload(auth(), params(jobHandle(first)), file(prefix+"/two.jpg", jpegOf(t, 8, 9))); second != first {
				t.Errorf("the second file went to %s, not %s", second, first)
			}
			jobs := s.mustIPS(d, "getActiveJobs", ch+jobHandle(first)).at("jobArray")
			if len(jobs.Children) != 1 || jobs.Children[0].at("uploadPostJob", "overwrite").Text != "true" || jobs.Children[0].at("uploadPostJob", "preserveCrop").Text != "true" {
				t.Errorf("active jobs: %+v", jobs)
			}
			s.upload(auth(), params(jobHandle(first), endJob))
			s.awaitJob(d, ch, first)
			log := s.mustIPS(d, "getJobLogDetails", ch+jobHandle(first)).at("jobLogArray", "items")
			rows := log.at("detailArray")
			types := rows.texts("logType")
			for _, want := range []string{"BeginUpload", "OriginalJobName", "EndUpload"} {
				if !slices.Contains(types, want) {
					t.Errorf("no row %s in %v", want, types)
				}
			}
			handles := map[string]string{}
			for _, row := range rows.Children {
				if row.at("logType").Text == "UploadSuccess" {
					handles[row.at("assetName").Text] = row.at("assetHandle").Text
				}
			}
			if len(handles) != 2 {
				t.Errorf("rows of success: %v", handles)
			}
			assets := s.mustIPS(d, "getAssetsByName", ch+"<nameArray><items>one</items><items>two</items></nameArray>").at("assetArray")
			if got := assets.texts("fileName"); !slices.Equal(got, []string{"one.jpg", "two.jpg"}) {
				t.Fatalf("assets %v", got)
			}
			one := assets.Children[0]
			if one.at("folder").Text != demoCompany+"/"+prefix+"/" || one.at("imageInfo", "width").Text != "40" || one.at("imageInfo", "height").Text != "30" || one.at("imageInfo", "fileSize").Text == "0" {
				t.Errorf("asset %+v", one)
			}
			for _, again := range []struct {
				overwrite bool
				log       string
			}{{true, "FileUpdated"}, {false, "DuplicateSkipped"}} {
				job := s.upload(auth(), params(jobName(prefix+"again"), endJob, options(again.overwrite)), file(prefix+"/one.jpg", jpegOf(t, 40, 30)))
				s.awaitJob(d, ch, job)
				rows := s.mustIPS(d, "getJobLogDetails", ch+jobHandle(job)).at("jobLogArray", "items", "detailArray")
				i := slices.Index(rows.texts("logType"), again.log)
				if i < 0 {
					t.Fatalf("no row %s in %v", again.log, rows.texts("logType"))
				}
				if got := rows.Children[i].at("assetHandle").Text; again.overwrite && got != handles["one.jpg"] {
					t.Errorf("the replaced asset has the handle %s, not %s", got, handles["one.jpg"])
				}
			}
			status, fault := s.ips(d, adminLogin, "wrong", "getCompanyInfo", ch)
			if status != http.StatusInternalServerError || fault.XMLName.Local != "authenticationFault" || fault.at("code").Text != "10001" {
				t.Errorf("a wrong password gives %d %+v", status, fault)
			}
			s.mustIPS(d, "deleteAssets", ch+"<assetHandleArray><items>"+handles["one.jpg"]+"</items><items>"+handles["two.jpg"]+"</items></assetHandleArray>")
			s.mustIPS(d, "emptyAssetsFromTrash", ch+"<assetHandleArray><items>"+handles["one.jpg"]+"</items><items>"+handles["two.jpg"]+"</items></assetHandleArray>")
		})
	}
}

// awaitJob waits as clients do: until the job is not active any more.
func (s *server) awaitJob(d dialect, ch, handle string) {
	s.t.Helper()
	s.eventually("the end of "+handle, func() bool {
		return len(s.mustIPS(d, "getActiveJobs", ch+jobHandle(handle)).at("jobArray").Children) == 0
	})
}

// TestIPSCutBody reads answers as clients do that cut out the text of the body, parse
// it alone and walk through all nodes.
func TestIPSCutBody(t *testing.T) {
	s := start(t)
	s.upload(auth(), newJob("cut"), file("x/a.jpg", jpegOf(t, 4, 3)))
	for operation, inner := range map[string]string{
		"getSystemProperties": "", "getCompanyMembership": "", "getUserInfo": "",
		"searchAssets": "<companyHandle>c|1</companyHandle><includeSubfolders>true</includeSubfolders>", "getJobLogs": "<companyHandle>c|1</companyHandle>",
		"createFolder": "<companyHandle>c|1</companyHandle><folderPath>cut</folderPath>", "setCompanySettings": "<companyHandle>c|1</companyHandle>",
	} {
		d := dialects()[0]
		header := fmt.Sprintf(`<authHeader xmlns="http://www.scene7.com/IpsApi/xsd"><user>%s</user><password>%s</password></authHeader>`, adminLogin, adminPassword)
		body := d.before + header + d.header + fmt.Sprintf(`<%sParam xmlns="%s">%s</%sParam>`, operation, ipsNamespace, inner, operation) + d.after
		answer, err := http.Post(s.url+d.path, d.contentType, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		_, rest, _ := strings.Cut(string(data), "<soapenv:Body>")
		text, _, found := strings.Cut(rest, "</soapenv:Body>")
		var root node
		if err := xml.Unmarshal([]byte(text), &root); !found || err != nil || root.XMLName.Local != operation+"Return" {
			t.Errorf("%s: the body cannot be cut out: %v\n%s", operation, err, data)
		}
		if n := blankNode(root); n != "" {
			t.Errorf("%s: there is text between the elements of %s\n%s", operation, n, text)
		}
	}
}

// blankNode names an element that has both elements and text.
func blankNode(n node) string {
	if len(n.Children) > 0 && n.Text != "" {
		return n.XMLName.Local
	}
	for _, c := range n.Children {
		if name := blankNode(c); name != "" {
			return name
		}
	}
	return ""
}

// TestIPSLogIsCompleteWhenTheJobIsGone has 500 jobs finish under load. Whoever sees
// that a job is not active any more must find its whole log.
func TestIPSLogIsCompleteWhenTheJobIsGone(t *testing.T) {
	s := start(t)
	d := dialects()[2]
	const jobs, clients = 500, 8
	picture := jpegOf(t, 16, 16)
	var wait sync.WaitGroup
	next := make(chan int)
	for range clients {
		wait.Go(func() {
			for i := range next {
				name := fmt.Sprintf("load-%d", i)
				answer := s.post(auth(), newJob(name), file(name+".jpg", picture))
				handle, err := answer.handle()
				if err != nil {
					t.Errorf("%s: %v", name, err)
					continue
				}
				for {
					status, active := s.ips(d, adminLogin, adminPassword, "getActiveJobs", "<companyHandle>c|1</companyHandle>"+jobHandle(handle))
					if status != http.StatusOK {
						t.Errorf("%s: status %d", name, status)
						break
					}
					if len(active.at("jobArray").Children) == 0 {
						break
					}
				}
				_, log := s.ips(d, adminLogin, adminPassword, "getJobLogDetails", "<companyHandle>c|1</companyHandle>"+jobHandle(handle))
				types := log.at("jobLogArray", "items", "detailArray").texts("logType")
				if len(types) == 0 || types[len(types)-1] != "EndUpload" || !slices.Contains(types, "UploadSuccess") {
					t.Errorf("the log of %s when it was gone: %v", name, types)
				}
			}
		})
	}
	for i := range jobs {
		next <- i
	}
	close(next)
	wait.Wait()
}

// TestIPSToolkits lets clients that toolkits generate from the WSDL work around an
// upload.
func TestIPSToolkits(t *testing.T) {
	if testing.Short() {
		t.Skip("runs toolkits")
	}
	s := start(t)
	modules, err := filepath.Abs("../../.test/node")
	if err != nil {
		t.Fatal(err)
	}
	python := "/usr/bin/python3" // the system's own, for which the package of the toolkit is
	for _, c := range []struct {
		name, needs string
		command     []string
	}{
		{"zeep, header login", python, []string{python, "zeep_walk.py", "2014-04-03", "header"}},
		{"zeep, Basic login", python, []string{python, "zeep_walk.py", "2014-04-03", "basic"}},
		{"zeep, newest schema", python, []string{python, "zeep_walk.py", "2021-01-11-beta", "header"}},
		{"PHP SoapClient", "php", []string{"php", "php_walk.php", "2014-04-03"}},
		{"PHP SoapClient, newest schema", "php", []string{"php", "php_walk.php", "2021-01-11-beta"}},
		{"npm soap", modules + "/node_modules/soap/package.json", []string{"node", "soap_walk.mjs", "2014-04-03"}},
		{"npm soap, newest schema", modules + "/node_modules/soap/package.json", []string{"node", "soap_walk.mjs", "2021-01-11-beta"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := exec.LookPath(c.needs); err != nil {
				if _, err := os.Stat(c.needs); err != nil {
					t.Fatalf("%s is missing; make setup installs it", c.needs)
				}
			}
			args := append([]string{filepath.Join("testdata", "ips", c.command[1]), s.url, adminLogin, adminPassword, demoCompany}, c.command[2:]...)
			command := exec.CommandContext(t.Context(), c.command[0], args...)
			command.Env = append(os.Environ(), "IPS_CLIENTS="+modules)
			command.WaitDelay = 5 * time.Second
			out, err := command.CombinedOutput()
			if err != nil || !strings.HasSuffix(strings.TrimSpace(string(out)), "ok") {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}
