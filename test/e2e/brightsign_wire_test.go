package e2e_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func encoded(content string) string { return base64.StdEncoding.EncodeToString([]byte(content)) }

// byCurl sends a body with curl and returns the status and the answer's body.
func (s *server) byCurl(body string, headers ...string) (status int, reply string) {
	s.t.Helper()
	options := []string{"--silent", "--show-error", "--max-time", "60", "--data-binary", "@-", "--write-out", "\n%{http_code} %{content_type}"}
	for _, h := range headers {
		options = append(options, "--header", h)
	}
	run := exec.CommandContext(s.t.Context(), "curl", append(options, s.url+uploadPath)...)
	run.Env, run.Stdin = environment("NO_PROXY=*", "no_proxy=*"), strings.NewReader(body)
	out, err := run.Output()
	if err != nil {
		s.t.Fatal(err)
	}
	at := bytes.LastIndexByte(out, '\n')
	code, kind, _ := strings.Cut(string(out[at+1:]), " ")
	if status, err = strconv.Atoi(code); err != nil {
		s.t.Fatal(err)
	}
	want := "text/xml"
	if strings.Contains(string(out), soap12) {
		want = "application/soap+xml"
	}
	if kind != want+"; charset=utf-8" {
		s.t.Errorf("the answer's type is %s", kind)
	}
	return status, string(out[:at])
}

// curlResult is byCurl for the result of an operation that has to succeed.
func (s *server) curlResult(operation, body string, headers ...string) node {
	s.t.Helper()
	status, reply := s.byCurl(body, headers...)
	if status != 200 {
		s.t.Fatalf("%s: %d\n%s", operation, status, reply)
	}
	return parsed(s.t, reply).at(operation + "Result")
}

const xmlType = "Content-Type: text/xml; charset=utf-8"

func needsCurl(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("curl is not installed")
	}
}

// TestBrightSignByTheBook sends what somebody writes who has only read the printed
// documentation: parameters beside each other, named as in its text.
func TestBrightSignByTheBook(t *testing.T) {
	needsCurl(t)
	s := start(t)
	call := func(operation, inner string) node {
		t.Helper()
		return s.curlResult(operation, uploadMessage(soap11, operation, inner), xmlType, "SOAPAction: "+uploadService+"ContentUploadService/"+operation)
	}
	html, style := "<html>by the book</html>", "body { color: red }"

	started := call("StartFileUpload", fmt.Sprintf(`<filename>book.html</filename><filesize>%d</filesize><chunksCount>1</chunksCount><contentType>Webpage</contentType>`+
		`<fileLastModifiedDate>0001-01-01T00:00:00</fileLastModifiedDate><virtualPath>/Book/Pages/</virtualPath><fileThumb i:nil="true"/><sha1Hash>SHA1:%s</sha1Hash><uploadToken/><sessionToken i:nil="1"/>`,
		len(html), strings.ToUpper(sha1Of(html))))
	token := started.at("UploadToken").Text
	if started.at("State").Text != "Started" || started.at("FileName").Text != "book.html" || token == "" {
		t.Fatalf("started: %+v", started)
	}
	if stored := call("AppendChunk", "<uploadtoken>"+token+"</uploadtoken><partnumber>0</partnumber><data>"+encoded(html)+"</data><offset>0</offset>"); stored.Text != "true" {
		t.Errorf("the chunk: %+v", stored)
	}
	done := call("CompleteFileUpload", "<filename>book.html</filename><uploadToken>"+token+"</uploadToken>")
	if done.at("State").Text != "Completed" || done.at("ContentId").Text == "" {
		t.Errorf("completed: %+v", done)
	}
	s.brightHolds("book.html", html)
	if folder := s.asset("book.html").Folder; folder != demoCompany+"/Book/Pages/" {
		t.Errorf("it is in %s", folder)
	}
	if status := call("GetFileUploadStatus", "<sessionToken>"+token+"</sessionToken>"); status.at("State").Text != "Completed" {
		t.Errorf("status: %+v", status)
	}

	session := call("StartWebPageUploadSession", fmt.Sprintf(`<filename>site.html</filename><filesize>%d</filesize><contentType>webpage</contentType><name>Site</name>`+
		`<webpageAssets><asset><filename>site.css</filename><filesize>%d</filesize><RelativePath>css\</RelativePath><contentType>auto</contentType></asset></webpageAssets>`, len(html), len(style)))
	sessionToken := session.at("SessionToken").Text
	put := func(uploadToken, content, more string) string {
		t.Helper()
		tokens := "<sessiontoken>" + sessionToken + "</sessiontoken><uploadtoken>" + uploadToken + "</uploadtoken>"
		call("StartFileUpload", tokens+more)
		call("AppendChunk", tokens+"<partNumber>0</partNumber><offset>0</offset><data>"+encoded(content)+"</data>")
		return call("CompleteFileUpload", tokens+more).at("ContentId").Text
	}
	main := put(session.at("UploadToken").Text, html, "<filename>site.html</filename><contentType>Webpage</contentType>")
	asset := put(session.at("Assets", "ContentUploadStatus", "UploadToken").Text, style, "<filename>site.css</filename>")
	page := call("CompleteWebPageUploadSession", "<sessionToken>"+sessionToken+"</sessionToken>")
	if page.at("State").Text != "Completed" || page.at("ContentId").Text != main || page.at("Name").Text != "Site" || page.at("Assets", "ContentUploadStatus", "ContentId").Text != asset {
		t.Errorf("the page: %+v", page)
	}
}

