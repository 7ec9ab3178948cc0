package ipsapi

import (
	"fmt"
	"strconv"

	"sluice/internal/ingest"
	"sluice/internal/protocol/scene7"
)

// invalid is the fault for a value that does not fit or names nothing (30001).
func invalid(field, format string, args ...any) error {
	return &scene7.RequestError{Code: scene7.CodeInvalidParameter, Path: field, Msg: fmt.Sprintf(format, args...)}
}

// missing is the fault for an absent value (30002). The reason names the element.
func missing(field string) error {
	return &scene7.RequestError{Code: scene7.CodeMissingParameter, Msg: field + " is required"}
}

// refused is a fault of any other code.
func refused(code scene7.Code, reason string) error {
	return &scene7.RequestError{Code: code, Msg: reason}
}

// assetNumber reads a handle of an asset. The engine finds out whether it exists.
func assetNumber(field, handle string) (ingest.Number, error) {
	n, ok := scene7.ParseAssetHandle(handle)
	if !ok {
		return 0, invalid(field, "%q is no asset handle", clip(handle))
	}
	return ingest.Number(n), nil
}

func assetHandle(n ingest.Number) string { return scene7.AssetHandle(int64(n)) }

// optionalAssetHandle is empty for no asset.
func optionalAssetHandle(n ingest.Number) string {
	if n == 0 {
		return ""
	}
	return assetHandle(n)
}

func companyHandle(n ingest.Number) string { return scene7.CompanyHandle(int64(n)) }

// folderPath reads a folder handle as the path within the company, "" for its root.
func folderPath(c *ingest.Company, field, handle string) (string, error) {
	path, ok := scene7.ParseFolderHandle(handle)
	if !ok {
		return "", invalid(field, "%q is no folder handle", clip(handle))
	}
	return pathInCompany(c, path), nil
}

// folderHandle writes the handle of a folder by its path within the company.
func folderHandle(c *ingest.Company, path string) string {
	return scene7.FolderHandle(shownPath(c, path))
}

// shownPath is a folder's path as clients see it: from the company's name on,
// with a slash at the end.
func shownPath(c *ingest.Company, path string) string { return c.Name + "/" + path }

// numbered reads a handle of the form prefix|number.
func numbered(field, prefix, handle string) (ingest.Number, error) {
	n, ok := scene7.ParseNumberHandle(prefix, handle)
	if !ok {
		return 0, invalid(field, "%q is no handle of the form %s|number", clip(handle), prefix)
	}
	return ingest.Number(n), nil
}

// clip shortens what a client sent for a reason.
func clip(s string) string {
	const longest = 128
	if len(s) > longest {
		return s[:longest] + "…"
	}
	return s
}

func decimal(n ingest.Number) string { return strconv.FormatInt(int64(n), 10) }
