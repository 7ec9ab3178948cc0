package ipsapi

import (
	"context"

	"sluice/internal/engine"
	"sluice/internal/ingest"
	"sluice/internal/protocol/scene7"
)

// typeHandle reads pt|number.
func typeHandle(handle string) (ingest.Number, error) {
	return numbered("typeHandle", scene7.PrefixPropertySetType, handle)
}

// setHandle reads ps|number.
func setHandle(handle string) (ingest.Number, error) {
	return numbered("setHandle", scene7.PrefixPropertySet, handle)
}

func (s *Service) createPropertySetType(ctx context.Context, c *call) (*scene7.Record, error) {
	n, err := s.Engine.CreatePropertyType(ctx, c.caller, companyNumber(c), c.in.Text("name"), ingest.PropertySetType{
		Owner: ingest.PropertyOwner(c.in.Text("propertyType")), Multiple: c.in.Bool("allowMultiple"),
	})
	if err != nil {
		return nil, err
	}
	return record("createPropertySetTypeReturn", "typeHandle", scene7.NumberHandle(scene7.PrefixPropertySetType, int64(n))), nil
}

// companyNumber is 0 when the request names no company.
func companyNumber(c *call) ingest.Number {
	if c.company == nil {
		return 0
	}
	return c.company.Number
}

func (s *Service) deletePropertySetType(ctx context.Context, c *call) (*scene7.Record, error) {
	n, err := typeHandle(c.in.Text("typeHandle"))
	if err != nil {
		return nil, err
	}
	return nil, s.Engine.DeletePropertyType(ctx, c.caller, n)
}

func (s *Service) propertySetTypes(ctx context.Context, c *call) (*scene7.Record, error) {
	list, err := s.Engine.PropertyTypes(ctx, c.caller, companyNumber(c))
	if err != nil {
		return nil, err
	}
	types := make([]*scene7.Record, len(list))
	for i, t := range list {
		types[i] = propertySetTypeRecord(t)
	}
	return record("getPropertySetTypesReturn", "typeArray", array("PropertySetTypeArray", types)), nil
}

func (s *Service) propertySetType(ctx context.Context, c *call) (*scene7.Record, error) {
	t, err := s.Engine.PropertyTypeNamed(ctx, c.caller, companyNumber(c), c.in.Text("name"))
	if err != nil {
		return nil, err
	}
	return record("getPropertySetTypeReturn", "type", propertySetTypeRecord(t)), nil
}

func propertySetTypeRecord(t engine.PropertyType) *scene7.Record {
	var company any
	if t.Company != 0 {
		company = companyHandle(t.Company)
	}
	return record("PropertySetType", "typeHandle", scene7.NumberHandle(scene7.PrefixPropertySetType, int64(t.Number)), "companyHandle", company,
		"name", t.Name, "propertyType", string(t.Owner), "allowMultiple", t.Multiple)
}

// owners reads the owners of a property set, which may come in either order.
func owners(c *call) (user, company ingest.Number, err error) {
	for _, field := range []string{"primaryOwnerHandle", "secondaryOwnerHandle"} {
		handle := c.in.Text(field)
		if handle == "" {
			continue
		}
		if n, _, ok := scene7.ParseUserHandle(handle); ok && user == 0 {
			user = ingest.Number(n)
			continue
		}
		n, ok := scene7.ParseCompanyHandle(handle)
		if !ok || company != 0 {
			return 0, 0, invalid(field, "%q is no handle of a user or a company that a property set can belong to", clip(handle))
		}
		company = ingest.Number(n)
	}
	return user, company, nil
}

func properties(c *call) []ingest.Property {
	var list []ingest.Property
	for _, r := range records(c.in, "propertyArray") {
		list = append(list, ingest.Property{Name: r.Text("name"), Value: r.Text("value")})
	}
	return list
}

