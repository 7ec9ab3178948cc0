package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"sluice/internal/ingest"
)

// PropertyType is a type of property sets.
type PropertyType struct {
	Number  ingest.Number
	Company ingest.Number // 0 = of the whole system
	Name    string
	ingest.PropertySetType
}

// seededTypes are the types that clients expect to find: those of the system and
// those of every company (Scene7 tier 3 contract, section 13).
func seededTypes(company ingest.Number) map[string]ingest.PropertySetType {
	if company == 0 {
		return map[string]ingest.PropertySetType{
			"Adobe.SPS.ApplicationSetting": {Owner: ingest.PropertiesOfCompany, Multiple: true},
			"Adobe.UserProperty":           {Owner: ingest.PropertiesOfUser},
		}
	}
	return map[string]ingest.PropertySetType{
		"SavedSearch":     {Owner: ingest.PropertiesOfUserAndCompany, Multiple: true},
		"CompanyMetadata": {Owner: ingest.PropertiesOfCompany, Multiple: true},
	}
}

// seedKind marks that the types of a company have been made, so that one that was
// deleted stays so.
const seedKind ingest.DocumentKind = "property-seed"

// seedTypes makes the expected types of a company, or of the system for 0, once.
func (e *Engine) seedTypes(ctx context.Context, company ingest.Number) error {
	const key = "1"
	seeded := func(tx ingest.Tx) (bool, error) {
		_, err := tx.DocumentByKey(company, seedKind, 0, key)
		if err != nil && ingest.KindOf(err) == ingest.NotFound {
			return false, nil
		}
		return err == nil, err
	}
	var done bool
	err := e.store.View(ctx, func(tx ingest.Tx) (err error) { done, err = seeded(tx); return err })
	if err != nil || done {
		return err
	}
	return e.store.Update(ctx, func(tx ingest.Tx) error {
		done, err := seeded(tx)
		if err != nil || done {
			return err
		}
		for name, content := range seededTypes(company) {
			if _, err := e.createType(tx, ingest.Principal{}, company, name, content); err != nil {
				return err
			}
		}
		return tx.CreateDocument(e.newDocument(ingest.Principal{}, company, seedKind, key, "", nil))
	})
}

func (e *Engine) createType(tx ingest.Tx, p ingest.Principal, company ingest.Number, name string, content ingest.PropertySetType) (ingest.Number, error) {
	if err := freeKey(tx, "engine.CreatePropertyType", company, ingest.DocPropertySetType, 0, name, name, 0); err != nil {
		return 0, err
	}
	data, err := json.Marshal(content)
	if err != nil {
		return 0, err
	}
	d := e.newDocument(p, company, ingest.DocPropertySetType, name, name, data)
	err = tx.CreateDocument(d)
	return d.Number, err
}

// CreatePropertyType makes a type of property sets for a company, or for the
// whole system when company is 0, which takes an administrator.
func (e *Engine) CreatePropertyType(ctx context.Context, p ingest.Principal, company ingest.Number, name string, content ingest.PropertySetType) (number ingest.Number, err error) {
	const op = "engine.CreatePropertyType"
	if err := e.checkPropertyType(op, name, content); err != nil {
		return 0, err
	}
	if err := e.seedTypes(ctx, company); err != nil {
		return 0, err
	}
	err = e.store.Update(ctx, func(tx ingest.Tx) error {
		if err := e.managesTypes(tx, p, company); err != nil {
			return err
		}
		number, err = e.createType(tx, p, company, name, content)
		return err
	})
	return number, err
}

func (e *Engine) checkPropertyType(op, name string, content ingest.PropertySetType) error {
	if strings.TrimSpace(name) == "" {
		return &ingest.Error{Kind: ingest.Invalid, Op: op, Msg: "the name of a property set type must not be empty"}
	}
	if err := checkText(name, "name"); err != nil {
		return err
	}
	if len(name) > MaxNameBytes {
		return tooLong(op, "name", len(name), MaxNameBytes)
	}
	switch content.Owner {
	case ingest.PropertiesOfUser, ingest.PropertiesOfCompany, ingest.PropertiesOfUserAndCompany:
		return nil
	}
	return &ingest.Error{Kind: ingest.Invalid, Op: op, Msg: fmt.Sprintf("the property type %s is not one of UserProperty, CompanyProperty, UserCompanyProperty", quote(string(content.Owner)))}
}

