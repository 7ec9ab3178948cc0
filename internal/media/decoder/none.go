//go:build !nodynamic

package decoder

func programs() map[Name]program { return nil }
