package engine

import (
	"context"
	"strings"

	"sluice/internal/ingest"
)

// XMPContent is an asset's packet with the values that searches find it by.
type XMPContent struct {
	Packet []byte
	Values map[string][]string // by key in dot notation, and by the keys of fields of every asset
}

// Limits of a packet.
const (
	MaxXMPBytes   = 4 << 20
	mostXMPValues = 1000 // of one key; what is beyond them is in the packet only
)

const xmpKey = ingest.OnlyOne

// XMP returns the packet of an asset, nil when it has none, and the values that
// every asset may have.
func (e *Engine) XMP(ctx context.Context, p ingest.Principal, company, asset ingest.Number) (packet []byte, values map[string][]string, err error) {
	err = e.viewAsset(ctx, p, company, asset, rightRead, func(tx ingest.Tx, _ *sight, _ *ingest.Asset) error {
		d, err := tx.DocumentByKey(company, ingest.DocXMP, asset, xmpKey)
		if err == nil {
			packet = d.Data
		} else if ingest.KindOf(err) != ingest.NotFound {
			return err
		}
		rows, err := tx.ValuesOf([]ingest.Number{asset}, []string{ingest.FieldKeywords, ingest.FieldDescription})
		values = map[string][]string{}
		for _, v := range rows {
			values[v.Field] = append(values[v.Field], v.Text)
		}
		return err
	})
	return packet, values, err
}

// EditXMP gives assets new packets: all of them or none. edit gets the old packet,
// nil for none, and may run again.
func (e *Engine) EditXMP(ctx context.Context, p ingest.Principal, company ingest.Number, assets []ingest.Number, edit func(old []byte) (XMPContent, error)) error {
	return e.store.Update(ctx, func(tx ingest.Tx) error {
		s, err := e.editor(tx, p, company)
		if err != nil {
			return err
		}
		for _, number := range assets {
			a, err := s.assetOf(number, ingest.PermitRead, ingest.PermitWrite)
			if err != nil {
				return err
			}
			if err := e.putPacket(tx, p, a, edit); err != nil {
				return err
			}
			if err := e.changed(tx, p, a); err != nil {
				return err
			}
		}
		return nil
	})
}

// putPacket gives an asset a new packet and what searches find it by.
func (e *Engine) putPacket(tx ingest.Tx, p ingest.Principal, a *ingest.Asset, edit func(old []byte) (XMPContent, error)) error {
	old, err := tx.DocumentByKey(a.Company, ingest.DocXMP, a.Number, xmpKey)
	if err != nil && ingest.KindOf(err) != ingest.NotFound {
		return err
	}
	var before []byte
	if err == nil {
		before = old.Data
	}
	content, err := edit(before)
	if err != nil {
		return err
	}
	if len(content.Packet) > MaxXMPBytes {
		return tooLong("engine.EditXMP", "packet", len(content.Packet), MaxXMPBytes)
	}
	if before == nil {
		d := e.newDocument(p, a.Company, ingest.DocXMP, xmpKey, "", content.Packet)
		d.Owner = a.Number
		err = tx.CreateDocument(d)
	} else {
		old.Data, old.Modified, old.By = content.Packet, e.now(), p.User
		err = tx.UpdateDocument(old)
	}
	if err != nil {
		return err
	}
	return putXMPValues(tx, a, content.Values)
}

// putXMPValues replaces the values that came from a packet: those with a dot in
// their key and those that every asset may have from it.
func putXMPValues(tx ingest.Tx, a *ingest.Asset, values map[string][]string) error {
	have, err := tx.ValuesOf([]ingest.Number{a.Number}, nil)
	if err != nil {
		return err
	}
	for _, v := range have {
		if _, kept := values[v.Field]; !kept && (strings.Contains(v.Field, ".") || v.Field == ingest.FieldKeywords || v.Field == ingest.FieldDescription || v.Field == ingest.FieldCreatedWith) {
			if err := tx.PutValues(a.Company, a.Number, v.Field, nil); err != nil {
				return err
			}
		}
	}
	for field, list := range values {
		rows := make([]ingest.Value, 0, len(list))
		for _, text := range list {
			if len(rows) < mostXMPValues {
				rows = append(rows, ingest.Value{Asset: a.Number, Field: field, Text: text})
			}
		}
		if err := tx.PutValues(a.Company, a.Number, field, rows); err != nil {
			return err
		}
	}
	return nil
}