// managesTypes asks for the right to make and delete types of a company, or of
// the system.
func (e *Engine) managesTypes(tx ingest.Tx, p ingest.Principal, company ingest.Number) error {
	if company != 0 {
		_, err := e.authorize(tx, p, company, rightManage)
		return err
	}
	if err := identified(p); err != nil {
		return err
	}
	if !p.Admin {
		return &ingest.Error{Kind: ingest.Forbidden, Op: "engine.managesTypes", Code: ingest.CodeRole, Msg: "types of the whole system are an administrator's"}
	}
	return nil
}

// DeletePropertyType deletes a type with all of its sets.
func (e *Engine) DeletePropertyType(ctx context.Context, p ingest.Principal, number ingest.Number) error {
	return e.store.Update(ctx, func(tx ingest.Tx) error {
		t, err := typeOf(tx, p, number)
		if err != nil {
			return err
		}
		if err := e.managesTypes(tx, p, t.Company); err != nil {
			return err
		}
		for {
			sets, err := tx.Documents(ingest.DocumentFilter{Company: t.Company, Kind: ingest.DocPropertySet, Owners: []ingest.Number{number}}, ingest.Page{Limit: MostPerPage})
			if err != nil {
				return err
			}
			for _, d := range sets {
				if err := tx.DeleteDocument(d.Number); err != nil {
					return err
				}
			}
			if len(sets) < MostPerPage {
				return tx.DeleteDocument(number)
			}
		}
	})
}

// typeOf returns a type of the system or of a company of the caller; others are
// unknown.
func typeOf(tx ingest.Tx, p ingest.Principal, number ingest.Number) (PropertyType, error) {
	d, err := tx.Document(number)
	if err != nil && ingest.KindOf(err) != ingest.NotFound {
		return PropertyType{}, err
	}
	if err != nil || d.Kind != ingest.DocPropertySetType || d.Company != 0 && !may(p, d.Company, rightRead) {
		return PropertyType{}, &ingest.Error{Kind: ingest.NotFound, Op: "engine.typeOf", Msg: fmt.Sprintf("no property set type has the number %d", number)}
	}
	return propertyType(d)
}

func propertyType(d *ingest.Document) (PropertyType, error) {
	t := PropertyType{Number: d.Number, Company: d.Company, Name: d.Name}
	if err := json.Unmarshal(d.Data, &t.PropertySetType); err != nil {
		return t, &ingest.Error{Kind: ingest.Internal, Op: "engine.propertyType", Err: err}
	}
	return t, nil
}

// PropertyTypes lists the types of a company, or those of the system for 0.
func (e *Engine) PropertyTypes(ctx context.Context, p ingest.Principal, company ingest.Number) (list []PropertyType, err error) {
	if err := identified(p); err != nil {
		return nil, err
	}
	if err := e.seedTypes(ctx, company); err != nil {
		return nil, err
	}
	err = e.store.View(ctx, func(tx ingest.Tx) error {
		if company != 0 {
			if _, err := e.authorize(tx, p, company, rightRead); err != nil {
				return err
			}
		}
		docs, err := tx.Documents(ingest.DocumentFilter{Company: company, Kind: ingest.DocPropertySetType}, ingest.Page{Limit: mostStored})
		if err != nil {
			return err
		}
		list = make([]PropertyType, len(docs))
		for i, d := range docs {
			if list[i], err = propertyType(d); err != nil {
				return err
			}
		}
		return nil
	})
	return list, err
}

// PropertyTypeNamed returns the type of a company with a name, or else that of
// the system.
func (e *Engine) PropertyTypeNamed(ctx context.Context, p ingest.Principal, company ingest.Number, name string) (PropertyType, error) {
	scopes := []ingest.Number{company, 0}
	if company == 0 {
		scopes = scopes[1:]
	}
	for _, scope := range scopes {
		list, err := e.PropertyTypes(ctx, p, scope)
		if err != nil {
			return PropertyType{}, err
		}
		for _, t := range list {
			if t.Name == name {
				return t, nil
			}
		}
	}
	return PropertyType{}, &ingest.Error{Kind: ingest.NotFound, Op: "engine.PropertyTypeNamed", Msg: fmt.Sprintf("no property set type is called %s", quote(name))}
}
