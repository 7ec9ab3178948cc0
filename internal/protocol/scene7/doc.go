// Package scene7 is the door for clients of Adobe Dynamic Media Classic (Scene7) IPS. It reads their requests, calls
// the engine and writes answers and faults as those clients expect them; docs/protocols/scene7.md describes the contract.
//
// Types, elements and their order on the wire are data: schema.tsv holds the field tables, rules.go what the tables
// cannot express, and everything that reads or writes XML follows both through Schema.
package scene7
