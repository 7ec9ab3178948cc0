package ipsapi

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"

	"sluice/internal/protocol/scene7"
)

func TestMethods(t *testing.T) {
	h, _ := newFakes(t)
	h.mux.Handle("/", http.NotFoundHandler()) // as the whole server has one
	for _, path := range []string{servicePath, barePath} {
		for _, method := range []string{"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"} {
			w := httptest.NewRecorder()
			h.mux.ServeHTTP(w, httptest.NewRequest(method, path, nil))
			if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "POST" {
				t.Errorf("%s %s: %d, Allow %q", method, path, w.Code, w.Header().Get("Allow"))
			}
		}
	}
	w := httptest.NewRecorder()
	h.mux.ServeHTTP(w, httptest.NewRequest("GET", servicePath+"?WSDL", nil))
	if w.Code != http.StatusOK {
		t.Errorf("the description is refused: %d", w.Code)
	}
}

// TestCompression is the contract's section 7.3, for answers and for faults.
func TestCompression(t *testing.T) {
	h, _ := newFakes(t)
	for _, test := range []struct {
		name, header, accept string
		want                 bool
	}{
		{"nothing asked", "", "", false},
		{"accepted", "", "gzip, deflate", true},
		{"accepted with weight 0", "", "gzip;q=0", false},
		{"not wanted", "<gzipResponse>false</gzipResponse>", "gzip", false},
		{"wanted", "<gzipResponse>true</gzipResponse>", "", true},
		{"wanted as a number", "<gzipResponse>1</gzipResponse>", "identity", true},
		{"word that is none", "<gzipResponse>yes</gzipResponse>", "gzip", true},
	} {
		for param, want := range map[string]string{
			"<getJobLogsParam/>":       "<getJobLogsReturn xmlns=",
			"<getJobLogDetailsParam/>": "<tns:code>30002</tns:code>",
		} {
			body := "<Request><authHeader><user>" + h.user.login + "</user><password>" + h.user.login + "</password>" + test.header + "</authHeader>" + param + "</Request>"
			r := httptest.NewRequest("POST", barePath, strings.NewReader(body))
			if test.accept != "" {
				r.Header.Set("Accept-Encoding", test.accept)
			}
			w := httptest.NewRecorder()
			h.mux.ServeHTTP(w, r)
			var got io.Reader = w.Body
			if compressed := w.Header().Get("Content-Encoding") == "gzip"; compressed != test.want {
				t.Errorf("%s: compressed %v", test.name, compressed)
				continue
			}
			if test.want {
				z, err := gzip.NewReader(w.Body)
				h.ok(err)
				got = z
			}
			text, err := io.ReadAll(got)
			h.ok(err)
			if !strings.Contains(string(text), want) {
				t.Errorf("%s: %s", test.name, text)
			}
		}
	}
}

// TestPanicIsAFault makes sure that a broken handler takes nothing down and is told
// to the operator, not to the client.
func TestPanicIsAFault(t *testing.T) {
	h := newHarness(t)
	var log bytes.Buffer
	h.service.Log = slog.New(slog.NewTextHandler(&log, nil))
	h.service.handlers = handlers{"checkLogin": func(context.Context, *call) (*scene7.Record, error) { panic("broken index") }}
	got := h.fault(h.user, "checkLogin", "<email/><password>very secret</password>")
	if got.Code != scene7.CodeException || got.Reason != "internal error, request test-request" {
		t.Errorf("%v: %s", got.Code, got.Reason)
	}
	for _, want := range []string{"operation panicked", "broken index", "operation=checkLogin", "request=test-request", "routes_test.go"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log lacks %q: %s", want, &log)
		}
	}
	if strings.Contains(log.String(), "very secret") {
		t.Errorf("the log has the password: %s", &log)
	}
	if h.service.room.held != 0 {
		t.Errorf("%d bytes are held after the panic", h.service.room.held)
	}
}

// padded is a request of an exact length.
func (h *harness) padded(length int) string {
	document := h.request(h.user, "getJobLogs", "", testNamespace)
	return document + strings.Repeat(" ", length-len(document))
}

