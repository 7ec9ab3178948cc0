package engine

import (
	"strings"

	"sluice/internal/ingest"
)

// maxSearchWords is how many bytes of different words searches know of an asset.
const maxSearchWords = 64 << 10

// putWords makes searches find the asset of a task by the words in its file, unless
// it has other bytes meanwhile.
func (e *Engine) putWords(tx ingest.Tx, t *ingest.Task, words []string) error {
	if words == nil {
		return nil
	}
	a, err := tx.Asset(t.Asset)
	if err != nil || a.Version != t.Version {
		return err
	}
	return putWords(tx, a.Company, a.Number, words)
}

// putWords replaces the words that an asset is found by. Each counts once, without
// regard to case; what goes beyond maxSearchWords is left out.
func putWords(tx ingest.Tx, company, asset ingest.Number, words []string) error {
	var text strings.Builder
	seen := map[string]bool{}
	for _, word := range words {
		folded := strings.ToLower(word)
		if word == "" || seen[folded] {
			continue
		}
		if text.Len()+1+len(word) > maxSearchWords {
			break
		}
		seen[folded] = true
		if text.Len() > 0 {
			text.WriteByte(' ')
		}
		text.WriteString(word)
	}
	var values []ingest.Value
	if text.Len() > 0 {
		values = []ingest.Value{{Asset: asset, Field: ingest.FieldWords, Text: text.String()}}
	}
	return tx.PutValues(company, asset, ingest.FieldWords, values)
}
