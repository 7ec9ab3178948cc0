package config

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestNamesAgree(t *testing.T) {
	var c Config
	seen := map[string]bool{}
	for _, f := range c.fields() {
		env := "SLUICE_" + strings.ToUpper(strings.ReplaceAll(f.name, "-", "_"))
		if f.tag.Get("env") != env {
			t.Errorf("%s has the variable %q, want %q", f.name, f.tag.Get("env"), env)
		}
		if f.tag.Get("help") == "" || f.tag.Get("group") == "" || seen[f.name] {
			t.Errorf("%q lacks help or group, or is there twice", f.name)
		}
		seen[f.name] = true
	}
}

func TestOperationsGuideNamesEverySetting(t *testing.T) {
	guide, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	c := Default()
	for _, f := range c.fields() {
		row := "| `--" + f.name + "` | `" + f.tag.Get("env") + "` |"
		if d := f.tag.Get("default"); d != "" {
			row += " `" + d + "` |"
		}
		if !strings.Contains(string(guide), row) {
			t.Errorf("docs/operations.md lacks a row that begins with %s", row)
		}
	}
}

func TestDefaultIsValid(t *testing.T) {
	c := Default()
	if err := c.Validate(); err != nil {
		t.Error(err)
	}
	if c.Scene7MaxPostSize != 2<<30 || c.Scene7JobIdle.Std() != 30*time.Minute || !c.Scene7SameAddress || c.Scene7Strict ||
		c.TokenLifetime.Std() != 12*time.Hour || c.MediaMaxPixels != 100e6 || c.Listen != ":8080" {
		t.Errorf("defaults %+v", c)
	}
}

func TestSize(t *testing.T) {
	for _, c := range []struct {
		text, shown string
		want        Size
	}{
		{"0", "0", 0}, {"4096", "4KiB", 4096}, {"64KiB", "64KiB", 65536}, {"2GiB", "2GiB", 2 << 30}, {"1.5MB", "1500kB", 1500000},
		{"1 GB", "1GB", 1e9}, {"17B", "17", 17}, {"2048MiB", "2GiB", 2 << 30},
	} {
		var got Size
		if err := got.UnmarshalText([]byte(c.text)); err != nil || got != c.want || got.String() != c.shown {
			t.Errorf("%q: %d, shown as %v, %v", c.text, got, got, err)
		}
	}
	for _, bad := range []string{"", "x", "-1", "2G", "2 gib", "GiB", "9999999PiB", "1..5MB", "1e9"} {
		var got Size
		if err := got.UnmarshalText([]byte(bad)); err == nil || !strings.Contains(err.Error(), "2GiB") {
			t.Errorf("%q gave %d, %v", bad, got, err)
		}
	}
}

func TestCount(t *testing.T) {
	for text, want := range map[string]Count{"100M": 100e6, "500k": 500e3, "1.5G": 1.5e9, "7": 7} {
		var got Count
		if err := got.UnmarshalText([]byte(text)); err != nil || got != want {
			t.Errorf("%q: %d, %v", text, got, err)
		}
	}
	var got Count
	if err := got.UnmarshalText([]byte("100MiB")); err == nil {
		t.Errorf("a size passed as a count: %d", got)
	}
}

func TestDuration(t *testing.T) {
	for _, c := range []struct {
		text, shown string
		want        time.Duration
	}{
		{"30m", "30m", 30 * time.Minute}, {"30d", "30d", 720 * time.Hour}, {"1d12h", "1d12h", 36 * time.Hour}, {"90s", "1m30s", 90 * time.Second},
		{"48h", "2d", 48 * time.Hour}, {"0", "0s", 0}, {"500ms", "500ms", 500 * time.Millisecond}, {"12h", "12h", 12 * time.Hour},
		{"1h0m5s", "1h0m5s", time.Hour + 5*time.Second},
	} {
		var got Duration
		if err := got.UnmarshalText([]byte(c.text)); err != nil || got.Std() != c.want || got.String() != c.shown {
			t.Errorf("%q: %v, shown as %q, %v", c.text, got.Std(), got, err)
		}
	}
	for _, bad := range []string{"", "30", "-5m", "d", "1.5d", "99999999d", "1d-5h", "soon"} {
		var got Duration
		if err := got.UnmarshalText([]byte(bad)); err == nil {
			t.Errorf("%q gave %v", bad, got)
		}
	}
}

