package ingest

import "time"

// TextMessage is a short message of a user of a company to one or several addresses.
// Who of them are users of the company is decided once, when it is sent.
type TextMessage struct {
	Number      Number // order of arrival within a company
	ID          string // what clients know it by: 32 random hexadecimal digits, in no order
	Company     Number
	Sender      Number // user
	From        string // the sender's address, as recipients see it
	To          []MessageAddress
	Stream      string // conversation of a message to several; "" = the other side's address
	ContentType string // MIME type of Body, given back unchanged
	Disposition string // which receipts the sender asks for, as it was sent; "" = none
	Body        string // UTF-8
	Created     time.Time
}

// MessageAddress is one recipient of a message.
type MessageAddress struct {
	Address string `json:"address"`        // a number, a SIP address, a login or an e-mail address, normalised
	User    Number `json:"user,omitempty"` // who has it in the company; 0 = nobody
}

// MessageRange selects messages that one user sent or received in a company. With
// Newest it is the last Limit of them instead of the first. Lists are in rising
// order of Number either way.
type MessageRange struct {
	Company Number
	User    Number
	After   Number    // newer than this message
	Before  Number    // older than this message; 0 = any
	Since   time.Time // not older than this; zero = all
	Newest  bool
	Limit   int
	Bytes   int // of texts; the list ends before the message that exceeds it, but for the first; 0 = any
}

// MessageTx keeps messages. Within one company the order of Number is the order of
// commits only if the company is locked.
type MessageTx interface {
	// CreateMessage sets Number, and puts the message before the users in To.
	CreateMessage(*TextMessage) error
	TextMessage(Number) (*TextMessage, error)
	MessageByID(company Number, id string) (*TextMessage, error)
	MessagesReceived(MessageRange) ([]*TextMessage, error)
	MessagesSent(MessageRange) ([]*TextMessage, error)
	// MessagesBefore reports whether a company has messages older than before.
	MessagesBefore(company Number, before time.Time) (bool, error)
	// DeleteMessages removes the oldest messages of a company that are older than
	// before, at most limit of them, and returns how many there were.
	DeleteMessages(company Number, before time.Time, limit int) (int, error)
}
