package scene7

import (
	"strconv"
	"strings"
)

// Handles are strings whose parts are separated by "|". Parsing returns false for what has not the shape of the handle;
// numbers are positive. A "|" in a name becomes "_" when a handle is built.

// JobHandle names a job: by its number, or else by its active name, or else by the name that was submitted.
type JobHandle struct {
	Company   int64
	Submitted string // name as submitted; in handles of jobs that were scheduled
	Active    string // name that is unique among the company's jobs
	ID        int64  // 0 = not given
}

// ParseJobHandle accepts j|company||active|id, j|company|submitted||, j|company||active and the older forms of these
// without "j|".
func ParseJobHandle(s string) (JobHandle, bool) {
	parts := strings.Split(strings.Trim(s, xmlBlanks), "|")
	if parts[0] == "j" {
		parts = parts[1:]
	}
	if len(parts) < 3 || len(parts) > 4 {
		return JobHandle{}, false
	}
	company, ok := number(parts[0])
	h := JobHandle{Company: company, Submitted: parts[1], Active: parts[2]}
	if len(parts) == 4 && parts[3] != "" {
		id, numeric := number(parts[3])
		h.ID, ok = id, ok && numeric
	}
	if !ok || h.Submitted == "" && h.Active == "" && h.ID == 0 {
		return JobHandle{}, false
	}
	return h, true
}

// String writes the handle: with the submitted name alone as scheduled jobs have it, otherwise with the active name and,
// when known, the number.
func (h JobHandle) String() string {
	head := "j|" + decimal(h.Company) + "|"
	switch {
	case h.Active == "" && h.ID == 0:
		return head + part(h.Submitted) + "||"
	case h.ID == 0:
		return head + "|" + part(h.Active)
	}
	return head + "|" + part(h.Active) + "|" + decimal(h.ID)
}

// ParseCompanyHandle accepts c|number and the number alone.
func ParseCompanyHandle(s string) (int64, bool) {
	return number(strings.TrimPrefix(strings.Trim(s, xmlBlanks), "c|"))
}

// CompanyHandle writes c|number.
func CompanyHandle(company int64) string { return "c|" + decimal(company) }

// ParseUserHandle accepts u|number|email and u|number.
func ParseUserHandle(s string) (user int64, email string, ok bool) {
	rest, ok := strings.CutPrefix(strings.Trim(s, xmlBlanks), "u|")
	digits, email, _ := strings.Cut(rest, "|")
	user, numeric := number(digits)
	return user, email, ok && numeric
}

// UserHandle writes u|number|email.
func UserHandle(user int64, email string) string { return "u|" + decimal(user) + "|" + part(email) }

// ParseFolderHandle accepts f|path; the path always ends in a slash.
func ParseFolderHandle(s string) (path string, ok bool) {
	path, ok = strings.CutPrefix(strings.Trim(s, xmlBlanks), "f|")
	if !ok || path == "" {
		return "", false
	}
	return strings.TrimSuffix(path, "/") + "/", true
}

// FolderHandle writes f|path, with a slash at the end.
func FolderHandle(path string) string { return "f|" + part(strings.TrimSuffix(path, "/")) + "/" }

// ParseAssetHandle accepts a|number and the older a|number|type|number, of which the first number names the asset.
func ParseAssetHandle(s string) (asset int64, ok bool) {
	parts := strings.Split(strings.Trim(s, xmlBlanks), "|")
	if parts[0] != "a" || len(parts) != 2 && len(parts) != 4 {
		return 0, false
	}
	for _, digits := range parts[2:] {
		if _, ok := number(digits); !ok {
			return 0, false
		}
	}
	return number(parts[1])
}

// AssetHandle writes a|number.
func AssetHandle(asset int64) string { return "a|" + decimal(asset) }

// ParseProjectHandle accepts p|company|name.
func ParseProjectHandle(s string) (company int64, name string, ok bool) {
	parts := strings.Split(strings.Trim(s, xmlBlanks), "|")
	if len(parts) != 3 || parts[0] != "p" || parts[2] == "" {
		return 0, "", false
	}
	company, ok = number(parts[1])
	return company, parts[2], ok
}

// ProjectHandle writes p|company|name.
func ProjectHandle(company int64, name string) string {
	return "p|" + decimal(company) + "|" + part(name)
}

// MetadataFieldHandle names a metadata field: m|company|TYPE|name, the type being that of the assets it belongs to.
type MetadataFieldHandle struct {
	Company   int64
	AssetType string
	Name      string
}

// ParseMetadataFieldHandle accepts m|company|TYPE|name.
func ParseMetadataFieldHandle(s string) (MetadataFieldHandle, bool) {
	parts := strings.Split(strings.Trim(s, xmlBlanks), "|")
	if len(parts) != 4 || parts[0] != "m" || parts[2] == "" || parts[3] == "" {
		return MetadataFieldHandle{}, false
	}
	company, ok := number(parts[1])
	return MetadataFieldHandle{Company: company, AssetType: parts[2], Name: parts[3]}, ok
}

// String writes the handle.
func (h MetadataFieldHandle) String() string {
	return "m|" + decimal(h.Company) + "|" + part(h.AssetType) + "|" + part(h.Name)
}

// Prefixes of the handles that are a prefix and a number.
const (
	PrefixGroup           = "g"
	PrefixPropertySet     = "ps"
	PrefixPropertySetType = "pt"
	PrefixPermissionSet   = "pm"
)

// ParseNumberHandle accepts prefix|number.
func ParseNumberHandle(prefix, s string) (int64, bool) {
	digits, ok := strings.CutPrefix(strings.Trim(s, xmlBlanks), prefix+"|")
	if !ok {
		return 0, false
	}
	return number(digits)
}

// NumberHandle writes prefix|number.
func NumberHandle(prefix string, n int64) string { return prefix + "|" + decimal(n) }

// number reads a positive decimal number made of digits only.
func number(digits string) (int64, bool) {
	if strings.Trim(digits, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	return n, err == nil && n > 0
}

func decimal(n int64) string { return strconv.FormatInt(n, 10) }

// part makes a name fit between two separators.
func part(name string) string { return strings.ReplaceAll(name, "|", "_") }

// ParsePartHandle accepts the handle of a thing inside an image, such as a zoom
// target: a|number, or a|number|type|number with or without the letter, of which the
// first number names the thing.
func ParsePartHandle(s string) (part int64, ok bool) {
	parts := strings.Split(strings.Trim(s, xmlBlanks), "|")
	if parts[0] == "a" {
		parts = parts[1:]
	}
	if len(parts) != 1 && len(parts) != 3 {
		return 0, false
	}
	for _, digits := range parts {
		if _, ok := number(digits); !ok {
			return 0, false
		}
	}
	return number(parts[0])
}
