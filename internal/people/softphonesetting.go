package people

import (
	"cmp"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"sluice/internal/config"
	"sluice/internal/ingest"
)

// Limits of what a setting holds.
const (
	maxSettingText = 1024 // bytes
	maxSettingList = 1000 // elements
)

func messageSettings() []setting {
	return []setting{
		choiceSetting("unknown-recipient", []string{"accept", "refuse"},
			func(s *ingest.CompanySettings, v string) { s.Softphone.RefuseUnknown = v == "refuse" },
			func(s ingest.CompanySettings) string {
				if s.Softphone.RefuseUnknown {
					return "refuse"
				}
				return "accept"
			}),
		boolSetting("recipient-required", func(s *ingest.CompanySettings) *bool { return &s.Softphone.RecipientNeeded }),
		textSetting("recipient-pattern", func(s *ingest.CompanySettings) *string { return &s.Softphone.RecipientPattern }, func(v string) error {
			if _, err := regexp.Compile(`^(?:` + v + `)$`); err != nil {
				return fmt.Errorf("%q is no regular expression", v)
			}
			return nil
		}),
		listSetting("recipient-allow", func(s *ingest.CompanySettings) *[]string { return &s.Softphone.RecipientAllow }, nil),
		listSetting("recipient-deny", func(s *ingest.CompanySettings) *[]string { return &s.Softphone.RecipientDeny }, nil),
		spanSetting("message-retention", ingest.DefaultMessageRetention, func(s *ingest.CompanySettings) *time.Duration { return &s.Softphone.MessageRetention }),
		defaultCount("message-rate", ingest.DefaultMessageRate, func(s *ingest.CompanySettings) *int64 { return &s.Softphone.MessageRate }),
		defaultBytes("message-day-bytes", ingest.DefaultMessageDayBytes, func(s *ingest.CompanySettings) *int64 { return &s.Softphone.MessageDayBytes }),
	}
}

