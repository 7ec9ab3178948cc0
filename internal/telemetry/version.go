package telemetry

import "runtime/debug"

// Version says which build this is.
type Version struct {
	Version  string // module version, "devel" when built from a checkout
	Revision string // of the source, "" when unknown
	Time     string // of the revision
	Modified bool   // built from changed files
	Go       string
}

// ReadVersion reads what the Go tool recorded in the binary.
func ReadVersion() Version {
	v := Version{Version: "devel"}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	v.Go = info.GoVersion
	if info.Main.Version != "" && info.Main.Version != "(devel)" {
		v.Version = info.Main.Version
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Revision = s.Value
		case "vcs.time":
			v.Time = s.Value
		case "vcs.modified":
			v.Modified = s.Value == "true"
		}
	}
	return v
}

// String is one line for people.
func (v Version) String() string {
	s := "sluice " + v.Version
	if v.Revision != "" {
		s += " (" + v.Revision
		if v.Modified {
			s += ", modified"
		}
		s += ")"
	}
	if v.Go != "" {
		s += " " + v.Go
	}
	return s
}
