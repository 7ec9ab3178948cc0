package ingest

import (
	"fmt"
	"time"
)

// Credit is what a company, and one user in it, use and may use. Limits of 0 do
// not limit.
type Credit struct {
	Company CreditUse
	User    CreditUse
}

// CreditUse is the use of some limits. A day is one of UTC.
type CreditUse struct {
	Stored, Today        Usage
	MaxStored, MaxPerDay Usage
}

// ReadCredit reads the counters of a company and of a user in it; user 0 = none.
func ReadCredit(tx Tx, c *Company, user Number, now time.Time) (Credit, error) {
	s := c.Settings
	credit := Credit{
		Company: CreditUse{
			MaxStored: Usage{Files: s.QuotaFiles, Bytes: s.QuotaBytes}, MaxPerDay: Usage{Files: s.QuotaDayFiles, Bytes: s.QuotaDayBytes},
		},
		User: CreditUse{
			MaxStored: Usage{Files: s.UserQuotaFiles, Bytes: s.UserQuotaBytes}, MaxPerDay: Usage{Files: s.UserQuotaDayFiles, Bytes: s.UserQuotaDayBytes},
		},
	}
	read := func(use *CreditUse, user Number) (err error) {
		if use.Stored, err = tx.Usage(c.Number, user); err != nil {
			return err
		}
		use.Today, err = tx.DayUsage(DayUse{Company: c.Number, Subject: UserSubject(user), Day: DayOf(now)})
		return err
	}
	if err := read(&credit.Company, 0); err != nil || user == 0 {
		return credit, err
	}
	return credit, read(&credit.User, user)
}

// DayOf returns the day of a time as counters name it.
func DayOf(t time.Time) int64 { return t.Unix() / (24 * 60 * 60) }

// UserSubject names the counter of a user; that of the company for 0.
func UserSubject(user Number) string {
	if user == 0 {
		return ""
	}
	return fmt.Sprintf("user %d", user)
}