func mediaSettings() []setting {
	return []setting{
		spanSetting("media-lifetime", 0, func(s *ingest.CompanySettings) *time.Duration { return &s.Softphone.MediaLifetime }),
		defaultBytes("media-max", ingest.DefaultMediaMax, func(s *ingest.CompanySettings) *int64 { return &s.Softphone.MediaMax }),
		listSetting("media-types", func(s *ingest.CompanySettings) *[]string { return &s.Softphone.MediaTypes }, func(v string) error {
			if family, kind, ok := strings.Cut(v, "/"); !ok || family == "" || kind == "" || strings.ContainsAny(v, " ;") || v != strings.ToLower(v) {
				return fmt.Errorf("%q is no content type; write image/jpeg, or audio/* for a family", v)
			}
			return nil
		}),
		textSetting("softphone-folder", func(s *ingest.CompanySettings) *string { return &s.Softphone.Folder }, func(v string) error {
			for segment := range strings.SplitSeq(strings.Trim(v, "/"), "/") {
				if segment == "" || segment == "." || segment == ".." || strings.Contains(segment, `\`) {
					return fmt.Errorf("%q is no folder; write one like Softphone or Media/Phones", v)
				}
			}
			return nil
		}),
	}
}

func transferSettings() []setting {
	return []setting{
		choiceSetting("mmmsg", []string{string(ingest.TransferSecret), string(ingest.TransferOpen), string(ingest.TransferOff)},
			func(s *ingest.CompanySettings, v string) { s.Softphone.MMMSG = ingest.TransferMode(v) },
			func(s ingest.CompanySettings) string { return string(s.Softphone.Mode()) }),
		defaultBytes("mmmsg-max", ingest.DefaultTransferMax, func(s *ingest.CompanySettings) *int64 { return &s.Softphone.MMMSGMax }),
		spanSetting("mmmsg-lifetime", ingest.DefaultTransferLifetime, func(s *ingest.CompanySettings) *time.Duration { return &s.Softphone.MMMSGLifetime }),
		defaultCount("mmmsg-rate", ingest.DefaultTransferRate, func(s *ingest.CompanySettings) *int64 { return &s.Softphone.MMMSGRate }),
		defaultBytes("mmmsg-day-bytes", ingest.DefaultTransferDayBytes, func(s *ingest.CompanySettings) *int64 { return &s.Softphone.MMMSGDayBytes }),
		defaultBytes("mmmsg-network-day-bytes", ingest.DefaultTransferNetDayBytes, func(s *ingest.CompanySettings) *int64 { return &s.Softphone.MMMSGNetDayBytes }),
		defaultCount("mmmsg-day-objects", ingest.DefaultTransferDayCount, func(s *ingest.CompanySettings) *int64 { return &s.Softphone.MMMSGDayCount }),
		defaultCount("mmmsg-network-day-objects", ingest.DefaultTransferNetDayCount, func(s *ingest.CompanySettings) *int64 { return &s.Softphone.MMMSGNetDayCount }),
	}
}

func pushSettings() []setting {
	secret := textSetting("push-secret", func(s *ingest.CompanySettings) *string { return &s.Softphone.PushSecret }, nil)
	secret.show = func(s ingest.CompanySettings) string {
		if s.Softphone.PushSecret == "" {
			return ""
		}
		return "(set)"
	}
	return []setting{
		textSetting("push-url", func(s *ingest.CompanySettings) *string { return &s.Softphone.PushURL }, func(v string) error {
			u, err := url.Parse(v)
			if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
				return fmt.Errorf("the value is no address; write one like https://pbx.example.org/hook")
			}
			return nil
		}),
		secret,
		boolSetting("push-include-text", func(s *ingest.CompanySettings) *bool { return &s.Softphone.PushText }),
	}
}

// choiceSetting takes one of some words; an empty value is the first.
func choiceSetting(key string, words []string, set func(*ingest.CompanySettings, string), show func(ingest.CompanySettings) string) setting {
	return setting{key, func(s *ingest.CompanySettings, v string) error {
		v = strings.ToLower(cmp.Or(v, words[0]))
		for _, word := range words {
			if v == word {
				set(s, v)
				return nil
			}
		}
		return fmt.Errorf("%q is not one of %s", v, strings.Join(words, ", "))
	}, show}
}

func boolSetting(key string, of func(*ingest.CompanySettings) *bool) setting {
	return setting{key,
		func(s *ingest.CompanySettings, v string) (err error) { *of(s), err = parseBool(v); return },
		func(s ingest.CompanySettings) string { return strconv.FormatBool(*of(&s)) }}
}

// textSetting takes a text that check, if set, finds nothing wrong with.
func textSetting(key string, of func(*ingest.CompanySettings) *string, check func(string) error) setting {
	return setting{key,
		func(s *ingest.CompanySettings, v string) error {
			if err := checkValue(v, check); err != nil {
				return err
			}
			*of(s) = v
			return nil
		},
		func(s ingest.CompanySettings) string { return *of(&s) }}
}

func checkValue(v string, check func(string) error) error {
	if v == "" {
		return nil
	}
	if err := ingest.CheckName("people.SetCompany", "the value", v, maxSettingText); err != nil {
		return fmt.Errorf("%s", ingest.Message(err))
	}
	if check == nil {
		return nil
	}
	return check(v)
}

// listSetting takes elements that are separated by commas.
func listSetting(key string, of func(*ingest.CompanySettings) *[]string, check func(string) error) setting {
	return setting{key,
		func(s *ingest.CompanySettings, v string) error {
			var list []string
			for element := range strings.SplitSeq(v, ",") {
				if element = strings.TrimSpace(element); element == "" {
					continue
				}
				if err := checkValue(element, check); err != nil {
					return err
				}
				list = append(list, element)
			}
			if len(list) > maxSettingList {
				return fmt.Errorf("the list has %d elements, at most %d are kept", len(list), maxSettingList)
			}
			*of(s) = list
			return nil
		},
		func(s ingest.CompanySettings) string { return strings.Join(*of(&s), ",") }}
}

// spanSetting takes a time span; 0 is the standard one, which is shown unless it is
// the server's.
func spanSetting(key string, standard time.Duration, of func(*ingest.CompanySettings) *time.Duration) setting {
	return setting{key,
		func(s *ingest.CompanySettings, v string) error {
			var span config.Duration
			if v != "" {
				if err := span.UnmarshalText([]byte(v)); err != nil {
					return err
				}
			}
			*of(s) = span.Std()
			return nil
		},
		func(s ingest.CompanySettings) string {
			if span := cmp.Or(*of(&s), standard); span != 0 {
				return config.Duration(span).String()
			}
			return ""
		}}
}

// defaultBytes is bytesSetting for a limit that is the standard one when it is 0.
func defaultBytes(key string, standard int64, of func(*ingest.CompanySettings) *int64) setting {
	s := bytesSetting(key, of)
	s.show = func(s ingest.CompanySettings) string { return config.Size(cmp.Or(*of(&s), standard)).String() }
	return s
}

func defaultCount(key string, standard int64, of func(*ingest.CompanySettings) *int64) setting {
	s := countSetting(key, of)
	s.show = func(s ingest.CompanySettings) string { return config.Count(cmp.Or(*of(&s), standard)).String() }
	return s
}
