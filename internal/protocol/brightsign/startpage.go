package brightsign

import (
	"context"
	"path"
	"strings"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// checkPageName refuses names that no page can have.
func checkPageName(name string) error {
	if n := units(name); n > maxPageName {
		return refuse("The web page name must not be longer than %d characters. It has %d.", maxPageName, n)
	}
	return nil
}

// startPage opens a session for a web page and its assets (9.1).
func (d *Door) startPage(ctx context.Context, c caller, a arguments, data string) (*status, error) {
	if err := d.mayUpload(ctx, c); err != nil {
		return nil, err
	}
	if err := checkPageName(a.Name); err != nil {
		return nil, err
	}
	page := number(a.WebPageID)
	if a.WebPageID != nil && page == 0 {
		return nil, refuse("The web page with the specified identifier does not exist: %d.", *a.WebPageID)
	}
	token := newToken()
	main := facts{Main: true, SessionToken: token, Page: page, Data: data}
	var err error
	if main.Args, err = main.merged(a.file()); err != nil {
		return nil, err
	}
	folder, err := d.pageFolder(ctx, c, page, main.Args.VirtualPath)
	if err != nil {
		return nil, err
	}
	spec := engine.SessionSpec{
		Company: c.company.Number, Door: ingest.DoorBrightSign, Key: token, Page: page, Name: pageNameOf(a, page),
		Members: []engine.MemberSpec{{Key: newToken(), Size: main.Args.size(), FileName: main.Args.FileName, Folder: folder}},
	}
	spec.Open = c.jobSpec(spec.Name.Text)
	if spec.Name.Text == "" {
		spec.Open = c.jobSpec(main.Args.FileName)
	}
	all := []facts{main}
	targets := map[string]bool{strings.ToLower(main.Args.FileName): true}
	for _, one := range a.assets() {
		f := facts{SessionToken: token, Page: page, Data: data}
		member, err := d.assetSpec(&f, one, folder, targets)
		if err != nil {
			return nil, err
		}
		spec.Members, all = append(spec.Members, member), append(all, f)
	}
	for i, f := range all {
		u := ingest.Upload{}
		if err := f.set(&u); err != nil {
			return nil, err
		}
		spec.Members[i].Facts = u.Facts
	}
	u := ingest.Upload{}
	if err := (facts{Data: data, Page: page, PageName: a.Name != "", SessionToken: token}).set(&u); err != nil {
		return nil, err
	}
	spec.Facts = u.Facts
	session, _, err := d.Engine.BeginSession(ctx, c.Principal, spec, maxFileSize)
	if err != nil {
		return nil, pageFault(err, a)
	}
	return d.pageStatusOf(ctx, c, session.ClientKey)
}

// assetSpec checks the arguments of an asset and describes its upload.
func (d *Door) assetSpec(f *facts, a arguments, folder string, targets map[string]bool) (engine.MemberSpec, error) {
	if err := a.check(); err != nil {
		return engine.MemberSpec{}, err
	}
	f.Args = a.file()
	target, err := targetOf(a.RelativePath, a.FileName)
	if err != nil {
		return engine.MemberSpec{}, err
	}
	if targets[strings.ToLower(target)] {
		return engine.MemberSpec{}, refuse("The relative path is not valid: two files of the web page are at %q.", clip(target))
	}
	targets[strings.ToLower(target)] = true
	if a.VirtualPath != "" {
		if folder, err = folderOf(a.VirtualPath); err != nil {
			return engine.MemberSpec{}, err
		}
	}
	return engine.MemberSpec{Key: newToken(), Size: a.size(), FileName: a.FileName, Folder: folder}, nil
}

// file returns what of the arguments of a page or asset is about the file alone.
func (a arguments) file() arguments {
	a.SessionToken, a.UploadToken, a.Name, a.Assets, a.WebPageID = "", "", "", nil, nil
	return a
}

func (a arguments) assets() []arguments {
	if a.Assets == nil {
		return nil
	}
	return *a.Assets
}

// pageFolder is where a page goes: where it is told to, else where it is, else where
// everything goes.
func (d *Door) pageFolder(ctx context.Context, c caller, page ingest.Number, virtualPath string) (string, error) {
	if virtualPath == "" && page != 0 {
		existing, err := d.Engine.WebPage(ctx, c.Principal, c.company.Number, page)
		if err == nil {
			return existing.Asset.Path, nil
		}
		if ingest.KindOf(err) != ingest.NotFound {
			return "", err
		}
		return "", refuse("The web page with the specified identifier does not exist: %d.", page)
	}
	if virtualPath == "" {
		virtualPath = defaultVirtualPath
	}
	return folderOf(virtualPath)
}

// pageNameOf is the name that a page is to have (9.1).
func pageNameOf(a arguments, page ingest.Number) engine.PageName {
	switch {
	case a.Name != "":
		return engine.PageName{Text: a.Name}
	case page != 0:
		return engine.PageName{}
	}
	name := strings.TrimSuffix(a.FileName, path.Ext(a.FileName))
	if name == "" {
		name = a.FileName
	}
	return engine.PageName{Text: name, Derived: true}
}

// pageFault says failures about pages in the contract's sentences.
func pageFault(err error, a arguments) error {
	if ingest.CodeOf(err) == ingest.CodeExists {
		return &Fault{Code: codeClient, Message: "A web page with the specified name already exists: " + clip(a.Name) + ".", err: err}
	}
	return err
}
