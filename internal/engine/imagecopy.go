package engine

import (
	"context"

	"sluice/internal/ingest"
)

// CopyImage makes a new image of what an image looks like under a modifier, or of
// the same bytes when the modifier changes nothing; then metadata and fields are
// copied too. There is no link between the two.
func (e *Engine) CopyImage(ctx context.Context, p ingest.Principal, company, image ingest.Number, folder, name, modifier string) (number ingest.Number, err error) {
	src, err := e.imageSource(ctx, p, company, image, rightOverwrite, []ingest.AssetType{ingest.TypeImage}, ingest.PermitRead)
	if err != nil {
		return 0, err
	}
	made, err := e.renderedBlob(ctx, src, modifier)
	if err != nil {
		return 0, err
	}
	err = e.store.Update(ctx, func(tx ingest.Tx) error {
		number, err = e.copyImage(tx, p, company, src, made, folder, name)
		return err
	})
	e.wakeWorkers()
	return number, e.dropUnless(ctx, err, made)
}

// rendered is a picture whose bytes are stored, or the bytes of its source.
type rendered struct {
	fresh     bool // the bytes were made; otherwise they are the source's
	blob      ingest.BlobRef
	media     ingest.Media
	extension string
}

// renderedBlob renders a source and stores the result.
func (e *Engine) renderedBlob(ctx context.Context, src source, modifier string) (rendered, error) {
	picture, err := e.render(ctx, src, modifier)
	if err != nil {
		return rendered{}, err
	}
	if picture == nil {
		_, ext := splitExt(src.version.FileName)
		return rendered{blob: src.version.Blob, media: src.asset.Media, extension: ext}, nil
	}
	stored, err := e.storeDerived(ctx, []DerivedFile{{Key: "rendered", Bytes: picture.Bytes, Media: picture.Media}})
	if err != nil {
		return rendered{}, err
	}
	return rendered{fresh: true, blob: stored[0].Blob, media: picture.Media, extension: picture.Extension}, nil
}

// dropUnless removes made bytes that nothing refers to because storing them failed.
func (e *Engine) dropUnless(ctx context.Context, err error, made rendered) error {
	if err != nil && made.fresh && !inDoubt(err) {
		if e := e.blobs.Delete(ctx, made.blob.Key); e != nil {
			return e
		}
	}
	return err
}

func (e *Engine) copyImage(tx ingest.Tx, p ingest.Principal, company ingest.Number, src source, made rendered, folder, name string) (ingest.Number, error) {
	c, err := e.authorize(tx, p, company, rightOverwrite)
	if err != nil {
		return 0, err
	}
	a, err := e.virtualAsset(tx, p, c, ingest.Asset{Path: folder, Name: name, Type: ingest.TypeImage, Media: made.media, Size: made.blob.Size, SHA256: made.blob.SHA256})
	if err != nil {
		return 0, err
	}
	if made.extension != "" {
		a.FileName = a.Name + "." + made.extension
	}
	if !made.fresh {
		a.Crop, a.Metadata = src.asset.Crop, src.asset.Metadata
		if err := e.copyFields(tx, p, src.asset, a); err != nil {
			return 0, err
		}
	}
	return a.Number, e.newBytes(tx, p, a, made)
}

// newBytes gives an asset a version with made bytes and queues the inspection that
// makes its thumbnail. It is the step of no job.
func (e *Engine) newBytes(tx ingest.Tx, p ingest.Principal, a *ingest.Asset, made rendered) error {
	v := &ingest.Version{
		UUID: e.newUUID(), Asset: a.Number, Ordinal: 1, FileName: a.FileName, ContentType: made.media.ContentType, Blob: made.blob,
		Update: a.Version != 0, Created: e.now(), CreatedBy: p.User,
	}
	if a.Version != 0 {
		old, err := tx.Version(a.Version)
		if err != nil {
			return err
		}
		v.Ordinal = old.Ordinal + 1
	}
	if err := tx.CreateVersion(v); err != nil {
		return err
	}
	a.Version, a.Size, a.SHA256, a.Media, a.State = v.Number, made.blob.Size, made.blob.SHA256, made.media, ingest.AssetProcessing
	if err := tx.UpdateAsset(a); err != nil {
		return err
	}
	c := &ingest.Company{Number: a.Company}
	return tx.CreateTask(e.task(step{kind: ingest.TaskInspect}, c, &ingest.Job{}, a, v))
}

// copyFields copies metadata values, the packet and the image fields.
func (e *Engine) copyFields(tx ingest.Tx, p ingest.Principal, from, to *ingest.Asset) error {
	values, err := tx.ValuesOf([]ingest.Number{from.Number}, nil)
	if err != nil {
		return err
	}
	byField := map[string][]ingest.Value{}
	for _, v := range values {
		byField[v.Field] = append(byField[v.Field], v)
	}
	for field, list := range byField {
		if err := tx.PutValues(to.Company, to.Number, field, list); err != nil {
			return err
		}
	}
	docs, err := tx.DocumentsOf(from.Company, []ingest.DocumentKind{ingest.DocXMP, ingest.DocEmbedded, ingest.DocImageFields}, []ingest.Number{from.Number})
	if err != nil {
		return err
	}
	for _, d := range docs {
		copied := e.newDocument(p, to.Company, d.Kind, d.Key, d.Name, d.Data)
		copied.Owner = to.Number
		if err := tx.CreateDocument(copied); err != nil {
			return err
		}
	}
	return nil
}

// ReplaceImage makes what an image looks like under a modifier its new version.
// Without a command that changes something it stays as it is.
func (e *Engine) ReplaceImage(ctx context.Context, p ingest.Principal, company, image ingest.Number, modifier string) error {
	src, err := e.imageSource(ctx, p, company, image, rightOverwrite, []ingest.AssetType{ingest.TypeImage}, ingest.PermitRead, ingest.PermitWrite)
	if err != nil {
		return err
	}
	made, err := e.renderedBlob(ctx, src, modifier)
	if err != nil || !made.fresh {
		return err
	}
	err = e.store.Update(ctx, func(tx ingest.Tx) error {
		s, err := e.editor(tx, p, company)
		if err != nil {
			return err
		}
		a, err := s.assetOf(image, ingest.PermitRead, ingest.PermitWrite)
		if err != nil {
			return err
		}
		if made.extension != "" {
			a.FileName = a.Name + "." + made.extension
		}
		a.Modified, a.ModifiedBy = e.now(), p.User
		if err := e.newBytes(tx, p, a, made); err != nil {
			return err
		}
		return tx.Emit(ingest.Event{Company: company, Time: a.Modified, Kind: ingest.EventAssetReplaced, Subject: a.UUID, User: p.User})
	})
	e.wakeWorkers()
	return e.dropUnless(ctx, err, made)
}

// RemoveMask removes the masks that were made of an image. What is transparent in
// the image itself stays so.
func (e *Engine) RemoveMask(ctx context.Context, p ingest.Principal, company, image ingest.Number) error {
	var dropped []ingest.BlobKey
	err := e.changeAsset(ctx, p, company, image, func(tx ingest.Tx, a *ingest.Asset) error {
		if a.Type != ingest.TypeImage {
			return wrongType(a, "Image")
		}
		var err error
		dropped, err = tx.DeleteDerived(a.Number, ingest.DerivedMask)
		return err
	})
	if err != nil {
		return err
	}
	for _, key := range dropped {
		if err := e.blobs.Delete(ctx, key); err != nil {
			return err
		}
	}
	return nil
}
