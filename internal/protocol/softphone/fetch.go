package softphone

import (
	"time"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// fetch answers with what an app does not have yet (section 9). The two forms differ in
// the name of one list and are never mixed.
func (c *call) fetch() (answer, error) {
	f, err := c.door.Engine.FetchMessages(c.context(), c.caller, c.company.Number, engine.FetchSpec{
		LastReceived: c.values.get(meanLastReceived), LastSent: c.values.get(meanLastSent),
	})
	if err != nil {
		return answer{}, err
	}
	if err := c.holdTexts(f); err != nil {
		return answer{}, err
	}
	list := "received_smss"
	if c.rules.legacy {
		list = "unread_smss"
	}
	return answer{members: []node{
		text("date", wireTime(f.Now)),
		array(list, items(f.Received, true)),
		array("sent_smss", items(f.Sent, false)),
	}}, nil
}

// maxTexts is how much text all requests may hold that fetch messages, in bytes.
const maxTexts = 64 << 20

// holdTexts takes room for texts until they are sent, which slow networks draw out.
func (c *call) holdTexts(f engine.Fetched) error {
	var n int64
	for _, list := range [][]engine.MessageView{f.Received, f.Sent} {
		for _, m := range list {
			n += int64(len(m.Body))
		}
	}
	if !c.door.texts.take(n) {
		return &ingest.Error{Kind: ingest.Unavailable, Op: "softphone.fetch", Code: ingest.CodeLimit, Msg: "too many messages are being fetched"}
	}
	c.texts = n
	return nil
}

func items(list []engine.MessageView, received bool) []node {
	made := make([]node, 0, len(list))
	for _, m := range list {
		made = append(made, item(m, received))
	}
	return made
}

// item is one message. Both sides stand in both lists: with the other side alone apps
// were seen to put messages into a wrong conversation.
func item(m engine.MessageView, received bool) node {
	contentType := m.ContentType
	if contentType == "" {
		contentType = typePlain
	}
	members := []node{
		text("sms_id", m.ID), text("sending_date", wireTime(m.Created)), text("sender", m.From), text("recipient", m.Recipient),
		text("sms_text", m.Body), text("content_type", contentType),
	}
	if m.Disposition != "" && received {
		members = append(members, text("disposition_notification", m.Disposition))
	}
	if received {
		members = append(members, truth("displayed", false)) // no app tells what was read, see section 9
	}
	return object(append(members, text("stream_id", m.Stream))...)
}

// wireTime is RFC 3339 in UTC, in whole seconds as the examples have it.
func wireTime(t time.Time) string { return t.UTC().Format(time.RFC3339) }
