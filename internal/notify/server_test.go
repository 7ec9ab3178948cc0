package notify

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// mailServer is as much of a mail server as sending a letter needs. The fields are set
// before it is used.
type mailServer struct {
	t         *testing.T
	listener  net.Listener
	config    *tls.Config
	fromStart bool   // TLS from the start
	noTLS     bool   // STARTTLS is not offered
	login     string // user:password, "" = none is offered
	refuse    string // verb that is answered 550
	stall     string // verb that is never answered

	mu       sync.Mutex
	letters  []string
	commands []string // with "(TLS)" in front of those under TLS
	serving  sync.WaitGroup
}

// newMailServer returns a server at 127.0.0.1 with a certificate for it, and the
// authority that vouches for that.
func newMailServer(t *testing.T, set func(*mailServer)) (*mailServer, *x509.CertPool) {
	t.Helper()
	certificate, roots := selfMade(t)
	s := &mailServer{t: t, config: &tls.Config{Certificates: []tls.Certificate{certificate}}}
	if set != nil {
		set(s)
	}
	var err error
	if s.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	s.serving.Go(s.accept)
	t.Cleanup(func() {
		s.listener.Close()
		s.serving.Wait()
	})
	return s, roots
}

func (s *mailServer) address() string { return s.listener.Addr().String() }

func (s *mailServer) accept() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.serving.Go(func() {
			defer conn.Close()
			_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
			s.serve(conn)
		})
	}
}

func (s *mailServer) serve(conn net.Conn) {
	secure := s.fromStart
	if secure {
		conn = tls.Server(conn, s.config)
	}
	in := bufio.NewReader(conn)
	say := func(line string) { fmt.Fprint(conn, line, "\r\n") }
	say("220 mail.example.com ready")
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		verb, _, _ := strings.Cut(strings.ToUpper(line), " ")
		s.note(line, secure)
		switch {
		case verb == s.stall:
			_, _ = in.ReadString('\n')
			return
		case verb == s.refuse:
			say("550 no")
		case verb == "EHLO":
			say("250-mail.example.com")
			for _, extension := range s.extensions(secure) {
				say("250-" + extension)
			}
			say("250 8BITMIME")
		case verb == "STARTTLS":
			say("220 go on")
			conn, secure = tls.Server(conn, s.config), true
			in = bufio.NewReader(conn)
		case verb == "AUTH":
			if s.right(line) {
				say("235 welcome")
			} else {
				say("535 who are you")
			}
		case verb == "DATA":
			say("354 go on")
			s.take(in)
			say("250 taken")
		case verb == "QUIT":
			say("221 bye")
			return
		default:
			say("250 fine")
		}
	}
}

func (s *mailServer) extensions(secure bool) (list []string) {
	if !secure && !s.noTLS {
		list = append(list, "STARTTLS")
	}
	if s.login != "" {
		list = append(list, "AUTH PLAIN")
	}
	return list
}

// right checks a PLAIN login (RFC 4616).
func (s *mailServer) right(line string) bool {
	fields := strings.Fields(line)
	raw, err := base64.StdEncoding.DecodeString(fields[len(fields)-1])
	return err == nil && string(raw) == "\x00"+strings.Replace(s.login, ":", "\x00", 1)
}

func (s *mailServer) note(line string, secure bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if secure {
		line = "(TLS)" + line
	}
	s.commands = append(s.commands, line)
}

func (s *mailServer) take(in *bufio.Reader) {
	var letter strings.Builder
	for {
		line, err := in.ReadString('\n')
		if err != nil || line == ".\r\n" {
			break
		}
		letter.WriteString(strings.TrimPrefix(line, "."))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.letters = append(s.letters, letter.String())
}

// got returns the letters and commands so far.
func (s *mailServer) got() (letters, commands []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.letters...), append([]string(nil), s.commands...)
}

// selfMade returns a certificate for 127.0.0.1 that vouches for itself.
func selfMade(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}
