package jobs

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// PushSource says what a push task is to tell whom.
type PushSource interface {
	Push(ctx context.Context, t *ingest.Task) (engine.Push, bool, error)
}

// Post makes a call and returns the failure of one that was not taken.
type Post func(ctx context.Context, url string, header http.Header, body []byte) error

// Push returns the handler that tells a company's server of a message, by post. A
// call that was not taken is made again later.
func Push(source PushSource, post Post, now func() time.Time) Handler {
	return func(ctx context.Context, t *ingest.Task) (engine.TaskResult, *engine.Failure) {
		push, wanted, err := source.Push(ctx, t)
		if err != nil || !wanted {
			return result(err)
		}
		body, err := json.Marshal(push.Event)
		if err != nil {
			return result(err)
		}
		return result(post(ctx, push.URL, pushHeader(push, body, now()), body))
	}
}

func result(err error) (engine.TaskResult, *engine.Failure) {
	if err != nil {
		return engine.TaskResult{}, failed(err)
	}
	return engine.TaskResult{}, nil
}

// pushHeader is the header of a call. Names and signature are those of the Standard
// Webhooks specification, version 1: HMAC-SHA-256 over ID.TIMESTAMP.BODY, in base64.
// The ID is the same in every attempt, so that a receiver can pass over repeats.
func pushHeader(push engine.Push, body []byte, now time.Time) http.Header {
	at := strconv.FormatInt(now.Unix(), 10)
	h := http.Header{}
	h.Set("Content-Type", "application/json")
	h.Set("Idempotency-Key", push.Key)
	h.Set("Webhook-Id", push.Key)
	h.Set("Webhook-Timestamp", at)
	if push.Secret != "" {
		mac := hmac.New(sha256.New, pushKey(push.Secret))
		mac.Write([]byte(push.Key + "." + at + "."))
		mac.Write(body)
		h.Set("Webhook-Signature", "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	}
	return h
}

// pushKey is the key that a secret stands for: one that begins with whsec_ is base64,
// any other counts as it is.
func pushKey(secret string) []byte {
	if text, ok := strings.CutPrefix(secret, "whsec_"); ok {
		if key, err := base64.StdEncoding.DecodeString(text); err == nil {
			return key
		}
	}
	return []byte(secret)
}
