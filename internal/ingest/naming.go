package ingest

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of names, in bytes.
const (
	MaxCompanyName = 100
	MaxLogin       = 320
	maxSlug        = 40
)

// CheckName refuses a name that is empty, longer than most bytes, or cannot be shown
// as it is. what names it in messages.
func CheckName(op, what, name string, most int) error {
	problem := ""
	switch {
	case name == "":
		problem = "is empty"
	case len(name) > most:
		problem = fmt.Sprintf("has %d bytes, at most %d are allowed", len(name), most)
	case !utf8.ValidString(name):
		problem = "is not valid UTF-8"
	case strings.TrimSpace(name) != name:
		problem = "begins or ends with a blank"
	case strings.ContainsFunc(name, func(r rune) bool { return unicode.IsControl(r) || !unicode.IsPrint(r) }):
		problem = "contains characters that cannot be printed"
	}
	if problem == "" {
		return nil
	}
	code := CodeMalformed
	if name == "" {
		code = CodeMissing
	}
	return &Error{Kind: Invalid, Op: op, Code: code, Msg: what + " " + problem}
}

// CheckCompanyName refuses names that folder paths and handles could not carry.
func CheckCompanyName(op, name string) error {
	if err := CheckName(op, "the company's name", name, MaxCompanyName); err != nil {
		return err
	}
	if strings.ContainsAny(name, `/\|`) || name == "." || name == ".." {
		return &Error{Kind: Invalid, Op: op, Code: CodeMalformed,
			Msg: fmt.Sprintf(`the company's name %q must not contain / \ or |`, name)}
	}
	return nil
}

// CheckLogin refuses logins that a door could not carry: BrightSign writes
// Company/login, Basic authentication ends the login at a colon, Scene7 handles
// hold it between bars.
func CheckLogin(op, login string) error {
	if err := CheckName(op, "the login", login, MaxLogin); err != nil {
		return err
	}
	if strings.ContainsAny(login, "/:| \t") {
		return &Error{Kind: Invalid, Op: op, Code: CodeMalformed,
			Msg: fmt.Sprintf("the login %q must not contain blanks, / : or |", login)}
	}
	return nil
}

// FreeCompanyName refuses a name that another company has, compared without regard
// to case.
func FreeCompanyName(tx CompanyTx, op, name string) error {
	const limit = 1000
	for page := (Page{Limit: limit}); ; {
		list, err := tx.Companies(page)
		if err != nil {
			return err
		}
		for _, c := range list {
			if strings.EqualFold(c.Name, name) {
				return &Error{Kind: Conflict, Op: op, Code: CodeExists, Msg: fmt.Sprintf("a company named %q exists already", c.Name)}
			}
		}
		if len(list) < limit {
			return nil
		}
		page.After = list[len(list)-1].Number
	}
}

// FreeSlug finds an address for a company of a name that no other company has.
func FreeSlug(tx CompanyTx, name string) (string, error) {
	base := slugOf(name)
	for n := 1; ; n++ {
		slug := base
		if n > 1 {
			slug = base + "-" + strconv.Itoa(n)
		}
		_, err := tx.CompanyBySlug(slug)
		if err != nil && KindOf(err) != NotFound {
			return "", err
		}
		if err != nil && !reserved(slug) {
			return slug, nil
		}
	}
}

// slugOf turns a name into lower-case letters, digits and single dashes. The
// common accented letters of Latin script lose their accents.
func slugOf(name string) string {
	plain := strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss", "à", "a", "á", "a", "â", "a", "å", "a", "ç", "c", "è", "e", "é", "e",
		"ê", "e", "ë", "e", "í", "i", "î", "i", "ï", "i", "ñ", "n", "ó", "o", "ô", "o", "ø", "o", "ù", "u", "ú", "u", "û", "u", "æ", "ae", "&", " and ")
	var b strings.Builder
	dash := false
	for _, r := range plain.Replace(strings.ToLower(name)) {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') {
			dash = b.Len() > 0
			continue
		}
		if b.Len() >= maxSlug {
			break
		}
		if dash {
			b.WriteByte('-')
			dash = false
		}
		b.WriteRune(r)
	}
	if b.Len() == 0 {
		return "company"
	}
	return b.String()
}

// reserved reports whether an address of that first segment belongs to the
// server itself.
func reserved(slug string) bool {
	switch slug {
	case "scene7", "uploads", "upload", "api", "files", "v1", "m", "healthz", "readyz", "metrics", "2017", "2019", "login", "logout", "assets", "static":
		return true
	}
	return false
}
