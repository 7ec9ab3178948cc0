package brightsign

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// schemas writes the two schemas of the description into a directory, the service's
// first.
func (h *harness) schemas(dir string) string {
	h.t.Helper()
	wsdl := h.ask("GET", "/Uploads/2014/07/SOAP/WSDL/", "").Body.String()
	var parts []string
	for rest := wsdl; ; {
		from := strings.Index(rest, "<xs:schema")
		if from < 0 {
			break
		}
		to := strings.Index(rest, "</xs:schema>") + len("</xs:schema>")
		declare := `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:tns="` + defaultService + `"`
		if !strings.Contains(rest[from:to], "xmlns:dto=") {
			declare += ` xmlns:dto="` + defaultData + `"`
		}
		parts = append(parts, strings.Replace(rest[from:to], "<xs:schema", declare, 1))
		rest = rest[to:]
	}
	if len(parts) != 2 {
		h.t.Fatalf("the description has %d schemas", len(parts))
	}
	h.ok(os.WriteFile(filepath.Join(dir, "data.xsd"), []byte(parts[0]), 0o600))
	service := strings.Replace(parts[1], `<xs:import `, `<xs:import schemaLocation="data.xsd" `, 1)
	file := filepath.Join(dir, "service.xsd")
	h.ok(os.WriteFile(file, []byte(service), 0o600))
	return file
}

// content cuts the content of the body out of an answer, or of the fault's detail.
func contentOf(raw []byte) []byte {
	open, end := []byte("<s:Body>"), []byte("</s:Body>")
	if bytes.Contains(raw, []byte("<detail>")) {
		open, end = []byte("<detail>"), []byte("</detail>")
	}
	from := bytes.Index(raw, open) + len(open)
	return raw[from:bytes.Index(raw, end)]
}

// Section 5.2: answers are what the description says they are, checked by a schema
// processor that knows nothing of the server.
func TestAnswersAreValid(t *testing.T) {
	xmllint, err := exec.LookPath("xmllint")
	if err != nil {
		t.Skip("xmllint is not installed")
	}
	h := newHarness(t)
	dir := t.TempDir()
	schema := h.schemas(dir)
	var files []string
	call := func(operation, inner string) *element {
		t.Helper()
		got := h.send(plainMessage(h.editor), operation, inner)
		file := filepath.Join(dir, fmt.Sprintf("%02d-%s.xml", len(files), operation))
		h.ok(os.WriteFile(file, contentOf(got.raw), 0o600))
		files = append(files, file)
		return got.root.Child("Body").Children[0].Children[0]
	}
	token := text(call(opStartFile, args("", members("FileName", "a&' ]]é.txt", "FileSize", "3", "ChunksCount", "1"))), "UploadToken")
	call(opFileStatus, parameters("uploadToken", token))
	call(opAppend, chunkOf("", token, 0, 0, []byte("abc")))
	call(opFileStatus, parameters("uploadToken", token))
	call(opComplete, args("", members("UploadToken", token)))
	call(opCancel, parameters("uploadToken", token))
	call(opFileStatus, parameters("uploadToken", newToken()))
	call(opPageStatus, parameters("sessionToken", newToken()))
	call(opCancel, "")
	call(opStartFile, args("", members("FileName", "")))
	a := pageOf([]file{{"", "a.txt", "abc"}, {"", "b.txt", "b"}})
	a.hashes = true
	page := call(opStartPage, a.xml())
	session, slots := text(page, "SessionToken"), assetTokens(page)
	matched := call(opStartFile, args("", members("FileName", "a.txt", "UploadToken", slots[0])))
	if matched.Child("MatchingFiles") == nil {
		t.Fatalf("nothing matches: %v", texts(matched))
	}
	call(opCancel, parameters("uploadToken", slots[0]))
	h.sendFile(h.editor, session, text(page, "UploadToken"), a.main)
	h.sendFile(h.editor, session, slots[1], a.assets[1])
	call(opPageStatus, parameters("sessionToken", session))
	call(opCompletePage, a.xml("SessionToken", session))
	call(opStartPage, pageOf(nil).xml())
	validate := func(files ...string) (string, error) {
		out, err := exec.Command(xmllint, append([]string{"--noout", "--nonet", "--schema", schema}, files...)...).CombinedOutput()
		return string(out), err
	}
	if out, err := validate(files...); err != nil {
		t.Errorf("answers are not valid: %v\n%s", err, out)
	}
	wrong, err := os.ReadFile(files[0])
	h.ok(err)
	file := filepath.Join(dir, "wrong.xml")
	h.ok(os.WriteFile(file, bytes.Replace(wrong, []byte("<a:State>Started"), []byte("<a:State>Begun"), 1), 0o600))
	if out, err := validate(file); err == nil {
		t.Errorf("an answer with a state that there is not is valid: %s", out)
	}
}
