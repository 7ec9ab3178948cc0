package main

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// needDirect skips on file systems without O_DIRECT, such as older tmpfs.
func needDirect(t *testing.T, dir string) {
	t.Helper()
	f, err := os.OpenFile(filepath.Join(dir, "probe"), os.O_CREATE|os.O_WRONLY|unix.O_DIRECT, 0o600)
	if err != nil {
		t.Skipf("the temporary directory's file system takes no O_DIRECT: %v", err)
	}
	_ = f.Close()
	if err := os.Remove(f.Name()); err != nil {
		t.Fatal(err)
	}
}

func startHandler(t *testing.T, m mode) (dir, addr string) {
	t.Helper()
	dir = t.TempDir()
	if m == modeDirect || m == modeDirectHash {
		needDirect(t, dir)
	}
	h, err := newHandler(m, dir)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return dir, server.Listener.Addr().String()
}

func TestBareHandlersStoreWhatWasSent(t *testing.T) {
	content := newCorpus(7)
	for _, m := range bareModes()[1:] {
		t.Run(string(m), func(t *testing.T) {
			dir, addr := startHandler(t, m)
			c := newConn(addr)
			defer c.close()
			var names []string
			for i, size := range []int64{0, 1, 4096, 65536, bufferBytes, bufferBytes + 1, 3 * bufferBytes, 9*bufferBytes + 4097} {
				o := object{corpus: content, name: fmt.Sprintf("f%d.zip", i), number: uint64(i), size: size}
				names = append(names, o.name)
				a, err := c.do(t.Context(), request{method: http.MethodPut, target: "/" + o.name, content: &o})
				if err != nil || a.status != http.StatusCreated {
					t.Fatalf("%d bytes: %d %q, %v", size, a.status, a.body, err)
				}
				var back bytes.Buffer
				if err := (putProtocol{prefix: "/"}).fetch(t.Context(), c, o, &back); err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(back.Bytes(), contentOf(t, o)) {
					t.Errorf("%d bytes: something else came back", size)
				}
				sum := a.header.Get("X-Content-Sha256")
				if want := fmt.Sprintf("%x", o.digest()); (m == modeHashSync || m == modeDirectHash) && sum != want {
					t.Errorf("%d bytes: SHA-256 %q, want %q", size, sum, want)
				}
			}
			if diff := cmp.Diff(names, filesIn(t, dir)); diff != "" {
				t.Errorf("files left (-want +got):\n%s", diff)
			}
		})
	}
}

func filesIn(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestDiscardKeepsNothing(t *testing.T) {
	dir, addr := startHandler(t, modeDiscard)
	c := newConn(addr)
	defer c.close()
	o := object{corpus: newCorpus(7), name: "a.zip", size: 100_000}
	if err := (putProtocol{prefix: "/"}).put(t.Context(), c, o); err != nil {
		t.Fatal(err)
	}
	if got := filesIn(t, dir); len(got) > 0 {
		t.Errorf("found %v", got)
	}
}

// A body that was cut short must not become a file, or a handler would look
// faster than it is.
func TestDurableHandlersRefuseCutBodies(t *testing.T) {
	for _, m := range bareModes()[2:] {
		for _, sent := range []int{100, 2*bufferBytes + 100} {
			t.Run(fmt.Sprintf("%s after %d bytes", m, sent), func(t *testing.T) {
				dir, addr := startHandler(t, m)
				tcp, err := net.Dial("tcp", addr)
				if err != nil {
					t.Fatal(err)
				}
				fmt.Fprintf(tcp, "PUT /a.zip HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", sent+1)
				if _, err := tcp.Write(make([]byte, sent)); err != nil {
					t.Fatal(err)
				}
				_ = tcp.(*net.TCPConn).CloseWrite()
				// The answer, or the end of the connection, says that the server is done.
				_, _ = bytes.NewBuffer(nil).ReadFrom(tcp)
				_ = tcp.Close()
				if got := filesIn(t, dir); len(got) > 0 {
					t.Errorf("found %v", got)
				}
			})
		}
	}
}

func TestSafeName(t *testing.T) {
	for name, want := range map[string]bool{
		"bench-1.zip": true, "A_b-9": true,
		"": false, ".hidden": false, "a/b": false, "..": false, "a b": false, "ü": false, "a\x00": false,
	} {
		if safeName(name) != want {
			t.Errorf("safeName(%q) = %v", name, !want)
		}
	}
}

func TestHandlerCommandRefuses(t *testing.T) {
	dir := t.TempDir()
	for _, args := range [][]string{
		{"-addr", "0.0.0.0:0", "-dir", dir},
		{"-addr", ":0", "-dir", dir},
		{"-addr", "127.0.0.1:0", "-dir", dir + "/missing"},
		{"-addr", "127.0.0.1:0", "-dir", dir, "-mode", "magic"},
	} {
		if err := handlerCommand(t.Context(), args); err == nil {
			t.Errorf("%v was accepted", args)
		}
	}
}
