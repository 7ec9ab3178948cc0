package brightsign

import (
	"strings"
	"testing"
)

// Section 3.2: every condition has a sentence with its keywords. What a call refused
// changes nothing.
func TestFaultCatalogue(t *testing.T) {
	h := newHarness(t)
	plain := text(h.start(h.editor, "FileName", "a", "FileSize", "3"), "UploadToken")
	a := pageOf([]file{{`css\`, "a.css", "a"}, {"", "b.js", "b"}})
	page := h.startPage(h.editor, a)
	session, main, slot := text(page, "SessionToken"), text(page, "UploadToken"), assetTokens(page)[0]
	ready := h.startPage(h.editor, pageOf([]file{{"", "c.css", "c"}, {"", "d.js", "d"}}))
	h.sendFile(h.editor, text(ready, "SessionToken"), text(ready, "UploadToken"), a.main)
	named := pageOf(nil)
	named.name = "Menu"
	h.publish(h.editor, named)
	over := text(h.start(h.editor, "FileName", "a", "FileSize", "2"), "UploadToken")
	h.append(h.editor, "", over, 0, []byte("abc"))
	corrupt := text(h.start(h.editor, "FileName", "a", "SHA1Hash", sha([]byte("x"))), "UploadToken")
	h.append(h.editor, "", corrupt, 0, []byte("abc"))
	cancelled := text(h.start(h.editor, "FileName", "a"), "UploadToken")
	h.cancel(h.editor, cancelled)

	file := func(pairs ...string) string { return args("", members(append([]string{"FileName", "a"}, pairs...)...)) }
	pageWith := func(asset ...string) string {
		return args("", members("FileName", "i.html")+"<a:Assets><a:WebPageAssetUploadArguments>"+members(asset...)+"</a:WebPageAssetUploadArguments></a:Assets>")
	}
	chunk := func(token string, pairs ...string) string {
		return parameters(append([]string{"uploadToken", token}, pairs...)...)
	}
	rows := []struct{ operation, inner, keywords string }{
		{opStartFile, "", "args,specified"},
		{opStartFile, `<args i:nil="true"/>`, "args,specified"},
		{opComplete, "", "args,specified"},
		{opStartPage, `<args i:nil="1"/>`, "args,specified"},
		{opCompletePage, "", "args,specified"},
		{opAppend, chunk("", "data", "YQ=="), "upload token,empty"},
		{opComplete, file(), "upload token,empty"},
		{opStartFile, file("UploadToken", newToken()), "upload,not exist"},
		{opAppend, chunk(newToken(), "data", "YQ=="), "upload,not exist"},
		{opComplete, file("UploadToken", newToken()), "upload,not exist"},
		{opStartFile, file("UploadToken", session), "upload,not exist"},
		{opAppend, chunk(session, "data", "YQ=="), "upload,not exist"},
		{opComplete, file("UploadToken", session), "upload,not exist"},
		{opStartFile, file("SessionToken", newToken()), "session,not exist"},
		{opCompletePage, file(), "session,not exist"},
		{opCompletePage, file("SessionToken", newToken()), "session,not exist"},
		{opCompletePage, file("SessionToken", main), "session,not exist"},
		{opStartFile, file("UploadToken", slot, "SessionToken", newToken()), "belong,session"},
		{opStartFile, file("UploadToken", plain, "SessionToken", session), "belong,session"},
		{opAppend, parameters("sessionToken", newToken()) + chunk(slot, "data", "YQ=="), "belong,session"},
		{opComplete, file("UploadToken", slot, "SessionToken", newToken()), "belong,session"},
		{opCancel, parameters("sessionToken", newToken()) + chunk(slot), "belong,session"},
		{opStartFile, file("SessionToken", session), "session,queued"},
		{opStartFile, args("", ""), "file name,empty"},
		{opStartFile, args("", members("FileName", "", "UploadToken", slot)), "file name,empty"},
		{opStartPage, args("", members("Name", "x")), "file name,empty"},
		{opStartPage, pageWith("RelativePath", `x\`), "file name,empty"},
		{opStartPage, pageWith("FileName", strings.Repeat("a", 129)), "file name,128"},
		{opComplete, file("UploadToken", plain, "FileName", "a:b"), "file name,not valid"},
		{opStartFile, file("FileSize", "-1"), "file size,negative"},
		{opComplete, file("UploadToken", plain, "FileSize", "5000000001"), "file size,5000000000"},
		{opStartPage, pageWith("FileName", "a", "FileSize", "-1"), "file size,negative"},
		{opStartFile, file("ChunksCount", "-1"), "chunks count,positive"},
		{opStartFile, file("ChunksCount", "0", "FileSize", "1"), "chunks count,positive"},
		{opStartFile, file("VirtualPath", `a\`), "virtual path,slash"},
		{opStartPage, args("", members("FileName", "i.html", "VirtualPath", `\a`)), "virtual path,slash"},
		{opStartPage, pageWith("FileName", "a", "VirtualPath", `\..\`), "virtual path,not valid"},
		{opComplete, file("UploadToken", plain, "VirtualPath", `\`+strings.Repeat("a", 127)+`\`), "virtual path,128"},
		{opStartFile, file("SHA1Hash", "abc"), "SHA1,not valid"},
		{opStartFile, file("SHA1Hash", strings.Repeat("g", 40)), "SHA1,not valid"},
		{opStartFile, file("SHA1Hash", strings.Repeat("a", 42)), "SHA1,not valid"},
		{opStartPage, pageWith("FileName", "a", "SHA1Hash", "MD5:"+strings.Repeat("a", 40)), "SHA1,not valid"},
		{opComplete, file("UploadToken", corrupt), "SHA1,does not match"},
		{opComplete, file("UploadToken", plain), "incomplete,0 of 3,offset 0"},
		{opComplete, args("", members("UploadToken", over)), "exceed"},
		{opAppend, chunk(plain, "partNumber", "-1", "data", "YQ=="), "part number,negative"},
		{opAppend, chunk(plain, "data", "YQ==", "offset", "-1"), "offset,negative"},
		{opAppend, chunk(plain, "offset", "-1", "data", "YQ=="), "offset,negative"},
		{opAppend, chunk(plain), "data,specified"},
		{opAppend, chunk(plain, "data", "?"), "data,not valid,base64"},
		{opAppend, chunk(plain, "data", "YWI=", "offset", "4999999999"), "chunk,exceeds"},
		{opAppend, chunk(cancelled, "data", "YQ=="), "already Cancelled"},
		{opComplete, file("UploadToken", cancelled), "already Cancelled"},
		{opStartFile, file("UploadToken", cancelled), "already Cancelled"},
		{opStartFile, args("ContentUpdateArguments", members("FileName", "a", "ContentId", "4711")), "content,not exist"},
		{opStartPage, args("WebPageUpdateArguments", members("FileName", "i.html", "WebPageId", "4711")), "web page,not exist"},
		{opStartPage, args("", members("FileName", "i.html", "VirtualPath", `\a\`, "WebPageId", "-3")), "web page,not exist"},
		{opStartPage, args("", members("FileName", "i.html", "Name", "menu")), "web page,name,already,exists"},
		{opStartPage, pageWith("FileName", "a", "RelativePath", `..\`), "relative path,not valid"},
		{opStartPage, pageWith("FileName", "a", "RelativePath", `x\..\..\`), "relative path,not valid"},
		{opStartPage, pageWith("FileName", "a", "RelativePath", `x:\`), "relative path,not valid"},
		{opCompletePage, a.xml("SessionToken", session), "web page,not uploaded"},
		{opCompletePage, file("SessionToken", text(ready, "SessionToken")), "assets,not uploaded,c.css,d.js"},
		{opStartFile, file("UploadToken", main, "ContentType", "Image"), "content type,WebPage"},
	}
	for _, row := range rows {
		t.Run(row.operation+" "+row.keywords, func(t *testing.T) {
			h.t = t
			h.refused(h.editor, row.operation, row.inner, strings.Split(row.keywords, ",")...)
		})
	}
	h.t = t
	for token, want := range map[string]string{plain: "Started", main: "Queued", slot: "Queued", over: "Uploaded", corrupt: "Corrupted", cancelled: "Cancelled"} {
		if got := h.state(h.editor, token); got != want {
			t.Errorf("%s is %s after all that, was %s", token, got, want)
		}
	}
}

// Section 3.2: values that are not of their type have a code of their own.
func TestValuesOfTheWrongType(t *testing.T) {
	h := newHarness(t)
	token := text(h.start(h.editor, "FileName", "a"), "UploadToken")
	rows := []struct{ operation, inner, member string }{
		{opStartFile, args("", members("FileName", "a", "ContentType", "Movie")), "ContentType"},
		{opStartFile, args("", members("FileName", "a", "FileLastModifiedDate", "yesterday")), "FileLastModifiedDate"},
		{opStartFile, args("", members("FileName", "a", "ChunksCount", "many")), "ChunksCount"},
		{opStartFile, args("", members("FileName", "a", "ChunksCount", "2147483648")), "ChunksCount"},
		{opStartFile, args("", members("FileName", "a", "FileThumb", "*")), "FileThumb"},
		{opStartFile, args("ContentUpdateArguments", members("FileName", "a", "ContentId", "x")), "ContentId"},
		{opStartPage, args("WebPageUpdateArguments", members("FileName", "a", "WebPageId", "x")), "WebPageId"},
		{opAppend, parameters("uploadToken", token, "partNumber", "one", "data", "YQ=="), "partNumber"},
		{opAppend, parameters("uploadToken", token, "data", "YQ==", "offset", "1,5"), "offset"},
		{opAppend, parameters("uploadToken", token, "offset", "0x1", "data", "YQ=="), "offset"},
	}
	for _, row := range rows {
		got := h.fault(h.send(plainMessage(h.editor), row.operation, row.inner))
		if got.Code != "DeserializationFailed" || !strings.Contains(got.Sentence, row.member) || !strings.Contains(got.Sentence, "not valid") {
			t.Errorf("%s: told %v", row.member, got)
		}
	}
	if got := h.state(h.editor, token); got != "Started" {
		t.Errorf("state %s", got)
	}
}

// Section 5.1: dates as clients write them; the first of all is none.
func TestDates(t *testing.T) {
	for given, want := range map[string]string{
		"2014-07-01T10:00:00": "2014-07-01T10:00:00Z", "2014-07-01T10:00:00.1234567": "2014-07-01T10:00:00.1234567Z", "2014-07-01T10:00:00Z": "2014-07-01T10:00:00Z",
		"2014-07-01T10:00:00-07:00": "2014-07-01T17:00:00Z", "0001-01-01T00:00:00": "", "0001-01-01T00:00:00Z": "", "": "",
	} {
		h := newHarness(t)
		number := h.contentID(h.upload(h.editor, []byte("x"), "FileName", "a", "FileLastModifiedDate", given))
		if got := h.asset(number).Metadata[keyLastModified]; got != want {
			t.Errorf("%q is stored as %q, want %q", given, got, want)
		}
	}
}
