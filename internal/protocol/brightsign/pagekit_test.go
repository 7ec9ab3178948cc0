package brightsign

import "fmt"

// file is a file of a page.
type file struct {
	relative, name, content string
}

// pageArgs are the arguments of a session, in parts.
type pageArgs struct {
	kind   string // derived type
	main   file
	extra  string // members beside those of the file, before the assets
	id     string // WebPageId, of an update
	name   string
	assets []file
	hashes bool
}

// pageOf describes a new page index.html with assets.
func pageOf(assets []file) pageArgs {
	return pageArgs{main: file{"", "index.html", "<html>1</html>"}, assets: assets}
}

func (a pageArgs) xml(more ...string) string {
	inner := members("ContentType", "WebPage", "FileName", a.main.name, "FileSize", fmt.Sprint(len(a.main.content))) + a.extra + members(more...)
	if a.assets != nil {
		inner += "<a:Assets>"
		for _, f := range a.assets {
			inner += "<a:WebPageAssetUploadArguments>" + a.fileMembers(f) + members("RelativePath", f.relative) + "</a:WebPageAssetUploadArguments>"
		}
		inner += "</a:Assets>"
	}
	if a.name != "" {
		inner += members("Name", a.name)
	}
	if a.id != "" {
		inner += members("WebPageId", a.id)
	}
	return args(a.kind, inner)
}

func (a pageArgs) fileMembers(f file) string {
	said := []string{"FileName", f.name, "FileSize", fmt.Sprint(len(f.content))}
	if a.hashes {
		said = append(said, "SHA1Hash", sha([]byte(f.content)))
	}
	return members(said...)
}

// update makes the arguments those of a new version of a page.
func (a pageArgs) update(id string) pageArgs {
	a.kind, a.id, a.hashes = "WebPageUpdateArguments", id, true
	return a
}

func (h *harness) startPage(u *user, a pageArgs) *element {
	h.t.Helper()
	return h.call(u, opStartPage, a.xml())
}

func (h *harness) completePage(u *user, a pageArgs, session string) *element {
	h.t.Helper()
	return h.call(u, opCompletePage, a.xml("SessionToken", session))
}

func (h *harness) pageStatus(u *user, session string) *element {
	h.t.Helper()
	return h.call(u, opPageStatus, parameters("sessionToken", session))
}

// assetTokens are the upload tokens of the assets in the status of a session.
func assetTokens(page *element) (tokens []string) {
	for _, asset := range page.Child("Assets").Children {
		tokens = append(tokens, text(asset, "UploadToken"))
	}
	return tokens
}

// send uploads a file of a session.
func (h *harness) sendFile(u *user, session, token string, f file, more ...string) *element {
	h.t.Helper()
	said := append([]string{"FileName", f.name, "FileSize", fmt.Sprint(len(f.content)), "SessionToken", session, "UploadToken", token}, more...)
	h.start(u, said...)
	if f.content != "" {
		h.append(u, session, token, 0, []byte(f.content))
	}
	return h.complete(u, said...)
}

// publish uploads a whole page and returns its status.
func (h *harness) publish(u *user, a pageArgs) *element {
	h.t.Helper()
	page := h.startPage(u, a)
	session := text(page, "SessionToken")
	h.sendFile(u, session, text(page, "UploadToken"), a.main)
	if len(a.assets) > 0 {
		for i, token := range assetTokens(page) {
			h.sendFile(u, session, token, a.assets[i])
		}
	}
	return h.completePage(u, a, session)
}
