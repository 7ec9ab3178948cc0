package brightsign

import (
	"strconv"
	"time"

	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/wire/xmltree"
)

// status is what a client is told of an upload or a session (6.3).
type status struct {
	ChunksTotal  *int64
	ContentID    ingest.Number
	End          time.Time
	FileName     string
	FileSize     int64
	LastActivity time.Time
	SHA1Hash     string
	SessionToken string
	Start        time.Time
	State        string
	UploadToken  string

	Matching []contentInfo // stored files with the same hash; nil = none
	Page     bool          // it is that of a session
	Assets   []*status
	Name     string

	data string // namespace in which the client speaks of its data
}

// contentInfo is a stored file.
type contentInfo struct {
	FileName    string
	FileSize    int64
	ID          ingest.Number
	SHA1Hash    string
	Type        string
	UploadDate  time.Time
	VirtualPath string
}

// fileStatus is the status of a file.
func fileStatus(s engine.Status) *status {
	f := factsOf(s.Upload)
	a := f.Args
	st := &status{
		ChunksTotal: a.ChunksCount, FileName: a.FileName, SHA1Hash: a.SHA1Hash, SessionToken: f.SessionToken,
		LastActivity: s.Last, Start: f.Started, State: stateOf(s, f), UploadToken: s.Upload.ClientKey, data: f.Data,
	}
	if st.LastActivity.IsZero() {
		st.LastActivity = s.Upload.Touched
	}
	if a.FileSize != nil {
		st.FileSize = *a.FileSize
	}
	if st.Start.IsZero() {
		st.Start = s.Upload.Created
	}
	switch st.State {
	case stateCompleted:
		st.ContentID, st.FileSize, st.FileName = s.Upload.Asset, s.Upload.Size, s.Upload.FileName
		if st.SHA1Hash == "" {
			st.SHA1Hash = f.Sum
		}
		if f.Main && f.Page != 0 {
			st.ContentID = f.Page
		}
		st.End = s.Upload.Touched
	case stateTerminated:
		st.End = s.Upload.Touched
	case stateCancelled:
		st.End = f.Cancelled
		if st.End.IsZero() {
			st.End = s.Upload.Touched
		}
	}
	return st
}

// contentInfoOf describes a stored file.
func contentInfoOf(m engine.Match) contentInfo {
	return contentInfo{
		FileName: m.Asset.FileName, FileSize: m.Asset.Size, ID: m.Asset.Number, SHA1Hash: sumText(m.Blob.SHA1),
		Type: contentTypeOf(m.Asset), UploadDate: m.Since.Created, VirtualPath: virtualPathOf(m.Asset.Path),
	}
}

// typeName is the derived type that stands on the result's element; "" = the declared one.
func (s *status) typeName() string {
	if s.Matching != nil {
		return "ContentNegotiationStatus"
	}
	return ""
}

// kind is the type that the status has.
func (s *status) kind() string {
	switch {
	case s.Page:
		return "WebPageUploadStatus"
	case s.Matching != nil:
		return "ContentNegotiationStatus"
	}
	return "ContentUploadStatus"
}

// text is the value of a simple member, and false when it is null.
func (s *status) text(member string) (string, bool) {
	switch member {
	case "ChunksTotal":
		if s.ChunksTotal == nil {
			return "", false
		}
		return strconv.FormatInt(*s.ChunksTotal, 10), true
	case "ContentId":
		return strconv.FormatInt(int64(s.ContentID), 10), s.ContentID != 0
	case "EndTime":
		return timeText(s.End)
	case "FileName":
		return s.FileName, s.FileName != ""
	case "FileSize":
		return strconv.FormatInt(s.FileSize, 10), true
	case "LastActivityTime":
		return timeText(s.LastActivity)
	case "SHA1Hash":
		return s.SHA1Hash, s.SHA1Hash != ""
	case "SessionToken":
		return s.SessionToken, s.SessionToken != ""
	case "StartTime":
		return timeText(s.Start)
	case "State":
		return s.State, true
	case "UploadToken":
		return s.UploadToken, s.UploadToken != ""
	case "Name":
		return s.Name, s.Name != ""
	}
	return "", false
}

func timeText(t time.Time) (string, bool) {
	return t.UTC().Format(timeFormat), !t.IsZero()
}

func (i contentInfo) text(member string) (string, bool) {
	switch member {
	case "FileName":
		return i.FileName, true
	case "FileSize":
		return strconv.FormatInt(i.FileSize, 10), true
	case "Id":
		return strconv.FormatInt(int64(i.ID), 10), true
	case "SHA1Hash":
		return i.SHA1Hash, i.SHA1Hash != ""
	case "Type":
		return i.Type, true
	case "UploadDate":
		return timeText(i.UploadDate)
	case "VirtualPath":
		return i.VirtualPath, true
	}
	return "", false
}

// appendXML appends the members of a status, in the order of its type.
func (s *status) appendXML(out []byte) []byte {
	for _, m := range membersOf(s.kind()) {
		switch m.name {
		case "Assets":
			out = append(out, "<a:Assets>"...)
			for _, asset := range s.Assets {
				out = append(asset.appendXML(append(out, "<a:ContentUploadStatus>"...)), "</a:ContentUploadStatus>"...)
			}
			out = append(out, "</a:Assets>"...)
		case "MatchingFiles":
			out = append(out, "<a:MatchingFiles>"...)
			for _, info := range s.Matching {
				out = append(info.appendXML(append(out, "<a:ContentInfo>"...)), "</a:ContentInfo>"...)
			}
			out = append(out, "</a:MatchingFiles>"...)
		default:
			if text, ok := s.text(m.name); ok {
				out = appendElement(out, "a:"+m.name, text)
			}
		}
	}
	return out
}

func (i contentInfo) appendXML(out []byte) []byte {
	i.Type = soapType(i.Type)
	for _, m := range membersOf("ContentInfo") {
		if text, ok := i.text(m.name); ok {
			out = appendElement(out, "a:"+m.name, text)
		}
	}
	return out
}

func appendElement(out []byte, name, text string) []byte {
	out = append(append(append(out, '<'), name...), '>')
	return append(append(append(xmltree.AppendText(out, text), "</"...), name...), '>')
}
