package main

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sort"
	"strconv"
	"strings"
	"sync"
)

// fakeSluice answers the calls that the driver makes to Sluice, as strictly as
// the contracts allow, and keeps everything in memory.
type fakeSluice struct {
	login account
	parts *fakeParts

	mu     sync.Mutex
	jobs   map[string]bool // handle → still open
	assets map[string]fakeAsset
	posts  int
}

type fakeAsset struct {
	asset
	Folder string `json:"folder"`
	body   []byte
}

func newFakeSluice(login account) *fakeSluice {
	f := &fakeSluice{login: login, jobs: map[string]bool{}, assets: map[string]fakeAsset{}}
	f.parts = &fakeParts{sluice: f}
	return f
}

func (f *fakeSluice) folder(file string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.assets[file].Folder
}

func (f *fakeSluice) open(job string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.jobs[job]
}

func (f *fakeSluice) postCount() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.posts
}

// serveFakeSluice is the command "serve" of the stand-in.
func serveFakeSluice(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	listen := flags.String("listen", "", "")
	data := flags.String("data-dir", "", "")
	broken := flags.Bool("broken", false, "exit at once")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if _, err := os.Stat(*data); err != nil {
		return err
	}
	if *broken {
		return errors.New("refusing to start")
	}
	fake := newFakeSluice(account{
		user: os.Getenv("SLUICE_ADMIN_EMAIL"), password: os.Getenv("SLUICE_ADMIN_PASSWORD"),
		company: os.Getenv("SLUICE_COMPANY"), handle: "c|1",
	})
	l, err := net.Listen("tcp", *listen)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: fake.routes()}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func (f *fakeSluice) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /readyz", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("POST /scene7/UploadFile", f.upload)
	mux.HandleFunc("GET /v1/assets", f.basic(f.list))
	mux.HandleFunc("GET /v1/assets/{uuid}/original", f.basic(f.original))
	f.parts.mount(mux)
	return mux
}

// uploadForm is what a POST to UploadFile may hold.
type uploadForm struct {
	auth struct {
		XMLName  xml.Name `xml:"http://www.scene7.com/IpsApi/xsd authHeader"`
		User     string   `xml:"user"`
		Password string   `xml:"password"`
	}
	params struct {
		XMLName    xml.Name  `xml:"uploadPostParam"`
		Company    string    `xml:"companyHandle"`
		JobName    string    `xml:"jobName"`
		JobHandle  string    `xml:"jobHandle"`
		DestFolder string    `xml:"destFolder"`
		EndJob     bool      `xml:"endJob"`
		Options    *struct { // required with a new job
			EmailSetting string `xml:"emailSetting"`
		} `xml:"uploadParams"`
	}
	files map[string][]byte
}

func readUploadForm(r *http.Request) (uploadForm, error) {
	form := uploadForm{files: map[string][]byte{}}
	reader, err := r.MultipartReader()
	if err != nil {
		return form, err
	}
	for {
		part, err := reader.NextRawPart()
		if err == io.EOF {
			return form, nil
		}
		if err != nil {
			return form, err
		}
		body, err := io.ReadAll(part)
		if err != nil {
			return form, err
		}
		switch {
		case part.FormName() == "auth":
			err = xml.Unmarshal(body, &form.auth)
		case part.FormName() == "uploadParams":
			err = xml.Unmarshal(body, &form.params)
		case part.FileName() != "":
			form.files[part.FileName()] = body
		default:
			err = fmt.Errorf("unexpected part %q", part.FormName())
		}
		if err != nil {
			return form, err
		}
	}
}

func (f *fakeSluice) upload(w http.ResponseWriter, r *http.Request) {
	form, err := readUploadForm(r)
	if err != nil {
		fault(w, "ipsApiFault", 30003, err.Error())
		return
	}
	if form.auth.User != f.login.user || form.auth.Password != f.login.password {
		fault(w, "authenticationFault", 10001, "Invalid username/password")
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.posts++
	p := form.params
	handle := p.JobHandle
	switch {
	case p.Company != f.login.handle:
		fault(w, "authorizationFault", 20000, "no such company")
		return
	case handle == "" && (p.JobName == "" || p.Options == nil || p.Options.EmailSetting == ""):
		fault(w, "ipsApiFault", 30002, "a new job needs a name and options")
		return
	case handle == "":
		handle = fmt.Sprintf("j|1||%s|%d", p.JobName, len(f.jobs)+1)
		f.jobs[handle] = true
	case !f.jobs[handle]:
		fault(w, "ipsApiFault", 30001, "no open job "+handle)
		return
	}
	for name, body := range form.files {
		base := strings.TrimSuffix(name, ".zip")
		f.assets[name] = fakeAsset{
			asset:  asset{UUID: "id-" + base, Name: base, FileName: name, Size: int64(len(body))},
			Folder: p.DestFolder, body: body,
		}
	}
	if p.EndJob {
		f.jobs[handle] = false
	}
	w.Header().Set("Content-Type", "text/xml;charset=utf-8")
	fmt.Fprintf(w, "<?xml version='1.0' encoding='UTF-8'?><uploadPostReturn xmlns=%q>%s</uploadPostReturn>",
		p.XMLName.Space, element("jobHandle", handle))
}

func fault(w http.ResponseWriter, name string, code int, reason string) {
	w.WriteHeader(http.StatusInternalServerError)
	fmt.Fprintf(w, "<?xml version='1.0' encoding='UTF-8'?><tns:%[1]s xmlns:tns=%[2]q><tns:code>%[3]d</tns:code><tns:reason>%[4]s</tns:reason></tns:%[1]s>",
		name, scene7Namespace, code, reason)
}

func (f *fakeSluice) basic(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		if user != f.login.user || password != f.login.password {
			http.Error(w, "who are you", http.StatusUnauthorized)
			return
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		next(w, r)
	}
}

func (f *fakeSluice) list(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if q.Get("company") != f.login.company {
		http.Error(w, "no such company", http.StatusNotFound)
		return
	}
	var names []string
	for name, a := range f.assets {
		if want := q.Get("name"); want == "" || want == name || want == a.Name {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	names = names[sort.SearchStrings(names, q.Get("after")+"\x00"):] // behind the cursor
	limit, err := strconv.Atoi(q.Get("limit"))
	if err != nil {
		limit = 50
	}
	answer := struct {
		Items []fakeAsset `json:"items"`
		Next  string      `json:"next,omitempty"`
	}{Items: []fakeAsset{}}
	if len(names) > limit {
		names = names[:limit]
		answer.Next = names[limit-1]
	}
	for _, name := range names {
		answer.Items = append(answer.Items, f.assets[name])
	}
	_ = json.NewEncoder(w).Encode(answer)
}

func (f *fakeSluice) original(w http.ResponseWriter, r *http.Request) {
	for _, a := range f.assets {
		if a.UUID == r.PathValue("uuid") {
			_, _ = w.Write(a.body)
			return
		}
	}
	http.NotFound(w, r)
}
