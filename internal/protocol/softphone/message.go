package softphone

import (
	"errors"
	"strings"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// typePlain is the type of messages that do not say theirs.
const typePlain = "text/plain"

// sendMessage takes a message (section 8). A body that points at files is recognised
// without its type, which many templates in the field forget.
func (c *call) sendMessage() (answer, error) {
	s := engine.MessageSpec{
		To: c.values.recipients(), ContentType: c.values.get(meanType), Disposition: c.values.get(meanDisposition), Body: c.values.get(meanText),
	}
	if s.Body == "" {
		return answer{}, &ingest.Error{Kind: ingest.Invalid, Op: "softphone.sendMessage", Code: codeEmptyMessage, Msg: "the message has no text"}
	}
	if tokens, ok := readFileTransfer(s.Body); ok {
		s.Transfers = tokens
		if plain, _, _ := strings.Cut(s.ContentType, ";"); plain == "" || strings.EqualFold(strings.TrimSpace(plain), typePlain) {
			s.ContentType = typeFileTransfer
		}
	}
	return c.send(s)
}

// sendReference sends a message that points at a file which the caller has uploaded
// (section 7). Only files of the caller's can be sent; nothing is ever fetched.
func (c *call) sendReference() (answer, error) {
	shown, err := readPreview(c.values.get(meanPreview))
	if err != nil {
		return answer{}, err
	}
	bad := &ingest.Error{Kind: ingest.Invalid, Op: "softphone.sendReference", Code: codeReference, Msg: "the address is none of a file that the caller has uploaded"}
	token := mediaToken(c.values.get(meanMediaURL))
	if token == "" {
		return answer{}, bad
	}
	link, err := c.door.Engine.OwnMedia(c.context(), c.caller, c.company.Number, token)
	if kind := ingest.KindOf(err); err != nil && (kind == ingest.NotFound || kind == ingest.Gone) {
		return answer{}, bad
	}
	if err != nil {
		return answer{}, err
	}
	a := attachment{URL: c.door.mediaURL(c, token, link), ContentType: link.ContentType, Size: link.Size, FileName: link.Name, Preview: shown}
	if strings.HasPrefix(link.ContentType, "audio/") {
		a.FileName = "" // apps show a sound with a name as a file, one without as a voice message
	}
	return c.send(engine.MessageSpec{
		To: c.values.recipients(), ContentType: typeFileTransfer,
		Body: fileTransfer{Body: c.values.get(meanDescription), Attachments: []attachment{a}}.text(),
	})
}

// send hands a message over and answers with its id.
func (c *call) send(s engine.MessageSpec) (answer, error) {
	m, err := c.door.Engine.SendMessage(c.context(), c.caller, c.company.Number, s)
	if err != nil {
		return answer{}, refusedMessage(err)
	}
	members := []node{text("sms_id", m.ID)}
	if c.format() == asJSON {
		members = append(members, text("message_id", m.ID)) // clients look for either
	}
	return answer{members: members}, nil
}

// refusedMessage tells the limits of messages from those of files.
func refusedMessage(err error) error {
	code := ingest.CodeOf(err)
	_, exceeded := errors.AsType[*engine.ExceededError](err)
	switch kind := ingest.KindOf(err); {
	case kind == ingest.Throttled && exceeded:
		code = codeTooOften
	case kind == ingest.TooLarge && exceeded:
		code = codeTooMuch
	case kind == ingest.TooLarge && code == ingest.CodeLimit:
		code = codeTooLong
	default:
		return err
	}
	return &ingest.Error{Kind: ingest.KindOf(err), Op: "softphone.send", Code: code, Msg: ingest.Message(err), Err: err}
}
