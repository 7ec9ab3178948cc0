package engine

import (
	"fmt"

	"sluice/internal/ingest"
)

// land stores a made file as a new asset or as a new version of one. What speaks
// against it goes to the job's log, and Outcome.Asset is nil.
func (m *maker) land(made *Made, contentType string, a *ingest.Asset) (Outcome, error) {
	place, err := m.place(made.Folder, made.FileName)
	if err != nil {
		if made.Whole {
			m.delta.Counts.Total++
		}
		return m.refused(made.FileName, err)
	}
	l := landing{
		place: place, blob: made.Spool.ref, head: made.Spool.head, contentType: contentType, processing: optionsOfMade(m.job.Processing),
		engine: made.Engine, media: made.Media, crop: made.Crop,
	}
	if made.Whole {
		o := m.job.Processing
		o.Unpack = false // archives in archives stay as they are
		l.processing, l.policy, l.knownTypesOnly = &o, jobPolicy(m.job), true
		owner, err := principalOf(m.tx, m.owner.User)
		if err == nil { // it is an upload, whenever the archive came
			_, err = m.e.authorize(m.tx, owner, m.company.Number, rightUpload)
		}
		if err != nil {
			m.delta.Counts.Total++
			return m.refused(made.FileName, err)
		}
		return m.e.land(m.tx, owner, m.company, m.job, l, &m.delta)
	}
	r := resolution{place: place, replace: a}
	files, size := int64(1), l.blob.Size
	if a != nil {
		_, ext := splitExt(place.FileName)
		r.place = Place{Folder: a.Path, Name: a.Name, FileName: a.Name + "." + ext}
		files, size = 0, size-a.Size
	}
	if err := quotaError(m.tx, m.owner, m.company, files, size); err != nil {
		if ingest.CodeOf(err) != ingest.CodeQuota {
			return Outcome{}, err
		}
		return m.refused(made.FileName, err)
	}
	if a == nil {
		if err := m.sight.requireFolder(place.Folder, ingest.PermitRead, ingest.PermitWrite); err != nil {
			return m.refused(made.FileName, err)
		}
	}
	folder, err := m.e.folderAt(m.tx, m.company.Number, r.place.Folder)
	if err != nil {
		return Outcome{}, err
	}
	if a == nil {
		if r.place, err = m.freePlace(folder, place); err != nil {
			return Outcome{}, err
		}
	}
	kind := made.Type
	if kind == "" {
		kind, _ = assetType(r.place.FileName, contentType)
	}
	l.place = r.place
	return m.e.keep(m.tx, m.owner, m.company, m.job, folder, l, r, kind, &m.delta)
}

// optionsOfMade are the options of a job that hold for what is made of its files.
func optionsOfMade(o ingest.Processing) *ingest.Processing {
	o.Crop, o.ColorCrop, o.AlphaCrop, o.Knockout, o.CreateMask = nil, nil, nil, nil, false
	o.Photoshop, o.PDF, o.PostScript, o.Illustrator, o.InDesign, o.Video, o.Unpack = nil, nil, nil, nil, "", nil, false
	return &o
}

// place is where a made file goes, unless its name is taken.
func (m *maker) place(folder, fileName string) (Place, error) {
	// The company's name in front makes it a path from the root, whatever the folder is called.
	place, err := PlaceOf(m.company.Name, m.company.Name+"/"+m.origin.Path+folder, fileName)
	if err == nil && place.Name == "" {
		err = &ingest.Error{Kind: ingest.Invalid, Op: "engine.made", Msg: fmt.Sprintf("nothing of the name %s can be used", quote(fileName))}
	}
	return place, err
}

// freePlace gives a name that is taken a number.
func (m *maker) freePlace(folder *ingest.Folder, place Place) (Place, error) {
	named, err := m.tx.AssetsNamed(m.company.Number, place.Name)
	if err != nil {
		return place, err
	}
	taken := false
	for _, a := range named {
		taken = taken || !a.Emptied
	}
	if !taken {
		if taken, err = folderNamed(m.tx, m.company.Number, folder.Path+place.Name+"/"); err != nil || !taken {
			return place, err
		}
	}
	r, err := rename(m.tx, m.company, place, true, folder)
	return r.place, err
}
