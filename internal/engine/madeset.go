package engine

import (
	"fmt"

	"sluice/internal/ingest"
)

// MadeSet is an asset without bytes of its own that a task makes of assets: a
// catalog, an image set, an asset set, a template. A later one with the same Key is
// the same asset with other content.
type MadeSet struct {
	Key       string
	Kind      ingest.DerivedKind // of its row among the originator's derived files
	Type      ingest.AssetType
	SubType   string // of an asset set
	Folder    string // below the originator's; "" = beside it
	Name      string // may be that of the originator
	Engine    string // generation engine; "" = it is no byproduct
	Members   []MadeMember
	Thumbnail string // Key of a Made that stands for it; "" = none
	// Define gives the text of an asset set. number returns the asset of a Made by
	// its Key; 0 = it was refused.
	Define func(number func(key string) ingest.Number) string
	// Content gives the content of a template's document, as JSON is made of it.
	Content func(number func(key string) ingest.Number) any
	// Modifier gives the URL commands of a template. name returns what they call the
	// asset of a Made; "" = it was refused.
	Modifier func(name func(key string) string) string
}

// MadeMember is an asset in a made set: a Made of the same result by its Key, or
// another one by its number. Those that were refused are left out.
type MadeMember struct {
	Key   string
	Asset ingest.Number
	Reset bool // begins a page, view or group
}

// set makes the asset of a set.
func (m *maker) set(made *MadeSet) error {
	a, err := m.virtual(made)
	if err != nil || a == nil {
		return err
	}
	m.numbers[made.Key] = a.Number
	if err := m.members(made, a); err != nil {
		return err
	}
	number := func(key string) ingest.Number { return m.numbers[key] }
	if made.Define != nil {
		if err := m.e.define(m.tx, m.owner, a, made.Define(number)); err != nil {
			return err
		}
	}
	if made.Content != nil {
		if err := m.e.attach(m.tx, m.owner, a.Company, a.Number, ingest.DocTemplate, made.Content(number)); err != nil {
			return err
		}
	}
	if made.Modifier != nil {
		if err := m.modifier(made, a); err != nil {
			return err
		}
	}
	if thumb := m.numbers[made.Thumbnail]; thumb != 0 {
		if err := m.tx.PutLinks(ingest.LinkThumbnail, a.Number, []ingest.Link{{To: thumb}}); err != nil {
			return err
		}
	}
	return m.refer(ingest.Derived{Key: made.Key, Kind: made.Kind, Name: a.FileName}, a, made.Engine)
}

// modifier gives a template its URL commands. Those that people have put in the place
// of the ones that were made before stay, and so do those behind a request.
func (m *maker) modifier(made *MadeSet, a *ingest.Asset) error {
	text := made.Modifier(func(key string) string { return m.names[key] })
	if len(text) > maxModifier {
		m.delta.Counts.Warning++
		return m.e.warn(m.tx, m.job.Number, a, fmt.Sprintf("it has no URL commands: they would have %d bytes, the limit is %d", len(text), maxModifier))
	}
	fields, _, err := attached[ingest.ImageFields](m.tx, a.Company, a.Number, ingest.DocImageFields)
	if err != nil {
		return err
	}
	if fields.Modifier != "" && fields.Modifier != fields.MadeModifier {
		return nil
	}
	fields.Modifier, fields.MadeModifier = text, text
	return m.e.attach(m.tx, m.owner, a.Company, a.Number, ingest.DocImageFields, fields)
}

// virtual returns the asset of a set and logs it; nil when its name cannot be used.
func (m *maker) virtual(made *MadeSet) (*ingest.Asset, error) {
	now := m.e.now()
	row := ingest.LogRow{Job: m.job.Number, Time: now, Type: ingest.LogUploadSuccess, AssetType: logFileType(made.Type)}
	verb, event := "was added to the library", ingest.EventAssetCreated
	a, err := m.earlier(made.Key)
	if err != nil {
		_, err = m.refused(made.Name, err)
		return nil, err
	}
	if a != nil {
		row.Type, verb, event = ingest.LogFileUpdated, "was updated in the library", ingest.EventAssetReplaced
		m.delta.Counts.Update++
		a.Modified, a.ModifiedBy = now, m.owner.User
		if err := m.tx.UpdateAsset(a); err != nil {
			return nil, err
		}
	} else {
		place, err := m.place(made.Folder, made.Name)
		if err != nil {
			_, err = m.refused(made.Name, err)
			return nil, err
		}
		place.Name = place.FileName // a set has no extension
		if err := m.sight.requireFolder(place.Folder, ingest.PermitRead, ingest.PermitWrite); err != nil {
			_, err = m.refused(made.Name, err)
			return nil, err
		}
		folder, err := m.e.folderAt(m.tx, m.company.Number, place.Folder)
		if err != nil {
			return nil, err
		}
		if place.Name != m.origin.Name || place.Folder != m.origin.Path {
			if place, err = m.freePlace(folder, place); err != nil {
				return nil, err
			}
		}
		m.delta.Counts.Success++
		a = &ingest.Asset{
			UUID: m.e.newUUID(), Company: m.company.Number, Folder: folder.Number, Path: folder.Path, Name: place.Name, FileName: place.FileName,
			Type: made.Type, SubType: made.SubType, Engine: made.Engine, State: ingest.AssetReady,
			Publish: ingest.MarkedIf(m.job.Processing.Publish), Created: now, CreatedBy: m.owner.User, Modified: now, ModifiedBy: m.owner.User,
		}
		if err := m.tx.CreateAsset(a); err != nil {
			return nil, err
		}
	}
	if err := m.e.common(m.tx, m.owner, m.job, a, optionsOfMade(m.job.Processing), &m.delta.Counts); err != nil {
		return nil, err
	}
	row.Asset, row.AssetName = a.Number, a.FileName
	row.Message = fmt.Sprintf("%s/%s%s %s.", m.company.Name, a.Path, a.FileName, verb)
	if err := appendLog(m.tx, row); err != nil {
		return nil, err
	}
	return a, m.tx.Emit(ingest.Event{Company: a.Company, Time: now, Kind: event, Subject: a.UUID, User: m.owner.User})
}

// members links the assets that a set has, or that a template names.
func (m *maker) members(made *MadeSet, a *ingest.Asset) error {
	kind := ingest.LinkMember
	switch {
	case made.Type == "Template":
		kind = ingest.LinkNamed
	case !hasMembers(made.Type):
		return nil
	}
	var links []ingest.Link
	for _, member := range made.Members {
		number := member.Asset
		if number == 0 {
			number = m.numbers[member.Key]
		}
		if number == 0 || len(links) >= mostMembers {
			continue
		}
		link := ingest.Link{To: number}
		if kind == ingest.LinkMember && (member.Reset || made.Type == "ImageSet" || made.Type == "SpinSet") {
			link.Data = resetMark
		}
		links = append(links, link)
	}
	return m.tx.PutLinks(kind, a.Number, links)
}
