package engine

import (
	"context"
	"slices"
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

// XMP returns the packet of an asset, that of its file unless it was given another,
// nil when it has none, and the values that every asset may have.
func (e *Engine) XMP(ctx context.Context, p ingest.Principal, company, asset ingest.Number) (packet []byte, values map[string][]string, err error) {
	err = e.viewAsset(ctx, p, company, asset, rightRead, func(tx ingest.Tx, _ *sight, _ *ingest.Asset) error {
		d, err := tx.DocumentByKey(company, ingest.DocXMP, asset, xmpKey)
		if err == nil {
			packet = d.Data
		} else if ingest.KindOf(err) != ingest.NotFound {
			return err
		} else if m, _, err := embeddedOf(tx, company, asset); err != nil {
			return err
		} else {
			packet = m.Packet
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
// which may be that of the file, nil for none, and may run again.
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
			if err := e.putPacket(tx, p, a, "", edit); err != nil {
				return err
			}
			if err := e.changed(tx, p, a); err != nil {
				return err
			}
		}
		return nil
	})
}

// putPacket gives an asset a new packet and what searches find it by. The name tells
// packets that clients write ("") from those that are made of upload options, which
// never become the former's.
func (e *Engine) putPacket(tx ingest.Tx, p ingest.Principal, a *ingest.Asset, name string, edit func(old []byte) (XMPContent, error)) error {
	d, err := packetOf(tx, a)
	if err != nil {
		return err
	}
	inFile, _, err := embeddedOf(tx, a.Company, a.Number)
	if err != nil {
		return err
	}
	before := inFile.Packet
	if d != nil {
		before = d.Data
	}
	content, err := edit(before)
	if err != nil {
		return err
	}
	if len(content.Packet) > MaxXMPBytes {
		return tooLong("engine.EditXMP", "packet", len(content.Packet), MaxXMPBytes)
	}
	if d == nil {
		d = e.newDocument(p, a.Company, ingest.DocXMP, xmpKey, name, content.Packet)
		d.Owner = a.Number
		err = tx.CreateDocument(d)
	} else {
		if name == "" {
			d.Name = ""
		}
		d.Data, d.Modified, d.By = content.Packet, e.now(), p.User
		err = tx.UpdateDocument(d)
	}
	if err != nil {
		return err
	}
	return putXMPValues(tx, a, content.Values, inFile.Values)
}

// putXMPValues replaces the values that came from a packet: those with a dot in
// their key and those that every asset may have from it. What the file says of how
// it was made stays where the packet is silent.
func putXMPValues(tx ingest.Tx, a *ingest.Asset, values, inFile map[string][]string) error {
	have, err := tx.ValuesOf([]ingest.Number{a.Number}, nil)
	if err != nil {
		return err
	}
	var fields []string
	var rows []ingest.Value
	for _, v := range have {
		stays := len(inFile[v.Field]) > 0 && technicalKey(v.Field)
		if !stays && (strings.Contains(v.Field, ".") || v.Field == ingest.FieldKeywords || v.Field == ingest.FieldDescription || v.Field == ingest.FieldCreatedWith) {
			fields = append(fields, v.Field)
		}
	}
	for field, list := range values {
		fields = append(fields, field)
		rows = append(rows, valuesOfKey(a.Number, field, list)...)
	}
	slices.Sort(fields)
	return tx.ReplaceValues(a.Company, a.Number, slices.Compact(fields), rows)
}