func TestRequestsAreLimited(t *testing.T) {
	h, _ := newFakes(t)
	if status, body := h.exchange(h.padded(maxRequest)); status != http.StatusOK {
		t.Errorf("the longest request: %d %s", status, body)
	}
	for name, test := range map[string]struct{ document, want string }{
		"length":   {h.padded(maxRequest + 1), "the request has 16777217 bytes or more, the limit is 16777216"},
		"elements": {"<Request>" + strings.Repeat("<a/>", maxElements) + "</Request>", "500001 elements or more, the limit is 500000"},
		"depth":    {strings.Repeat("<a>", 65), "65 levels of nesting or more, the limit is 64"},
	} {
		status, body := h.exchange(test.document)
		if status != http.StatusInternalServerError || !strings.Contains(string(body), test.want) || !strings.Contains(string(body), "<tns:code>30003<") {
			t.Errorf("%s: %d %.500s", name, status, body)
		}
	}
	if h.service.room.held != 0 {
		t.Errorf("%d bytes are held after all", h.service.room.held)
	}
}

func TestBodyThatBreaksOff(t *testing.T) {
	h, _ := newFakes(t)
	r := httptest.NewRequest("POST", barePath, io.MultiReader(strings.NewReader(h.padded(200<<10)), iotest.ErrReader(errors.New("connection reset"))))
	w := httptest.NewRecorder()
	h.mux.ServeHTTP(w, r)
	if !strings.Contains(w.Body.String(), "<tns:code>30003</tns:code><tns:reason>the request did not arrive in full<") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if h.service.room.held != 0 {
		t.Errorf("%d bytes are held", h.service.room.held)
	}
}

// TestRoom makes sure that requests are refused while others take all the memory,
// large ones before small ones, and are served again afterwards.
func TestRoom(t *testing.T) {
	h, _ := newFakes(t)
	small, large := h.request(h.user, "getJobLogs", "", testNamespace), h.padded(smallRequest*2)
	room := &h.service.room
	for _, test := range []struct {
		name         string
		taken        int64
		small, large int
	}{
		{"empty", 0, 200, 200},
		{"large ones take theirs", maxHeldLarge, 200, 500},
		{"nothing left", maxHeld, 500, 500},
		{"empty again", 0, 200, 200},
	} {
		h.ok(room.take(test.taken, 0))
		for name, exchange := range map[string]struct {
			document string
			want     int
		}{"small": {small, test.small}, "large": {large, test.large}} {
			status, body := h.exchange(exchange.document)
			if status != exchange.want || status != 200 && !strings.Contains(string(body), "<tns:code>30000</tns:code><tns:reason>the requests at work already take") {
				t.Errorf("%s, %s: %d %s", test.name, name, status, body)
			}
		}
		room.give(test.taken)
		if room.held != 0 {
			t.Errorf("%s: %d bytes are held", test.name, room.held)
		}
	}
}

// TestDearestRequestFits makes sure that one request with everything at its limit is
// not refused for lack of room.
func TestDearestRequestFits(t *testing.T) {
	var m room
	_, held, err := m.read(strings.NewReader(strings.Repeat("<", maxElements)+strings.Repeat(" ", maxRequest-maxElements)), -1)
	if err != nil || held <= maxRequest || held != m.held {
		t.Errorf("held %d of %d: %v", held, m.held, err)
	}
}

func TestSOAPAction(t *testing.T) {
	for _, test := range []struct{ action, content, want string }{
		{"submitJob", "", "submitJob"},
		{`"submitJob"`, "", "submitJob"},
		{`'submitJob'`, "", "submitJob"},
		{` " submitJob " `, "", "submitJob"},
		{`"http://www.scene7.com/IpsApi/submitJob"`, "", "submitJob"},
		{"urn:submitJob", "", "submitJob"},
		{"", "", ""},
		{`""`, "", ""},
		{"", `application/soap+xml; charset=utf-8; action="submitJob"`, "submitJob"},
		{`""`, `application/soap+xml;action=submitJob`, "submitJob"},
		{"stopJob", `application/soap+xml; action="submitJob"`, "stopJob"},
		{"", `application/soap+xml; action="`, ""},
	} {
		h := http.Header{}
		h.Set("SOAPAction", test.action)
		h.Set("Content-Type", test.content)
		if got := soapAction(h); got != test.want {
			t.Errorf("%q, %q: %q, want %q", test.action, test.content, got, test.want)
		}
	}
}
