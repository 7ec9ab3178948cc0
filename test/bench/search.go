package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"sluice/internal/blob/fsblob"
	"sluice/internal/engine"
	"sluice/internal/id"
	"sluice/internal/ingest"
	"sluice/internal/protocol/scene7/ipsapi"
	"sluice/internal/store/sqlite"
)

// searchCommand measures what the IPS API takes for searches in large libraries, for
// long job logs and for many active jobs: from the request to the whole answer,
// without network. The database is filled directly.
func searchCommand(ctx context.Context, args []string) (err error) {
	flags := flag.NewFlagSet("bench search", flag.ContinueOnError)
	counts := flags.String("counts", "10000,100000,1000000", "assets in the libraries that are measured")
	samples := flags.Int("samples", 15, "samples of each request")
	dir := flags.String("dir", "", "`directory` for the databases; the system's for temporary files by default")
	if err := flags.Parse(args); err != nil {
		return err
	}
	result := table{head: []string{"Request", "Assets", "Fit", "First page, ms", "Page 100, ms", "Last page, ms"}}
	for count := range strings.SplitSeq(*counts, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(count))
		if err != nil || n < 1 {
			return fmt.Errorf("-counts: %q is no number of assets", count)
		}
		rows, err := searchLibrary(ctx, *dir, n, *samples)
		if err != nil {
			return err
		}
		result.rows = append(result.rows, rows...)
	}
	fmt.Println(result.markdown())
	jobs, err := measureJobs(ctx, *dir, *samples)
	if err != nil {
		return err
	}
	fmt.Println(jobs.markdown())
	return nil
}

// site is the service over a database, called without network.
type site struct {
	store   *sqlite.Store
	mux     *http.ServeMux
	company *ingest.Company
	user    *ingest.User
	close   func() error
}

// always logs everybody in as one user.
type always struct{ p ingest.Principal }

func (a always) Login(context.Context, ingest.Credentials) (ingest.Principal, error) { return a.p, nil }
func (a always) HashPassword(context.Context, string) (string, error)                { return "", nil }

func newSite(ctx context.Context, dir string) (*site, error) {
	root, err := os.MkdirTemp(dir, "sluice-search-")
	if err != nil {
		return nil, err
	}
	quiet := slog.New(slog.DiscardHandler)
	store, err := sqlite.Open(ctx, filepath.Join(root, "sluice.db"), sqlite.Options{Logger: quiet})
	if err != nil {
		return nil, err
	}
	blobs, err := fsblob.Open(root, fsblob.Options{Logger: quiet})
	if err != nil {
		return nil, err
	}
	s := &site{store: store, company: &ingest.Company{UUID: id.New(), Name: "Bench", Slug: "bench", Created: time.Now()},
		user: &ingest.User{UUID: id.New(), Login: "bench@example.com", Created: time.Now()}}
	s.close = func() error { return errors.Join(blobs.Close(), store.Close(), os.RemoveAll(root)) }
	m := ingest.Membership{Role: ingest.RoleEditor, Active: true}
	err = store.Update(ctx, func(tx ingest.Tx) error {
		if err := tx.CreateCompany(s.company); err != nil {
			return err
		}
		if err := tx.CreateUser(s.user); err != nil {
			return err
		}
		m.User, m.Company = s.user.Number, s.company.Number
		return tx.PutMembership(m)
	})
	if err != nil {
		return nil, err
	}
	e := engine.New(engine.Config{Store: store, Blobs: blobs, Now: time.Now, NewUUID: id.New, Detect: func([]byte, string) string { return "" }, Log: quiet})
	service, err := ipsapi.New(ipsapi.Deps{Engine: e, Logins: always{s.user.Principal([]ingest.Membership{m})}, Log: quiet,
		Address: func(*http.Request) string { return "127.0.0.1" }, ID: func(*http.Request) string { return "" }})
	if err != nil {
		return nil, err
	}
	s.mux = http.NewServeMux()
	service.Routes(s.mux)
	return s, nil
}

// call makes one request and returns the answer and how long it took.
func (s *site) call(operation, inner string) (string, time.Duration, error) {
	document := fmt.Sprintf(`<Request xmlns="http://www.scene7.com/IpsApi/xsd/2014-04-03"><authHeader><user>u</user><password>p</password></authHeader><%sParam><companyHandle>c|%d</companyHandle>%s</%sParam></Request>`,
		operation, s.company.Number, inner, operation)
	r := httptest.NewRequest(http.MethodPost, "/scene7/api/IpsApiService", strings.NewReader(document))
	w := &kept{}
	began := time.Now()
	s.mux.ServeHTTP(w, r)
	took := time.Since(began)
	if w.status != http.StatusOK {
		return "", 0, fmt.Errorf("%s: status %d: %s", operation, w.status, w.body.String())
	}
	return w.body.String(), took, nil
}

