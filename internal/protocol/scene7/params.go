package scene7

import (
	"fmt"
	"strings"

	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/wire/xmltree"
)

// ParamsLimit is the most bytes that the uploadParams part of an upload may have.
const ParamsLimit = 1 << 20

// Type names of the upload parameters.
const (
	typeUploadPost    = "uploadPostParam"
	typeUploadPostJob = "UploadPostJob"
)

// UploadPost is one POST to UploadFile: which job it belongs to and where its files go. Either JobHandle is set, then
// Options is nil and the job's own options apply, or JobName and Options are.
type UploadPost struct {
	Namespace     Namespace
	CompanyHandle string
	JobName       string
	JobHandle     string
	Locale        string
	Description   string
	DestFolder    string
	FileName      string
	EndJob        bool
	Options       *Record // an UploadPostJob
	Warnings      []Warning
}

// ParseUploadPost reads the uploadParams part of an upload. Every error is a *RequestError. Blanks around values are
// not part of them, the description excepted.
func ParseUploadPost(schema *Schema, data []byte, strict bool) (*UploadPost, error) {
	root, err := xmltree.Parse(data, xmltree.Limits{Bytes: ParamsLimit})
	if err != nil {
		return nil, &RequestError{Code: CodeInvalidRequestXML, Path: "uploadParams", Msg: err.Error(), Err: err}
	}
	switch {
	case root.Local == "uploadPostParam", root.Local == "uploadPostParams":
	case root.Local == "uploadParams" && root.Child("companyHandle") != nil:
	default:
		return nil, &RequestError{Code: CodeInvalidRequestXML, Path: "uploadParams", Value: root.Local,
			Msg: "root element must be uploadPostParam"}
	}
	namespace, ok := ParseNamespace(root.Space)
	if !ok {
		return nil, &RequestError{Code: CodeInvalidRequestXML, Path: root.Local, Value: root.Space, Msg: "unknown namespace"}
	}
	joins := text(root.Child("jobHandle")) != ""
	if joins {
		root = without(root, "uploadParams")
	}
	record, warnings, err := schema.Decode(root, typeUploadPost, Mode{Level: namespace.Level(), Strict: strict})
	if err != nil {
		return nil, err
	}
	post := uploadPost(record)
	post.Namespace, post.Warnings = namespace, warnings
	if err := post.check(root.Local); err != nil {
		return nil, err
	}
	return post, nil
}

func uploadPost(r *Record) *UploadPost {
	trimmed := func(name string) string { return strings.Trim(r.Text(name), xmlBlanks) }
	return &UploadPost{
		CompanyHandle: trimmed("companyHandle"),
		JobName:       trimmed("jobName"),
		JobHandle:     trimmed("jobHandle"),
		Locale:        trimmed("locale"),
		Description:   r.Text("description"),
		DestFolder:    trimmed("destFolder"),
		FileName:      trimmed("fileName"),
		EndJob:        r.Bool("endJob"),
		Options:       r.Record("uploadParams"),
	}
}

// check applies the rules that reach over several fields.
func (p *UploadPost) check(root string) error {
	missing := func(path, msg string) error {
		return &RequestError{Code: CodeMissingParameter, Path: root + path, Msg: msg}
	}
	switch {
	case p.CompanyHandle == "":
		return missing("/companyHandle", "is required")
	case p.Locale != "" && !isLocale(p.Locale):
		return &RequestError{Code: CodeInvalidParameter, Path: root + "/locale", Value: p.Locale,
			Msg: fmt.Sprintf("must look like en or en-US: letters, digits, - and _, at most %d bytes; it has %d", maxLocale, len(p.Locale))}
	case p.JobHandle != "":
		return nil
	case p.JobName == "":
		return missing("", "jobName or jobHandle is required")
	case p.Options == nil:
		return missing("/uploadParams", "is required for a new job")
	}
	return checkUploadOptions(p.Options, root+"/uploadParams")
}

// checkUploadOptions holds an UploadPostJob against what its field tables cannot say: a conversion between colour
// profiles needs both of them.
func checkUploadOptions(options *Record, path string) error {
	color := options.Record("colorManagementOptions")
	if color.Text("colorManagement") != "Convert" {
		return nil
	}
	for _, name := range profileHandles() {
		below, handle := path+"/colorManagementOptions/"+name, color.Text(name)
		if strings.Trim(handle, xmlBlanks) == "" {
			return &RequestError{Code: CodeInvalidParameter, Path: below, Msg: "is required when colorManagement is Convert"}
		}
		if _, ok := ParseAssetHandle(handle); !ok {
			return &RequestError{Code: CodeInvalidParameter, Path: below, Value: handle, Msg: "is not the handle of an asset"}
		}
	}
	return nil
}

// profileHandles are the options that name the profiles of a conversion.
func profileHandles() []string { return []string{"sourceProfileHandle", "outputProfileHandle"} }

// Profiles returns the assets that a conversion between colour profiles needs. The engine decides whether they are
// profiles of the company.
func (p *UploadPost) Profiles() []engine.ProfileRef {
	color := p.Options.Record("colorManagementOptions")
	if color.Text("colorManagement") != "Convert" {
		return nil
	}
	var profiles []engine.ProfileRef
	for _, name := range profileHandles() {
		handle := strings.Trim(color.Text(name), xmlBlanks)
		asset, _ := ParseAssetHandle(handle) // check has seen to it
		profiles = append(profiles, engine.ProfileRef{Option: name, Handle: handle, Asset: ingest.Number(asset)})
	}
	return profiles
}

// text is an element's text without surrounding blanks, empty for nil.
func text(e *xmltree.Element) string {
	if e == nil || isNil(e) {
		return ""
	}
	return strings.Trim(e.Text, xmlBlanks)
}

// without returns a copy of an element that lacks the children with a name.
func without(e *xmltree.Element, name string) *xmltree.Element {
	rest := &xmltree.Element{Space: e.Space, Local: e.Local, Attr: e.Attr, Text: e.Text}
	for _, child := range e.Children {
		if child.Local != name {
			rest.Children = append(rest.Children, child)
		}
	}
	return rest
}