func (s *Service) createPropertySet(ctx context.Context, c *call) (*scene7.Record, error) {
	kind, err := typeHandle(c.in.Text("typeHandle"))
	if err != nil {
		return nil, err
	}
	user, company, err := owners(c)
	if err != nil {
		return nil, err
	}
	entries, err := permissionUpdates(c.in, "permissionArray")
	if err != nil {
		return nil, err
	}
	n, err := s.Engine.CreatePropertySet(ctx, c.caller, kind, ingest.PropertySet{User: user, Company: company, Properties: properties(c), Permissions: entries})
	if err != nil {
		return nil, err
	}
	return record("createPropertySetReturn", "setHandle", scene7.NumberHandle(scene7.PrefixPropertySet, int64(n))), nil
}

// permissionUpdates reads a list of permission entries.
func permissionUpdates(r *scene7.Record, field string) ([]ingest.PermissionEntry, error) {
	var entries []ingest.PermissionEntry
	for _, update := range records(r, field) {
		group, err := numbered(field+"/items/groupHandle", scene7.PrefixGroup, update.Text("groupHandle"))
		if err != nil {
			return nil, err
		}
		entries = append(entries, ingest.PermissionEntry{
			Group: group, Type: ingest.Permission(update.Text("permissionType")), Allowed: update.Bool("isAllowed"), Override: update.Bool("isOverride"),
		})
	}
	return entries, nil
}

func (s *Service) updatePropertySet(ctx context.Context, c *call) (*scene7.Record, error) {
	n, err := setHandle(c.in.Text("setHandle"))
	if err != nil {
		return nil, err
	}
	return nil, s.Engine.UpdatePropertySet(ctx, c.caller, n, properties(c), c.in.Bool("replaceProperties"))
}

func (s *Service) deletePropertySet(ctx context.Context, c *call) (*scene7.Record, error) {
	n, err := setHandle(c.in.Text("setHandle"))
	if err != nil {
		return nil, err
	}
	return nil, s.Engine.DeletePropertySet(ctx, c.caller, n)
}

func (s *Service) propertySets(ctx context.Context, c *call) (*scene7.Record, error) {
	kind, err := typeHandle(c.in.Text("typeHandle"))
	if err != nil {
		return nil, err
	}
	user, company, err := owners(c)
	if err != nil {
		return nil, err
	}
	list, err := s.Engine.PropertySets(ctx, c.caller, kind, user, company)
	if err != nil {
		return nil, err
	}
	sets := make([]*scene7.Record, len(list))
	for i, set := range list {
		var pairs []*scene7.Record
		for _, property := range set.Properties {
			pairs = append(pairs, record("Property", "name", property.Name, "value", property.Value))
		}
		var entries []*scene7.Record
		for _, entry := range set.Permissions {
			entries = append(entries, record("Permission", "groupHandle", scene7.NumberHandle(scene7.PrefixGroup, int64(entry.Group)),
				"permissionType", string(entry.Type), "isAllowed", entry.Allowed, "isOverride", entry.Override))
		}
		sets[i] = record("PropertySet", "setHandle", scene7.NumberHandle(scene7.PrefixPropertySet, int64(set.Number)),
			"typeHandle", scene7.NumberHandle(scene7.PrefixPropertySetType, int64(set.Type)),
			"propertyArray", array("PropertyArray", pairs), "permissions", optionalArray("PermissionArray", entries))
	}
	return record("getPropertySetsReturn", "setArray", array("PropertySetArray", sets)), nil
}

func (s *Service) setPropertySetPermissions(ctx context.Context, c *call) (*scene7.Record, error) {
	return nil, s.putPropertySetPermissions(ctx, c, "permissionArray", false)
}

func (s *Service) updatePropertySetPermissions(ctx context.Context, c *call) (*scene7.Record, error) {
	return nil, s.putPropertySetPermissions(ctx, c, "updateArray", true)
}

func (s *Service) removePropertySetPermissions(ctx context.Context, c *call) (*scene7.Record, error) {
	return nil, s.putPropertySetPermissions(ctx, c, "permissionArray", false) // the element does not exist here: no entries remain
}

func (s *Service) putPropertySetPermissions(ctx context.Context, c *call, field string, merge bool) error {
	n, err := setHandle(c.in.Text("setHandle"))
	if err != nil {
		return err
	}
	entries, err := permissionUpdates(c.in, field)
	if err != nil {
		return err
	}
	return s.Engine.SetPropertySetPermissions(ctx, c.caller, n, entries, merge)
}
