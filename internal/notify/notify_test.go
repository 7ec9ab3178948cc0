package notify

import (
	"bytes"
	"context"
	"crypto/x509"
	"io"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/ingest"
)

const secret = "geheim"

func mailer(t *testing.T, address string, roots *x509.CertPool) *SMTP {
	t.Helper()
	s, err := NewSMTP(address, "Sluice <sluice@example.com>", roots)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestLetterArrives(t *testing.T) {
	for _, c := range []struct {
		name, scheme, user, query string
		set                       func(*mailServer)
		secure                    bool
	}{
		{"STARTTLS", "smtp", "", "", nil, true},
		{"STARTTLS and login", "smtp", "ann:" + secret + "@", "", func(s *mailServer) { s.login = "ann:" + secret }, true},
		{"TLS from the start", "smtps", "ann:" + secret + "@", "", func(s *mailServer) { s.login, s.fromStart = "ann:"+secret, true }, true},
		{"no TLS", "smtp", "", "?tls=never", func(s *mailServer) { s.noTLS = true }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			server, roots := newMailServer(t, c.set)
			m := mailer(t, c.scheme+"://"+c.user+server.address()+c.query, roots)
			if err := m.Send(t.Context(), "bob@example.com", "Ihr Code für Sluice", "Ihr Code: 123456\n.\nGrüße"); err != nil {
				t.Fatal(err)
			}
			letters, commands := server.got()
			if len(letters) != 1 {
				t.Fatalf("%d letters", len(letters))
			}
			from, to := "MAIL FROM:<sluice@example.com>", "RCPT TO:<bob@example.com>"
			if c.secure {
				from, to = "(TLS)"+from, "(TLS)"+to
			}
			if all := strings.Join(commands, "\n"); !strings.Contains(all, from) || !strings.Contains(all, to) {
				t.Errorf("commands:\n%s", all)
			}
			checkLetter(t, letters[0])
		})
	}
}

func checkLetter(t *testing.T, letter string) {
	t.Helper()
	parsed, err := mail.ReadMessage(strings.NewReader(letter))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(quotedprintable.NewReader(parsed.Body))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{"body": strings.TrimSpace(strings.ReplaceAll(string(body), "\r\n", "\n"))}
	for _, name := range []string{"From", "To", "Auto-Submitted"} {
		got[name] = parsed.Header.Get(name)
	}
	want := map[string]string{"body": "Ihr Code: 123456\n.\nGrüße", "From": `"Sluice" <sluice@example.com>`, "To": "<bob@example.com>", "Auto-Submitted": "auto-generated"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestLetterIsNotSent(t *testing.T) {
	for _, c := range []struct {
		name, user string
		set        func(*mailServer)
		strangers  bool // the certificate is of an unknown authority
	}{
		{"no TLS offered", "", func(s *mailServer) { s.noTLS = true }, false},
		{"unknown authority", "", nil, true},
		{"wrong password", "ann:" + secret + "@", func(s *mailServer) { s.login = "ann:other" }, false},
		{"no login offered", "ann:" + secret + "@", nil, false},
		{"recipient refused", "", func(s *mailServer) { s.refuse = "RCPT" }, false},
		{"letter refused", "", func(s *mailServer) { s.refuse = "DATA" }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			server, roots := newMailServer(t, c.set)
			if c.strangers {
				roots = x509.NewCertPool()
			}
			err := mailer(t, "smtp://"+c.user+server.address(), roots).Send(t.Context(), "bob@example.com", "Code", "123456")
			if ingest.KindOf(err) != ingest.Unavailable || ingest.Message(err) != "The letter could not be sent." {
				t.Errorf("got %v", err)
			}
			if err != nil && (strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), "123456")) {
				t.Errorf("the failure tells secrets: %v", err)
			}
			letters, commands := server.got()
			if len(letters) != 0 {
				t.Errorf("letters %q", letters)
			}
			for _, line := range commands {
				if !strings.HasPrefix(line, "(TLS)") && !strings.HasPrefix(line, "EHLO") && !strings.HasPrefix(line, "STARTTLS") && !strings.HasPrefix(line, "QUIT") {
					t.Errorf("sent without TLS: %s", line)
				}
			}
		})
	}
}

