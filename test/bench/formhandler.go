package main

import (
	"errors"
	"io"
	"net/http"
	"os"
)

// formHandler is the least that a Go server has to do for a form with a file: POST
// reads the parts with the standard library, forgets the texts, stores the file under
// its name as the mode sync does, and answers with its address. GET gives it back.
type formHandler struct{ files *bareHandler }

func newFormHandler(dir string) *formHandler {
	return &formHandler{files: newBareHandler(modeSync, dir)}
}

func (h *formHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		h.files.ServeHTTP(w, r)
		return
	}
	name, err := h.store(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, `{"media_url":"http://`+r.Host+`/`+name+`"}`)
}

// store goes through the parts and returns the name of the file.
func (h *formHandler) store(r *http.Request) (name string, err error) {
	parts, err := r.MultipartReader()
	if err != nil {
		return "", err
	}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) && name != "" {
			return name, nil
		}
		if err != nil {
			return "", err
		}
		if part.FileName() == "" {
			if _, err := io.Copy(io.Discard, part); err != nil {
				return "", err
			}
			continue
		}
		if name = part.FileName(); !safeName(name) {
			return "", errors.New("the file must have a plain name")
		}
		if err := h.files.durable(name, 0, func(f *os.File) error { return h.files.copy(f, part) }); err != nil {
			return "", err
		}
	}
}
