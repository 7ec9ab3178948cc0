package brightsign

import (
	"encoding/hex"
	"path"
	"strings"
	"unicode/utf16"
)

// units counts a text as the original did, in UTF-16 code units.
func units(s string) int { return len(utf16.Encode([]rune(s))) }

// validSegment reports whether a file or folder may have the name (8.5).
func validSegment(s string) bool {
	if strings.TrimSpace(s) == "" || s == "." || s == ".." {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool { return r < 32 || strings.ContainsRune(`\/:*?"<>|`, r) })
}

// checkFileName refuses what a file cannot be called.
func checkFileName(name string) error {
	switch {
	case strings.TrimSpace(name) == "":
		return refuse("The file name must not be empty.")
	case units(name) > maxNameUnits:
		return refuse("The file name must not be longer than %d characters. It has %d.", maxNameUnits, units(name))
	case !validSegment(name):
		return refuse("The file name is not valid: %q.", clip(name))
	}
	return nil
}

// folderOf turns a virtual path into a folder of the library. Both slashes separate.
func folderOf(virtualPath string) (string, error) {
	p := strings.ReplaceAll(virtualPath, "/", `\`)
	if !strings.HasPrefix(p, `\`) || !strings.HasSuffix(p, `\`) {
		return "", refuse("The virtual path must start and end with a slash: %q.", clip(virtualPath))
	}
	if n := units(p); n > maxNameUnits {
		return "", refuse("The virtual path must not be longer than %d characters. It has %d.", maxNameUnits, n)
	}
	if p == `\` {
		return "", nil
	}
	segments := strings.Split(strings.Trim(p, `\`), `\`)
	if len(p) != len(strings.Join(segments, `\`))+2 {
		return "", refuse("The virtual path is not valid: %q.", clip(virtualPath))
	}
	for _, s := range segments {
		if !validSegment(s) {
			return "", refuse("The virtual path is not valid: %q.", clip(virtualPath))
		}
	}
	return strings.Join(segments, "/") + "/", nil
}

// virtualPathOf is folderOf the other way round.
func virtualPathOf(folder string) string { return `\` + strings.ReplaceAll(folder, "/", `\`) }

// defaultVirtualPath is where plain uploads go of which none is said.
const defaultVirtualPath = `\Shared\Incoming\`

// targetOf works out the path of an asset in its page, with slashes, from what may be
// its directory or the whole (9.4).
func targetOf(relativePath, fileName string) (string, error) {
	p := strings.ReplaceAll(relativePath, "/", `\`)
	for strings.HasPrefix(p, `.\`) {
		p = p[2:]
	}
	p = strings.TrimPrefix(p, `\`)
	last := p[strings.LastIndexByte(p, '\\')+1:]
	switch ext := path.Ext(fileName); {
	case p == "" || strings.HasSuffix(p, `\`):
		p += fileName
	case strings.EqualFold(last, fileName), ext != "" && strings.EqualFold(path.Ext(last), ext):
	default:
		p += `\` + fileName
	}
	if units(p) > maxRelativeUnits {
		return "", refuse("The relative path is not valid: it is longer than %d characters.", maxRelativeUnits)
	}
	segments := strings.Split(p, `\`)
	for _, s := range segments {
		if !validSegment(s) || units(s) > maxNameUnits {
			return "", refuse("The relative path is not valid: %q.", clip(relativePath))
		}
	}
	return strings.Join(segments, "/"), nil
}

// parseSHA1 reads a hash of 40 hexadecimal digits, with or without the name of the
// algorithm before it. An empty one is nil.
func parseSHA1(s string) ([]byte, error) {
	if s == "" {
		return nil, nil
	}
	digits := strings.TrimSpace(s)
	if len(digits) > 5 && strings.EqualFold(digits[:5], "SHA1:") {
		digits = digits[5:]
	}
	sum, err := hex.DecodeString(digits)
	if err != nil || len(sum) != 20 || len(s) > maxHashText {
		return nil, refuse("The SHA1 hash is not valid: %q.", clip(s))
	}
	return sum, nil
}

// clip shortens a client's text for a message.
func clip(s string) string {
	const most = 120
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}
