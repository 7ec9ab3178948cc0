package brightsign

import (
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"

	"sluice/internal/wire/xmltree"
)

// element is an element of an answer.
type element = xmltree.Element

// Where the calls of tests go.
const endpoint = "https://upload.example.com/Uploads/2014/07/SOAP/Basic/"

// message is a request before it is sent.
type message struct {
	version string // namespace of the envelope
	header  string // content of the header
	service string // namespace of the operation
	data    string // namespace of the members
	prolog  string // what stands before the envelope
	http    map[string]string
}

// plainMessage is a request as PHP clients send it: with a user name alone.
func plainMessage(u *user) message {
	m := message{version: soap11, service: defaultService, data: defaultData}
	if u != nil {
		m.header = security11(usernameToken(u.account+"/"+u.login, u.login))
	}
	return m
}

func security11(content string) string {
	return `<o:Security s:mustUnderstand="1" xmlns:o="` + wsSecurity + `" xmlns:u="` + wsUtility + `">` + content + `</o:Security>`
}

func usernameToken(name, password string) string {
	return "<o:UsernameToken><o:Username>" + esc(name) + "</o:Username><o:Password>" + esc(password) + "</o:Password></o:UsernameToken>"
}

func esc(s string) string { return string(xmltree.AppendText(nil, s)) }

// envelope writes a call of an operation with the children of its wrapper.
func (m message) envelope(operation, inner string) string {
	return m.prolog + `<s:Envelope xmlns:s="` + m.version + `"><s:Header>` + m.header + `</s:Header><s:Body><` + operation + ` xmlns="` + esc(m.service) +
		`" xmlns:a="` + esc(m.data) + `" xmlns:i="` + instance + `">` + inner + `</` + operation + `></s:Body></s:Envelope>`
}

// members writes members of a data contract; they come in pairs of name and value.
func members(pairs ...string) string {
	var b strings.Builder
	for i := 0; i+1 < len(pairs); i += 2 {
		b.WriteString("<a:" + pairs[i] + ">" + esc(pairs[i+1]) + "</a:" + pairs[i] + ">")
	}
	return b.String()
}

// args writes the parameter args, with the derived type that it has.
func args(kind, inner string) string {
	if kind != "" {
		kind = ` i:type="a:` + kind + `"`
	}
	return "<args" + kind + ">" + inner + "</args>"
}

// parameters writes children of the wrapper; they come in pairs of name and value.
func parameters(pairs ...string) string { return strings.ReplaceAll(members(pairs...), "a:", "") }

func encoded(data []byte) string { return base64.StdEncoding.EncodeToString(data) }

func sha(data []byte) string {
	sum := sha1.Sum(data)
	return hex.EncodeToString(sum[:])
}

// reply is an answer.
type reply struct {
	status int
	header http.Header
	raw    []byte
	root   *element
}

// post sends a body to an address.
func (h *harness) post(to string, body []byte, header map[string]string) reply {
	h.t.Helper()
	r := httptest.NewRequest("POST", to, bytes.NewReader(body))
	r.Header.Set("Content-Type", "text/xml; charset=utf-8")
	for name, value := range header {
		if value == "" {
			r.Header.Del(name)
			continue
		}
		r.Header.Set(name, value)
	}
	return h.serve(r)
}

func (h *harness) serve(r *http.Request) reply {
	h.t.Helper()
	w := httptest.NewRecorder()
	h.mux.ServeHTTP(w, r)
	got := reply{status: w.Code, header: w.Header(), raw: w.Body.Bytes()}
	var err error
	if got.root, err = xmltree.Parse(got.raw, xmltree.Limits{Bytes: 64 << 20}); err != nil {
		h.t.Fatalf("the answer is not XML: %v\n%s", err, got.raw)
	}
	return got
}

// send sends a call.
func (h *harness) send(m message, operation, inner string) reply {
	h.t.Helper()
	return h.post(endpoint, []byte(m.envelope(operation, inner)), m.http)
}

// result returns the result element of an answer without fault.
func (h *harness) result(got reply, operation string) *element {
	h.t.Helper()
	wrapper := got.root.Child("Body").Child(operation + "Response")
	if got.status != http.StatusOK || wrapper == nil || len(wrapper.Children) != 1 || wrapper.Children[0].Local != operation+"Result" {
		h.t.Fatalf("%s: status %d\n%s", operation, got.status, got.raw)
	}
	return wrapper.Children[0]
}

