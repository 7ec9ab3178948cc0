package brightsign

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// spacesOf lists the namespaces of a result: of its wrapper, itself and its members.
func spacesOf(got reply) []string {
	wrapper := got.root.Child("Body").Children[0]
	seen := []string{wrapper.Space}
	var walk func(e *element)
	walk = func(e *element) {
		if e.Space != seen[len(seen)-1] {
			seen = append(seen, e.Space)
		}
		for _, child := range e.Children {
			walk(child)
		}
	}
	walk(wrapper)
	return seen
}

// Check 22 and section 1.3: answers are in the namespaces of the request; where it has
// none for data, in those that the upload was begun with, after a restart too.
func TestNamespacesAreEchoed(t *testing.T) {
	h := newHarness(t)
	const service, data = "https://api.bsn.example/Uploads/2019/03/SOAP/", "BSN.Example.DTO&<>"
	m := plainMessage(h.editor)
	m.service, m.data = service, data
	want := []string{service, data}
	check := func(operation, inner string, want []string) reply {
		t.Helper()
		got := h.send(m, operation, inner)
		if diff := cmp.Diff(want, spacesOf(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", operation, diff)
		}
		return got
	}
	begun := check(opStartFile, args("", members("FileName", "a", "FileSize", "3")), want)
	token := text(h.result(begun, opStartFile), "UploadToken")
	page := h.result(check(opStartPage, pageOf([]file{{"", "a.css", "a"}}).xml(), want), opStartPage)
	session := text(page, "SessionToken")
	others := plainMessage(h.editor)
	h.result(h.send(others, opStartFile, args("", members("FileName", "b"))), opStartFile)
	for _, restarted := range []bool{false, true} {
		if restarted {
			h.restart()
		}
		check(opAppend, chunkOf("", token, 0, 0, []byte("abc")), want[:1])
		check(opFileStatus, parameters("uploadToken", token), want)
		check(opPageStatus, parameters("sessionToken", session), want)
		check(opCancel, parameters("uploadToken", assetTokens(page)[0]), want)
		check(opCancel, parameters("uploadToken", newToken()), want[:1])
		refused := h.send(m, opAppend, chunkOf("", token, 0, -1, []byte("abc")))
		if got := detailSpace(refused); got != data {
			t.Errorf("restarted %v: the fault's detail is in %q", restarted, got)
		}
	}
	// a client of the default namespaces asks for the same upload
	if got := spacesOf(h.send(others, opFileStatus, parameters("uploadToken", token))); !cmp.Equal(got, []string{defaultService, data}) {
		t.Errorf("asked for by others: %v", got)
	}
	check(opComplete, args("", members("UploadToken", token)), want)
}

// Section 1.3: what clients of one account say of their namespaces is nothing to those of
// others who call the same service, nor to other users.
func TestNamespacesAreOnesOwn(t *testing.T) {
	h := newHarness(t)
	loud := plainMessage(h.editor)
	loud.data = "urn:loud"
	h.result(h.send(loud, opStartFile, args("", members("FileName", "a"))), opStartFile)
	for _, u := range []*user{h.stranger, h.publisher} {
		if got := detailSpace(h.send(plainMessage(u), opAppend, "")); got != defaultData {
			t.Errorf("%s is answered in %q", u.login, got)
		}
	}
	if got := detailSpace(h.send(plainMessage(h.editor), opAppend, "")); got != "urn:loud" {
		t.Errorf("its own user is answered in %q", got)
	}
}

func detailSpace(got reply) string {
	detail := got.root.Child("Body").Child("Fault").Child("detail").Child("FileUploadFault")
	return detail.Space
}

// Section 1.3: faults without a namespace to echo are in the configured one.
func TestConfiguredNamespaces(t *testing.T) {
	h := newHarness(t, with(func(o *Options) { o.ServiceNamespace, o.DataNamespace = "urn:service/", "urn:data" }))
	m := plainMessage(h.editor)
	if got := detailSpace(h.send(m, opAppend, "")); got != "urn:data" {
		t.Errorf("the fault's detail is in %q", got)
	}
	m.service = ""
	got := h.send(m, opFileStatus, parameters("uploadToken", newToken()))
	if diff := cmp.Diff([]string{"urn:service/"}, spacesOf(got)); diff != "" {
		t.Errorf("an operation without namespace (-want +got):\n%s", diff)
	}
}

// reversed turns the order of members round.
func reversed(pairs ...string) string {
	var out string
	for i := 0; i+1 < len(pairs); i += 2 {
		out = members(pairs[i:i+2]...) + out
	}
	return out
}

// Check 23 and section 5.1: members are found in any order, namespace and case, with
// and without args around them.
func TestShapesOfRequests(t *testing.T) {
	flat := func(pairs ...string) string { return parameters(pairs...) }
	tests := map[string]struct{ start, complete string }{
		"reversed": {
			args("", reversed("ContentType", "Video", "FileName", "a.mp4", "FileSize", "3", "VirtualPath", `\V\`)),
			args("", reversed("FileName", "b.mp4", "UploadToken", "TOKEN")),
		},
		"flattened": {
			flat("filename", "a.mp4", "filesize", "3", "chunksCount", "1", "ContentType", "Video", "virtualPath", `\V\`, "sha1Hash", "", "sessionToken", ""),
			flat("uploadToken", "TOKEN", "filename", "b.mp4"),
		},
		"service namespace": {
			"<args>" + flat("FileName", "a.mp4", "FileSize", "3", "ContentType", "video", "VirtualPath", "/V/") + "</args>",
			"<args>" + flat("UploadToken", "TOKEN", "FileName", "b.mp4") + "</args>",
		},
		"upper case": {
			strings.ReplaceAll(args("", members("FILENAME", "a.mp4", "FILESIZE", "3", "CONTENTTYPE", "VIDEO", "VIRTUALPATH", `\V\`)), "args>", "ARGS>"),
			args("", members("uploadtoken", "TOKEN", "fileName", "b.mp4")),
		},
		"unknown members and nulls": {
			args("", `<a:SHA1Hash i:nil="1"/><a:FileThumb i:nil="true"/><a:Colour>red</a:Colour>`+members("FileName", "a.mp4", "FileSize", "3", "ContentType", "Video", "VirtualPath", `\V\`)+`<a:ChunksCount/>`),
			args("", `<a:FileSize i:nil="true"/><a:FileName>b.mp4</a:FileName><a:UploadToken>TOKEN</a:UploadToken><a:VirtualPath></a:VirtualPath>`),
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t)
			token := text(h.call(h.editor, opStartFile, tt.start), "UploadToken")
			h.append(h.editor, "", token, 0, []byte("abc"))
			number := h.contentID(h.call(h.editor, opComplete, strings.ReplaceAll(tt.complete, "TOKEN", token)))
			if got := h.library()[number]; got != (stored{"V/", "b.mp4", "abc"}) || h.asset(number).Metadata[keyContentType] != "Video" {
				t.Errorf("stored as %v, %v", got, h.asset(number).Metadata)
			}
		})
	}
}

// Check 23: a session in the flattened form, and one without the derived types.
func TestShapesOfSessions(t *testing.T) {
	asset := "<item>" + parameters("filename", "a.css", "RelativePath", `css\`, "filesize", "1") + "</item>"
	forms := map[string]string{
		"flattened": parameters("filename", "x.html", "filesize", "1", "contentType", "Webpage", "name", "Mine") + "<webpageAssets>" + asset + "</webpageAssets>",
		"reversed":  args("WebPageUploadArguments", "<a:Name>Mine</a:Name><a:Assets>"+asset+"</a:Assets><a:FileName>x.html</a:FileName>"),
		"untyped":   args("", "<a:Assets>"+asset+"</a:Assets>"+members("FileName", "x.html", "ContentType", "WEBPAGE", "Name", "Mine")),
		"prefixed":  strings.ReplaceAll(args("WebPageUploadArguments", "<a:FileName>x.html</a:FileName><a:Assets>"+asset+"</a:Assets><a:Name>Mine</a:Name>"), "a:Web", "other:Web"),
	}
	for name, form := range forms {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t)
			page := h.call(h.editor, opStartPage, form)
			if text(page, "Name") != "Mine" || text(page, "FileName") != "x.html" || len(assetTokens(page)) != 1 {
				t.Errorf("start answers %v", texts(page))
			}
			if diff := cmp.Diff([]string{"a.css Queued"}, statesOf(page)); diff != "" {
				t.Errorf("assets (-want +got):\n%s", diff)
			}
		})
	}
}
