package outbound

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
)

// Post makes one POST of a body with headers, of whose answer at most 64 KiB are read
// and forgotten. Redirects are not followed: the body is meant for the server that was
// named. The status is 0 when there was no answer; one that is not 2xx is an error too,
// with the kinds of Fetch.
func (c *Client) Post(ctx context.Context, raw string, header http.Header, content []byte) (status int, err error) {
	t, err := c.begin(ctx, "outbound.Post", raw)
	if err != nil {
		return 0, err
	}
	var answer *http.Response
	defer func() { t.end(answer) }()
	bare := *t.url
	bare.User, bare.Fragment = nil, ""
	request, err := http.NewRequestWithContext(t.ctx, http.MethodPost, bare.String(), bytes.NewReader(content))
	if err != nil {
		return 0, t.failed(errors.New("the request cannot be made"))
	}
	for name, values := range header {
		request.Header[name] = values
	}
	request.Header.Set("User-Agent", c.options.UserAgent)
	if t.url.User != nil {
		password, _ := t.url.User.Password()
		request.SetBasicAuth(t.url.User.Username(), password)
	}
	if answer, err = c.transport.RoundTrip(request); err != nil {
		return 0, t.failed(err)
	}
	// What is wrong with a body that nobody wants is not worth an error.
	_, _ = io.CopyN(io.Discard, answer.Body, maxDiscarded)
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return answer.StatusCode, t.statusError(answer.StatusCode)
	}
	return answer.StatusCode, nil
}
