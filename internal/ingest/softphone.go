package ingest

import (
	"crypto/rand"
	"encoding/json"
	"strings"
	"time"
)

// SoftphoneSettings are the choices of a company about messages and media of
// softphones. The zero value is the default of every setting.
type SoftphoneSettings struct {
	RefuseUnknown    bool          `json:"refuse-unknown,omitempty"`      // refuse recipients whom nobody of the company is, instead of keeping what is for them
	RecipientNeeded  bool          `json:"recipient-needed,omitempty"`    // uploads must name a recipient
	RecipientPattern string        `json:"recipient-pattern,omitempty"`   // regular expression that every recipient must fit as a whole
	RecipientAllow   []string      `json:"recipient-allow,omitempty"`     // recipients that are allowed, with * at an end; empty = all
	RecipientDeny    []string      `json:"recipient-deny,omitempty"`      // those that are not, whatever is allowed
	MessageRetention time.Duration `json:"message-retention,omitempty"`   // 0 = DefaultMessageRetention
	MessageRate      int64         `json:"message-rate,omitempty"`        // recipients of a user's messages within a minute; 0 = DefaultMessageRate
	MessageDayBytes  int64         `json:"message-day-bytes,omitempty"`   // bytes of texts of one user a day; 0 = DefaultMessageDayBytes
	MediaLifetime    time.Duration `json:"media-lifetime,omitempty"`      // 0 = the server's
	MediaMax         int64         `json:"media-max,omitempty"`           // bytes of one file; 0 = DefaultMediaMax
	MediaTypes       []string      `json:"media-types,omitempty"`         // MIME types, with /* for a family; empty = DefaultMediaTypes
	Folder           string        `json:"folder,omitempty"`              // where files go; "" = DefaultSoftphoneFolder
	MMMSG            TransferMode  `json:"mmmsg,omitempty"`               // "" = TransferSecret
	MMMSGMax         int64         `json:"mmmsg-max,omitempty"`           // bytes of one object; 0 = DefaultTransferMax
	MMMSGLifetime    time.Duration `json:"mmmsg-lifetime,omitempty"`      // of objects that no message names; 0 = DefaultTransferLifetime
	MMMSGRate        int64         `json:"mmmsg-rate,omitempty"`          // allocations a minute from one network; 0 = DefaultTransferRate
	MMMSGDayBytes    int64         `json:"mmmsg-day-bytes,omitempty"`     // bytes a day of all networks; 0 = DefaultTransferDayBytes
	MMMSGNetDayBytes int64         `json:"mmmsg-net-day-bytes,omitempty"` // bytes a day of one network; 0 = DefaultTransferNetDayBytes
	MMMSGDayCount    int64         `json:"mmmsg-day-count,omitempty"`     // allocations a day of all networks; 0 = DefaultTransferDayCount
	MMMSGNetDayCount int64         `json:"mmmsg-net-day-count,omitempty"` // allocations a day of one network; 0 = DefaultTransferNetDayCount
	PushURL          string        `json:"push-url,omitempty"`            // is told of every message; "" = off
	PushSecret       string        `json:"push-secret,omitempty"`         // signs what is sent there
	PushText         bool          `json:"push-text,omitempty"`           // the text of the message is told too
}

// TransferMode says who may allocate objects of the store-and-forward service.
type TransferMode string

// Modes.
const (
	TransferOff    TransferMode = "off"
	TransferSecret TransferMode = "secret" // who knows the secret part of the address
	TransferOpen   TransferMode = "open"
)

// Defaults of the settings of softphones.
const (
	DefaultMessageRetention    = 90 * 24 * time.Hour
	DefaultMessageRate         = 300
	DefaultMessageDayBytes     = 100 << 20
	DefaultMediaLifetime       = 30 * 24 * time.Hour
	DefaultMediaMax            = 100 << 20
	DefaultSoftphoneFolder     = "Softphone"
	DefaultTransferMax         = 25 << 20
	DefaultTransferLifetime    = 7 * 24 * time.Hour
	DefaultTransferRate        = 30
	DefaultTransferDayBytes    = 10 << 30
	DefaultTransferNetDayBytes = 1 << 30
	DefaultTransferDayCount    = 10_000
	DefaultTransferNetDayCount = 1000
)

// DefaultMediaTypes are the types of media that softphones may send (softphone
// contract, section 11).
func DefaultMediaTypes() []string {
	return []string{"image/jpeg", "image/png", "image/gif", "image/heic", "video/mp4", "video/quicktime", "audio/*", "application/pdf"}
}

// Mode returns who may allocate.
func (s SoftphoneSettings) Mode() TransferMode {
	if s.MMMSG == "" {
		return TransferSecret
	}
	return s.MMMSG
}

// TransferSecretOf returns the secret part of the address of a company's
// store-and-forward service; NotFound before the first need.
func TransferSecretOf(tx DocumentTx, company Number) (string, error) {
	d, err := tx.DocumentByKey(company, DocTransferSecret, 0, OnlyOne)
	if err != nil {
		return "", err
	}
	var secret string
	if err := json.Unmarshal(d.Data, &secret); err != nil {
		return "", &Error{Kind: Internal, Op: "ingest.TransferSecretOf", Err: err}
	}
	return secret, nil
}

// MintTransferSecret is TransferSecretOf, and makes the secret when there is none: 26
// lower-case letters and digits, 130 random bits.
func MintTransferSecret(tx DocumentTx, company Number, id UUID, now time.Time) (string, error) {
	secret, err := TransferSecretOf(tx, company)
	if err == nil || KindOf(err) != NotFound {
		return secret, err
	}
	secret = strings.ToLower(rand.Text())
	data, err := json.Marshal(secret)
	if err != nil {
		return "", err
	}
	return secret, tx.CreateDocument(&Document{UUID: id, Company: company, Kind: DocTransferSecret, Key: OnlyOne, Data: data, Created: now, Modified: now})
}
