package ipsapi

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/protocol/scene7"
)

// fakes carries out a few operations with fixed answers and keeps the last call.
type fakes struct {
	last *call
}

func (f *fakes) handlers() handlers {
	all := handlers{}
	for name, answer := range map[string]*scene7.Record{
		"deleteAsset": nil,
		"checkLogin":  record("checkLoginReturn", "status", "ValidLogin"),
		"getCompanyInfo": record("getCompanyInfoReturn", "companyInfo",
			record("Company", "companyHandle", "c|1", "name", "R&D <1>", "rootPath", "R&D/", "expires", fakeTime(), "imsOrgId", "org")),
		"getJobLogs":   record("getJobLogsReturn", "jobLogArray", array[*scene7.Record]("JobLogArray", nil)),
		"getAssets":    record("getAssetsReturn", "assetArray", array("AssetArray", fakeAssets())),
		"searchAssets": record("searchAssetsReturn", "totalRows", 2, "assetArray", array("AssetArray", fakeAssets())),
	} {
		all[name] = func(_ context.Context, c *call) (*scene7.Record, error) {
			f.last = c
			return answer, nil
		}
	}
	return all
}

func fakeTime() time.Time {
	return time.Date(2011, 3, 1, 17, 4, 40, 177_900_000, time.FixedZone("", -6*60*60))
}

// fakeAssets has fields of all levels, and not in wire order.
func fakeAssets() []*scene7.Record {
	metadata := array("MetadataArray", []*scene7.Record{record("Metadata", "name", "Season", "value", "spring")})
	return []*scene7.Record{
		record("Asset", "threeDInfo", record("ThreeDInfo", "originalPath", "3d"), "name", "one", "assetHandle", "a|1", "readyForPublish", false,
			"created", fakeTime(), "imageInfo", record("ImageInfo", "originalPath", "", "width", 40, "height", 30), "metadataArray", metadata),
		record("Asset", "assetHandle", "a|2", "name", "", "created", fakeTime().UTC(), "metadataArray", array[*scene7.Record]("MetadataArray", nil)),
	}
}

// seen renders what the handler was given.
func (f *fakes) seen() string {
	if f.last == nil {
		return "no handler was called\n"
	}
	c := f.last
	company := ""
	if c.company != nil {
		company = c.company.Name
	}
	return fmt.Sprintf("%s by %s of %q in company %q, locale %s, version %q, level %d\n%s\n",
		c.op.Name, c.caller.Login, c.client, company, c.locale, c.namespace.Date(), c.level, c.in.JSON())
}

// TestRecordedRequests plays requests in the styles of the clients in the field over
// a socket and compares what the handler got and the whole answer. Request files
// have line feeds in the head, which are sent as CR LF, and no length, which is
// added.
func TestRecordedRequests(t *testing.T) {
	h := newHarness(t)
	f := &fakes{}
	h.service.handlers = f.handlers()
	server := httptest.NewServer(h.mux)
	defer server.Close()
	files, err := filepath.Glob("testdata/wire/*.http")
	if err != nil || len(files) == 0 {
		t.Fatalf("no requests: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".http"), func(t *testing.T) {
			request, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			f.last = nil
			answer := play(t, server.Listener.Addr().String(), request)
			got := f.seen() + "\n" + answer + "\n"
			golden := strings.TrimSuffix(file, ".http") + ".answer"
			if *update {
				writeFile(t, golden, []byte(got))
				return
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// play sends a request and returns the answer without its Date.
func play(t *testing.T, address string, request []byte) string {
	t.Helper()
	head, body, ok := bytes.Cut(request, []byte("\n\n"))
	if !ok {
		t.Fatal("the request has no end of its head")
	}
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "%s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", bytes.ReplaceAll(head, []byte("\n"), []byte("\r\n")), len(body), body)
	answer, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	answerHead, answerBody, _ := strings.Cut(string(answer), "\r\n\r\n")
	var lines []string
	for line := range strings.SplitSeq(answerHead, "\r\n") {
		if !strings.HasPrefix(line, "Date:") {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n") + "\n\n" + answerBody
}
