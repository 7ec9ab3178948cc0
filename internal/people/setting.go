package people

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sluice/internal/config"
	"sluice/internal/ingest"
)

// setting is one key of `sluice company set`.
type setting struct {
	key  string
	set  func(*ingest.CompanySettings, string) error
	show func(ingest.CompanySettings) string
}

// settings lists the keys. An empty value puts the default back.
func settings() []setting {
	return slices.Concat(commonSettings(), messageSettings(), mediaSettings(), transferSettings(), pushSettings(), softphoneDoorSettings())
}

func commonSettings() []setting {
	return []setting{
		{"overwrite-mode",
			func(s *ingest.CompanySettings, v string) (err error) { s.Overwrite, err = parseMatch(v); return },
			func(s ingest.CompanySettings) string {
				if s.Overwrite == "" {
					return string(ingest.MatchFullName)
				}
				return string(s.Overwrite)
			}},
		{"retain-publish-state",
			func(s *ingest.CompanySettings, v string) (err error) {
				s.RetainPublishState, err = parseBool(v)
				return
			},
			func(s ingest.CompanySettings) string { return strconv.FormatBool(s.RetainPublishState) }},
		{"allow-javascript",
			func(s *ingest.CompanySettings, v string) (err error) {
				s.AllowJavascript, err = parseBool(v)
				return
			},
			func(s ingest.CompanySettings) string { return strconv.FormatBool(s.AllowJavascript) }},
		bytesSetting("quota-bytes", func(s *ingest.CompanySettings) *int64 { return &s.QuotaBytes }),
		countSetting("quota-files", func(s *ingest.CompanySettings) *int64 { return &s.QuotaFiles }),
		bytesSetting("user-quota-bytes", func(s *ingest.CompanySettings) *int64 { return &s.UserQuotaBytes }),
		countSetting("user-quota-files", func(s *ingest.CompanySettings) *int64 { return &s.UserQuotaFiles }),
		bytesSetting("quota-day-bytes", func(s *ingest.CompanySettings) *int64 { return &s.QuotaDayBytes }),
		countSetting("quota-day-files", func(s *ingest.CompanySettings) *int64 { return &s.QuotaDayFiles }),
		bytesSetting("user-quota-day-bytes", func(s *ingest.CompanySettings) *int64 { return &s.UserQuotaDayBytes }),
		countSetting("user-quota-day-files", func(s *ingest.CompanySettings) *int64 { return &s.UserQuotaDayFiles }),
	}
}

func bytesSetting(key string, of func(*ingest.CompanySettings) *int64) setting {
	return setting{key,
		func(s *ingest.CompanySettings, v string) error {
			var size config.Size
			if v != "" {
				if err := size.UnmarshalText([]byte(v)); err != nil {
					return err
				}
			}
			*of(s) = int64(size)
			return nil
		},
		func(s ingest.CompanySettings) string { return config.Size(*of(&s)).String() }}
}

func countSetting(key string, of func(*ingest.CompanySettings) *int64) setting {
	return setting{key,
		func(s *ingest.CompanySettings, v string) error {
			var count config.Count
			if v != "" {
				if err := count.UnmarshalText([]byte(v)); err != nil {
					return err
				}
			}
			*of(s) = int64(count)
			return nil
		},
		func(s ingest.CompanySettings) string { return config.Count(*of(&s)).String() }}
}

// parseMatch takes the Scene7 words and their short forms.
func parseMatch(v string) (ingest.Match, error) {
	short := map[string]ingest.Match{
		"": "", "full-name": ingest.MatchFullName, "any-ext": ingest.MatchAnyExt,
		"full-name-any-folder": ingest.MatchFullNameAnyFolder, "any-ext-any-folder": ingest.MatchAnyExtAnyFolder,
	}
	if m, ok := short[strings.ToLower(v)]; ok {
		return m, nil
	}
	for _, m := range ingest.Matches() {
		if strings.EqualFold(v, string(m)) {
			return m, nil
		}
	}
	return "", fmt.Errorf("%q is no overwrite mode; the modes are full-name, any-ext, full-name-any-folder and any-ext-any-folder", v)
}

func parseBool(v string) (bool, error) {
	if v == "" {
		return false, nil
	}
	b, err := strconv.ParseBool(v)
	if err != nil {
		return false, fmt.Errorf("%q is neither true nor false", v)
	}
	return b, nil
}

// SetCompany applies assignments of the form key=value, all or none of them,
// and returns the company as it is then. Unknown keys and values that do not
// fit are Invalid and the message says what would.
func (s *Service) SetCompany(ctx context.Context, word string, assignments []string) (*ingest.Company, error) {
	var company *ingest.Company
	err := s.store.Update(ctx, func(tx ingest.Tx) error {
		var err error
		if company, err = companyCalled(tx, word); err != nil {
			return err
		}
		for _, a := range assignments {
			if err := assign(&company.Settings, a); err != nil {
				return &ingest.Error{Kind: ingest.Invalid, Op: "people.SetCompany", Code: ingest.CodeMalformed, Msg: err.Error()}
			}
		}
		return tx.UpdateCompany(company)
	})
	return company, err
}

func assign(to *ingest.CompanySettings, assignment string) error {
	key, value, ok := strings.Cut(assignment, "=")
	if !ok {
		return fmt.Errorf("%q is not of the form key=value", assignment)
	}
	var known []string
	for _, s := range settings() {
		if s.key == key {
			if err := s.set(to, value); err != nil {
				return fmt.Errorf("%s: %w", key, err)
			}
			return nil
		}
		known = append(known, s.key)
	}
	return fmt.Errorf("%q is no setting of a company; the settings are %s", key, strings.Join(known, ", "))
}

// ShowSettings returns the settings as key=value, in their order.
func ShowSettings(s ingest.CompanySettings) []string {
	var all []string
	for _, known := range settings() {
		all = append(all, known.key+"="+known.show(s))
	}
	return all
}
