package storetest

import "sluice/internal/ingest"

func events(f *fixture) {
	all := []ingest.Event{
		{Company: 1, Time: noon, Kind: ingest.EventJobOpened, Subject: "s1", User: 2, Data: `{"a":"b"}`},
		{Company: 2, Time: noon, Kind: ingest.EventAssetCreated, Subject: "s2"},
		{Company: 1, Time: noon, Kind: ingest.EventJobFinished, Subject: "s3"},
	}
	for _, e := range all {
		f.update(func(tx ingest.Tx) error { return tx.Emit(e) })
	}
	var got []ingest.Event
	f.view(func(tx ingest.Tx) (err error) {
		got, err = tx.Events(ingest.Page{Limit: 10})
		return err
	})
	for i := range got {
		if i > 0 && got[i].Number <= got[i-1].Number {
			f.Errorf("event %d has number %d after %d", i, got[i].Number, got[i-1].Number)
		}
		all[i].Number = got[i].Number
	}
	f.same("Events", got, all)
	expect(f, "page", all[1:2], func(tx ingest.Tx) ([]ingest.Event, error) {
		return tx.Events(ingest.Page{After: all[0].Number, Limit: 1})
	})
	expect(f, "after the last", nil, func(tx ingest.Tx) ([]ingest.Event, error) {
		return tx.Events(ingest.Page{After: all[2].Number, Limit: 1})
	})
}