func TestAutoDuration(t *testing.T) {
	for text, want := range map[string]AutoDuration{"auto": 0, "90m": AutoDuration(90 * time.Minute), "7d": AutoDuration(7 * day)} {
		var got AutoDuration
		if err := got.UnmarshalText([]byte(text)); err != nil || got != want {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	var got AutoDuration
	if err := got.UnmarshalText([]byte("90")); err == nil || !strings.Contains(err.Error(), "auto") {
		t.Errorf("90 gave %v, %v", got, err)
	}
	if AutoDuration(0).String() != "auto" || AutoDuration(90*time.Minute).String() != "1h30m" {
		t.Errorf("shown as %v and %v", AutoDuration(0), AutoDuration(90*time.Minute))
	}
}

func TestReadFile(t *testing.T) {
	for _, c := range []struct {
		name, text, problem string
		want                File
	}{
		{"empty", "# nothing\n", "", File{}},
		{"flat and gathered", "listen: ':9'\nscene7:\n  job-idle: 1d\n  same-address: false\nmedia-workers: 3\ncors-origins: [https://a.example, https://b.example]\npublic-url:\n", "",
			File{"listen": ":9", "scene7-job-idle": "1d", "scene7-same-address": "false", "media-workers": "3", "cors-origins": "https://a.example,https://b.example", "public-url": ""}},
		{"unknown", "listen: x\n\nlisten-to: y\n", `line 3: unknown setting "listen-to"`, nil},
		{"unknown in a section", "scene7:\n  job-idel: 1d\n", `line 2: unknown setting "scene7.job-idel"`, nil},
		{"unknown section", "atlantis:\n  x: 1\n", `line 1: unknown setting "atlantis"`, nil},
		{"twice", "scene7-job-idle: 1d\nscene7:\n  job-idle: 2d\n", `line 3: setting "scene7-job-idle" is given twice`, nil},
		{"wrong unit", "scene7:\n  max-post-size: 2G\n", `line 2: scene7-max-post-size: "2G" has no known unit`, nil},
		{"wrong type", "media-workers: many\n", `line 1: media-workers: "many" is not a whole number`, nil},
		{"map for a value", "listen: {a: b}\n", `line 1: listen: expected a value`, nil},
		{"no mapping", "- a\n", `line 1: expected settings`, nil},
		{"no YAML", "a: [", "yaml:", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "sluice.yaml")
			if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := ReadFile(path)
			if c.problem != "" {
				if err == nil || !strings.Contains(err.Error(), c.problem) {
					t.Errorf("got %v, want %s", err, c.problem)
				}
				return
			}
			if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
				t.Error(diff, err)
			}
		})
	}
}

func TestPrintedConfigurationReadsBackAndMasksSecrets(t *testing.T) {
	c := Default()
	c.AdminPassword = "hunter2"
	c.MailURL = "smtp://u:hunter2@mail.example:587"
	c.DatabaseURL = "postgres://sluice:hunter2@db.example/sluice"
	c.CORSOrigins = []string{"https://a.example"}
	var out bytes.Buffer
	if err := c.Print(&out); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "hunter2") {
		t.Errorf("a secret was printed:\n%s", &out)
	}
	values, err := parseFile(out.Bytes())
	if err != nil {
		t.Fatalf("%v in:\n%s", err, &out)
	}
	var back Config
	for _, f := range back.fields() {
		if err := f.set(values[f.name]); err != nil {
			t.Error(err)
		}
	}
	c.AdminPassword = masked
	c.MailURL = masked
	c.DatabaseURL = "postgres://sluice:" + masked + "@db.example/sluice"
	if diff := cmp.Diff(c, back); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(out.String(), "scene7:\n  max-post-size: 2GiB\n") {
		t.Errorf("printed:\n%s", &out)
	}
}