// kept keeps what a handler writes.
type kept struct {
	header http.Header
	body   bytes.Buffer
	status int
}

func (a *kept) Header() http.Header {
	if a.header == nil {
		a.header = http.Header{}
	}
	return a.header
}
func (a *kept) Write(p []byte) (int, error) { return a.body.Write(p) }
func (a *kept) WriteHeader(status int)      { a.status = status }

// median calls a request several times and returns the middle time in milliseconds.
func (s *site) median(samples int, operation string, inner func(i int) string) (float64, string, error) {
	var times []float64
	var last string
	for i := range samples {
		body, took, err := s.call(operation, inner(i))
		if err != nil {
			return 0, "", err
		}
		times, last = append(times, took.Seconds()*1000), body
	}
	slices.Sort(times)
	return times[len(times)/2], last, nil
}

// query is a search with three conditions.
type query struct{ name, conditions string }

func queries() []query {
	condition := func(field, op, value string) string {
		return "<items><field>" + field + "</field><op>" + op + "</op>" + value + "</items>"
	}
	fields := func(conditions ...string) string {
		return "<systemFieldConditionArray>" + strings.Join(conditions, "") + "</systemFieldConditionArray>"
	}
	const image = "<assetTypeArray><items>Image</items></assetTypeArray>"
	return []query{
		{"name begins, file size, type", fields(condition("Name", "StartsWith", "<value>img-0012</value>"), condition("FileSize", "GreaterThan", "<longVal>500</longVal>")) + image},
		{"tag, user, type", "<tagConditionArray><items><fieldHandle>m|1|ASSET|Region</fieldHandle><op>Equals</op><value>r77</value></items></tagConditionArray>" +
			fields(condition("CreateUser", "Equals", "<value>bench@example.com</value>")) + image},
		{"folder, created, type", "<folder>Bench/f0007/</folder>" + fields(condition("Created", "GreaterThan", "<dateVal>2020-01-01T00:00:00Z</dateVal>"), condition("FileSize", "GreaterThan", "<longVal>1</longVal>")) + image},
		{"most assets fit: created, file size, type", fields(condition("Created", "GreaterThan", "<dateVal>2020-01-01T00:00:00Z</dateVal>"), condition("FileSize", "GreaterThan", "<longVal>1</longVal>")) + image},
	}
}

