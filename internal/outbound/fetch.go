package outbound

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"sluice/internal/ingest"
)

// Response is a file on another server.
type Response struct {
	Body        io.ReadCloser // the caller closes it; its errors are *ingest.Error
	Size        int64         // bytes; -1 = unknown
	FileName    string        // a bare name of at most 255 bytes; "" = none was found
	ContentType string        // as the other server says; "" = it says nothing
}

// Fetch begins a transfer; it ends when Body is closed, at the latest after Options.Timeout.
//
// Kinds of errors, of Body too: Conflict when fetching is off, Invalid for a URL or an address
// that is refused, too many redirects, and statuses that no retry will change, NotFound for 404
// and 410, TooLarge over MaxBytes, Unavailable for the rest: network, time limit, 5xx.
func (c *Client) Fetch(ctx context.Context, raw string) (*Response, error) {
	t, err := c.begin(ctx, "outbound.Fetch", raw)
	if err != nil {
		return nil, err
	}
	answer, err := t.follow()
	if err == nil && answer.StatusCode != http.StatusOK && answer.StatusCode != http.StatusNonAuthoritativeInfo {
		err = t.statusError(answer.StatusCode)
	}
	if err == nil && answer.ContentLength > c.options.MaxBytes {
		err = t.tooLarge(answer.ContentLength)
	}
	if err != nil {
		t.end(answer)
		return nil, err
	}
	response := &Response{
		Body: &body{transfer: t, answer: answer, left: c.options.MaxBytes},
		Size: answer.ContentLength, FileName: fileName(answer.Header, t.first, t.url),
	}
	if kind := answer.Header.Get("Content-Type"); len(kind) <= maxName {
		response.ContentType = kind
	}
	return response, nil
}

// Get makes one GET that nobody waits for: no retry, of the body at most 64 KiB are read and
// forgotten. Redirects are followed. The status is 0 when there was no answer; one that is not
// 2xx is an error too, with the kinds of Fetch.
func (c *Client) Get(ctx context.Context, raw string) (status int, err error) {
	t, err := c.begin(ctx, "outbound.Get", raw)
	if err != nil {
		return 0, err
	}
	answer, err := t.follow()
	defer func() { t.end(answer) }()
	if err != nil {
		return 0, err
	}
	// What is wrong with a body that nobody wants is not worth an error.
	_, _ = io.CopyN(io.Discard, answer.Body, maxDiscarded)
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return answer.StatusCode, t.statusError(answer.StatusCode)
	}
	return answer.StatusCode, nil
}

// transfer is one transfer with its redirects.
type transfer struct {
	client *Client
	op     string
	parent context.Context // of the caller
	ctx    context.Context // with the time limit
	cancel context.CancelFunc
	first  *url.URL // that the client named
	url    *url.URL // that is asked now
}

func (c *Client) begin(ctx context.Context, op, raw string) (*transfer, error) {
	u, err := c.check(op, raw)
	if err != nil {
		return nil, err
	}
	limited, cancel := context.WithTimeout(ctx, c.options.Timeout)
	return &transfer{client: c, op: op, parent: ctx, ctx: limited, cancel: cancel, first: u, url: u}, nil
}

// end closes the answer, which may be nil, and stops the clock.
func (t *transfer) end(answer *http.Response) {
	t.cancel()
	if answer != nil {
		_ = answer.Body.Close() // nothing was written
	}
}

// follow asks, and asks on where it is redirected to. Every hop passes all checks. It returns an
// answer or an error, never both.
func (t *transfer) follow() (*http.Response, error) {
	for hops := 0; ; hops++ {
		answer, err := t.ask()
		if err != nil {
			return nil, t.failed(err)
		}
		location := answer.Header.Get("Location")
		if !redirects(answer.StatusCode) || location == "" {
			return answer, nil
		}
		_ = answer.Body.Close() // nothing was written
		most := max(t.client.options.MaxRedirects, 0)
		if hops == most {
			return nil, &ingest.Error{
				Kind: ingest.Invalid, Op: t.op, Code: ingest.CodeLimit,
				Msg: fmt.Sprintf("%s redirects more than %d times", shown(t.first), most),
			}
		}
		next, err := t.url.Parse(location)
		if err != nil { // whose text quotes the location
			return nil, &ingest.Error{
				Kind: ingest.Invalid, Op: t.op, Code: ingest.CodeMalformed,
				Msg: shown(t.url) + " redirects to a URL that cannot be parsed",
			}
		}
		if t.url, err = t.client.check(t.op, next.String()); err != nil {
			return nil, err
		}
	}
}

func redirects(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// ask sends one request. The transport follows no redirects, keeps no cookies and sends no Referer.
func (t *transfer) ask() (*http.Response, error) {
	bare := *t.url
	bare.User, bare.Fragment = nil, ""
	request, err := http.NewRequestWithContext(t.ctx, http.MethodGet, bare.String(), nil)
	if err != nil {
		return nil, errors.New("the request cannot be made")
	}
	request.Header.Set("User-Agent", t.client.options.UserAgent)
	request.Header.Set("Accept", "*/*")
	request.Header.Set("Accept-Encoding", "identity")
	if user := t.url.User; user != nil {
		password, _ := user.Password()
		request.SetBasicAuth(user.Username(), password)
	}
	return t.client.transport.RoundTrip(request)
}
