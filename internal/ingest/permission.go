package ingest

// Permission is what an entry of a permission set allows or forbids.
type Permission string

// Permissions.
const (
	PermitRead   Permission = "Read"
	PermitWrite  Permission = "Write"
	PermitDelete Permission = "Delete"
)

// PermissionEntry says what one group may do with a folder or asset. A set holds
// one entry for each group and permission.
type PermissionEntry struct {
	Group    Number     `json:"group"`
	Type     Permission `json:"type"`
	Allowed  bool       `json:"allowed"`
	Override bool       `json:"override,omitempty"` // goes before entries that do not override
}

// PermissionSet is the content of a DocPermissions document. The Key of the
// document says what its owner is.
type PermissionSet struct {
	Entries []PermissionEntry `json:"entries"`
}

// Keys of DocPermissions documents.
const (
	PermissionsOfFolder = "folder"
	PermissionsOfAsset  = "asset"
)
