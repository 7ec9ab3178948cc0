package people

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"sluice/internal/ingest"
)

// softphoneDoorSettings are settings that only the softphone door reads.
func softphoneDoorSettings() []setting {
	return []setting{
		doorSetting("softphone-fetch", oneOf("modern", "legacy")),
		doorSetting("softphone-format", oneOf("xml", "json")),
		doorSetting("softphone-language", nil),
		doorSetting("softphone-strict", oneOf("true", "false")),
		doorSetting("softphone-host", nil),
		doorSetting("softphone-aliases", func(v string) error {
			for group := range strings.SplitSeq(v, ";") {
				if meaning, names, ok := strings.Cut(group, "="); !ok || strings.TrimSpace(meaning) == "" || strings.Trim(names, ", ") == "" {
					return fmt.Errorf("%q is no list of aliases; write one like recipient=dest,number;user=login", v)
				}
			}
			return nil
		}),
		doorSetting("softphone-networks", func(v string) error {
			for network := range strings.SplitSeq(v, ",") {
				if _, err := netip.ParsePrefix(strings.TrimSpace(network)); err != nil {
					return fmt.Errorf("%q is no network; write one like 192.0.2.0/24", network)
				}
			}
			return nil
		}),
	}
}

func oneOf(words ...string) func(string) error {
	return func(v string) error {
		if !slices.Contains(words, v) {
			return fmt.Errorf("%q is not one of %s", v, strings.Join(words, ", "))
		}
		return nil
	}
}

// doorSetting is kept under its key among the settings of doors.
func doorSetting(key string, check func(string) error) setting {
	return setting{key,
		func(s *ingest.CompanySettings, v string) error {
			if err := checkValue(v, check); err != nil {
				return err
			}
			if v == "" {
				delete(s.Doors, key)
				return nil
			}
			if s.Doors == nil {
				s.Doors = map[string]string{}
			}
			s.Doors[key] = v
			return nil
		},
		func(s ingest.CompanySettings) string { return s.Doors[key] }}
}