// searchLibrary fills a library and measures the searches in it.
func searchLibrary(ctx context.Context, dir string, count, samples int) (rows [][]string, err error) {
	s, err := newSite(ctx, dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if err := s.fill(ctx, count); err != nil {
		return nil, err
	}
	const size = 100
	for _, q := range queries() {
		page := func(n int) func(int) string {
			return func(int) string {
				return fmt.Sprintf("<includeSubfolders>true</includeSubfolders>%s<recordsPerPage>%d</recordsPerPage><resultsPage>%d</resultsPage>", q.conditions, size, n)
			}
		}
		// Every sample of the first page is another search, so that nothing of it is remembered.
		fresh := func(i int) string {
			return strings.Replace(page(1)(i), "2020-01-01", fmt.Sprintf("2019-%02d-%02d", 1+i/28%12, 1+i%28), 1)
		}
		first, body, err := s.median(samples, "searchAssets", fresh)
		if err != nil {
			return nil, err
		}
		total, err := strconv.Atoi(between(body, "<totalRows>", "</totalRows>"))
		if err != nil {
			return nil, fmt.Errorf("%s: no total in %.200s", q.name, body)
		}
		last := max(1, (total+size-1)/size)
		row := []string{q.name, fmt.Sprint(count), fmt.Sprint(total), fmt.Sprintf("%.1f", first)}
		for _, n := range []int{100, last} {
			if n > last {
				row = append(row, "–")
				continue
			}
			for p := 1; p <= n; p++ { // as clients do, page by page
				if _, _, err := s.call("searchAssets", page(p)(0)); err != nil {
					return nil, err
				}
			}
			took, _, err := s.median(samples, "searchAssets", page(n))
			if err != nil {
				return nil, err
			}
			row = append(row, fmt.Sprintf("%.1f", took))
		}
		rows = append(rows, row)
		fmt.Fprintln(os.Stderr, strings.Join(row, " | "))
	}
	return rows, nil
}

func between(text, before, after string) string {
	_, rest, _ := strings.Cut(text, before)
	found, _, _ := strings.Cut(rest, after)
	return found
}

// fill makes assets in 1,000 folders; nine of ten are images, one of 1,000 has the
// tag that is searched for.
func (s *site) fill(ctx context.Context, count int) error {
	if _, _, err := s.call("getProjects", ""); err != nil {
		return err
	}
	field := &ingest.Document{UUID: id.New(), Company: s.company.Number, Kind: ingest.DocMetadataField, Key: "ASSET|Region", Name: "Region",
		Data: []byte(`{"assetType":"Asset","name":"Region","type":"MultiTag"}`), Created: time.Now(), Modified: time.Now()}
	folders := make([]*ingest.Folder, 1000)
	err := s.store.Update(ctx, func(tx ingest.Tx) error {
		for i := range folders {
			folders[i] = &ingest.Folder{UUID: id.New(), Company: s.company.Number, Path: fmt.Sprintf("f%04d/", i), Created: time.Now()}
			if err := tx.CreateFolder(folders[i]); err != nil {
				return err
			}
		}
		return tx.CreateDocument(field)
	})
	const batch = 5000
	for start := 0; start < count && err == nil; start += batch {
		err = s.store.Update(ctx, func(tx ingest.Tx) error {
			for i := start; i < min(start+batch, count); i++ {
				kind := ingest.TypeImage
				if i%10 == 0 {
					kind = ingest.TypePDF
				}
				name := fmt.Sprintf("img-%07d", i)
				a := &ingest.Asset{UUID: id.New(), Company: s.company.Number, Folder: folders[i%1000].Number, Name: name, FileName: name + ".jpg", Type: kind,
					State: ingest.AssetReady, Size: int64(i % 100_000), Created: time.Now(), CreatedBy: s.user.Number, Modified: time.Now(), ModifiedBy: s.user.Number}
				if err := tx.CreateAsset(a); err != nil {
					return err
				}
				value := []ingest.Value{{Asset: a.Number, Field: strconv.Itoa(int(field.Number)), Text: fmt.Sprintf("r%d", i%1009)}}
				if err := tx.PutValues(s.company.Number, a.Number, value[0].Field, value); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return err
}

// measureJobs measures 1,000 active jobs and a job log of 100,000 rows.
func measureJobs(ctx context.Context, dir string, samples int) (t table, err error) {
	const active, logged = 1000, 100_000
	s, err := newSite(ctx, dir)
	if err != nil {
		return t, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	var long *ingest.Job
	err = s.store.Update(ctx, func(tx ingest.Tx) error {
		for i := range active + 1 {
			j := &ingest.Job{UUID: id.New(), Company: s.company.Number, User: s.user.Number, Door: ingest.DoorScene7, Kind: ingest.JobUpload,
				Name: fmt.Sprintf("job %d", i), OriginalName: fmt.Sprintf("job %d", i), State: ingest.JobRunning, Open: true, Created: time.Now(), LastPost: time.Now(),
				Echo: []byte(`{"overwrite":true,"readyForPublish":true,"createMask":false,"emailSetting":"None"}`)}
			if err := tx.CreateJob(j); err != nil {
				return err
			}
			long = j
		}
		rows := make([]ingest.LogRow, 0, 1000)
		for i := range logged {
			rows = append(rows, ingest.LogRow{Job: long.Number, Time: time.Now(), Type: ingest.LogUploadSuccess, Message: "a file was added to the library", AssetName: fmt.Sprintf("img-%07d.jpg", i), AssetType: "MasterImage"})
			if len(rows) == cap(rows) {
				if err := tx.AppendLog(rows...); err != nil {
					return err
				}
				rows = rows[:0]
			}
		}
		return nil
	})
	if err != nil {
		return t, err
	}
	t = table{head: []string{"Request", "ms"}}
	add := func(name, operation string, inner func(int) string) error {
		took, _, err := s.median(samples, operation, inner)
		t.rows = append(t.rows, []string{name, fmt.Sprintf("%.1f", took)})
		return err
	}
	if err := add(fmt.Sprintf("getActiveJobs, %d jobs", active+1), "getActiveJobs", func(int) string { return "" }); err != nil {
		return t, err
	}
	handle := fmt.Sprintf("j|%d||%s|%d", s.company.Number, long.Name, long.Number)
	for _, page := range []int{1, 50, 100} {
		err := add(fmt.Sprintf("getJobLogDetails, page %d of %d rows, 1,000 a page", page, logged), "getJobLogDetails", func(int) string {
			return fmt.Sprintf("<jobHandle>%s</jobHandle><recordsPerPage>1000</recordsPerPage><resultsPage>%d</resultsPage>", handle, page)
		})
		if err != nil {
			return t, err
		}
	}
	_, err = io.WriteString(os.Stderr, t.markdown())
	return t, err
}
