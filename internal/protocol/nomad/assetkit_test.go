package nomad

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// shelf is a kit with somebody who works on Acme's library.
type shelf struct {
	*kit
	token string // ann's, an editor of Acme
	ann   ingest.Principal
	root  string
}

func newShelf(t *testing.T, options Options) *shelf {
	t.Helper()
	s := &shelf{kit: newKit(t, options)}
	s.token = s.kit.login("ann@example.com").text("token")
	s.ann = s.principal("ann@example.com")
	s.root = s.do("GET", "/config", "", 200).text("rootAssetId")
	return s
}

func (s *shelf) principal(login string) ingest.Principal {
	s.t.Helper()
	p, err := s.logins.Login(context.Background(), ingest.Credentials{Login: login, Password: annPassword, Address: "192.0.2.9"})
	s.ok(err)
	return p
}

// do makes a call as ann and checks its status.
func (s *shelf) do(method, path, body string, status int) answer {
	s.t.Helper()
	a := s.send(method, "/api"+path, body, "Authorization", "Bearer "+s.token)
	if a.status != status {
		s.t.Fatalf("%s %s %s: status %d, want %d: %s", method, path, body, a.status, status, a.raw)
	}
	return a
}

// as makes a call as somebody else.
func (s *shelf) as(login, method, path, body string) answer {
	s.t.Helper()
	return s.send(method, "/api"+path, body, "Authorization", "Bearer "+s.login(login).text("token"))
}

// folder makes a folder and returns its id.
func (s *shelf) folder(parent, name string) string {
	s.t.Helper()
	return s.do("POST", "/admin/asset/"+parent+"/create-folder", object("displayName", name), 200).text("id")
}

// put stores a file under exactly that name, past the door.
func (s *shelf) put(path, name, body string) *ingest.Asset {
	s.t.Helper()
	ctx := context.Background()
	u, err := s.engine.Begin(ctx, s.ann, engine.BeginSpec{
		Company: s.acme.Number, Door: ingest.DoorNomad, Size: int64(len(body)), Folder: path, FileName: name,
		Options:  ingest.UploadOptions{ExactName: true},
		Conflict: ingest.ConflictPolicy{Taken: ingest.ActionReplace, Match: ingest.MatchFullName, Otherwise: ingest.ActionBeside},
		Open:     &engine.JobSpec{Door: ingest.DoorNomad, Name: name, Client: "test"},
	})
	s.ok(err)
	if body != "" {
		_, err = s.engine.Write(ctx, s.ann, u.UUID, 0, strings.NewReader(body), engine.WriteSpec{})
		s.ok(err)
	}
	a, err := s.engine.Finish(ctx, s.ann, u.UUID, engine.FinishSpec{Size: -1})
	s.ok(err)
	return a
}

// upload sends a file as the vendor's clients do and returns the id that they get.
func (s *shelf) upload(start string, body string) string {
	s.t.Helper()
	a := s.do("POST", "/asset/upload/start", start, 200)
	for _, part := range a.json["parts"].([]any) {
		p := part.(map[string]any)
		from, to := int(p["startingPosition"].(float64)), int(p["endingPosition"].(float64))
		req, err := http.NewRequest("PUT", p["url"].(string), strings.NewReader(body[from:to+1]))
		s.ok(err)
		resp, err := http.DefaultClient.Do(req)
		s.ok(err)
		_ = resp.Body.Close()
		s.do("POST", "/asset/upload/part/"+p["id"].(string)+"/complete", object("etag", resp.Header.Get("ETag")), 200)
	}
	s.do("POST", "/asset/upload/"+a.text("id")+"/complete", "", 200)
	return a.text("assetId")
}

// fetch gets a link without credentials.
func (s *shelf) fetch(method, link string, headers ...string) (*http.Response, string) {
	s.t.Helper()
	req, err := http.NewRequest(method, link, nil)
	s.ok(err)
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	s.ok(err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	s.ok(err)
	return resp, string(body)
}

// search runs a search and returns the titles of the page, folders with a slash.
func (s *shelf) search(body string) (titles []string, a answer) {
	s.t.Helper()
	a = s.do("POST", "/admin/search", body, 200)
	return titlesOf(a), a
}

func titlesOf(a answer) []string {
	titles := []string{}
	for _, it := range items(a) {
		title := it["title"].(string)
		if kind := member(it, "identifiers", "assetTypeDisplay"); kind == "Folder" {
			title += "/"
		}
		titles = append(titles, title)
	}
	return titles
}

func items(a answer) (list []map[string]any) {
	all, _ := a.json["items"].([]any)
	for _, it := range all {
		list = append(list, it.(map[string]any))
	}
	return list
}

// member reads a value within objects.
func member(v any, names ...string) any {
	for _, name := range names {
		object, _ := v.(map[string]any)
		v = object[name]
	}
	return v
}

// object renders a JSON object of pairs.
func object(pairs ...any) string {
	var b bytes.Buffer
	b.WriteByte('{')
	for i := 0; i < len(pairs); i += 2 {
		if i > 0 {
			b.WriteByte(',')
		}
		value, _ := json.Marshal(pairs[i+1])
		fmt.Fprintf(&b, "%q:%s", pairs[i], value)
	}
	b.WriteByte('}')
	return b.String()
}

// filters is the body of a search with filters, each of field, operator and values.
func filters(triples ...any) string {
	var list []map[string]any
	for i := 0; i < len(triples); i += 3 {
		list = append(list, map[string]any{"fieldName": triples[i], "operator": triples[i+1], "values": triples[i+2]})
	}
	return object("filters", list)
}

const noID = "11111111-2222-4333-8444-555555555555"

func assetQuery(c *ingest.Company) engine.AssetQuery { return engine.AssetQuery{Company: c.Number} }

// rawPut sends bytes to the address of a part.
func (s *shelf) rawPut(url, body string) *http.Response {
	s.t.Helper()
	req, err := http.NewRequest("PUT", url, strings.NewReader(body))
	s.ok(err)
	resp, err := http.DefaultClient.Do(req)
	s.ok(err)
	_ = resp.Body.Close()
	return resp
}

// failTasks ends the steps of an asset as if its file could not be read.
func failTasks(a *ingest.Asset) func(ingest.Tx) error {
	return func(tx ingest.Tx) error {
		tasks, err := tx.TasksOf(a.Number, 0)
		if err != nil {
			return err
		}
		for _, task := range tasks {
			task.State, task.Error = ingest.TaskUnreadable, "the file cannot be read"
			if err := tx.UpdateTask(task); err != nil {
				return err
			}
		}
		return nil
	}
}

// hide takes a folder out of the sight of all but administrators.
func (s *shelf) hide(path string) {
	s.t.Helper()
	s.ok(s.engine.ChangeFolderPermissions(context.Background(), s.principal("boss@example.com"), s.acme.Number, path, engine.SetPermissions, nil, false))
}