func TestServerThatIsNotThere(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	if err := mailer(t, "smtp://"+l.Addr().String(), nil).Send(t.Context(), "bob@example.com", "Code", "x"); ingest.KindOf(err) != ingest.Unavailable {
		t.Errorf("got %v", err)
	}
}

func TestSilentServerEndsTheWait(t *testing.T) {
	for _, verb := range []string{"EHLO", "STARTTLS", "RCPT", "DATA"} {
		server, roots := newMailServer(t, func(s *mailServer) { s.stall = verb })
		m := mailer(t, "smtp://"+server.address(), roots)
		m.step = 100 * time.Millisecond
		began := time.Now()
		err := m.Send(t.Context(), "bob@example.com", "Code", "x")
		if took := time.Since(began); ingest.KindOf(err) != ingest.Unavailable || took > 10*time.Second {
			t.Errorf("silent after %s: %v after %v", verb, err, took)
		}
	}
}

// Nothing that a client sends gets into another line of the letter or of the talk.
func TestNoInjection(t *testing.T) {
	server, roots := newMailServer(t, nil)
	var out bytes.Buffer
	type sender interface {
		Send(ctx context.Context, to, subject, text string) error
	}
	senders := map[string]sender{"server": mailer(t, "smtp://"+server.address(), roots), "console": NewConsole(&out)}
	for name, s := range senders {
		for _, to := range []string{
			"", "bob", "bob@example.com\r\nBcc: eve@example.com", "bob@example.com\nRCPT TO:<eve@example.com>", "bob@example.com, eve@example.com",
			"Bob <bob@example.com>", "<bob@example.com>", "bob@example.com (Bob)", " bob@example.com", "bob@example.com\x00", `"bob eve"@example.com`,
			strings.Repeat("b", 250) + "@example.com", "bob@example.com;eve@example.com",
		} {
			if err := s.Send(t.Context(), to, "Code", "x"); ingest.KindOf(err) != ingest.Invalid {
				t.Errorf("%s took %q: %v", name, to, err)
			}
		}
		for _, subject := range []string{"Code\r\nBcc: eve@example.com", "Code\nX: y", "a\x00b", strings.Repeat("x", 201)} {
			if err := s.Send(t.Context(), "bob@example.com", subject, "x"); ingest.KindOf(err) != ingest.Invalid {
				t.Errorf("%s took the subject %q: %v", name, subject, err)
			}
		}
	}
	if letters, commands := server.got(); len(letters)+len(commands) != 0 || out.Len() != 0 {
		t.Errorf("letters %q, commands %q, output %q", letters, commands, &out)
	}
}

func TestAddressOfTheServer(t *testing.T) {
	for _, c := range []struct{ address, from string }{
		{"", "a@example.com"}, {"mail.example.com:25", "a@example.com"}, {"http://mail.example.com", "a@example.com"}, {"smtp://", "a@example.com"},
		{"smtp://mail.example.com:0", "a@example.com"}, {"smtp://mail.example.com:99999", "a@example.com"}, {"smtp://mail.example.com/x", "a@example.com"},
		{"smtp://ann:geheim@mail.example.com?tls=never", "a@example.com"}, {"smtps://mail.example.com?tls=never", "a@example.com"},
		{"smtp://ann:geheim@mail example.com", "a@example.com"}, {"smtp://mail.example.com", ""}, {"smtp://mail.example.com", "sluice"},
		{"smtp://mail.example.com", "a@example.com\r\nBcc: b@example.com"},
	} {
		_, err := NewSMTP(c.address, c.from, nil)
		if ingest.KindOf(err) != ingest.Invalid || strings.Contains(err.Error(), secret) {
			t.Errorf("%q from %q: %v", c.address, c.from, err)
		}
	}
}

func TestConsoleShowsTheLetter(t *testing.T) {
	var out bytes.Buffer
	if err := NewConsole(&out).Send(t.Context(), "bob@example.com", "Code", "Your code is 123456.\x1b[2J\r\n"); err != nil {
		t.Fatal(err)
	}
	want := "----- letter not sent, no mail server is set up (--mail-url) -----\nTo: bob@example.com\nSubject: Code\n\nYour code is 123456.[2J\n----- end of letter -----\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}
