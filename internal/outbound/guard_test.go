package outbound

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"

	"sluice/internal/ingest"
)

// names is a resolver whose every name has the address that answer gives, in the protocol of
// RFC 1035 over a stream.
func names(answer func() netip.Addr) *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go func() {
			defer server.Close()
			for {
				var size [2]byte
				if _, err := io.ReadFull(server, size[:]); err != nil {
					return
				}
				query := make([]byte, binary.BigEndian.Uint16(size[:]))
				if _, err := io.ReadFull(server, query); err != nil {
					return
				}
				reply := resolved(query, answer)
				if _, err := server.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(reply))), reply...)); err != nil {
					return
				}
			}
		}()
		return client, nil
	}}
}

// resolved answers a query for an A record, any other with no record.
func resolved(query []byte, answer func() netip.Addr) []byte {
	end := 12 // of the header
	for query[end] != 0 {
		end += 1 + int(query[end])
	}
	end += 5 // the root label, type and class
	reply := append(append([]byte{}, query[:2]...), 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0)
	reply = append(reply, query[12:end]...)
	if kind := binary.BigEndian.Uint16(query[end-4:]); kind == 1 {
		reply[7] = 1
		reply = append(reply, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4)
		reply = append(reply, answer().AsSlice()...)
	}
	return reply
}

// TestNameOfPrivateAddress has a name that passes every check of the URL and leads inside.
func TestNameOfPrivateAddress(t *testing.T) {
	for _, address := range []string{"127.0.0.1", "10.0.0.1", "169.254.169.254", "0.0.0.0"} {
		c := New(Options{Enabled: true})
		c.dialer.Resolver = names(func() netip.Addr { return netip.MustParseAddr(address) })
		raw := "http://bob:hunter2@inside.example/a?sig=hunter2"
		if err := c.ValidateURL(raw); err != nil {
			t.Fatal(err)
		}
		_, err := c.Fetch(t.Context(), raw)
		if ingest.CodeOf(err) != CodeRefusedAddress || ingest.KindOf(err) != ingest.Invalid {
			t.Errorf("%s: %v", address, err)
			continue
		}
		if strings.Contains(ingest.Message(err), address) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("the error tells too much: %v", err)
		}
	}
}

// one is a client that may ask one server only, whatever the address of that.
func one(server *httptest.Server) *Client {
	c := New(Options{Enabled: true, AllowPrivate: true})
	only := netip.MustParseAddrPort(server.Listener.Addr().String()).Addr()
	c.allowed = func(address netip.Addr) bool { return address == only }
	return c
}

// inside starts a server at another loopback address and counts its requests.
func inside(t *testing.T) (server *httptest.Server, asked *atomic.Int32) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.2:0")
	if err != nil {
		t.Skip("this system has one loopback address only: ", err)
	}
	asked = new(atomic.Int32)
	server = httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	_ = server.Listener.Close()
	server.Listener = listener
	server.Start()
	t.Cleanup(server.Close)
	return server, asked
}

// TestRedirectInside is redirected from an allowed server to one that is not, by address and by name.
func TestRedirectInside(t *testing.T) {
	secret, asked := inside(t)
	_, port, _ := net.SplitHostPort(secret.Listener.Addr().String())
	for _, target := range []string{secret.URL, "http://inside.example:" + port + "/"} {
		outside := httptest.NewServer(http.RedirectHandler(target, http.StatusFound))
		defer outside.Close()
		c := one(outside)
		c.dialer.Resolver = names(func() netip.Addr { return netip.MustParseAddr("127.0.0.2") })
		_, err := c.Fetch(t.Context(), outside.URL)
		if ingest.CodeOf(err) != CodeRefusedAddress {
			t.Errorf("Fetch to %s: %v", target, err)
		}
		if _, err := c.Get(t.Context(), outside.URL); ingest.CodeOf(err) != CodeRefusedAddress {
			t.Errorf("Get to %s: %v", target, err)
		}
	}
	if n := asked.Load(); n != 0 {
		t.Errorf("the server inside was asked %d times", n)
	}
}

// TestRebinding has a name whose address changes between two requests.
func TestRebinding(t *testing.T) {
	secret, asked := inside(t)
	_, port, _ := net.SplitHostPort(secret.Listener.Addr().String())
	outside := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "file") }))
	listener, err := net.Listen("tcp", "127.0.0.1:"+port)
	if err != nil {
		t.Skip("the port is taken at the other address: ", err)
	}
	_ = outside.Listener.Close()
	outside.Listener = listener
	outside.Start()
	defer outside.Close()
	c := one(outside)
	now := netip.MustParseAddr("127.0.0.1")
	c.dialer.Resolver = names(func() netip.Addr { return now })
	raw := "http://moving.example:" + port + "/a"
	if status, err := c.Get(t.Context(), raw); status != http.StatusOK || err != nil {
		t.Fatalf("%d, %v", status, err)
	}
	now = netip.MustParseAddr("127.0.0.2")
	if _, err := c.Get(t.Context(), raw); ingest.CodeOf(err) != CodeRefusedAddress || asked.Load() != 0 {
		t.Errorf("%v, the server inside was asked %d times", err, asked.Load())
	}
}
