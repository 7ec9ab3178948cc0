// Package ipsapi serves the operations of the Scene7 IPS API over SOAP 1.1,
// SOAP 1.2 and bare XML, with the WSDL documents that toolkits generate their
// clients from.
//
// A request goes one way: envelope.go reads the dialect, dispatch.go finds the
// operation in the table (operations.tsv), logs the caller in and checks company
// and role, package scene7 decodes the fields by its schema, a handler calls a
// verb of the engine, and the answer is filtered (fields.go), encoded by the same
// schema and wrapped in the dialect again. Handlers are in files named after the
// noun that they act on; they translate and decide nothing.
package ipsapi
