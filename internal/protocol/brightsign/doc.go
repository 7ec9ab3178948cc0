// Package brightsign is the door for clients of the BrightSign Network content upload
// service: the SOAP service with chunks in parallel and web-page sessions, and its
// REST successor. Both speak to the same service, which translates the contract's
// words into verbs of the engine.
//
// To find something: addresses are in routes.go and restroutes.go, what a message
// looks like in envelope.go, security.go, fault.go and dto.go, names and paths in
// names.go, each operation in the file of its name, states in state.go. Sections
// named in comments are those of the contract, docs/protocols/brightsign.md.
package brightsign
