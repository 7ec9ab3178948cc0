package softphone

import (
	"net/netip"
	"strings"

	"sluice/internal/engine"
	"sluice/internal/ingest"
)

// Settings of companies that only this door reads.
const (
	settingFetch    = "softphone-fetch"
	settingFormat   = "softphone-format"
	settingAliases  = "softphone-aliases"
	settingStrict   = "softphone-strict"
	settingHost     = "softphone-host"
	settingNetworks = "softphone-networks"
	settingLanguage = "softphone-language"
)

// rules are a company's settings as the door needs them.
type rules struct {
	aliases  map[string]string // name → meaning
	format   string            // xml, json, or "" = the request decides
	language string
	legacy   bool   // Fetch Messages in the older form
	strict   bool   // several files in one upload are refused
	host     string // of the SIP account; "" = not known
	networks []netip.Prefix
	mediaMax int64 // bytes of a file
}

// rulesOf reads the settings of a company. They were checked when they were set; what
// cannot be read is passed over.
func rulesOf(c *ingest.Company) rules {
	s := c.Settings.Doors
	r := rules{
		aliases: make(map[string]string), format: s[settingFormat], language: s[settingLanguage],
		legacy: strings.EqualFold(s[settingFetch], "legacy"), strict: strings.EqualFold(s[settingStrict], "true"),
		host: s[settingHost], mediaMax: engine.MediaMax(c),
	}
	for group := range strings.SplitSeq(s[settingAliases], ";") {
		of, names, _ := strings.Cut(group, "=")
		for name := range strings.SplitSeq(names, ",") {
			if name = strings.TrimSpace(name); name != "" {
				r.aliases[name] = strings.TrimSpace(of)
			}
		}
	}
	for text := range strings.SplitSeq(s[settingNetworks], ",") {
		if prefix, err := netip.ParsePrefix(strings.TrimSpace(text)); err == nil {
			r.networks = append(r.networks, prefix.Masked())
		}
	}
	return r
}

// permits reports whether an address may allocate objects.
func (r rules) permits(address string) bool {
	if len(r.networks) == 0 {
		return true
	}
	a, err := netip.ParseAddr(address)
	if err != nil {
		return false
	}
	a = a.Unmap().WithZone("")
	for _, n := range r.networks {
		if n.Contains(a) {
			return true
		}
	}
	return false
}
