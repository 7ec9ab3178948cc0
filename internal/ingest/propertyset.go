package ingest

// PropertySetType is the content of a DocPropertySetType document: what its sets
// belong to and how many there may be. Its document's Company is 0 for a type of
// the whole system.
type PropertySetType struct {
	Owner    PropertyOwner `json:"owner"`
	Multiple bool          `json:"multiple,omitempty"` // several sets for one owner
}

// PropertyOwner says whom a property set belongs to. The words are those of the
// Scene7 property set types.
type PropertyOwner string

// Owners of property sets. A set of a user and company has both.
const (
	PropertiesOfUser           PropertyOwner = "UserProperty"
	PropertiesOfCompany        PropertyOwner = "CompanyProperty"
	PropertiesOfUserAndCompany PropertyOwner = "UserCompanyProperty"
)

// PropertySet is the content of a DocPropertySet document, whose Owner is the
// document of its type and whose Other is the user or else the company.
type PropertySet struct {
	User        Number            `json:"user,omitempty"`
	Company     Number            `json:"company,omitempty"`
	Properties  []Property        `json:"properties"` // in order of entry, names unique
	Permissions []PermissionEntry `json:"permissions,omitempty"`
}

// Property is a name with a value.
type Property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}
