package config

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// mostUnpacked is the highest bound that archives may have: their directories are held in memory.
const mostUnpacked = 1_000_000

// Validate checks what the types cannot and returns all that is wrong.
func (c Config) Validate() error {
	problems := []error{c.Storage.Validate()}
	wrong := func(bad bool, format string, args ...any) {
		if bad {
			problems = append(problems, fmt.Errorf(format, args...))
		}
	}
	for _, f := range c.fields() {
		if list := f.tag.Get("oneof"); list != "" {
			words := strings.Split(list, ",")
			wrong(!slices.Contains(words, f.value.String()), "%s is %q; it must be one of %s", f.name, f.value.String(), strings.Join(words, ", "))
		}
	}
	wrong((c.TLSCert == "") != (c.TLSKey == ""), "tls-cert and tls-key must be given together")
	if c.PublicURL != "" {
		u, err := url.Parse(c.PublicURL)
		wrong(err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.RawQuery != "" || u.Fragment != "",
			"public-url is %q; it must look like https://media.example.com", c.PublicURL)
	}
	if _, err := c.Proxies(); err != nil {
		problems = append(problems, err)
	}
	for _, origin := range c.CORSOrigins {
		u, err := url.Parse(origin)
		wrong(origin != "*" && (err != nil || u.Host == "" || u.Scheme == "" || u.Path != ""),
			"cors-origins holds %q; an origin looks like https://app.example.com", origin)
	}
	for _, root := range c.UploadRoots {
		wrong(!uploadRoot(strings.TrimSpace(root)), "upload-roots holds %q; write /srv/media or name=/srv/media", root)
	}
	wrong(c.TokenLifetime <= 0, "token-lifetime must be more than 0")
	wrong(c.FetchMaxSize <= 0, "fetch-max-size must be more than 0")
	wrong(c.FetchTimeout <= 0, "fetch-timeout must be more than 0")
	wrong(c.Scene7MaxPostSize < 1<<20, "scene7-max-post-size is %v; it must be at least 1MiB", c.Scene7MaxPostSize)
	wrong(c.Scene7MaxAnonymousSpool < 1<<20, "scene7-max-anonymous-spool is %v; it must be at least 1MiB", c.Scene7MaxAnonymousSpool)
	wrong(c.Scene7JobIdle <= 0, "scene7-job-idle must be more than 0")
	problems = append(problems, c.nomad()...)
	wrong(c.MailURL != "" && c.MailFrom == "", "mail-url needs mail-from, the sender of letters")
	wrong(c.MediaMaxPixels <= 0, "media-max-pixels must be more than 0")
	wrong(c.MediaMaxInput <= 0, "media-max-input must be more than 0")
	wrong(c.MediaWorkers < 1 || c.MediaWorkers > 256, "media-workers is %d; it must be 1 to 256", c.MediaWorkers)
	wrong(c.MediaTimeout <= 0, "media-timeout must be more than 0")
	wrong(c.MediaEncodeTimeout <= 0 || c.MediaEncodeCPU.Std() < time.Second || c.MediaEncodeDuration <= 0 || c.MediaEncodeSize <= 0,
		"media-encode-timeout, media-encode-cpu, media-encode-duration and media-encode-size must be more than 0")
	wrong(c.MediaUnpackMembers <= 0 || c.MediaUnpackMembers > mostUnpacked, "media-unpack-members is %v; it must be 1 to %d", c.MediaUnpackMembers, mostUnpacked)
	wrong(c.MediaUnpackSize <= 0 || c.MediaUnpackRatio <= 0, "media-unpack-size and media-unpack-ratio must be more than 0")
	wrong(c.MediaMemory < 256<<20, "media-memory is %v; it must be at least 256MiB", c.MediaMemory)
	wrong(c.AdminEmail == "", "admin-email must not be empty")
	wrong(c.Company == "", "company must not be empty")
	return errors.Join(problems...)
}

// nomad lists what is wrong with the settings of the Nomad door.
func (c Config) nomad() (problems []error) {
	wrong := func(bad bool, format string, args ...any) {
		if bad {
			problems = append(problems, fmt.Errorf(format, args...))
		}
	}
	const longest = AutoDuration(7 * day)
	wrong(c.NomadURLLifetime > longest, "nomad-url-lifetime is %v; it must be at most %v", c.NomadURLLifetime, longest)
	wrong(c.NomadLockTime <= 0, "nomad-lock-time must be more than 0")
	wrong(c.NomadUploadIdle <= 0, "nomad-upload-idle must be more than 0")
	wrong(c.NomadRefreshLifetime <= 0, "nomad-refresh-lifetime must be more than 0")
	wrong(c.NomadMaxFileSize <= 0, "nomad-max-file-size must be more than 0")
	wrong(strings.Trim(c.NomadIncomingFolder, "/ ") == "", "nomad-incoming-folder must not be empty")
	wrong(c.NomadAnonymous && c.NomadAnonymousUser == "", "nomad-anonymous needs nomad-anonymous-user, under whose name the files arrive")
	return problems
}

// uploadRoot reports whether a text is an absolute path, or a name without slashes
// and one.
func uploadRoot(text string) bool {
	name, dir, named := strings.Cut(text, "=")
	if !named {
		return filepath.IsAbs(text)
	}
	return name != "" && !strings.ContainsAny(name, `/\`) && filepath.IsAbs(dir)
}

// Validate refuses what this version cannot store in.
func (s Storage) Validate() error {
	var problems []error
	if s.DataDir == "" {
		problems = append(problems, errors.New("data-dir must not be empty"))
	}
	if s.DatabaseURL != "" {
		problems = append(problems, fmt.Errorf("database-url names a %s database; this version supports SQLite in the data directory only: leave database-url empty",
			schemeOf(s.DatabaseURL)))
	}
	if s.BlobURL != "" {
		problems = append(problems, fmt.Errorf("blob-url names a %s store; this version keeps files in the data directory only: leave blob-url empty",
			schemeOf(s.BlobURL)))
	}
	return errors.Join(problems...)
}

// schemeOf returns what stands before "://", and nothing that may be secret.
func schemeOf(s string) string {
	if scheme, _, ok := strings.Cut(s, "://"); ok {
		return scheme
	}
	return "nameless"
}

// Proxies returns trusted-proxies as networks.
func (c Config) Proxies() ([]netip.Prefix, error) {
	var all []netip.Prefix
	for _, text := range c.TrustedProxies {
		text = strings.TrimSpace(text)
		if prefix, err := netip.ParsePrefix(text); err == nil {
			all = append(all, prefix.Masked())
		} else if addr, err := netip.ParseAddr(text); err == nil {
			all = append(all, netip.PrefixFrom(addr, addr.BitLen()))
		} else {
			return nil, fmt.Errorf("trusted-proxies holds %q; write an address or a network like 10.0.0.0/8", text)
		}
	}
	return all, nil
}