// TestBrightSignMTOM sends chunks outside of the XML.
func TestBrightSignMTOM(t *testing.T) {
	needsCurl(t)
	s := start(t)
	content := bytesOf("mtom", 300_000)
	token := s.bright("StartFileUpload", args("", members("FileName", "mtom.zip", "FileSize", strconv.Itoa(len(content)), "SHA1Hash", sha1Of(content)))).at("UploadToken").Text
	for part, bounds := range [][2]int{{0, 100_000}, {100_000, len(content)}} {
		message := uploadMessage(soap11, "AppendChunk", fmt.Sprintf(`<uploadToken>%s</uploadToken><partNumber>%d</partNumber><data><xop:Include xmlns:xop="http://www.w3.org/2004/08/xop/include" href="cid:chunk%%40client"/></data><offset>%d</offset>`,
			token, part, bounds[0]))
		body := "--frontier\r\nContent-Type: application/xop+xml; charset=utf-8; type=\"text/xml\"\r\nContent-Transfer-Encoding: 8bit\r\nContent-ID: <root@client>\r\n\r\n" + message +
			"\r\n--frontier\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\nContent-ID: <chunk@client>\r\n\r\n" + content[bounds[0]:bounds[1]] + "\r\n--frontier--\r\n"
		stored := s.curlResult("AppendChunk", body, `Content-Type: multipart/related; type="application/xop+xml"; start="<root@client>"; start-info="text/xml"; boundary="frontier"`)
		if stored.Text != "true" {
			t.Errorf("chunk %d: %+v", part, stored)
		}
	}
	if done := s.bright("CompleteFileUpload", args("", members("UploadToken", token))); done.at("State").Text != "Completed" {
		t.Errorf("completed: %+v", done)
	}
	s.brightHolds("mtom.zip", content)
}