// told is a fault: the local name of its code and its sentence.
type told struct{ Code, Sentence string }

// fault returns the fault that an answer is, which says the same everywhere.
func (h *harness) fault(got reply) told {
	h.t.Helper()
	f := got.root.Child("Body").Child("Fault")
	if got.status != http.StatusInternalServerError || f == nil {
		h.t.Fatalf("no fault but status %d\n%s", got.status, got.raw)
	}
	code, sentence, detail := text(f, "faultcode"), text(f, "faultstring"), text(f, "detail", "FileUploadFault", "Message")
	if got.root.Space == soap12 {
		code, sentence, detail = text(f, "Code", "Value"), text(f, "Reason", "Text"), text(f, "Detail", "FileUploadFault", "Message")
	}
	if sentence == "" || sentence != detail {
		h.t.Fatalf("the fault's reason is %q, its detail %q", sentence, detail)
	}
	return told{code[strings.IndexByte(code, ':')+1:], sentence}
}

// call carries out an operation, which must succeed.
func (h *harness) call(u *user, operation, inner string) *element {
	h.t.Helper()
	return h.result(h.send(plainMessage(u), operation, inner), operation)
}

// refused carries out an operation, which must fail by the client's fault with all of
// the keywords in the sentence.
func (h *harness) refused(u *user, operation, inner string, keywords ...string) {
	h.t.Helper()
	got := h.fault(h.send(plainMessage(u), operation, inner))
	if got.Code != "Client" {
		h.t.Errorf("%s: fault code %s: %s", operation, got.Code, got.Sentence)
	}
	for _, word := range keywords {
		if !strings.Contains(got.Sentence, word) {
			h.t.Errorf("%s: %q lacks %q", operation, got.Sentence, word)
		}
	}
}

func (h *harness) start(u *user, pairs ...string) *element {
	h.t.Helper()
	return h.call(u, opStartFile, args("", members(pairs...)))
}

func (h *harness) complete(u *user, pairs ...string) *element {
	h.t.Helper()
	return h.call(u, opComplete, args("", members(pairs...)))
}

func chunkOf(session, token string, part int, offset int64, data []byte) string {
	return parameters("sessionToken", session, "uploadToken", token, "partNumber", fmt.Sprint(part), "data", encoded(data), "offset", fmt.Sprint(offset))
}

// append sends a chunk, which must be taken.
func (h *harness) append(u *user, session, token string, offset int64, data []byte) {
	h.t.Helper()
	if got := h.call(u, opAppend, chunkOf(session, token, 0, offset, data)).Text; got != "true" {
		h.t.Fatalf("AppendChunk at %d answers %q", offset, got)
	}
}

// upload uploads a file in one chunk and returns its status.
func (h *harness) upload(u *user, content []byte, pairs ...string) *element {
	h.t.Helper()
	token := text(h.start(u, append(pairs, "FileSize", fmt.Sprint(len(content)))...), "UploadToken")
	if len(content) > 0 {
		h.append(u, "", token, 0, content)
	}
	return h.complete(u, "UploadToken", token)
}

func (h *harness) cancel(u *user, token string) *element {
	h.t.Helper()
	return h.call(u, opCancel, parameters("uploadToken", token))
}

// state asks for the state of a file; "" = the answer is null.
func (h *harness) state(u *user, token string) string {
	h.t.Helper()
	return text(h.call(u, opFileStatus, parameters("uploadToken", token)), "State")
}

// isNull reports whether a result is null.
func isNull(e *element) bool {
	return isNil(e) && len(e.Children) == 0 && e.Text == ""
}

// text returns the text at a path below an element, "" when there is none.
func text(e *element, path ...string) string {
	for _, name := range path {
		e = e.Child(name)
	}
	if e == nil {
		return ""
	}
	return e.Text
}

// names lists the local names of the children of an element.
func names(e *element) (list []string) {
	for _, child := range e.Children {
		list = append(list, child.Local)
	}
	return list
}

// texts are the simple members of a status.
func texts(e *element) map[string]string {
	all := map[string]string{}
	for _, child := range e.Children {
		if len(child.Children) == 0 {
			all[child.Local] = child.Text
		}
	}
	return all
}

func sorted(list []string) []string {
	slices.Sort(list)
	return list
}

func upper(s string) string { return strings.ToUpper(s) }
