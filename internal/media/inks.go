package media

import "os"

// cmykProfiles are places of a general profile for CMYK pictures that carry none: that of Ghostscript, in the package
// libgs-common of Debian.
func cmykProfiles() []string {
	return []string{
		"/usr/share/color/icc/ghostscript/default_cmyk.icc",
		"/usr/share/color/icc/colord/SWOP2006_Coated3v2.icc",
	}
}

// cmykProfile reads the first profile that is installed; nil when there is none.
func cmykProfile() []byte {
	for _, path := range cmykProfiles() {
		info, err := os.Stat(path)
		if err != nil || info.Size() > maxProfile {
			continue
		}
		if profile, err := os.ReadFile(path); err == nil {
			return profile
		}
	}
	return nil
}