func TestValidate(t *testing.T) {
	for _, c := range []struct {
		name    string
		change  func(*Config)
		problem string
	}{
		{"postgres", func(c *Config) { c.DatabaseURL = "postgres://u:geheim@h/d" }, "postgres database; this version supports SQLite"},
		{"s3", func(c *Config) { c.BlobURL = "s3://b/p" }, "s3 store; this version keeps files in the data directory"},
		{"half TLS", func(c *Config) { c.TLSCert = "x" }, "together"},
		{"public URL", func(c *Config) { c.PublicURL = "media.example.com" }, "public-url"},
		{"proxies", func(c *Config) { c.TrustedProxies = []string{"10.0.0.0/99"} }, `"10.0.0.0/99"`},
		{"origins", func(c *Config) { c.CORSOrigins = []string{"https://a.example/path"} }, "cors-origins"},
		{"level", func(c *Config) { c.LogLevel = "loud" }, "debug, info, warn, error"},
		{"digest", func(c *Config) { c.Digest = "never" }, "inline, deferred"},
		{"post size", func(c *Config) { c.Scene7MaxPostSize = 5 }, "at least 1MiB"},
		{"anonymous spool", func(c *Config) { c.Scene7MaxAnonymousSpool = 0 }, "scene7-max-anonymous-spool is 0"},
		{"workers", func(c *Config) { c.MediaWorkers = -1 }, "media-workers"},
		{"time of encoding", func(c *Config) { c.MediaEncodeCPU = 5 }, "media-encode-cpu"},
		{"members", func(c *Config) { c.MediaUnpackMembers = 1e9 }, "media-unpack-members"},
		{"ratio", func(c *Config) { c.MediaUnpackRatio = 0 }, "media-unpack-ratio"},
		{"relative root", func(c *Config) { c.UploadRoots = []string{"/srv", "in=srv"} }, `upload-roots holds "in=srv"`},
		{"root without name", func(c *Config) { c.UploadRoots = []string{"=/srv"} }, "upload-roots"},
		{"fetch size", func(c *Config) { c.FetchMaxSize = 0 }, "fetch-max-size"},
		{"token lifetime", func(c *Config) { c.TokenLifetime = 0 }, "token-lifetime"},
		{"fetch time", func(c *Config) { c.FetchTimeout = 0 }, "fetch-timeout"},
		{"data dir", func(c *Config) { c.DataDir = "" }, "data-dir"},
		{"URL lifetime", func(c *Config) { c.NomadURLLifetime = AutoDuration(8 * day) }, "nomad-url-lifetime is 8d; it must be at most 7d"},
		{"lock time", func(c *Config) { c.NomadLockTime = 0 }, "nomad-lock-time"},
		{"upload idle", func(c *Config) { c.NomadUploadIdle = 0 }, "nomad-upload-idle"},
		{"refresh lifetime", func(c *Config) { c.NomadRefreshLifetime = 0 }, "nomad-refresh-lifetime"},
		{"file size", func(c *Config) { c.NomadMaxFileSize = 0 }, "nomad-max-file-size"},
		{"incoming folder", func(c *Config) { c.NomadIncomingFolder = "/" }, "nomad-incoming-folder"},
		{"resume parts", func(c *Config) { c.NomadResumeParts = "some" }, "missing, all"},
		{"enum style", func(c *Config) { c.NomadEnumStyle = "roman" }, "number, string"},
		{"anonymous without a user", func(c *Config) { c.NomadAnonymous = true }, "nomad-anonymous-user"},
		{"mail without a sender", func(c *Config) { c.MailURL = "smtp://u:geheim@mail.example" }, "mail-from"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := Default()
			c.change(&cfg)
			err := cfg.Validate()
			if err == nil || !strings.Contains(err.Error(), c.problem) || strings.Contains(err.Error(), "geheim") {
				t.Errorf("got %v, want %s", err, c.problem)
			}
		})
	}
}

func TestProxies(t *testing.T) {
	c := Config{TrustedProxies: []string{"10.1.2.3/8", " 192.0.2.1", "2001:db8::/32"}}
	got, err := c.Proxies()
	var shown []string
	for _, p := range got {
		shown = append(shown, p.String())
	}
	if diff := cmp.Diff([]string{"10.0.0.0/8", "192.0.2.1/32", "2001:db8::/32"}, shown); diff != "" || err != nil {
		t.Error(diff, err)
	}
}
