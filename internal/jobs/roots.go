package jobs

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// Roots are the directories of this machine that clients may have files taken from.
// Nothing outside of them is read, whatever links lie in them.
type Roots struct {
	list []root
}

type root struct {
	name string // by which clients may call it; "" = by its path only
	dir  string // absolute, clean
}

// ParseRoots reads a list of directories, each as path or name=path. Paths must be
// absolute; names have no slashes.
func ParseRoots(texts []string) (Roots, error) {
	var r Roots
	for _, text := range texts {
		text = strings.TrimSpace(text)
		name, dir, named := strings.Cut(text, "=")
		if !named {
			name, dir = "", text
		}
		if !filepath.IsAbs(dir) || named && (name == "" || strings.ContainsAny(name, `/\`)) {
			return Roots{}, fmt.Errorf("%q must look like /srv/media or name=/srv/media", text)
		}
		r.list = append(r.list, root{name: name, dir: filepath.Clean(dir)})
	}
	return r, nil
}

// Empty reports whether there is no directory.
func (r Roots) Empty() bool { return len(r.list) == 0 }

// Check says what is wrong with a directory that a client names.
func (r Roots) Check(directory string) error {
	_, _, err := r.resolve(directory)
	return err
}

// resolve finds the root that a client's path lies in, and the path within it. A path
// is absolute and begins with that of a root, or begins with the name of one.
func (r Roots) resolve(directory string) (root, string, error) {
	unknown := &ingest.Error{Kind: ingest.Invalid, Op: "jobs.Roots", Msg: fmt.Sprintf("the directory %.128q is not one that this server takes files from", directory)}
	if strings.ContainsRune(directory, 0) || slices.Contains(strings.Split(directory, "/"), "..") {
		return root{}, "", unknown
	}
	clean := path.Clean(strings.TrimSpace(directory))
	for _, one := range r.list {
		bases := []string{one.dir}
		if one.name != "" {
			bases = append(bases, one.name, "/"+one.name)
		}
		for _, base := range bases {
			if clean == base {
				return one, ".", nil
			}
			if rest, ok := strings.CutPrefix(clean, strings.TrimSuffix(base, "/")+"/"); ok {
				return one, rest, nil
			}
		}
	}
	return root{}, "", unknown
}

// errEnough ends a walk.
var errEnough = errors.New("enough")

// files lists up to limit regular files of a directory whose paths follow after, in
// the order of their paths, and reports whether more follow. Hidden files and links
// are left out.
func (r Roots) files(d ingest.SourceDirectory, after string, limit int) (found []engine.DirectoryFile, more bool, err error) {
	at, below, err := r.resolve(d.Path)
	if err != nil {
		return nil, false, err
	}
	opened, err := os.OpenRoot(at.dir)
	if err != nil {
		return nil, false, notRead(d.Path, err)
	}
	defer opened.Close()
	err = fs.WalkDir(opened.FS(), below, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel := strings.TrimPrefix(strings.TrimPrefix(name, strings.TrimSuffix(below, ".")), "/")
		hidden := name != below && strings.HasPrefix(entry.Name(), ".")
		switch {
		case entry.IsDir() && (hidden || name != below && (!d.Subfolders || passed(rel, after))):
			return fs.SkipDir
		case !entry.Type().IsRegular() || hidden || compare(rel, after) <= 0:
			return nil
		case len(found) == limit:
			more = true
			return errEnough
		}
		found = append(found, engine.DirectoryFile{From: path.Join(d.Path, rel), Path: rel})
		return nil
	})
	if err != nil && err != errEnough {
		return nil, false, notRead(d.Path, err)
	}
	return found, more, nil
}

// compare orders paths as a walk visits them: segment by segment.
func compare(a, b string) int {
	if b == "" {
		return cmp.Compare(a, b)
	}
	return slices.Compare(strings.Split(a, "/"), strings.Split(b, "/"))
}

// passed reports whether all that lies in a directory comes before a path.
func passed(directory, after string) bool {
	return after != "" && compare(directory, after) < 0 && !strings.HasPrefix(after, directory+"/")
}

// open opens one file for reading.
func (r Roots) open(file string) (*os.File, os.FileInfo, error) {
	at, name, err := r.resolve(file)
	if err != nil {
		return nil, nil, err
	}
	opened, err := os.OpenRoot(at.dir)
	if err != nil {
		return nil, nil, notRead(file, err)
	}
	defer opened.Close()
	// A pipe must not hold the worker up until somebody writes to it.
	info, err := opened.Lstat(name)
	if err == nil && !info.Mode().IsRegular() {
		err = fs.ErrInvalid
	}
	if err != nil {
		return nil, nil, notRead(file, err)
	}
	f, err := opened.Open(name)
	if err != nil {
		return nil, nil, notRead(file, err)
	}
	return f, info, nil
}

// notRead is the failure for what cannot be read. Its words name what the client
// named, and nothing else of this machine.
func notRead(name string, err error) error {
	why := "it could not be read"
	switch {
	case errors.Is(err, fs.ErrNotExist):
		why = "it does not exist"
	case errors.Is(err, fs.ErrPermission):
		why = "the server may not read it"
	}
	return &ingest.Error{Kind: ingest.NotFound, Op: "jobs.Roots", Msg: fmt.Sprintf("%.256q: %s", name, why), Err: err}
}
