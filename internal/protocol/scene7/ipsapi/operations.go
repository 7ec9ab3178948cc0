package ipsapi

import (
	_ "embed" // holds the table of operations
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sluice/internal/protocol/scene7"
)

//go:embed operations.tsv
var operationTable string

// Operation is one row of the table of operations. Its request element is Name
// with "Param" behind it, its answer Name with "Return".
type Operation struct {
	Name  string
	Tier  int    // 1 = no upload client works without it, 2 = expected around uploads, 3 = the rest
	State string // StateReal, StateStored or StateFault
	Class Class  // who may call it
	Noun  string // what it acts on
	Since scene7.Level
}

// What an operation does to the library.
const (
	StateReal   = "real"   // changes or reads what the rest of the library shows
	StateStored = "stored" // checks, keeps and gives back what nothing else acts on
	StateFault  = "fault"  // always answers the same documented fault
)

// Class is a letter for the roles that may call an operation (tier 3 contract,
// section 0). The role WebServiceUser counts as IpsUser in all of them.
type Class byte

// The classes, from the narrowest to the widest.
const (
	ClassS Class = 'S' // IpsAdmin
	ClassD Class = 'D' // IpsAdmin, IpsCompanyAdmin, ImagePortalAdmin
	ClassC Class = 'C' // those of D, TrialSiteAdmin
	ClassF Class = 'F' // those of D, IpsUser
	ClassE Class = 'E' // those of F, ImagePortalContrib, ImagePortalContribUser
	ClassH Class = 'H' // those of E, ImagePortalUser: all but the two trial roles
	ClassJ Class = 'J' // those of E, TrialSiteAdmin, TrialSiteUser: all but ImagePortalUser
	ClassA Class = 'A' // all nine roles
)

// roles lists the role words of a class, nil for a letter that is none.
func (c Class) roles() []string {
	admins := []string{"IpsAdmin", "IpsCompanyAdmin", "ImagePortalAdmin"}
	editors := slices.Concat(admins, []string{"IpsUser", "ImagePortalContrib", "ImagePortalContribUser"})
	switch c {
	case ClassS:
		return []string{"IpsAdmin"}
	case ClassD:
		return admins
	case ClassC:
		return append(admins, "TrialSiteAdmin")
	case ClassF:
		return append(admins, "IpsUser")
	case ClassE:
		return editors
	case ClassH:
		return append(editors, "ImagePortalUser")
	case ClassJ:
		return append(editors, "TrialSiteAdmin", "TrialSiteUser")
	case ClassA:
		return append(editors, "ImagePortalUser", "TrialSiteAdmin", "TrialSiteUser")
	}
	return nil
}

// Allows reports whether a role, in the words of the API, may call operations of
// the class. A word that is no role may call none.
func (c Class) Allows(role string) bool {
	if role == "WebServiceUser" {
		role = "IpsUser"
	}
	return slices.Contains(c.roles(), role)
}

// String is the letter.
func (c Class) String() string { return string(rune(c)) }

// readOperations reads the embedded table. It fails when the table is broken, when
// an operation lacks an element in the field tables, and when an element of these
// belongs to no operation.
func readOperations(schema *scene7.Schema) (map[string]*Operation, error) {
	return parseOperations(operationTable, schema)
}

func parseOperations(table string, schema *scene7.Schema) (map[string]*Operation, error) {
	operations := map[string]*Operation{}
	for number, line := range strings.Split(table, "\n") {
		if line == "" || strings.HasPrefix(line, "#") || strings.HasPrefix(line, "name\t") {
			continue
		}
		op, err := parseOperation(line)
		if err == nil && operations[op.Name] != nil {
			err = fmt.Errorf("%s stands there twice", op.Name)
		}
		if err == nil {
			err = op.join(schema)
		}
		if err != nil {
			return nil, fmt.Errorf("operations line %d: %w", number+1, err)
		}
		operations[op.Name] = op
	}
	for _, t := range schema.Types() {
		if t.Kind == scene7.KindType {
			continue
		}
		if operations[operationOf(t)] == nil {
			return nil, fmt.Errorf("operations: %s belongs to no operation", t.Name)
		}
	}
	return operations, nil
}

// operationOf is the name of the operation that a request or answer element
// belongs to.
func operationOf(t *scene7.Type) string {
	if t.Kind == scene7.KindParam {
		return strings.TrimSuffix(t.Name, "Param")
	}
	return strings.TrimSuffix(t.Name, "Return")
}

func parseOperation(line string) (*Operation, error) {
	cells := strings.Split(line, "\t")
	if len(cells) != 5 {
		return nil, fmt.Errorf("%d cells instead of 5", len(cells))
	}
	tier, err := strconv.Atoi(cells[1])
	if err != nil || tier < 1 || tier > 3 {
		return nil, fmt.Errorf("tier %q is not 1, 2 or 3", cells[1])
	}
	if !slices.Contains([]string{StateReal, StateStored, StateFault}, cells[2]) {
		return nil, fmt.Errorf("unknown state %q", cells[2])
	}
	if len(cells[3]) != 1 || Class(cells[3][0]).roles() == nil {
		return nil, fmt.Errorf("unknown class %q", cells[3])
	}
	if cells[0] == "" || cells[4] == "" {
		return nil, fmt.Errorf("name or noun is empty")
	}
	return &Operation{Name: cells[0], Tier: tier, State: cells[2], Class: Class(cells[3][0]), Noun: cells[4]}, nil
}

// join finds the operation's elements and takes its first level from them.
func (op *Operation) join(schema *scene7.Schema) error {
	param, answer := schema.Type(op.Name+"Param"), schema.Type(op.Name+"Return")
	if param == nil || param.Kind != scene7.KindParam {
		return fmt.Errorf("%s has no request element", op.Name)
	}
	if answer == nil || answer.Kind != scene7.KindReturn {
		return fmt.Errorf("%s has no answer element", op.Name)
	}
	op.Since = min(param.Since, answer.Since)
	return nil
}

// operationsAt lists the operations that a level has, by name.
func operationsAt(operations map[string]*Operation, level scene7.Level) []*Operation {
	var list []*Operation
	for _, op := range operations {
		if op.Since <= level {
			list = append(list, op)
		}
	}
	slices.SortFunc(list, func(a, b *Operation) int { return strings.Compare(a.Name, b.Name) })
	return list
}
