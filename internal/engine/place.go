package engine

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"sluice/internal/ingest"
)

// Place is where a file goes in a company's library.
type Place struct {
	Folder   string // path ending in '/', "" = root
	FileName string // after cleaning
	Name     string // FileName without its last extension; may be empty, then nothing usable was left
}

// PlaceOf works out where a file goes from what a client sent: an optional
// destination folder and the file's name, which may itself hold folders. It
// follows the Scene7 contract, section 5, which is the strictest of the doors.
//
// A path whose first segment is the company's name is rooted there. Client
// paths (drive letters, backslashes) lose their folders. A ".." segment, a
// control character, invalid UTF-8 and overlong parts are Invalid.
func PlaceOf(company, folder, name string) (Place, error) {
	if err := checkText(folder, "destination folder"); err != nil {
		return Place{}, err
	}
	if err := checkText(name, "file name"); err != nil {
		return Place{}, err
	}
	segments, err := cleanSegments(strings.ReplaceAll(folder, `\`, "/") + "/" + slashed(name))
	if err != nil {
		return Place{}, err
	}
	// Without a last segment of the name's own, the folder would become the file.
	if last := lastSegment(slashed(name)); last == "" || last == "." {
		return Place{}, &ingest.Error{Kind: ingest.Invalid, Op: "engine.PlaceOf", Code: ingest.CodeMissing, Msg: fmt.Sprintf("the path %s names a folder, not a file", quote(name))}
	}
	if len(segments) > 1 && segments[0] == company {
		segments = segments[1:]
	}
	last := segments[len(segments)-1]
	base, ext := splitExt(last)
	base, ext = strip(base), strip(ext)
	fileName := base
	if ext != "" {
		fileName += "." + ext
	}
	if strings.TrimSpace(base) == "" {
		base = ""
	}
	return Place{Folder: joinFolder(segments[:len(segments)-1]), FileName: fileName, Name: base}, nil
}

// FolderPath normalises a folder path of a client to the form that Folder.Path has.
func FolderPath(company, folder string) (string, error) {
	if err := checkText(folder, "folder"); err != nil {
		return "", err
	}
	segments, err := cleanSegments(strings.ReplaceAll(folder, `\`, "/"))
	if err != nil {
		return "", err
	}
	if len(segments) > 0 && segments[0] == company {
		segments = segments[1:]
	}
	return joinFolder(segments), nil
}

// slashed turns a client's path into one with slashes only. A path of another
// system (a drive letter, or backslashes and no slash) is cut to its last segment.
func slashed(name string) string {
	drive := len(name) > 2 && name[1] == ':' && (name[2] == '\\' || name[2] == '/')
	if drive || (strings.Contains(name, `\`) && !strings.Contains(name, "/")) {
		return name[strings.LastIndexAny(name, `\/`)+1:]
	}
	return strings.ReplaceAll(name, `\`, "/")
}

func cleanSegments(path string) ([]string, error) {
	const op = "engine.PlaceOf"
	if len(path) > MaxPathBytes+MaxNameBytes {
		return nil, tooLong(op, "path", len(path), MaxPathBytes+MaxNameBytes)
	}
	var segments []string
	for segment := range strings.SplitSeq(path, "/") {
		switch {
		case segment == "" || segment == ".":
			continue
		case segment == "..":
			return nil, &ingest.Error{Kind: ingest.Invalid, Op: op, Msg: fmt.Sprintf("the path %s has a segment \"..\"", quote(path))}
		case len(segment) > MaxNameBytes:
			return nil, tooLong(op, "name", len(segment), MaxNameBytes)
		}
		segments = append(segments, segment)
	}
	if len(segments) > MaxPathDepth {
		return nil, &ingest.Error{Kind: ingest.Invalid, Op: op, Code: ingest.CodeLimit, Msg: fmt.Sprintf("the path has %d segments, the limit is %d", len(segments), MaxPathDepth)}
	}
	return segments, nil
}

func checkText(s, what string) error {
	if !utf8.ValidString(s) {
		return &ingest.Error{Kind: ingest.Invalid, Op: "engine.PlaceOf", Msg: fmt.Sprintf("the %s is not valid UTF-8", what)}
	}
	if i := strings.IndexFunc(s, unicode.IsControl); i >= 0 {
		r, _ := utf8.DecodeRuneInString(s[i:])
		return &ingest.Error{Kind: ingest.Invalid, Op: "engine.PlaceOf", Msg: fmt.Sprintf("the %s has the control character U+%04X at byte %d", what, r, i)}
	}
	return nil
}

func tooLong(op, what string, got, limit int) error {
	return &ingest.Error{Kind: ingest.Invalid, Op: op, Code: ingest.CodeLimit, Msg: fmt.Sprintf("the %s is %d bytes long, the limit is %d", what, got, limit)}
}

func joinFolder(segments []string) string {
	if len(segments) == 0 {
		return ""
	}
	return strings.Join(segments, "/") + "/"
}

// splitExt splits a file name at its last dot; the dot is in neither part.
func splitExt(fileName string) (base, ext string) {
	if dot := strings.LastIndexByte(fileName, '.'); dot >= 0 {
		return fileName[:dot], fileName[dot+1:]
	}
	return fileName, ""
}

// strip removes the characters that names cannot have.
func strip(s string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(`\;/?:@&=+$,*"<>|'{}%`, r) {
			return -1
		}
		return r
	}, s)
}

// quote shows a client's text in a message, shortened.
func quote(s string) string {
	const most = 120
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return fmt.Sprintf("%q", s)
}
