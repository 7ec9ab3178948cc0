package nomad

import (
	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// unfinished adds what is being uploaded to a plan whose filter asks for it: lists show
// what is finished otherwise, because clients decide by them what they need not send
// (9). With found, files whose new version is on its way are found already.
func (p *plan) unfinished(found bool) error {
	if p.coming != nil {
		return nil
	}
	list, err := p.Engine.PromisedAssets(p.r.Context(), p.caller, p.company.Number)
	if err != nil {
		return err
	}
	p.coming = map[ingest.UUID]*ingest.Upload{}
	for _, u := range list {
		id := u.Options.Asset
		p.coming[id] = u
		it, err := p.Engine.Entry(p.r.Context(), p.caller, p.company.Number, id)
		switch {
		case err != nil && ingest.KindOf(err) != ingest.NotFound:
			return err
		case err != nil:
			p.waiting = append(p.waiting, engine.Entry{Placeholder: &engine.Placeholder{UUID: id, Path: u.Folder, FileName: u.FileName, Created: u.Created}})
		case it.Asset != nil && !found:
			p.waiting = append(p.waiting, it)
		} // placeholders are listed by themselves
	}
	return nil
}
