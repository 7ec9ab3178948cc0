package e2e_test

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
)

// TestOversize sends more than the operator allows, announced and not.
func TestOversize(t *testing.T) {
	s := start(t, "SLUICE_SCENE7_MAX_POST_SIZE=1MiB")
	contentType, body := form(auth(), newJob("big"), file("big.zip", bytesOf("big", 2<<20)))
	over := func(name string, a answer, words ...string) {
		t.Run(name, func(t *testing.T) {
			a.wantFault(t, 500, 30001, append(words, "UploadPostMaxFileSize", "1048576")...)
			if !a.closed {
				t.Errorf("the connection is not closed: %v", a.header)
			}
		})
	}
	announced, err := poster{url: s.url}.send(contentType, strings.NewReader(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	over("announced", announced, fmt.Sprintf("the request has %d bytes, the limit is 1048576", len(body)))
	chunked, err := poster{url: s.url}.send(contentType, io.MultiReader(strings.NewReader(string(body))))
	if err != nil {
		t.Fatal(err)
	}
	over("chunked", chunked, "1048577 bytes or more")

	// Nobody has to send 93 GiB to learn that they are too many.
	c, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprintf(c, "POST /scene7/UploadFile HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\nContent-Length: 99999999999\r\n\r\n%s", contentType, body)
	c.(*net.TCPConn).CloseWrite()
	over("far over", s.readAnswer(c))

	s.awaitNothingUnderway()
	if got := s.assets(); len(got) != 0 {
		t.Errorf("stored %+v", got)
	}
	s.upload(auth(), newJob("fits"), file("fits.zip", bytesOf("fits", 1_000_000)))
	s.holds("fits.zip", bytesOf("fits", 1_000_000))
}