// TestBrightSignEnvelopes sends compressed bodies, without a known length too, and
// messages of the newer SOAP.
func TestBrightSignEnvelopes(t *testing.T) {
	needsCurl(t)
	s := start(t)
	zipped := func(text string) string {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		_, _ = w.Write([]byte(text)) // a buffer takes everything
		_ = w.Close()
		return b.String()
	}
	const newType = `Content-Type: application/soap+xml; charset=utf-8`
	for _, c := range []struct {
		name, envelope string
		pack           func(string) string
		headers        []string
	}{
		{"gzip", soap11, zipped, []string{xmlType, "Content-Encoding: gzip"}},
		{"gzip, chunked", soap11, zipped, []string{xmlType, "Content-Encoding: gzip", "Transfer-Encoding: chunked"}},
		{"SOAP 1.2", soap12, func(text string) string { return text }, []string{newType}},
		{"expecting 100", soap11, func(text string) string { return text }, []string{xmlType, "Expect: 100-continue"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.t = t
			call := func(operation, inner string) node {
				t.Helper()
				return s.curlResult(operation, c.pack(uploadMessage(c.envelope, operation, inner)), c.headers...)
			}
			name := strings.ReplaceAll(c.name, " ", "-") + ".zip"
			content := bytesOf(c.name, 200_000)
			token := call("StartFileUpload", args("", members("FileName", name, "FileSize", strconv.Itoa(len(content))))).at("UploadToken").Text
			if stored := call("AppendChunk", "<uploadToken>"+token+"</uploadToken><partNumber>0</partNumber><data>"+encoded(content)+"</data><offset>0</offset>"); stored.Text != "true" {
				t.Errorf("the chunk: %+v", stored)
			}
			if done := call("CompleteFileUpload", args("", members("UploadToken", token))); done.at("SHA1Hash").Text != strings.ToUpper(sha1Of(content)) {
				t.Errorf("completed: %+v", done)
			}
			s.brightHolds(name, content)

			status, reply := s.byCurl(c.pack(uploadMessage(c.envelope, "StartFileUpload", args("", members("FileName", strings.Repeat("n", 129))))), c.headers...)
			fault := parsed(t, reply)
			message := fault.at("detail", "FileUploadFault", "Message").Text
			if c.envelope == soap12 {
				message = fault.at("Detail", "FileUploadFault", "Message").Text
			}
			if status != 500 || fault.XMLName.Local != "Fault" || fault.XMLName.Space != c.envelope || !strings.Contains(message, "128") {
				t.Errorf("the fault: %d %s", status, reply)
			}
		})
	}
}

// TestBrightSignStrangers refuses who is not known with faults, never with a status of
// HTTP that hides them from toolkits.
func TestBrightSignStrangers(t *testing.T) {
	needsCurl(t)
	s := start(t)
	message := uploadMessage(soap11, "GetFileUploadStatus", "<uploadToken>x</uploadToken>")
	before, rest, _ := strings.Cut(message, "<o:UsernameToken>")
	_, after, _ := strings.Cut(rest, "</o:UsernameToken>")
	for _, c := range []struct{ name, body, code string }{
		{"wrong password", strings.Replace(message, adminPassword, "wrong", 1), "FailedAuthentication"},
		{"unknown user", strings.Replace(message, adminLogin, "nobody@example.com", 1), "FailedAuthentication"},
		{"other account", strings.Replace(message, demoCompany+"/", "Other/", 1), "FailedAuthentication"},
		{"nobody", before + after, "InvalidSecurity"},
	} {
		status, reply := s.byCurl(c.body, xmlType)
		fault := parsed(t, reply)
		_, code, _ := strings.Cut(fault.at("faultcode").Text, ":")
		if status != 500 || code != c.code || fault.at("detail", "FileUploadFault", "Message").Text != fault.at("faultstring").Text || fault.at("faultstring").Text == "" {
			t.Errorf("%s: %d %s", c.name, status, reply)
		}
	}
}

