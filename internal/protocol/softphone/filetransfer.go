package softphone

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strings"

	"sluice/internal/ingest"
)

// typeFileTransfer is the type of messages that point at files (section 10.3).
const typeFileTransfer = "application/x-acro-filetransfer+json"

// fileTransfer is such a message, as far as the door writes one.
type fileTransfer struct {
	Body        string       `json:"body,omitempty"`
	Attachments []attachment `json:"attachments"`
}

type attachment struct {
	URL         string   `json:"content-url"`
	ContentType string   `json:"content-type,omitempty"`
	Size        int64    `json:"content-size,omitempty"`
	FileName    string   `json:"filename,omitempty"`
	Preview     *preview `json:"preview,omitempty"`
}

type preview struct {
	ContentType string `json:"content-type"`
	Content     string `json:"content"` // Base64
}

// text is the message as it is sent.
func (f fileTransfer) text() string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(f) // of strings and numbers never fails
	return strings.TrimSpace(b.String())
}

// readFileTransfer recognises a body that points at files, whatever type it is said to
// have: a JSON object with attachments. It returns the tokens of their addresses.
func readFileTransfer(body string) (tokens []string, ok bool) {
	body = strings.TrimSpace(body)
	if !strings.HasPrefix(body, "{") {
		return nil, false
	}
	var message struct {
		Attachments []struct {
			URL string `json:"content-url"`
		} `json:"attachments"`
	}
	if json.Unmarshal([]byte(body), &message) != nil || len(message.Attachments) == 0 {
		return nil, false
	}
	for _, a := range message.Attachments {
		if token := tokenIn(a.URL); token != "" {
			tokens = append(tokens, token)
		}
	}
	return tokens, true
}

// tokenIn returns the last element of an address that is long enough to be a token of
// the store-and-forward service, "" for none.
func tokenIn(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	last := u.Path[strings.LastIndexByte(u.Path, '/')+1:]
	if !isToken(last) {
		return ""
	}
	return last
}

// mediaToken returns the token of an address of a file, "" when it is not one of ours.
func mediaToken(address string) string {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil {
		return ""
	}
	if t := readTarget(u.Path); t.kind == atMedia {
		return t.token
	}
	return ""
}

// maxPreview is the largest preview, in bytes.
const maxPreview = 256 << 10

// readPreview checks a preview and writes its Base64 the usual way: in queries plus
// signs become spaces, some clients use the alphabet for addresses, or leave padding out.
// No preview is nil.
func readPreview(text string) (*preview, error) {
	refused := func(kind ingest.Kind, code ingest.Code, msg string) (*preview, error) {
		return nil, &ingest.Error{Kind: kind, Op: "softphone.preview", Code: code, Msg: msg}
	}
	clean := strings.NewReplacer(" ", "+", "-", "+", "_", "/", "\r", "", "\n", "", "\t", "", "=", "").Replace(strings.TrimSpace(text))
	if clean == "" {
		return nil, nil
	}
	if base64.RawStdEncoding.DecodedLen(len(clean)) > maxPreview {
		return refused(ingest.Invalid, codePreview, "the preview is larger than "+sizeText(maxPreview))
	}
	data, err := base64.RawStdEncoding.DecodeString(clean)
	if err != nil || !bytes.HasPrefix(data, []byte{0xff, 0xd8, 0xff}) {
		return refused(ingest.Invalid, codePreview, "the preview is not a JPEG image in Base64")
	}
	return &preview{ContentType: "image/jpeg", Content: base64.StdEncoding.EncodeToString(data)}, nil
}
