package ingest

// UUID is the universal name of a thing, in the canonical 36-character
// lower-case form. It is given at creation and never changes.
type UUID string

// Number is the dense name of a thing within its table, from 1. Doors whose
// dialect wants integers show it. It is given at creation, never changes and is
// never given twice. Zero means "none".
type Number int64

// Door names the protocol through which something arrived.
type Door string

// The doors.
const (
	DoorScene7     Door = "scene7"
	DoorBrightSign Door = "brightsign"
	DoorNomad      Door = "nomad"
	DoorSoftphone  Door = "softphone"
	DoorTus        Door = "tus"
	DoorAPI        Door = "api"
	DoorWeb        Door = "web"
)