// TestBrightSignAmongDoors uploads by one door and looks through the others.
func TestBrightSignAmongDoors(t *testing.T) {
	s := start(t)
	d := dialects()[0]
	const company = "<companyHandle>c|1</companyHandle>"

	picture := jpegOf(t, 40, 30)
	number := s.brightFile("", picture, "FileName", "lobby.jpg", "ContentType", "Image", "VirtualPath", `\Signs\Lobby\`, "SHA1Hash", sha1Of(picture))
	s.processed("lobby.jpg")
	s.brightHolds("lobby.jpg", picture)
	a := s.asset("lobby.jpg")
	if strconv.FormatInt(a.Number, 10) != number || a.Folder != demoCompany+"/Signs/Lobby/" || a.Width != 40 {
		t.Errorf("content %s is %+v", number, a)
	}
	jobs := s.jobs("lobby.jpg")
	if len(jobs) != 1 || jobs[0].Door != "brightsign" {
		t.Fatalf("jobs %+v", jobs)
	}
	handle := fmt.Sprintf("j|1||%s|%d", jobs[0].Name, jobs[0].Number)
	rows := s.finished(handle)
	if the(s, rows, "UploadSuccess").Asset != "lobby.jpg" || the(s, rows, "EndUpload").Message == "" {
		t.Errorf("the log is %+v", rows)
	}

	found := s.mustIPS(d, "searchAssets", company+"<folder>"+demoCompany+"/Signs</folder><includeSubfolders>true</includeSubfolders>").at("assetArray")
	if !slices.Equal(found.texts("fileName"), []string{"lobby.jpg"}) || !slices.Equal(found.texts("folder"), []string{demoCompany + "/Signs/Lobby/"}) {
		t.Errorf("searchAssets found %+v", found)
	}
	named := s.mustIPS(d, "getAssetsByName", company+"<nameArray><items>lobby</items></nameArray>").at("assetArray", "items")
	if named.at("assetHandle").Text != "a|"+number || named.at("imageInfo", "width").Text != "40" || named.at("imageInfo", "fileSize").Text != strconv.Itoa(len(picture)) {
		t.Errorf("getAssetsByName found %+v", named)
	}
	log := s.mustIPS(d, "getJobLogDetails", company+jobHandle(handle)).at("jobLogArray", "items", "detailArray")
	at := slices.Index(log.texts("logType"), "UploadSuccess")
	if at < 0 || log.Children[at].at("assetHandle").Text != "a|"+number || log.Children[at].at("assetName").Text != "lobby.jpg" {
		t.Errorf("getJobLogDetails answered %+v", log)
	}

	// The other way round: what came through UploadFile need not be sent again.
	hero := jpegOf(t, 64, 48)
	s.finished(s.upload(auth(), newJob("shop"), file("shop/hero.jpg", hero)))
	old := s.asset("hero.jpg")
	html := "<html>shop</html>"
	about := members("FileName", "hero.jpg", "FileSize", strconv.Itoa(len(hero)), "SHA1Hash", sha1Of(hero))
	session := s.bright("StartWebPageUploadSession", args("", members("ContentType", "WebPage", "FileName", "shop.html", "FileSize", strconv.Itoa(len(html)))+
		"<a:Assets><a:WebPageAssetUploadArguments>"+about+members("RelativePath", `img\`)+"</a:WebPageAssetUploadArguments></a:Assets>"))
	sessionToken, main, slot := session.at("SessionToken").Text, session.at("UploadToken").Text, session.at("Assets", "ContentUploadStatus", "UploadToken").Text
	s.brightChunk(main, html)
	s.bright("CompleteFileUpload", args("", members("FileName", "shop.html", "SessionToken", sessionToken, "UploadToken", main)))
	match := s.bright("StartFileUpload", args("WebPageAssetUploadArguments", about+members("SessionToken", sessionToken, "UploadToken", slot))).at("MatchingFiles", "ContentInfo")
	if match.at("Id").Text != strconv.FormatInt(old.Number, 10) || match.at("FileName").Text != "hero.jpg" || match.at("VirtualPath").Text != `\shop\` ||
		match.at("SHA1Hash").Text != strings.ToUpper(sha1Of(hero)) || match.at("FileSize").Text != strconv.Itoa(len(hero)) || match.at("Type").Text != "Image" {
		t.Errorf("offered is %+v", match)
	}
	if state := s.bright("CancelFileUpload", "<uploadToken>"+slot+"</uploadToken>").at("State").Text; state != "Cancelled" {
		t.Errorf("the file that is there already is %s", state)
	}
	page := s.bright("CompleteWebPageUploadSession", args("", members("SessionToken", sessionToken)))
	if part := page.at("Assets", "ContentUploadStatus", "ContentId").Text; page.at("State").Text != "Completed" || part == "" || part == match.at("Id").Text {
		t.Errorf("the page is %+v", page)
	}

	// It is overwritten and stays who it is.
	fresh := jpegOf(t, 80, 60)
	if got := s.brightFile("ContentUpdateArguments", fresh, "FileName", "hero.jpg", "ContentId", strconv.FormatInt(old.Number, 10)); got != strconv.FormatInt(old.Number, 10) {
		t.Errorf("the overwritten content is %s, it was %d", got, old.Number)
	}
	s.processed("hero.jpg")
	s.brightHolds("hero.jpg", fresh)
	now := s.asset("hero.jpg")
	if now.Number != old.Number || now.UUID != old.UUID || now.Folder != old.Folder || now.Width != 80 {
		t.Errorf("it is %+v, it was %+v", now, old)
	}
	jobs = s.jobs("hero.jpg")
	if len(jobs) != 1 {
		t.Fatalf("jobs %+v", jobs)
	}
	the(s, s.finished(fmt.Sprintf("j|1||%s|%d", jobs[0].Name, jobs[0].Number)), "FileUpdated")
}
