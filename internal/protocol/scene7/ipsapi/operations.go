package ipsapi

import "sluice/internal/protocol/scene7"

// Operation is one row of the table of operations.
type Operation struct {
	Name  string
	Tier  int
	State string       // real, stored or fault
	Class Class        // who may call it
	Noun  string       // what it acts on
	Since scene7.Level // first schema level that has it
}

// Class is a letter for the roles that may call an operation.
type Class byte

func readOperations(*scene7.Schema) (map[string]*Operation, error) { return nil, nil }
