package ingest

import "time"

// MediaLink lets whoever knows its token read one asset until it expires. The token
// itself is not kept: it follows from Nonce and a secret of the server's, or is
// known to those who were given it.
type MediaLink struct {
	Number      Number
	TokenHash   []byte // SHA-256 of the token
	Nonce       UUID
	Company     Number
	Asset       Number
	User        Number // who sent the file
	Recipient   string // normalised addresses, joined by commas; "" = nobody was named
	Name        string // of the file, for those who read it
	ContentType string
	Size        int64
	RepeatKey   []byte // of the same file from the same user to the same recipient with the same description
	Created     time.Time
	Expires     time.Time
	Ended       bool // its asset has left the library
}

// MediaLinkTx keeps media links.
type MediaLinkTx interface {
	CreateMediaLink(*MediaLink) error
	MediaLinkByToken(hash []byte) (*MediaLink, error)
	// RepeatedMediaLink returns the newest link with the repeat key that was made
	// since a time and has not ended.
	RepeatedMediaLink(company Number, key []byte, since time.Time) (*MediaLink, error)
	// ExpiredMediaLinks lists links whose time is over and that have not ended.
	ExpiredMediaLinks(now time.Time, limit int) ([]*MediaLink, error)
	// EndMediaLink sets Ended.
	EndMediaLink(Number) error
	// DeleteMediaLinks forgets ended links that expired before a time, at most limit
	// of them, and returns how many there were.
	DeleteMediaLinks(before time.Time, limit int) (int, error)
}

// Transfer is an object of the store-and-forward service: allocated with its size,
// then filled once, then read by whoever knows its token. Its bytes are encrypted
// by the clients; nothing here looks into them.
type Transfer struct {
	Number      Number
	TokenHash   []byte // SHA-256 of the token
	Company     Number
	ContentType string
	Size        int64 // bytes that are to come
	Address     string
	State       TransferState
	Asset       Number // set when complete
	Referenced  bool   // a message names it
	Created     time.Time
	Expires     time.Time
}

// TransferState is where a transfer stands.
type TransferState string

// States of a transfer: allocated → complete → ended, or allocated → ended.
const (
	TransferAllocated TransferState = "allocated"
	TransferComplete  TransferState = "complete"
	TransferEnded     TransferState = "ended" // its time is over
)

// TransferTx keeps transfers.
type TransferTx interface {
	CreateTransfer(*Transfer) error
	TransferByToken(hash []byte) (*Transfer, error)
	// UpdateTransfer stores State, Asset, Referenced and Expires.
	UpdateTransfer(*Transfer) error
	// ExpiredTransfers lists transfers whose time is over and that have not ended.
	ExpiredTransfers(now time.Time, limit int) ([]*Transfer, error)
	// DeleteTransfers forgets ended transfers that expired before a time, at most
	// limit of them, and returns how many there were.
	DeleteTransfers(before time.Time, limit int) (int, error)
}

// DayUse names a counter of one day of a company: of the company as a whole (""),
// of a user ("user 17") or of a client's network ("net 192.0.2.1").
type DayUse struct {
	Company Number
	Subject string
	Day     int64 // days since the Unix epoch, UTC
}

// DayUseTx counts files and bytes by day.
type DayUseTx interface {
	// AddDayUse adds the same to each of some different counters.
	AddDayUse(u Usage, counters ...DayUse) error
	// DayUsage reads a counter; one that nothing was added to is zero.
	DayUsage(DayUse) (Usage, error)
	// DeleteDayUse forgets the counters of days before a day.
	DeleteDayUse(before int64) error
}
