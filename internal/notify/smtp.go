package notify

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"sluice/internal/ingest"
)

// stepTime bounds each exchange with the mail server.
const stepTime = 10 * time.Second

// SMTP sends letters by a mail server (RFC 5321), one connection for each. It is safe
// for concurrent use.
type SMTP struct {
	from    *mail.Address
	host    string
	tls     *tls.Config // nil = never
	atOnce  bool        // TLS from the start
	step    time.Duration
	options []gomail.Option
	now     func() time.Time
}

// NewSMTP returns a mailer. The address is smtp://USER:PASSWORD@HOST:PORT, port 587 if
// none is given, or smtps://… for TLS from the start, port 465. By smtp, TLS is begun
// before anything is sent; ?tls=never does without, for servers without a login. roots
// are the authorities that may vouch for the server, nil = those of the machine.
//
// Failures are Invalid and do not repeat the address, which holds the password.
func NewSMTP(address, from string, roots *x509.CertPool) (*SMTP, error) {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || strings.Trim(u.Path, "/") != "" {
		return nil, invalid("the address of the mail server must look like smtp://user:password@mail.example.com:587")
	}
	sender, err := mail.ParseAddress(from)
	if err != nil || CheckAddress(sender.Address) != nil || hasControl(from) {
		return nil, invalid("the sender of letters must look like sluice@example.com, or Sluice <sluice@example.com>")
	}
	s := &SMTP{from: sender, host: u.Hostname(), now: time.Now, step: stepTime,
		tls: &tls.Config{ServerName: u.Hostname(), RootCAs: roots, MinVersion: tls.VersionTLS12}}
	policy := gomail.NoTLS // of the library: it has no say in TLS from the start
	port, plain := 587, u.Query().Get("tls") == "never"
	switch {
	case u.Scheme == "smtps" && !plain:
		port, s.atOnce = 465, true
	case u.Scheme == "smtp" && plain:
		s.tls = nil
	case u.Scheme == "smtp":
		policy = gomail.TLSMandatory
	default:
		return nil, invalid("the address of the mail server must begin with smtp:// or smtps://")
	}
	if text := u.Port(); text != "" {
		if port, err = strconv.Atoi(text); err != nil || port < 1 || port > 65535 {
			return nil, invalid("the port of the mail server must be 1 to 65535")
		}
	}
	s.options = []gomail.Option{gomail.WithTLSPolicy(policy), gomail.WithPort(port)}
	if s.tls != nil {
		s.options = append(s.options, gomail.WithTLSConfig(s.tls))
	}
	if u.User == nil {
		return s, nil
	}
	if plain {
		return nil, invalid("a login at the mail server needs TLS: leave out tls=never")
	}
	password, _ := u.User.Password()
	s.options = append(s.options, gomail.WithUsername(u.User.Username()), gomail.WithPassword(password),
		gomail.WithOpportunisticSMTPAuth(gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthPlain, gomail.SMTPAuthLogin))
	return s, nil
}

func invalid(msg string) error {
	return &ingest.Error{Kind: ingest.Invalid, Op: "notify.NewSMTP", Code: ingest.CodeMalformed, Msg: msg}
}

// Send hands a letter of plain text over to the mail server and returns when it has
// taken it. Failures: Invalid for what is no address or no subject, Unavailable when
// the server cannot be reached or refuses.
func (s *SMTP) Send(ctx context.Context, to, subject, text string) error {
	if err := CheckAddress(to); err != nil {
		return err
	}
	if err := checkSubject(subject); err != nil {
		return err
	}
	letter := gomail.NewMsg()
	letter.FromMailAddress(s.from)
	letter.ToMailAddress(&mail.Address{Address: to})
	letter.Subject(subject)
	letter.SetDateWithValue(s.now())
	letter.SetMessageID()
	letter.SetUserAgent("Sluice")
	letter.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: nobody is to answer
	letter.SetBodyString(gomail.TypeTextPlain, text)
	if err := s.hand(ctx, letter); err != nil {
		return &ingest.Error{Kind: ingest.Unavailable, Op: "notify.Send", Msg: "The letter could not be sent.",
			Err: fmt.Errorf("mail server %s: %w", s.host, err)}
	}
	return nil
}

// hand gives a letter to the server. The connection is ended here, as the library
// leaves it open when the server refuses something.
func (s *SMTP) hand(ctx context.Context, letter *gomail.Msg) error {
	var conn net.Conn
	defer func() {
		if conn != nil {
			conn.Close()
		}
	}()
	dial := gomail.WithDialContextFunc(func(ctx context.Context, network, address string) (_ net.Conn, err error) {
		if s.atOnce {
			conn, err = (&tls.Dialer{Config: s.tls}).DialContext(ctx, network, address)
		} else {
			conn, err = (&net.Dialer{}).DialContext(ctx, network, address)
		}
		return conn, err
	})
	client, err := gomail.NewClient(s.host, append(slices.Clone(s.options), gomail.WithTimeout(s.step), dial)...)
	if err != nil {
		return err
	}
	talk, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return err
	}
	if err := client.SendWithSMTPClient(talk, letter); err != nil {
		return err
	}
	_ = client.CloseWithSMTPClient(talk) // the letter is taken, however the talk ends
	return nil
}
