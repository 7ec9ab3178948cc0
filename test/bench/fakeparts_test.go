package main

import (
	"bytes"
	"crypto/md5"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
)

// fakeParts is the Nomad door of the stand-in for Sluice. It takes one upload at a
// time.
type fakeParts struct {
	sluice *fakeSluice

	mu        sync.Mutex
	name      string
	parts     [][]byte
	confirmed []bool
	broken    bool // completes with other bytes than were sent
}

func (f *fakeParts) mount(mux *http.ServeMux) {
	mux.HandleFunc("POST /api/account/login", f.login)
	mux.HandleFunc("POST /api/account/refresh-token", f.refresh)
	mux.HandleFunc("POST /api/asset/upload/start", f.start)
	mux.HandleFunc("PUT /u/p/{part}", f.put)
	mux.HandleFunc("POST /api/asset/upload/part/{part}/complete", f.confirm)
	mux.HandleFunc("POST /api/asset/upload/{id}/complete", f.complete)
	mux.HandleFunc("POST /api/asset/upload/{id}/cancel", func(w http.ResponseWriter, _ *http.Request) { reply(w, struct{}{}) })
}

func reply(w http.ResponseWriter, v any) { _ = json.NewEncoder(w).Encode(v) }

// allowed reads a call that needs the token.
func (f *fakeParts) allowed(w http.ResponseWriter, r *http.Request, in any) bool {
	if r.Header.Get("Authorization") != "Bearer t" {
		http.Error(w, "who are you", http.StatusUnauthorized)
		return false
	}
	if err := json.NewDecoder(r.Body).Decode(in); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return false
	}
	return true
}

func (f *fakeParts) login(w http.ResponseWriter, r *http.Request) {
	var in struct{ UserName, Password string }
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil || in.UserName != f.sluice.login.user || in.Password != f.sluice.login.password {
		http.Error(w, "wrong", http.StatusNotFound)
		return
	}
	reply(w, map[string]string{"token": "t", "refreshToken": "r"})
}

func (f *fakeParts) refresh(w http.ResponseWriter, r *http.Request) {
	var in struct{ RefreshToken string }
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil || in.RefreshToken != "r" {
		http.Error(w, "wrong", http.StatusNotFound)
		return
	}
	reply(w, map[string]string{"token": "t"})
}

func (f *fakeParts) start(w http.ResponseWriter, r *http.Request) {
	var in struct {
		RelativePath             string
		ContentLength, ChunkSize int64
	}
	if !f.allowed(w, r, &in) {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	var parts []presignedPart
	for at := int64(0); at < in.ContentLength; at += in.ChunkSize {
		n := strconv.Itoa(len(parts))
		parts = append(parts, presignedPart{ID: n, URL: "http://" + r.Host + "/u/p/" + n + "?s=1", Start: at, End: min(at+in.ChunkSize, in.ContentLength) - 1})
	}
	f.name, f.parts, f.confirmed = in.RelativePath, make([][]byte, len(parts)), make([]bool, len(parts))
	reply(w, presignedUpload{ID: "u", Parts: parts})
}

func (f *fakeParts) put(w http.ResponseWriter, r *http.Request) {
	n, err := strconv.Atoi(r.PathValue("part"))
	body, readErr := io.ReadAll(r.Body)
	f.mu.Lock()
	defer f.mu.Unlock()
	if err != nil || readErr != nil || n >= len(f.parts) || r.URL.Query().Get("s") == "" {
		http.Error(w, "no", http.StatusForbidden)
		return
	}
	f.parts[n] = body
	w.Header().Set("ETag", fmt.Sprintf(`"%x"`, md5.Sum(body)))
}

func (f *fakeParts) confirm(w http.ResponseWriter, r *http.Request) {
	var in struct{ ETag string }
	if !f.allowed(w, r, &in) {
		return
	}
	n, err := strconv.Atoi(r.PathValue("part"))
	f.mu.Lock()
	defer f.mu.Unlock()
	if err != nil || n >= len(f.parts) || in.ETag != fmt.Sprintf(`"%x"`, md5.Sum(f.parts[n])) {
		http.Error(w, "wrong tag", http.StatusBadRequest)
		return
	}
	f.confirmed[n] = true
	reply(w, struct{}{})
}

func (f *fakeParts) complete(w http.ResponseWriter, r *http.Request) {
	var in struct{}
	if !f.allowed(w, r, &in) {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, done := range f.confirmed {
		if !done {
			http.Error(w, fmt.Sprintf("part %d is not confirmed", i+1), http.StatusBadRequest)
			return
		}
	}
	body := bytes.Join(f.parts, nil)
	if f.broken {
		body[len(body)/2]++
	}
	f.sluice.mu.Lock()
	defer f.sluice.mu.Unlock()
	f.sluice.assets[f.name] = fakeAsset{
		asset: asset{UUID: "id-" + f.name, Name: f.name, FileName: f.name, Size: int64(len(body)), SHA256: fmt.Sprintf("%x", sha256.Sum256(body))}, body: body,
	}
	reply(w, map[string]any{"items": []map[string]string{{"id": "id-" + f.name}}, "totalItemCount": 1})
}
