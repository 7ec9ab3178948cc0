// Package softphone is the door for softphone apps of the Acrobits and Cloud
// Softphone family: media upload with its precheck, media reference send, send
// message, fetch messages, the MMMSG store and forward service, the public
// addresses of media, and the account document that points an app at all of them.
//
// Names of parameters belong to the operator who writes an app's templates, so
// requests are read by meaning: a table of aliases, to which a company can add,
// says what a name stands for, wherever the value comes from. Answers are XML or
// JSON, failures bear a sentence that the app shows to its user, in the language
// of the company.
//
// The door translates. What may be sent by whom to whom, what is kept and for how
// long is decided by the engine. Values of credentials, texts of messages and the
// tokens of addresses are never logged.
//
// Section numbers in comments are those of docs/protocols/softphone.md.
package softphone
