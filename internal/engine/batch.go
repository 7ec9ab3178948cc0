package engine

import "sluice/internal/ingest"

// Batch is how an operation on many items went. Each item is all or nothing; an
// item that fails does not stop the others.
type Batch struct {
	Success  int
	Warnings []ItemFault // items that were done with a reservation
	Errors   []ItemFault // items that were not done
}

// ItemFault says what is wrong with one item of a batch.
type ItemFault struct {
	Index int // in the list of the request
	Err   error
}

// note counts an item in. It returns the failures that are not the item's own but
// the server's, which end the whole batch.
func (b *Batch) note(index int, err error) error {
	switch {
	case err == nil:
		b.Success++
	case ingest.KindOf(err) == ingest.Internal, ingest.KindOf(err) == ingest.Unavailable:
		return err
	default:
		b.Errors = append(b.Errors, ItemFault{index, err})
	}
	return nil
}
